import Management
import Monitor
import Terminal
import Testing

@testable import Console

@Test("a console that waits does not spin, whatever panel is open when the selection moves")
func noSpinning() throws {
    var state = try Fixture.console(monitor: Fixture.objects())
    _ = state.press(["j"], every: .milliseconds(10))
    _ = state.press(["1"], every: .milliseconds(10))
    for _ in 0..<3 { _ = state.update(.tick, at: state.nextTick) }
    #expect(state.nextTick - state.now >= .milliseconds(100))
    let leaving = try Fixture.console(monitor: Fixture.objects(), panel: .overview)
    #expect(leaving.nextTick > leaving.now)
}

@Test("another endpoint that answers meanwhile ends a confirmation and a form")
func endpointChanges() throws {
    for key in [Key.character("p"), "P", "c"] {
        var state = try Fixture.console(monitor: Fixture.objects())
        _ = state.press([key])
        #expect(state.dialog != nil)
        var other = Fixture.objects()
        other.endpoint = "http://mq-2.example:15672"
        _ = state.update(.monitor(other), at: state.now)
        #expect(state.dialog == nil)
        #expect(state.lines[22].contains("nothing was sent: http://mq-2.example:15672 answers now"))
    }
}

@Test("what cannot be seen cannot be changed")
func unseenIsUnchanged() throws {
    var state = try Fixture.console(monitor: Fixture.objects())
    _ = state.press([.control("d")])
    _ = state.update(.resize(Size(columns: 39, rows: 9)), at: state.now)
    #expect(state.dialog == nil)
    let effects = state.press([.control("d"), .tab, .enter, "p", .tab, .enter])
    #expect(state.dialog == nil)
    #expect(!effects.contains { if case .perform = $0 { true } else { false } })
}

@Test("messages that come while another dialog is open are shown after it")
func unseenMessages() throws {
    var state = try Fixture.console(monitor: Fixture.objects())
    _ = state.press(["?"])
    let queue = QueueID(vhost: "/", name: "invoices")
    let message = FetchedMessage(
        exchange: "", routingKey: "k", redelivered: false, payload: Array("gone from the queue".utf8), payloadBytes: 19)
    _ = state.update(
        .performed(.getMessages(queue, count: 1, mode: .remove), .success(.messages([message]))), at: state.now)
    #expect(!state.render().text.contains("gone from the queue"))
    _ = state.press([.escape])
    #expect(state.render().text.contains("gone from the queue"))
}

@Test("a message is shown as it was sent, blanks, long lines and cut characters included")
func messageBody() {
    func lines(_ payload: [UInt8], bytes: Int? = nil) -> [String] {
        let message = FetchedMessage(
            exchange: "x", routingKey: "k", redelivered: false, payload: payload, payloadBytes: bytes ?? payload.count)
        return MessagesView(QueueID(vhost: "/", name: "q"), [message]).lines(width: 10).dropFirst().map(\.text)
    }
    #expect(lines(Array("{\n    \"a\": 1\n\n}".utf8)) == ["{", "    \"a\": 1", "", "}"])
    #expect(lines(Array("abcdefghijklmno".utf8)) == ["abcdefghij", "klmno"])
    #expect(lines(Array("ab€".utf8.dropLast()), bytes: 5).first == "ab")
    #expect(lines([0xFF, 0x00, 0x10]) == ["ff 00 10"])
    #expect(lines(Array(repeating: UInt8(ascii: "\n"), count: 5000)).last == "… more than is shown here")
}

@Test("the overview looks at all queues, whatever the list of queues is filtered by")
func attentionIgnoresFilter() throws {
    var state = try Fixture.console(columns: 120, rows: 40, monitor: Fixture.objects())
    _ = state.press(["/", "m", "a", "i", "l", .enter, "1"])
    #expect(state.render().text.contains("! payments: prefetch 10 is full"))
}

