import Management
import Monitor
import Terminal

/// Marks, changes of everything marked, and taking a deletion back.
extension ConsoleState {
    /// Marks rows of the queue list.
    mutating func mark(_ action: Action) -> [Effect] {
        switch action {
        case .mark:
            queues.toggleMark()
            queues.move(by: 1)
        case .markRange: queues.markRange()
        case .markAll: queues.markAll()
        case .invertMarks: queues.invertMarks()
        default: break
        }
        return []
    }

    /// Asks before purging or deleting everything marked.
    mutating func askBulk(_ verb: String, _ mutation: (QueueID) -> Mutation) {
        let marked = queues.rows.filter { queues.marks.contains($0.id) }
        let ready = marked.reduce(0) { $0.addingReportingOverflow($1.queue.messagesReady ?? 0).partialValue }
        let unacked = marked.reduce(0) { $0.addingReportingOverflow($1.queue.messagesUnacknowledged ?? 0).partialValue }
        let age = Figures.age(monitor.queues.age(at: now))
        let count = marked.count == 1 ? "1 queue" : "\(Figures.exact(marked.count)) queues"
        let names = marked.prefix(3).map(\.id.name).joined(separator: ", ") + (marked.count > 3 ? " …" : "")
        let sentences = [
            "\(count): \(names).",
            verb == "purge"
                ? "\(Figures.exact(ready)) ready will go; \(Figures.exact(unacked)) unacked stay (as listed \(age) ago)."
                : "They go with \(Figures.exact(ready)) ready and \(Figures.exact(unacked)) unacked (as listed \(age) ago).",
        ]
        let isMuch = ready.addingReportingOverflow(unacked).partialValue > BlastRadius.typedNameLimit
        dialog = .bulk(
            BulkDialog(
                "\(verb.prefix(1).uppercased() + verb.dropFirst()) \(count)?", sentences: sentences,
                button: verb.prefix(1).uppercased() + verb.dropFirst(), mutations: marked.map { mutation($0.id) },
                mustType: isMuch ? String(marked.count) : nil, at: now))
    }

    /// Asks before declaring the queue deleted last again.
    mutating func askUndo() {
        guard let last = deleted.last else {
            receipt = .note("undo: no queue was deleted here")
            return
        }
        guard last.queue.exclusive != true else {
            receipt = .note("undo: \(last.queue.name) was exclusive to its connection and cannot be declared for it")
            return
        }
        let bound = last.bindings.count { !$0.source.isEmpty }
        dialog = .bulk(
            BulkDialog(
                "Declare \(TextWidth.cutMiddle(last.queue.name, 40)) again?",
                sentences: [
                    "With the same settings and \(bound == 1 ? "1 binding" : "\(bound) bindings").",
                    "Its messages are gone, and its consumers must subscribe again.",
                ], button: "Declare", mutations: last.restoring, at: now))
    }

    /// Takes a key of the question.
    mutating func press(_ key: Key, in bulk: BulkDialog) -> [Effect] {
        var bulk = bulk
        switch bulk.press(key, at: now) {
        case .stays: dialog = .bulk(bulk)
        case .cancelled: closeDialog()
        case .confirmed:
            closeDialog()
            if let refusal = gate.refusal(at: now) {
                receipt = .note("\(bulk.button): \(refusal)")
                return []
            }
            queues.clearMarks()
            if case .declareQueue(let id, _)? = bulk.mutations.first { deleted.removeAll { $0.queue.id == id } }
            bulkRun = BulkRun(bulk.mutations, verb: bulk.button.lowercased())
            return nextOfBulk()
        }
        return []
    }

    /// Sends the parts of a long change, one after the other.
    mutating func sendAll(_ parts: [Mutation]) -> [Effect] {
        closeDialog()
        if let refusal = gate.refusal(at: now) {
            receipt = .note("\(parts[0].verb): \(refusal)")
            return []
        }
        bulkRun = BulkRun(parts, verb: "\(parts[0].verb) \(parts[0].title)")
        return nextOfBulk()
    }

    /// Sends the next one: one at a time, so that it can be stopped and a broker is not flooded.
    mutating func nextOfBulk() -> [Effect] {
        guard let next = bulkRun?.waiting.popFirst() else {
            if let receipt = bulkRun?.receipt { self.receipt = receipt }
            bulkRun = nil
            return [.refresh]
        }
        if let receipt = bulkRun?.receipt { self.receipt = receipt }
        return [.perform(next)]
    }

    /// Stops after the one that is under way.
    mutating func stopBulk() {
        guard let run = bulkRun else { return }
        bulkRun = nil
        receipt = .note("\(run.verb): stopped after \(run.done + 1) of \(run.total)")
    }
}
