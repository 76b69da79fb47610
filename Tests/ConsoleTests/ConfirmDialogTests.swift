import Management
import Monitor
import Terminal
import Testing

@testable import Console

/// A queue with so many messages.
private func queue(ready: Int?, unacked: Int? = 0, type: String? = "classic") -> QueueInfo {
    var queue = QueueInfo(vhost: "/", name: "jobs")
    queue.type = type
    queue.messagesReady = ready
    queue.messagesUnacknowledged = unacked
    return queue
}

/// A purge dialog opened at 0 s whose reading came at 0.1 s.
private func dialog(ready: Int?, mutation: Mutation? = nil, type: String? = "classic") -> ConfirmDialog {
    let id = QueueID(vhost: "/", name: "jobs")
    var dialog = ConfirmDialog(mutation ?? .purgeQueue(id), at: .zero, ticket: Ticket(number: 1))
    dialog.read(.success(BlastRadius(queue: queue(ready: ready, type: type), readAt: .milliseconds(100))))
    return dialog
}

/// What the last of the keys, pressed one after the other from a time on, led to.
private func press(
    _ keys: [Key], in dialog: inout ConfirmDialog, from time: Duration = .seconds(1)
) -> ConfirmDialog.Outcome {
    var outcome = ConfirmDialog.Outcome.stays
    for key in keys { outcome = dialog.press(key, at: time) }
    return outcome
}

@Test("the focus starts on Cancel: Enter cancels, Tab Enter confirms")
func focusStartsOnCancel() {
    var first = dialog(ready: 5)
    #expect(press([.enter], in: &first) == .cancelled)
    var second = dialog(ready: 5)
    #expect(press([.tab, .enter], in: &second) == .confirmed)
    var third = dialog(ready: 5)
    #expect(press([.tab, .tab, .enter], in: &third) == .cancelled)
}

@Test("input of the first 300 ms is dropped")
func deaf() {
    var dialog = dialog(ready: 5)
    #expect(press([.tab, .enter], in: &dialog, from: .milliseconds(299)) == .stays)
    #expect(dialog.focus == .cancel)
    #expect(press([.tab, .enter], in: &dialog, from: .milliseconds(300)) == .confirmed)
}

@Test("the key that opened the dialog never confirms, however often it repeats")
func openingKey() throws {
    for key in [Key.character("p"), .control("d")] {
        var state = try Fixture.console()
        let opening = state.press([key])
        guard case .reread(let ticket, let id) = try #require(opening.first) else {
            Issue.record("no reading was asked for")
            return
        }
        #expect(id.target.name == "invoices")
        _ = state.update(.reread(ticket, .success(ReadObject(queue(ready: 5)))), at: state.now)
        let effects = state.press(Array(repeating: key, count: 20))
        #expect(!effects.contains { if case .perform = $0 { true } else { false } })
        guard case .confirm? = state.dialog else {
            Issue.record("the dialog has closed")
            return
        }
    }
}

@Test("pasted text never confirms and never types the name")
func pasteNeverConfirms() throws {
    var state = try Fixture.console()
    guard case .reread(let ticket, _) = try #require(state.press(["p"]).first) else { return }
    _ = state.update(.reread(ticket, .success(ReadObject(queue(ready: 20_000)))), at: state.now)
    _ = state.press([.tab])
    let effects = state.update(.paste("invoices\n\t\n"), at: state.now + .seconds(1))
    #expect(effects == [])
    guard case .confirm(let confirmation)? = state.dialog else {
        Issue.record("the dialog has closed")
        return
    }
    #expect(confirmation.typedName.text.isEmpty)
    #expect(!confirmation.canConfirm)
    #expect(confirmation.refusedPaste)
}

@Test("nothing can be confirmed before the object was read, nor when it cannot be")
func unreadConfirmsNothing() {
    let id = QueueID(vhost: "/", name: "jobs")
    var unread = ConfirmDialog(.purgeQueue(id), at: .zero, ticket: Ticket(number: 1))
    #expect(unread.stops == [.cancel])
    #expect(press([.tab, .enter], in: &unread) == .cancelled)
    var gone = ConfirmDialog(.purgeQueue(id), at: .zero, ticket: Ticket(number: 1))
    gone.read(.failure(.notFound("queue 'jobs'")))
    #expect(press([.tab, .enter], in: &gone) == .cancelled)
}

@Test("above 10,000 messages the name must be typed", arguments: [10_000, 10_001])
func typedName(ready: Int) {
    var dialog = dialog(ready: ready)
    if ready <= BlastRadius.typedNameLimit {
        #expect(press([.tab, .enter], in: &dialog) == .confirmed)
        return
    }
    #expect(press([.tab, .tab, .enter], in: &dialog) == .stays)
    #expect(press([.backTab, "j", "o", "b", .enter], in: &dialog) == .stays)
    #expect(press(["s", .enter], in: &dialog) == .confirmed)
}

