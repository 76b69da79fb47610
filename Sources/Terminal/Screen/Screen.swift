import CNcurses
import Glibc

/// The terminal as a place for frames: what a console's runner draws on and reads from.
///
/// ```swift
/// Screen.blockSignals()                       // first thing in main
/// let waker = try Waker()                     // jobs call waker.wake() from any thread
/// let screen = try Screen(options: .init(logPath: "/tmp/console.log"), waker: waker)
/// defer { screen.close() }
/// while running {
///     screen.draw(render(state, screen.size))
///     for event in screen.events(timeout: .seconds(1)) { update(&state, event) }
/// }
/// ```
///
/// One thread owns it, the one that opened it; a call from any other traps. While it is open, standard output and error
/// go to the log file. The terminal is given back by ``close()``, and also on `exit` and on a trap.
public final class Screen {
    /// How a screen is opened.
    public struct Options: Sendable {
        /// Where standard output and error go meanwhile, as a file of mode 0600; `nil` discards them.
        public var logPath: String?
        /// Whether clicks and the wheel are reported (the terminal's own selection then needs Shift).
        public var hasMouse: Bool
        /// The colours to use at most; `nil` leaves it to the terminal and `NO_COLOR`.
        public var colorDepth: ColorDepth?
        /// What is printed, after the terminal is given back, when the process ends on a trap.
        public var trapMessage: String

        /// Options.
        public init(
            logPath: String? = nil, hasMouse: Bool = true, colorDepth: ColorDepth? = nil,
            trapMessage: String = "The console crashed; the terminal has been restored.\n"
        ) {
            self.logPath = logPath
            self.hasMouse = hasMouse
            self.colorDepth = colorDepth
            self.trapMessage = trapMessage
        }
    }

    /// So long after Escape a terminal may send the rest of a key's sequence, in milliseconds.
    static let escapeDelay_ms: Int32 = 25

    /// The terminal's extent.
    public internal(set) var size: Size
    /// The colours in use.
    public let colorDepth: ColorDepth
    /// What can be drawn beyond letters: choose a chart's drawing by it. Frames are brought down to it in any case.
    public let glyphs: GlyphSet
    /// How many cells have been given to the terminal since the screen was opened: only changed ones are.
    public internal(set) var cellsWritten = 0
    /// How many bytes the last ``draw(_:)`` has sent to the terminal; `nil` before the first, and where the kernel
    /// does not count them.
    public internal(set) var bytesOfLastDraw: Int?

    let waker: Waker
    let signals: Int32
    let inputPad: UnsafeMutablePointer<WINDOW>
    /// When the last input came.
    var lastInput = ContinuousClock.now
    var decoder = KeyDecoder()
    var shown: Frame?
    var pairs: ColorPairs
    let writes = WriteCounter()
    private let owner = pthread_self()
    private let handle: OpaquePointer
    private let output: UnsafeMutablePointer<FILE>
    private let streams: StreamRedirection
    private var isOpen = true

    /// Has the signals that a screen takes as events wait for it. To be called before any thread starts, because threads
    /// inherit it, and a signal that some thread takes by its default ends the process with the terminal unrestored.
    ///
    /// Child processes inherit it too: reset their signal mask when starting them.
    public static func blockSignals() {
        var set = Signals.all
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Lets this thread take the signals again, for a process that has closed its screen and not ended yet: without a
    /// screen nobody else does.
    public static func unblockSignals() {
        var set = Signals.all
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
    }

    /// Whether standard input and output are a terminal, so that a screen can be opened at all.
    public static var isAvailable: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 }

    /// Opens the screen on standard input and output. ``blockSignals()`` must have been called.
    public init(options: Options = Options(), waker: Waker) throws(ScreenError) {
        precondition(Signals.areBlocked, "Screen.blockSignals() comes first")
        let term = try Self.checkTerminal()
        setlocale(LC_ALL, "")
        glyphs = GlyphSet.best(term: term, isUTF8: nl_langinfo(Int32(CODESET)).map { String(cString: $0) } == "UTF-8")

        self.waker = waker
        var set = Signals.all
        signals = warren_signalfd(&set)
        if signals < 0 { throw .system(call: "signalfd", code: errno) }
        do {
            streams = try StreamRedirection(logPath: options.logPath)
        } catch {
            Glibc.close(signals)
            throw error
        }
        var settings = termios()
        tcgetattr(STDIN_FILENO, &settings)
        guard let file = fdopen(dup(streams.terminal), "w"), let screen = warren_newterm(term, file),
            let pad = newpad(1, 1)
        else {
            streams.closeAll()
            Glibc.close(signals)
            throw .unknownTerm(term)
        }
        (output, handle, inputPad) = (file, screen, pad)
        colorDepth = Self.startColors(limit: options.colorDepth)
        pairs = ColorPairs(depth: colorDepth)
        size = Size(columns: Int(warren_columns()), rows: Int(warren_lines()))
        EmergencyRestore.prepare(
            streams: streams, output: fileno(file), settings: settings, sequence: TerminalSequences.leave(),
            message: options.trapMessage)
        streams.apply()
        Self.startInput(pad, hasMouse: options.hasMouse)
        takeTerminal()
    }

    deinit {
        // A screen is closed by its owner. Here the thread is unknown, and only what a trap would do is safe.
        if isOpen { EmergencyRestore.restoreNow() }
    }