@Test("marks are identities; purging them asks once, goes one by one, shows how far it is and can be stopped")
func bulkPurge() throws {
    var state = try Fixture.console(monitor: Fixture.objects())
    _ = state.press(["G", "k", " ", "k", "k", "k", "V"])
    let marked = state.queues.rows.filter { state.queues.marks.contains($0.id) }.map(\.id)
    #expect(marked.count == 3)
    #expect(state.lines.contains { $0.contains("3 marked") })
    _ = state.press(["I"])
    #expect(state.queues.rows.filter { state.queues.marks.contains($0.id) }.count == 3, "they follow their queues")
    _ = state.press(["p"])
    #expect(state.lines.contains { $0.contains("Purge 3 queues?") })
    #expect(state.press([.enter]).isEmpty && state.dialog == nil, "the focus starts on Cancel")

    _ = state.press(["p"])
    guard case .perform(let first)? = state.press([.tab, .enter]).first else {
        Issue.record("nothing was sent")
        return
    }
    #expect(state.lines[22].contains("purge: 0 of 3"))
    guard case .perform(let second)? = state.update(.performed(first, .success(.removed(7))), at: state.now).first
    else { return }
    #expect(first != second && state.lines[22].contains("purge: 1 of 3, 7 messages gone; esc stops it"))
    _ = state.press([.escape])
    #expect(state.update(.performed(second, .success(.removed(1))), at: state.now) == [.refresh])
}

@Test("deleting many messages at once wants the number of queues typed")
func bulkTyped() throws {
    var state = try Fixture.console(monitor: Fixture.objects())
    _ = state.press(["*", .control("d"), .tab, .tab])
    #expect(state.press([.enter]).isEmpty && state.dialog != nil)
    _ = state.press([.backTab, "9", .tab])
    #expect(state.press([.enter]).contains { if case .perform(.deleteQueue) = $0 { true } else { false } })
}

@Test("a deleted queue is declared again with its settings and bindings")
func undo() throws {
    var state = try Fixture.console(monitor: Fixture.objects())
    _ = state.press(["u"])
    #expect(state.lines[22].contains("no queue was deleted here"))
    guard case .reread(let ticket, let delete)? = state.press([.control("d")]).first else { return }
    var queue = Fixture.queue("invoices", "quorum", ready: 5, unacked: 0, rates: (0, 0, 0), consumers: 0)
    queue.arguments = ["x-max-length": 50_000]
    var read = ReadObject(queue)
    let binding = BindingInfo(vhost: "/", source: "orders", destination: "invoices", routingKey: "k")
    read.bindings = [BindingInfo(vhost: "/", source: "", destination: "invoices", routingKey: "invoices"), binding]
    _ = state.update(.reread(ticket, .success(read)), at: state.now)
    _ = state.press([.tab, .enter])
    _ = state.update(.performed(delete, .success(.accepted)), at: state.now)
    #expect(state.lines[22].contains("u declares it again"))
    _ = state.press(["u"])
    let settings = QueueSettings(durable: true, type: "quorum", arguments: ["x-max-length": 50_000])
    let declare = Mutation.declareQueue(queue.id, settings)
    #expect(state.press([.tab, .enter]) == [.perform(declare)])
    #expect(state.update(.performed(declare, .success(.accepted)), at: state.now).contains(.perform(.bind(binding))))
}

@Test("the action menu names everything that can be done here, with its key, and does it")
func actionMenu() throws {
    var state = try Fixture.console(rows: 40, monitor: Fixture.objects())
    _ = state.press(["a"])
    #expect(state.lines.contains { $0.contains("c      declare a queue") })
    #expect(state.lines.contains { $0.contains("p      remove the queue's ready messages") })
    _ = state.press([.enter])
    guard case .form? = state.dialog else {
        Issue.record("the first action was not done")
        return
    }
    _ = state.press([.escape, "3", "-"])
    #expect(state.panel == .queues)
}

@Test("the tour leads from panel to panel, follows whoever goes ahead, and can be put away")
func tour() throws {
    var settings = ConsoleSettings(themes: try ThemeLibrary(wanted: nil, environment: [:]))
    settings.hasTour = true
    var state = ConsoleState(
        settings: settings, monitor: Fixture.objects(), size: Size(columns: 80, rows: 24), panel: .overview)
    #expect(state.lines[22].hasPrefix(" Tour 1/5: press 2 to see every queue"))
    #expect(state.lines[22].hasSuffix(":tour off"))
    _ = state.press(["2"])
    #expect(state.lines[22].contains("Tour 2/5: choose payments"))
    _ = state.press(["j", "j", "j", .enter])
    #expect(state.lines[22].contains("Tour 3/5: press 3"))
    _ = state.press(["3", "5"])
    #expect(state.lines[22].contains("Tour 5/5"))
    for key in ":tour off" { _ = state.press([.character(key)]) }
    _ = state.press([.enter])
    #expect(state.lines[22].isEmpty)
}
