import CNcurses
import Glibc

/// The signals a screen takes as events.
enum Signals {
    static let handled = [SIGWINCH, SIGTSTP, SIGCONT, SIGTERM, SIGHUP, SIGINT, SIGQUIT]

    static var all: sigset_t { mask(of: handled) }

    static func mask(of signals: [Int32]) -> sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        return set
    }

    /// Whether this thread has all of them blocked.
    static var areBlocked: Bool {
        var blocked = sigset_t()
        pthread_sigmask(SIG_BLOCK, nil, &blocked)
        return handled.allSatisfy { sigismember(&blocked, $0) == 1 }
    }

    /// Stops the process, and with it its job, as the terminal does for ctrl-z; returns when it goes on.
    static func stop() {
        warren_default_signal(SIGTSTP)
        var stop = mask(of: [SIGTSTP])
        kill(0, SIGTSTP)
        // Blocked in every thread, the signal is waiting: this thread takes it, which stops the whole process.
        pthread_sigmask(SIG_UNBLOCK, &stop, nil)
        pthread_sigmask(SIG_BLOCK, &stop, nil)
    }
}
