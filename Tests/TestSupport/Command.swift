public import Foundation

/// A command run to its end.
public struct Command: Sendable {
    /// What it wrote to standard output.
    public let output: String
    /// What it wrote to standard error.
    public let errors: String
    /// Its exit code, or the negated signal that ended it.
    public let status: Int32

    /// Runs a command found by `PATH` and waits for it.
    public static func run(
        _ command: [String], input: Data? = nil, environment: [String: String] = [:]
    ) throws -> Command {
        let folder = FileManager.default.temporaryDirectory.appending(path: "warren-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        process.standardInput = try handle(folder.appending(path: "in"), input ?? Data(), reading: true)
        process.standardOutput = try handle(folder.appending(path: "out"), Data(), reading: false)
        process.standardError = try handle(folder.appending(path: "err"), Data(), reading: false)
        try process.run()
        process.waitUntilExit()
        return Command(
            output: String(decoding: try Data(contentsOf: folder.appending(path: "out")), as: UTF8.self),
            errors: String(decoding: try Data(contentsOf: folder.appending(path: "err")), as: UTF8.self),
            status: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus)
    }

    /// Runs a command that must succeed and gives its standard output.
    public static func output(
        _ command: [String], input: Data? = nil, environment: [String: String] = [:]
    ) throws -> String {
        let done = try run(command, input: input, environment: environment)
        guard done.status == 0 else { throw CommandFailed(command: command, outcome: done) }
        return done.output
    }

    // Files rather than pipes: a command can write as much as it likes before anybody reads.
    private static func handle(_ file: URL, _ content: Data, reading: Bool) throws -> FileHandle {
        try content.write(to: file)
        return reading ? try FileHandle(forReadingFrom: file) : try FileHandle(forWritingTo: file)
    }
}

/// A command that had to succeed did not.
public struct CommandFailed: Error, CustomStringConvertible {
    /// The command line.
    public let command: [String]
    /// What became of it.
    public let outcome: Command

    /// The command line, its status and what it said.
    public var description: String {
        "\(command.joined(separator: " ")) ended with \(outcome.status): \(outcome.output)\(outcome.errors)"
    }
}
