import Dispatch
import Foundation

/// Why a password cannot be had; never with any part of it.
public struct PasswordError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Where it should have come from.
    public var source: String
    /// What went wrong.
    public var reason: String

    /// One line for a person.
    public var description: String { "\(source): \(reason)" }
}

extension PasswordSource {
    /// A password manager may ask its owner something first.
    private static let patience: DispatchTimeInterval = .seconds(120)
    /// More than this is no password.
    private static let longest = 4096

    /// The password. Reads the file or runs the command, which may use standard input and error to ask for something:
    /// to be called before a screen is opened. Blocks meanwhile; the command is ended after two minutes.
    public func read(environment: [String: String]) throws(PasswordError) -> String {
        switch self {
        case .plain(let password): return password
        case .environment(let name):
            guard let password = environment[name], !password.isEmpty else { throw error("it is not set") }
            return password
        case .file(let path):
            let text: String
            do throws(FileError) {
                text = try YAMLFile.text(of: URL(filePath: path))
            } catch let failure {
                throw error(failure.reason)
            }
            return try firstLine(of: Data(text.utf8))
        case .command(let words): return try firstLine(of: output(of: words))
        }
    }

    private func firstLine(of data: Data) throws(PasswordError) -> String {
        var line = data.prefix { $0 != UInt8(ascii: "\n") }
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        guard !line.isEmpty else { throw error("its first line is empty") }
        guard line.count <= Self.longest, let password = String(data: line, encoding: .utf8) else {
            throw error("its first line is not UTF-8 text of at most \(Self.longest) bytes")
        }
        return password
    }

    private func output(of words: [String]) throws(PasswordError) -> Data {
        let process = Process()
        process.executableURL = URL(filePath: words.count == 1 ? "/bin/sh" : "/usr/bin/env")
        process.arguments = words.count == 1 ? ["-c"] + words : words
        let pipe = Pipe()
        process.standardOutput = pipe
        let output: Data
        do {
            try process.run()
            let alarm = DispatchWorkItem { process.terminate() }
            DispatchQueue.global().asyncAfter(deadline: .now() + Self.patience, execute: alarm)
            defer { alarm.cancel() }
            output = try pipe.fileHandleForReading.read(upToCount: YAMLFile.largestSize) ?? Data()
            // What writes on and on ends with the pipe.
            try pipe.fileHandleForReading.close()
            process.waitUntilExit()
        } catch let failure {
            throw error("cannot be run: \(failure.localizedDescription)")
        }
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            throw error("ended with status \(process.terminationStatus)")
        }
        return output
    }

    private func error(_ reason: String) -> PasswordError { PasswordError(source: description, reason: reason) }
}
