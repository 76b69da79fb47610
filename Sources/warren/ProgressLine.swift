import Foundation
import Synchronization

/// How far something is, on standard error: one line drawn over and over on a terminal, a line each time elsewhere.
final class ProgressLine: Sendable {
    /// Whether standard error is a terminal that can draw in place.
    private let redraws: Bool
    /// Whether something stands on the terminal's line.
    private let isDrawn = Mutex(false)

    init() {
        redraws = isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
    }

    /// How often it is worth showing something.
    var interval: Duration { redraws ? .milliseconds(250) : .seconds(1) }

    /// Shows a text in place of the one before.
    func show(_ text: String) {
        guard redraws else { return Main.standardError(text) }
        isDrawn.withLock { isDrawn in
            isDrawn = true
            // A text wider than the terminal would wrap and could not be drawn over: wrapping is off meanwhile
            // (xterm, "DECAWM"). What the line held behind the text is erased.
            Main.standardError("\r\u{1B}[?7l\(text)\u{1B}[K\u{1B}[?7h", terminator: "")
        }
    }

    /// Clears the terminal's line for what follows.
    func end() {
        isDrawn.withLock { isDrawn in
            if isDrawn { Main.standardError("\r\u{1B}[K", terminator: "") }
            isDrawn = false
        }
    }
}
