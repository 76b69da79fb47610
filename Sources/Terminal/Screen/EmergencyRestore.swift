import CNcurses
import Glibc

/// Gives the terminal back when the process ends without closing its screen: on a trap, and on `exit`.
///
/// Everything that is needed then is laid ready in memory when the screen opens, because a signal handler may neither
/// allocate nor lock (signal-safety(7)).
enum EmergencyRestore {
    private struct Plan {
        var isArmed = false
        var streams: StreamRedirection
        /// What the screen writes to.
        var output: Int32
        var settings: termios
        var sequence: UnsafeMutableBufferPointer<UInt8>
        var message: UnsafeMutableBufferPointer<UInt8>
    }

    private static let traps = [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT]
    private nonisolated(unsafe) static let plan = UnsafeMutablePointer<Plan?>.allocate(capacity: 1)
    private nonisolated(unsafe) static let formerActions = UnsafeMutablePointer<sigaction>.allocate(capacity: 65)
    /// Runs once in the life of the process: exit handlers cannot be taken back.
    private static let prepared: Void = {
        plan.initialize(to: nil)
        formerActions.initialize(repeating: sigaction(), count: 65)
        atexit { EmergencyRestore.restoreNow() }
    }()

    /// Lays everything ready, from the thread that owns the screen; the terminal is still as the shell left it.
    static func prepare(
        streams: StreamRedirection, output: Int32, settings: termios, sequence: [UInt8], message: String
    ) {
        _ = prepared
        plan.pointee = Plan(
            streams: streams, output: output, settings: settings, sequence: copy(sequence),
            message: copy(Array(message.utf8)))
        for trap in traps {
            warren_handle_signal(trap, { EmergencyRestore.handle($0) }, formerActions + Int(trap))
        }
    }

    /// From now on, or no longer, there is something to give back.
    static func arm(_ isArmed: Bool) { plan.pointee?.isArmed = isArmed }

    /// The screen is closed for good.
    static func dismiss() {
        guard let old = plan.pointee else { return }
        for trap in traps { warren_restore_signal(trap, formerActions + Int(trap)) }
        plan.pointee = nil
        old.sequence.deallocate()
        old.message.deallocate()
    }

    /// Gives the terminal back if there is something to give. Safe in a signal handler.
    static func restoreNow() {
        guard plan.pointee?.isArmed == true, let ready = plan.pointee else { return }
        plan.pointee?.isArmed = false
        ready.streams.silence(ready.output)
        _ = write(ready.streams.terminal, ready.sequence.baseAddress, ready.sequence.count)
        var settings = ready.settings
        tcsetattr(ready.streams.terminal, TCSANOW, &settings)
        ready.streams.undo()
    }

    /// The handler of a trap: gives the terminal back, says so, and lets the trap take its course.
    private static func handle(_ signal: Int32) {
        if plan.pointee?.isArmed == true, let ready = plan.pointee {
            restoreNow()
            _ = write(STDERR_FILENO, ready.message.baseAddress, ready.message.count)
        }
        warren_restore_signal(signal, formerActions + Int(signal))
        // Pending until this handler returns.
        raise(signal)
    }

    private static func copy(_ bytes: [UInt8]) -> UnsafeMutableBufferPointer<UInt8> {
        let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
        _ = copy.initialize(from: bytes)
        return copy
    }
}