    /// Gives the terminal back. The screen cannot be used afterwards; closing it again does nothing.
    public func close() {
        assertOwner()
        guard isOpen else { return }
        isOpen = false
        leaveTerminal()
        EmergencyRestore.dismiss()
        delwin(inputPad)
        delscreen(handle)
        fclose(output)
        streams.closeAll()
        Glibc.close(signals)
    }

    /// Gives the terminal back, stops the process as ctrl-z does, and takes the terminal again once the process goes on;
    /// what was shown is drawn anew. Ask the person first where clients depend on this process.
    public func suspend() {
        assertOpen()
        leaveTerminal()
        Signals.stop()
        takeTerminal()
        refreshSize()
        redraw()
    }

    /// Gives a text to the terminal's clipboard, which a multiplexer passes on where it is set up to. Returns whether
    /// this kind of terminal takes one at all; whether it did, no terminal says.
    public func copy(_ text: String) -> Bool {
        assertOpen()
        let withoutClipboard = ["linux", "dumb", "vt"]
        let term = getenv("TERM").map { String(cString: $0) } ?? ""
        guard !withoutClipboard.contains(where: term.hasPrefix), let bytes = TerminalSequences.copy(text) else {
            return false
        }
        TerminalSequences.write(bytes, to: streams.terminal)
        return true
    }

    /// Draws what is shown from nothing, as ctrl-l does: something else has written on the terminal.
    public func redraw() {
        assertOpen()
        warren_clear_on_next_draw()
        let frame = shown
        shown = nil
        draw(frame ?? Frame(size))
    }

    /// The process was stopped and continued behind the screen's back: the shell has changed the terminal meanwhile.
    func retake() {
        endwin()
        takeTerminal()
        refreshSize()
        redraw()
    }

    /// Adopts the terminal's present extent. Returns it where it has changed.
    @discardableResult
    func refreshSize() -> Size? {
        var (columns, rows) = (Int32(), Int32())
        guard warren_window_size(streams.terminal, &columns, &rows) == 1 else { return nil }
        let new = Size(columns: Int(columns), rows: Int(rows))
        guard new != size else { return nil }
        resizeterm(Int32(new.rows), Int32(new.columns))
        // Terminals move their content in ways of their own when they are resized.
        warren_clear_on_next_draw()
        shown = nil
        size = new
        return new
    }

    func assertOwner() {
        precondition(pthread_equal(owner, pthread_self()) != 0, "a screen belongs to the thread that opened it")
    }

    func assertOpen() {
        assertOwner()
        precondition(isOpen, "the screen is closed")
    }

    private func takeTerminal() {
        EmergencyRestore.arm(true)
        streams.apply()
        // The first refresh after endwin() brings back curses' settings and the alternate screen.
        doupdate()
        TerminalSequences.write(TerminalSequences.pasteOn, to: streams.terminal)
    }

    private func leaveTerminal() {
        TerminalSequences.write(TerminalSequences.pasteOff, to: streams.terminal)
        curs_set(1)
        endwin()
        streams.undo()
        EmergencyRestore.arm(false)
    }

    /// The kind of terminal, once it is clear that it can show a screen.
    private static func checkTerminal() throws(ScreenError) -> String {
        if isatty(STDIN_FILENO) != 1 { throw .notATerminal(stream: "standard input") }
        if isatty(STDOUT_FILENO) != 1 { throw .notATerminal(stream: "standard output") }
        guard let value = getenv("TERM"), value.pointee != 0 else { throw .missingTerm }
        let term = String(cString: value)
        var result: Int32 = 0
        if setupterm(nil, STDOUT_FILENO, &result) != OK { throw .unknownTerm(term) }
        if warren_capability("cup") == nil { throw .tooSimple(term) }
        let wanted = ColorDepth.directTerm(
            for: term, colorTerm: variable("COLORTERM"), noColor: variable("NO_COLOR"))
        guard let wanted else { return term }
        // Where such a description is not installed the terminal's own has to do.
        if setupterm(wanted, STDOUT_FILENO, &result) == OK, tigetflag("RGB") > 0 { return wanted }
        setupterm(term, STDOUT_FILENO, &result)
        return term
    }

    private static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    private static func startColors(limit: ColorDepth?) -> ColorDepth {
        guard has_colors() else { return .mono }
        start_color()
        use_default_colors()
        let noColor = variable("NO_COLOR")
        let depth = ColorDepth.of(
            colors: Int(warren_colors()), isDirect: tigetflag("RGB") > 0, noColor: limit == nil ? noColor : nil)
        return min(depth, limit ?? .direct)
    }

    private static func startInput(_ pad: UnsafeMutablePointer<WINDOW>, hasMouse: Bool) {
        raw()
        noecho()
        nonl()
        set_escdelay(escapeDelay_ms)
        // Reading through a pad never refreshes the screen, as reading through any other window does (curs_getch(3X)).
        nodelay(pad, true)
        keypad(pad, true)
        define_key("\u{1B}[200~", KeyDecoder.pasteStart)
        define_key("\u{1B}[201~", KeyDecoder.pasteEnd)
        if hasMouse {
            mouseinterval(0)
            mousemask(mmask_t(warren_all_mouse_events), nil)
        }
        leaveok(warren_stdscr(), false)
        def_prog_mode()
    }
}
