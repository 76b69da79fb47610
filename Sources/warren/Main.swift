import ArgumentParser
import Terminal

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Where the program begins: parse, run, and turn what went wrong into a sentence and an exit code.
@main
enum Main {
    static func main() async {
        do {
            try await run(WarrenCommand.parseAsRoot())
        } catch {
            end(with: error)
        }
    }

    private static func run(_ parsed: sending any ParsableCommand) async throws {
        // Blocked before any thread starts, so that the screen alone takes the terminal's signals.
        if parsed is any ConsoleHost, Screen.isAvailable { Screen.blockSignals() }
        if var command = parsed as? any AsyncParsableCommand {
            try await command.run()
        } else {
            var command = parsed
            try command.run()
        }
    }

    private static func end(with error: any Error) -> Never {
        if let failure = error as? Failure {
            standardError("warren: \(failure.description)")
            exit(failure.status.rawValue)
        }
        if let interrupted = error as? Interrupted { exit(128 + interrupted.signal) }
        let code = WarrenCommand.exitCode(for: error)
        let message = WarrenCommand.fullMessage(for: error)
        if code.isSuccess {
            print(message)
            exit(0)
        }
        standardError(message)
        exit(code == .validationFailure ? ExitStatus.usage.rawValue : code.rawValue)
    }

    /// Writes a line to standard error.
    static func standardError(_ text: String) { writeLine(text, to: STDERR_FILENO) }

    /// Writes a line to standard output at once, for whoever waits for it at the other end of a pipe.
    static func standardOutput(_ text: String) { writeLine(text, to: STDOUT_FILENO) }

    private static func writeLine(_ text: String, to descriptor: Int32) {
        let line = Array((text + "\n").utf8)
        // A reader that has gone cannot be told anything any more.
        _ = line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    }
}

/// A command that opens the console, where there is a terminal.
protocol ConsoleHost {}
