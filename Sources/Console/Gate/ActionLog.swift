public import Foundation
import Glibc

/// The file every change is appended to, one JSON object a line, readable by its owner only.
public struct ActionLog: Sendable {
    /// The file.
    public var file: URL

    /// A log in a file; the file and its folder are made with the first line.
    public init(file: URL) { self.file = file }

    /// `$XDG_STATE_HOME/warren/actions.jsonl`, by default under `~/.local/state`
    /// (https://specifications.freedesktop.org/basedir-spec/latest/).
    public static func standard(environment: [String: String]) -> ActionLog {
        let home = environment["HOME"].map { URL(filePath: $0) } ?? FileManager.default.homeDirectoryForCurrentUser
        let state = environment["XDG_STATE_HOME"].flatMap { $0.hasPrefix("/") ? URL(filePath: $0) : nil }
        let folder = state ?? home.appending(path: ".local/state")
        return ActionLog(file: folder.appending(path: "warren/actions.jsonl"))
    }

    /// Appends one line. One `write` in append mode, so that lines of several consoles do not mix.
    public func append(_ record: ActionRecord) throws {
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var line = try encoder.encode(record)
        line.append(UInt8(ascii: "\n"))
        let descriptor = open(file.path(percentEncoded: false), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("open") }
        defer { close(descriptor) }
        let written = line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard written == line.count else { throw failure("write") }
    }

    private func failure(_ what: String) -> CocoaError {
        CocoaError(
            .fileWriteUnknown,
            userInfo: [
                NSFilePathErrorKey: file.path(percentEncoded: false),
                NSLocalizedDescriptionKey:
                    "cannot \(what) the action log \(file.path(percentEncoded: false)): \(String(cString: strerror(errno)))",
            ])
    }
}
