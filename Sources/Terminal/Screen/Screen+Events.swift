import CNcurses
import Glibc

extension Screen {
    /// A paste whose end does not come is taken as ended after this time without input, in milliseconds.
    private static let pasteTimeout_ms: Int32 = 1_000

    /// Waits until there is input, a signal or a call of ``Waker/wake()``, at most for `timeout`, and returns all input
    /// there is. The result is empty when the wait was ended by the waker or by time; `nil` waits without limit.
    public func events(timeout: Duration? = nil) -> [InputEvent] {
        assertOpen()
        var sources = [
            pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
            pollfd(fd: waker.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: signals, events: Int16(POLLIN), revents: 0),
        ]
        var limit = Self.milliseconds(timeout)
        let isPasting = decoder.pasted != nil
        if isPasting { limit = limit < 0 ? Self.pasteTimeout_ms : min(limit, Self.pasteTimeout_ms) }
        let ready = poll(&sources, nfds_t(sources.count), limit)
        if ready <= 0 {
            let quiet = ContinuousClock.now - lastInput
            guard isPasting, ready == 0, quiet >= .milliseconds(Self.pasteTimeout_ms) else { return [] }
            return decoder.endPaste().map { [$0] } ?? []
        }

        var events: [InputEvent] = []
        if sources[1].revents != 0 { waker.reset() }
        if sources[2].revents != 0 { takeSignals(into: &events) }
        if sources[0].revents != 0 {
            lastInput = .now
            takeInput(into: &events)
            if isInputGone() { events.append(.terminate(signal: SIGHUP)) }
        }
        return events
    }

    private static func milliseconds(_ timeout: Duration?) -> Int32 {
        guard let timeout else { return -1 }
        let (seconds, attoseconds) = timeout.components
        guard seconds >= 0 else { return 0 }
        guard seconds < 1_000_000 else { return 1_000_000_000 }
        // Rounded up: a wait that ends early would only be begun again.
        return Int32(seconds * 1_000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }

    private func takeSignals(into events: inout [InputEvent]) {
        while true {
            switch warren_next_signal(signals) {
            case 0: return
            case SIGWINCH: if let size = refreshSize() { events.append(.resize(size)) }
            case SIGTSTP: events.append(.suspend)
            case SIGCONT:
                retake()
                events.append(.resumed)
            case let signal: events.append(.terminate(signal: signal))
            }
        }
    }

    private func takeInput(into events: inout [InputEvent]) {
        var value: wint_t = 0
        while true {
            let kind = wget_wch(inputPad, &value)
            if kind == OK {
                if let event = decoder.character(UInt32(value)) { events.append(event) }
            } else if kind == KEY_CODE_YES {
                let event = Int32(bitPattern: value) == KEY_MOUSE ? mouse() : decoder.code(Int32(bitPattern: value))
                if let event { events.append(event) }
            } else {
                return
            }
        }
    }

    private func mouse() -> InputEvent? {
        var report = MEVENT()
        guard getmouse(&report) == OK, decoder.pasted == nil else { return nil }
        let state = UInt32(truncatingIfNeeded: report.bstate)
        let buttons: [(mask: UInt32, button: MouseEvent.Button)] = [
            (warren_wheel_up, .wheelUp), (warren_wheel_down, .wheelDown), (warren_left_pressed, .left),
            (warren_middle_pressed, .middle), (warren_right_pressed, .right), (warren_released, .release),
        ]
        guard let button = buttons.first(where: { state & $0.mask != 0 })?.button else { return nil }
        return .mouse(MouseEvent(column: Int(report.x), row: Int(report.y), button: button))
    }

    /// Whether the terminal has gone: input is ready for ever, and there is none.
    private func isInputGone() -> Bool {
        var source = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        guard poll(&source, 1, 0) > 0 else { return false }
        if Int32(source.revents) & (POLLHUP | POLLERR | POLLNVAL) != 0 { return true }
        return warren_bytes_waiting(STDIN_FILENO) <= 0
    }
}