@Test("a figure that is not known counts as many, and growing past the limit asks for the name")
func unknownCountsAsMany() {
    #expect(dialog(ready: nil).needsTypedName)
    var dialog = dialog(ready: 5)
    #expect(press([.tab], in: &dialog) == .stays)
    dialog.read(.success(BlastRadius(queue: queue(ready: 50_000), readAt: .seconds(6))))
    #expect(press([.enter], in: &dialog) == .stays)
    dialog.read(.success(BlastRadius(queue: queue(ready: 5), readAt: .seconds(12))))
    #expect(dialog.needsTypedName)
}

@Test("a reading older than five seconds is taken again, and its age is said")
func rereading() {
    var dialog = dialog(ready: 5)
    let wanted = [5, 6, 7].map { dialog.wantsReading(at: .seconds($0), as: Ticket(number: $0)) }
    #expect(wanted == [false, true, false])
    let radius = BlastRadius(queue: queue(ready: 28_412, unacked: 50), readAt: .seconds(3))
    #expect(
        radius.sentences(for: dialog.mutation, at: .seconds(6)) == [
            "28,412 ready will go (3.0s old).", "50 unacked stay with their consumers and may return.",
        ])
}

@Test(
    "clearing a policy says for which queues it counts, and of how many that is known",
    arguments: [
        ([], 9, "It counts for no queue (of 9; 3.0s old)."),
        (["a"], 9, "It counts for 1 queue (of 9; 3.0s old): a."),
        (["a", "b", "c", "d", "e"], 9, "It counts for 5 queues (of 9; 3.0s old): a, b, c, d, e."),
        (
            ["a", "b", "c", "d", "e", "f", "g"], 1200,
            "It counts for 7 queues (of 9 read, of 1,200; 3.0s old): a, b, c, d, e and 2 more."
        ),
    ])
func policyRadius(queues: [String], total: Int, counted: String) throws {
    let policy = try #require(Fixture.policies.last)
    let reading = PolicyReading(policy: policy, queues: queues, read: 9, total: total)
    let radius = BlastRadius(.policy(reading), readAt: .seconds(3))
    let ends = "What it sets ends at once: max-length=100000 overflow=reject-publish."
    let next = queues.isEmpty ? [] : ["Another policy that matches counts instead, or none."]
    #expect(radius.sentences(for: .clearPolicy(policy.id), at: .seconds(6)) == [counted, ends] + next)
}

@Test("a deletion may be bound to conditions for classic queues only")
func conditions() {
    let delete = Mutation.deleteQueue(QueueID(vhost: "/", name: "jobs"), ifEmpty: false, ifUnused: false)
    var classic = dialog(ready: 5, mutation: delete)
    #expect(press([.tab, .tab, " ", .tab, " ", .tab, .tab, .enter], in: &classic) == .confirmed)
    #expect(classic.mutation == .deleteQueue(delete.target, ifEmpty: true, ifUnused: true))
    #expect(!dialog(ready: 5, mutation: delete, type: "quorum").offersConditions)
}

@Test("rows stay where they are while a dialog is open, and the dialog keeps its queue")
func rowsAreFrozen() throws {
    var state = try Fixture.console()
    _ = state.press(["j", "p"])
    let before = state.queues.rows.map(\.id)
    let turned = Fixture.monitor { monitor in
        monitor.queues.value?.items.reverse()
        monitor.queues.value?.items.removeAll { $0.name == "orders.us" }
        monitor.queues.value?.items[0].messagesReady = 77
    }
    _ = state.update(.monitor(turned), at: state.now)
    #expect(state.queues.rows.map(\.id) == before)
    #expect(state.queues.rows.last?.queue.messagesReady == 77)
    guard case .confirm(let confirmation)? = state.dialog else { return }
    #expect(confirmation.mutation.target.name == "orders.eu")
    _ = state.press([.escape])
    #expect(state.queues.rows.first?.id.name == "reports")
    #expect(state.queues.selection?.name == "orders.eu")
    #expect(!state.queues.rows.contains { $0.id.name == "orders.us" })
}

@Test("an answer to a dialog that has closed is dropped")
func lateAnswer() throws {
    var state = try Fixture.console()
    guard case .reread(let ticket, _) = try #require(state.press(["p"]).first) else { return }
    _ = state.press([.escape, "p"])
    _ = state.update(.reread(ticket, .success(ReadObject(queue(ready: 5)))), at: state.now)
    guard case .confirm(let confirmation)? = state.dialog else { return }
    #expect(confirmation.reading == .pending)
}

@Test("a receipt says accepted unless the broker gave a count")
func receipts() {
    let purge = Mutation.purgeQueue(QueueID(vhost: "/", name: "jobs"))
    #expect(Receipt.finished(purge, .success(.accepted)).text == "purge jobs: accepted")
    #expect(Receipt.finished(purge, .success(.removed(1_000))).text == "purge jobs: 1,000 messages gone")
    let failed = Receipt.finished(purge, .failure(.notFound("queue 'jobs'")))
    #expect(failed.outcome == .failed && failed.text.contains("does not exist"))
    let unknown = Receipt.finished(purge, .failure(.timedOut("mq", after: .seconds(5))))
    #expect(unknown.text.contains("not known whether"))
}
