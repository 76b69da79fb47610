internal import Foundation

/// A TCP port of 127.0.0.1 that nobody listens on.
public enum FreePort {
    /// Asks the system for one.
    public static func next() throws -> Int {
        let script =
            "import socket; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1])"
        let printed = try Command.output([Repository.python, "-c", script])
        guard let port = Int(printed.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw CommandFailed(command: [script], outcome: Command(output: printed, errors: "", status: 0))
        }
        return port
    }
}
