/// Why a screen could not be opened.
public enum ScreenError: Error, Hashable, Sendable {
    /// Standard input or output is a file or pipe.
    case notATerminal(stream: String)
    /// `TERM` is not set.
    case missingTerm
    /// No description of the terminal is installed.
    case unknownTerm(String)
    /// The terminal cannot move its cursor, such as `TERM=dumb`.
    case tooSimple(String)
    /// A system call failed.
    case system(call: String, code: Int32)
}

extension ScreenError: CustomStringConvertible {
    /// What happened and what to do.
    public var description: String {
        switch self {
        case .notATerminal(let stream): "\(stream) is not a terminal"
        case .missingTerm: "TERM is not set: set it to your terminal's kind, for instance TERM=xterm-256color"
        case .unknownTerm(let name):
            "no terminal description for TERM=\(name) is installed: install it (Debian: ncurses-term) or set TERM to one "
                + "that is, for instance TERM=xterm-256color"
        case .tooSimple(let name): "TERM=\(name) cannot move its cursor, so there is nothing to draw a screen on"
        case .system(let call, let code): "\(call) failed with error \(code)"
        }
    }
}
