/// What a terminal reports.
public enum InputEvent: Hashable, Sendable {
    /// A key was pressed.
    case key(Key)
    /// Text was pasted; it comes whole, so that it is never taken for keys. At most ``longestPaste`` bytes of it.
    case paste(String)
    /// The mouse was used.
    case mouse(MouseEvent)
    /// The terminal has another size; the next frame should have it too.
    case resize(Size)
    /// The process was asked from outside to stop for a while (SIGTSTP): call ``Screen/suspend()``.
    case suspend
    /// The process goes on after having been stopped (SIGCONT); the screen has been drawn anew.
    case resumed
    /// The process was asked to end (SIGTERM, SIGHUP, SIGINT, SIGQUIT), or the terminal is gone (as SIGHUP).
    case terminate(signal: Int32)

    /// The rest of a longer paste is dropped.
    public static let longestPaste = 1 << 20
}
