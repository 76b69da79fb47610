import CNcurses
import Glibc

/// Standard output and error led into a log file, so that no library scribbles over the screen.
struct StreamRedirection {
    /// The terminal, for the screen itself.
    let terminal: Int32
    private let errors: Int32
    private let log: Int32

    /// Keeps both streams and opens the log; nothing is led anywhere yet.
    init(logPath: String?) throws(ScreenError) {
        log = open(logPath ?? "/dev/null", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        if log < 0 { throw .system(call: "open(\(logPath ?? "/dev/null"))", code: errno) }
        terminal = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
        errors = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)
        if terminal < 0 || errors < 0 {
            let code = errno
            closeAll()
            throw .system(call: "dup", code: code)
        }
    }

    /// Leads both into the log.
    func apply() {
        fflush(nil)
        dup2(log, STDOUT_FILENO)
        dup2(log, STDERR_FILENO)
    }

    /// Leads both back. Calls nothing a signal handler may not call.
    func undo() {
        dup2(terminal, STDOUT_FILENO)
        dup2(errors, STDERR_FILENO)
    }

    /// Leads what the screen still writes into the log: other threads go on for a moment after a trap. Calls nothing a
    /// signal handler may not call.
    func silence(_ screen: Int32) { dup2(log, screen) }

    /// Closes what was kept.
    func closeAll() {
        for descriptor in [terminal, errors, log] where descriptor >= 0 { close(descriptor) }
    }
}
