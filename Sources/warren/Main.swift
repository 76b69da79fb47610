import ArgumentParser
import CMalloc
import Foundation
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
    static func main() {
        let parsed: any ParsableCommand
        do {
            parsed = try WarrenCommand.parseAsRoot()
        } catch {
            end(with: error)
        }
        let opensScreen = parsed is any ConsoleHost && Screen.isAvailable
        // Blocked before any thread starts, so that the screen alone takes the terminal's signals.
        if opensScreen {
            Screen.blockSignals()
            keepMemorySmall()
        }
        let command = Carried(parsed)
        let ended = DispatchSemaphore(value: 0)
        Task.detached {
            await run(command.value)
            ended.signal()
        }
        // `dispatchMain` parks this thread with every signal let through: they would end here, or with handlers of
        // curses, and never reach the screen. So with a screen it only waits, signals blocked.
        if opensScreen { ended.wait() } else { waitInDispatch(ended) }
    }

    /// A console takes in a long list every few seconds and forgets the one before. Left alone, the allocator keeps an
    /// arena for every thread and what was freed in each: with 10,000 queues 78 MiB instead of 56.
    private static func keepMemorySmall() {
        warren_limit_arenas(2)
        warren_trim_above(128 << 10)
    }

    private static func waitInDispatch(_ ended: DispatchSemaphore) {
        Thread.detachNewThread {
            ended.wait()
            exit(0)
        }
        dispatchMain()
    }

    /// A command on its way to the task that runs it; nobody else has it any more.
    private struct Carried: @unchecked Sendable {
        let value: any ParsableCommand
        init(_ value: any ParsableCommand) { self.value = value }
    }

    private static func run(_ parsed: any ParsableCommand) async {
        do {
            if var command = parsed as? any AsyncParsableCommand {
                try await command.run()
            } else {
                var command = parsed
                try command.run()
            }
        } catch {
            end(with: error)
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

    /// Writes a line to standard error, or with another terminator a part of one.
    static func standardError(_ text: String, terminator: String = "\n") { put(text + terminator, to: STDERR_FILENO) }

    /// Writes a line to standard output at once, for whoever waits for it at the other end of a pipe.
    static func standardOutput(_ text: String) { put(text + "\n", to: STDOUT_FILENO) }

    private static func put(_ text: String, to descriptor: Int32) {
        let octets = Array(text.utf8)
        // A reader that has gone cannot be told anything any more.
        _ = octets.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    }
}

/// A command that opens the console, where there is a terminal.
protocol ConsoleHost {}
