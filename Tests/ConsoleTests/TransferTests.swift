import Management
import Synchronization
import Terminal
import Testing

@testable import Console

/// Two queues of messages behind what a management endpoint can do. Changes that a transfer does not make are refused.
private final class TwoQueues: Administering {
    struct Contents {
        var queues: [String: [String]]
        /// A consumer that takes so many from the head of "from" after the first reading.
        var taken = 0
        var readings = 0
        /// Messages that can be published before the endpoint fails.
        var publishable = Int.max
        /// Whether bodies come cut.
        var cuts = false
    }

    let contents: Mutex<Contents>

    init(_ from: [String], to: [String]? = []) {
        var queues = ["from": from]
        queues["to"] = to
        contents = Mutex(Contents(queues: queues))
    }

    func getMessages(
        vhost: String, queue: String, count: Int, mode: AckMode, truncate: Int?
    ) async throws(EndpointError) -> [FetchedMessage] {
        contents.withLock { contents in
            let head = Array((contents.queues[queue] ?? []).prefix(count))
            if mode == .remove { contents.queues[queue]?.removeFirst(head.count) }
            contents.readings += 1
            if contents.readings == 1 { contents.queues[queue]?.removeFirst(contents.taken) }
            return head.map { body in
                let payload = Array((contents.cuts ? String(body.dropLast()) : body).utf8)
                return FetchedMessage(
                    exchange: "", routingKey: queue, redelivered: contents.readings > 1, payload: payload,
                    payloadBytes: body.utf8.count, properties: ["delivery_mode": 2], messagesLeft: 0)
            }
        }
    }

    func publish(_ message: OutgoingMessage, vhost: String, exchange: String) async throws(EndpointError) -> Bool {
        let result: Bool? = contents.withLock { contents in
            guard contents.publishable > 0 else { return nil }
            contents.publishable -= 1
            guard contents.queues[message.routingKey] != nil, message.properties["delivery_mode"] == 2 else {
                return false
            }
            contents.queues[message.routingKey]?.append(String(decoding: message.payload, as: UTF8.self))
            return true
        }
        guard let result else { throw .timedOut("two queues", after: .seconds(1)) }
        return result
    }

    private func refuse() -> EndpointError { .refused("it", reason: "a transfer only reads and publishes") }
    func declareVhost(name: String) async throws(EndpointError) { throw refuse() }
    func deleteVhost(name: String) async throws(EndpointError) { throw refuse() }
    func setPolicy(_ policy: PolicyInfo) async throws(EndpointError) { throw refuse() }
    func clearPolicy(vhost: String, name: String) async throws(EndpointError) { throw refuse() }
    func declareQueue(vhost: String, name: String, settings: QueueSettings) async throws(EndpointError) {
        throw refuse()
    }
    func deleteQueue(vhost: String, name: String, ifEmpty: Bool, ifUnused: Bool) async throws(EndpointError) {
        throw refuse()
    }
    func purgeQueue(vhost: String, name: String) async throws(EndpointError) -> Int? { throw refuse() }
    func declareExchange(vhost: String, name: String, settings: ExchangeSettings) async throws(EndpointError) {
        throw refuse()
    }
    func deleteExchange(vhost: String, name: String, ifUnused: Bool) async throws(EndpointError) { throw refuse() }
    func bind(_ binding: BindingInfo) async throws(EndpointError) { throw refuse() }
    func unbind(_ binding: BindingInfo) async throws(EndpointError) { throw refuse() }
    func closeConnection(name: String, reason: String) async throws(EndpointError) { throw refuse() }

    var transfer: Transfer { Transfer(endpoint: self, from: QueueID(vhost: "/", name: "from"), to: "to") }
    subscript(queue: String) -> [String]? { contents.withLock { $0.queues[queue] } }
}

@Test("messages are moved in order, and copied without leaving")
func movesAndCopies() async throws {
    let queues = TwoQueues(["a", "b", "c"])
    #expect(try await queues.transfer.copy(2) == .moved(2, twice: 2))
    #expect(queues["from"] == ["a", "b", "c"] && queues["to"] == ["a", "b"])
    #expect(try await queues.transfer.move(2) == .moved(2, twice: 0))
    #expect(queues["from"] == ["c"] && queues["to"] == ["a", "b", "a", "b"])
    #expect(try await queues.transfer.move(9) == .moved(1, twice: 0))
    #expect(try await queues.transfer.move(9) == .moved(0, twice: 0))
}

@Test("what a consumer takes meanwhile is in the other queue too, and that is said; nothing is lost")
func consumedMeanwhile() async throws {
    let queues = TwoQueues(["a", "b", "c", "d"])
    queues.contents.withLock { $0.taken = 1 }
    #expect(try await queues.transfer.move(2) == .moved(3, twice: 1))
    #expect(queues["from"] == ["d"] && queues["to"] == ["a", "b", "c"])
}

@Test("an endpoint that fails halfway has lost nothing, nor has a queue that is not there")
func failsHalfway() async throws {
    let queues = TwoQueues(["a", "b", "c"])
    queues.contents.withLock { $0.publishable = 1 }
    await #expect(throws: EndpointError.self) { try await queues.transfer.move(3) }
    #expect(queues["from"] == ["a", "b", "c"] && queues["to"] == ["a"])
    let nowhere = TwoQueues(["a"], to: nil)
    await #expect(throws: EndpointError.self) { try await nowhere.transfer.move(1) }
    #expect(nowhere["from"] == ["a"])
}

@Test("a body that comes cut is never passed on")
func cutBodies() async throws {
    let queues = TwoQueues(["abc"])
    queues.contents.withLock { $0.cuts = true }
    await #expect(throws: EndpointError.self) { try await queues.transfer.move(1) }
    #expect(queues["from"] == ["abc"] && queues["to"] == [])
}

@Test("a long move is made in parts that can be stopped, and ends when the queue is empty")
func partsOfAMove() throws {
    var state = try Fixture.console(monitor: Fixture.objects())
    _ = state.press(["M"])
    for key in "other" { _ = state.press([.character(key)]) }
    _ = state.press([.tab, .control("u"), "1", "2", "0"])
    let id = QueueID(vhost: "/", name: "invoices")
    func part(_ count: Int) -> Mutation { .move(from: id, to: "other", count: count, keeps: false) }
    #expect(state.press([.enter, .enter]) == [.perform(part(50))])
    #expect(state.update(.performed(part(50), .success(.moved(50, twice: 0))), at: state.now) == [.perform(part(50))])
    #expect(state.receipt?.text == "move from invoices to other: 1 of 3, 50 messages moved; esc stops it")
    _ = state.update(.performed(part(50), .success(.moved(0, twice: 0))), at: state.now)
    #expect(state.bulkRun == nil)
    #expect(state.receipt == Receipt(outcome: .accepted, text: "move from invoices to other, 50 messages moved"))
    _ = state.press(["M", .escape])
    #expect(state.dialog == nil)
}
