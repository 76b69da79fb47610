internal import Foundation

/// A process that lives no longer than the test that started it, and talks in lines.
public final class ChildProcess: @unchecked Sendable {
    // Guarded by `queue`: one reader or writer at a time.
    private let queue = DispatchQueue(label: "child process")
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private let errors: FileHandle
    private var buffer: [UInt8] = []

    /// Starts a command found by `PATH`. Its standard input stays open until `stop` or until this process ends.
    public init(_ command: [String], environment: [String: String] = [:]) throws {
        // A file, so that the process is never held up, and without a name, so that it goes with its readers.
        let file = FileManager.default.temporaryDirectory.appending(path: "warren-test-\(UUID().uuidString).err")
        try Data().write(to: file)
        errors = try FileHandle(forReadingFrom: file)
        process.standardError = try FileHandle(forWritingTo: file)
        try FileManager.default.removeItem(at: file)
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        process.standardInput = input
        process.standardOutput = output
        try process.run()
    }

    /// Starts a command that does not itself watch its standard input; it is killed when this process ends.
    public static func guarded(_ command: [String], environment: [String: String] = [:]) throws -> ChildProcess {
        try ChildProcess([Repository.python, Repository.script("guard.py")] + command, environment: environment)
    }

    deinit { stop() }

    /// Whether the process is still there.
    public var isRunning: Bool { process.isRunning }

    /// What the process wrote to its standard error so far.
    public var errorText: String {
        do {
            try errors.seek(toOffset: 0)
            return String(decoding: try errors.readToEnd() ?? Data(), as: UTF8.self)
        } catch {
            return "standard error cannot be read: \(error)"
        }
    }

    /// Closes the standard input, upon which a guard or a well-behaved script ends, and waits for the end.
    public func stop() {
        guard process.isRunning else { return }
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    /// Kills the process, which has no chance to say goodbye to anybody, and waits for the end.
    public func kill() {
        guard process.isRunning else { return }
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Waits for the next line of output.
    public func line(within deadline: Duration) async throws -> String {
        try await onQueue { try self.readLine(deadline) }
    }

    /// Writes a line and waits for the one that answers it.
    public func ask(_ question: String, within deadline: Duration) async throws -> String {
        try await onQueue {
            try self.input.fileHandleForWriting.write(contentsOf: Data((question + "\n").utf8))
            return try self.readLine(deadline)
        }
    }

    private func onQueue(_ work: @escaping @Sendable () throws -> String) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try work() }) }
        }
    }

    private func readLine(_ deadline: Duration) throws -> String {
        let clock = ContinuousClock()
        let end = clock.now + deadline
        while true {
            if let newline = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                defer { buffer.removeSubrange(...newline) }
                return String(decoding: buffer[..<newline], as: UTF8.self)
            }
            let left = end - clock.now
            guard left > .zero else {
                throw DeadlinePassed(what: "a line of \(command)", deadline: deadline, seen: errorText)
            }
            let descriptor = output.fileHandleForReading.fileDescriptor
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&waiting, 1, Int32(clamping: left.components.seconds * 1000 + 1)) > 0 else { continue }
            var chunk = [UInt8](repeating: 0, count: 65536)
            let count = read(descriptor, &chunk, chunk.count)
            guard count > 0 else { throw ChildEnded(command: command, said: errorText) }
            buffer += chunk[..<count]
        }
    }

    private var command: String { (process.arguments ?? []).joined(separator: " ") }
}

/// A process ended while something was expected of it.
public struct ChildEnded: Error, CustomStringConvertible {
    /// The command line.
    public let command: String
    /// Its standard error.
    public let said: String

    /// The command line and its last words.
    public var description: String { "\(command) has ended; it said:\n\(said)" }
}
