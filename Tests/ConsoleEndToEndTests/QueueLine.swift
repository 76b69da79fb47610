import TestSupport

/// One queue as the Queues panel shows it.
struct QueueLine: Equatable {
    let ready: Int
    let unacked: Int

    /// Finds a queue's line on a screen; nil where there is none or where figures are not known yet.
    init?(_ name: String, on screen: [String]) {
        var found: [Substring]?
        for line in screen {
            // The selected line begins with a mark, which stands close to the name.
            let cells = line.drop { $0 == ">" || $0 == " " }.split(separator: " ")
            if cells.first.map(String.init) == name {
                found = cells
                break
            }
        }
        guard let cells = found else { return nil }
        // Name, type, state, ready, unacknowledged with the limit behind a slash.
        guard cells.count > 4, let ready = Int(cells[3]), let unacked = Int(cells[4].prefix { $0.isNumber }) else {
            return nil
        }
        self.ready = ready
        self.unacked = unacked
    }

    init(ready: Int, unacked: Int) {
        self.ready = ready
        self.unacked = unacked
    }
}

extension TmuxSession {
    /// Waits until the panel shows a queue with these figures.
    @discardableResult
    func wait(for queue: String, ready: Int, unacked: Int, within deadline: Duration) async throws -> [String] {
        try await wait(for: "\(queue): \(ready) ready, \(unacked) unacked", within: deadline) { screen in
            QueueLine(queue, on: screen) == QueueLine(ready: ready, unacked: unacked)
        }
    }

    /// Presses Tab until a button of the dialog has the focus. The first keys may be dropped: a dialog takes none in
    /// its first moments, so that nobody confirms what he has not seen.
    func focus(_ button: String) async throws {
        try await eventually("the focus on \(button)", every: .milliseconds(400)) { () -> Bool? in
            if try screen().contains(where: { $0.contains("[ \(button) ]") }) { return true }
            try press("Tab")
            return nil
        }
    }

    /// Types into the field that a dialog opens with; a first letter that was dropped is typed again.
    func fill(_ label: String, with text: String) async throws {
        func line(_ screen: [String]) -> String {
            screen.first { $0.contains("│ \(label) ") || $0.contains("│>\(label) ") } ?? ""
        }
        try await eventually("a letter in the field \(label)", every: .milliseconds(400)) { () -> Bool? in
            if line(try screen()).contains(" " + text.prefix(1)) { return true }
            try type(String(text.prefix(1)))
            return nil
        }
        try type(String(text.dropFirst()))
        try await wait(for: "\(text) in the field \(label)") { line($0).contains(" \(text) ") }
    }
}
