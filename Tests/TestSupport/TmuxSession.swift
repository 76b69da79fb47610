/// A program in a real terminal: tmux with a server of its own, driven by keys and read as a screen.
public final class TmuxSession: Sendable {
    private let folder: TemporaryFolder
    private let socket: String
    private let server: ChildProcess
    /// Columns and lines of the terminal.
    public let columns: Int
    /// Lines of the terminal.
    public let lines: Int

    // A bare machine has no locale set; the screens have lines and charts beyond ASCII.
    private static let locale = ["LC_ALL": "C.UTF-8"]

    /// Starts a command in a terminal of this size. The terminal ends with this object.
    public init(
        _ command: [String], columns: Int = 80, lines: Int = 24, environment: [String: String] = [:]
    ) async throws {
        self.columns = columns
        self.lines = lines
        folder = try TemporaryFolder()
        let socket = folder.path + "/tmux"
        self.socket = socket
        // -D keeps the server in the foreground, so that its guard can end it.
        server = try .guarded(["tmux", "-u", "-S", socket, "-D", "-f", "/dev/null"], environment: Self.locale)
        let words = command.map { "'" + $0.replacing("'", with: "'\\''") + "'" }.joined(separator: " ")
        // The shell stays after the program's end, so that what the program left on the terminal can be looked at.
        let line = "\(words); printf 'ended with %s\\n' $?; exec cat"
        var settings: [String] = []
        for (name, value) in environment.merging(Self.locale, uniquingKeysWith: { own, _ in own }).sorted(by: {
            $0.key < $1.key
        }) { settings += ["-e", "\(name)=\(value)"] }
        _ = try await eventually("a tmux server") { () -> Bool? in
            let tried = try Command.run(
                ["tmux", "-u", "-N", "-S", socket, "new-session", "-d", "-s", "test"] + settings + [
                    "-x", "\(columns)", "-y", "\(lines)", "sh", "-c", line,
                ])
            return tried.status == 0 ? true : nil
        }
        try tmux("set-option", "-g", "status", "off")
    }

    deinit { server.stop() }

    /// Presses keys by their tmux names: `q`, `Enter`, `Tab`, `C-d`, `Escape`.
    public func press(_ keys: String...) throws {
        try tmux(["send-keys", "-t", "test"] + keys)
    }

    /// Types text as it is.
    public func type(_ text: String) throws {
        try tmux("send-keys", "-t", "test", "-l", text)
    }

    /// Pastes a text as a terminal does, between brackets where the program asked for them.
    public func paste(_ text: String) throws {
        try tmux("set-buffer", "--", text)
        try tmux("paste-buffer", "-p", "-t", "test")
    }

    /// Changes the terminal's size.
    public func resize(columns: Int, lines: Int) throws {
        try tmux("resize-window", "-t", "test", "-x", "\(columns)", "-y", "\(lines)")
    }

    /// The screen as text, one string a line.
    public func screen() throws -> [String] {
        try tmux("capture-pane", "-p", "-t", "test").split(separator: "\n", omittingEmptySubsequences: false)
            .map(String.init)
    }

    /// The screen with its colours, as escape sequences.
    public func styledScreen() throws -> String {
        try tmux("capture-pane", "-p", "-e", "-t", "test")
    }

    /// Waits until the screen satisfies a condition and gives that screen.
    @discardableResult
    public func wait(
        for what: String, within deadline: Duration = .seconds(20), _ condition: ([String]) -> Bool
    ) async throws -> [String] {
        var last: [String] = []
        do {
            return try await eventually(what, within: deadline) {
                last = try screen()
                return condition(last) ? last : nil
            }
        } catch is DeadlinePassed {
            throw DeadlinePassed(what: what, deadline: deadline, seen: last.joined(separator: "\n"))
        }
    }

    /// Waits until some line contains a text.
    @discardableResult
    public func wait(forText text: String, within deadline: Duration = .seconds(20)) async throws -> [String] {
        try await wait(for: "“\(text)”", within: deadline) { screen in screen.contains { $0.contains(text) } }
    }

    @discardableResult
    private func tmux(_ arguments: String...) throws -> String { try tmux(arguments) }

    @discardableResult
    private func tmux(_ arguments: [String]) throws -> String {
        try Command.output(["tmux", "-u", "-N", "-S", socket] + arguments)
    }
}
