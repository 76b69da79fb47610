import AMQP
import Journal
import Testing

@testable import Broker

@Suite("Dead-lettering")
struct DeadLetterTests {
    let node: Node
    let client: WireClient

    init() throws {
        var configuration = NodeConfiguration(seed: 1)
        configuration.clockOffset = 1_700_000_000_000_000_000
        node = Node(configuration, now: Instant(nanoseconds: 1_000_000_000))
        client = try WireClient(node, opening: [1, 2])
        client.send(QueueDeclare(queue: "dead"), 1)
        client.tick()
    }

    /// Declares a queue whose dead letters go to "dead", or elsewhere.
    private func declare(_ name: String, to key: String? = "dead", exchange: String = "", _ more: FieldTable = [:]) {
        var arguments = more
        arguments["x-dead-letter-exchange"] = .string(exchange)
        arguments["x-dead-letter-routing-key"] = key.map { .string($0) }
        client.send(QueueDeclare(queue: name, arguments: arguments), 1)
        client.tick()
        client.forgetFrames()
    }

    /// Gets the next message of a queue and holds it.
    private func get(_ queue: String) -> DeadLetter? {
        client.forgetFrames()
        client.send(BasicGet(queue: queue), 1)
        client.tick()
        return DeadLetter(client.frames)
    }

    private func reject(_ letter: DeadLetter?) throws {
        client.send(BasicReject(deliveryTag: try #require(letter).tag, requeue: false), 1)
        client.tick()
    }

    @Test("a rejected message goes to the exchange with the story of its death, and does not expire any more")
    func rejected() throws {
        declare("q")
        client.publish(
            "m", key: "q",
            BasicProperties(
                contentType: "text/plain", headers: ["z": .int32(1), "CC": .array([.string("c")])], deliveryMode: 2,
                correlationID: "17", expiration: "90000", appID: "test"), 1)
        try reject(get("q"))
        let letter = try #require(get("dead"))
        #expect(letter.body == "m" && letter.exchange == "" && letter.key == "dead" && !letter.isRedelivered)
        let properties = letter.properties
        #expect(properties.contentType == "text/plain" && properties.deliveryMode == 2 && properties.appID == "test")
        #expect(properties.correlationID == "17" && properties.expiration == nil)
        let death: FieldTable = [
            "count": .int64(1), "reason": .string("rejected"), "queue": .string("q"),
            "time": .timestamp(1_700_000_001), "exchange": .string(""),
            "routing-keys": .array([.string("q"), .string("c")]), "original-expiration": .string("90000"),
        ]
        let headers: FieldTable = [
            "x-death": .array([.table(death)]), "x-first-death-exchange": .string(""),
            "x-first-death-queue": .string("q"), "x-first-death-reason": .string("rejected"), "z": .int32(1),
        ]
        #expect(properties.headers == headers)
    }

    @Test("a nack of many dead-letters each, in order; a requeue none")
    func nacked() throws {
        declare("q")
        for number in 1...300 { client.publish("\(number)", to: "", key: "q", persistent: false, 1) }
        client.send(BasicConsume(queue: "q", consumerTag: "c"), 1)
        client.tick()
        client.send(BasicCancel(consumerTag: "c"), 1)
        client.send(BasicNack(deliveryTag: 100, multiple: true, requeue: true), 1)
        client.send(BasicNack(deliveryTag: 300, multiple: true, requeue: false), 1)
        client.tick()
        #expect(client.drain("dead", 2) == (101...300).map { "\($0)" })
        #expect(client.drain("q", 2) == (1...100).map { "\($0)" })
    }

    @Test("an expired message says so, and keeps its own key where the queue names none")
    func expired() throws {
        client.send(ExchangeDeclare(exchange: "x", type: "topic"), 1)
        client.send(QueueBind(queue: "dead", exchange: "x", routingKey: "q"), 1)
        declare("q", to: nil, exchange: "x", ["x-message-ttl": .int32(10)])
        client.publish("m", to: "", key: "q", persistent: false, 1)
        client.tick(at: node.now.nanoseconds + 12_000_000)
        let letter = try #require(get("dead"))
        #expect(letter.exchange == "x" && letter.key == "q" && letter.deaths == ["1 expired q"])
    }

    @Test("a queue over its length dead-letters its oldest")
    func overLength() throws {
        declare("q", ["x-max-length": .int32(2)])
        for body in ["1", "2", "3"] { client.publish(body, to: "", key: "q", persistent: false, 1) }
        client.tick()
        let letter = try #require(get("dead"))
        #expect(letter.body == "1" && letter.deaths == ["1 maxlen q"])
        #expect(client.drain("q", 1) == ["2", "3"])
    }

    @Test("with reject-publish-dlx a refused message is dead-lettered and its publisher hears a nack")
    func refused() throws {
        declare("q", ["x-max-length": .int32(1), "x-overflow": .string("reject-publish-dlx")])
        client.send(ConfirmSelect(), 2)
        for body in ["1", "2"] { client.publish(body, to: "", key: "q", persistent: false, 2) }
        client.tick()
        #expect(client.confirmed.acks == [1] && client.confirmed.nacks == [2])
        let letter = try #require(get("dead"))
        #expect(letter.body == "2" && letter.deaths == ["1 maxlen q"])
        #expect(client.drain("q", 1) == ["1"])
    }

    @Test("deaths are told newest first, the others turn around each time; one that happens again is counted")
    func chain() throws {
        for number in 0..<4 { declare("c\(number)", to: number < 3 ? "c\(number + 1)" : "c0") }
        client.publish("m", to: "", key: "c0", persistent: false, 1)
        for queue in ["c0", "c1", "c2", "c3"] { try reject(get(queue)) }
        let letter = get("c0")
        #expect(letter?.deaths == ["1 rejected c3", "1 rejected c1", "1 rejected c0", "1 rejected c2"])
        try reject(letter)
        #expect(get("c1")?.deaths == ["2 rejected c0", "1 rejected c2", "1 rejected c1", "1 rejected c3"])
    }

    @Test("a message that comes round without having been rejected is dropped; one that was rejected goes on")
    func cycles() throws {
        declare("a", to: "a", ["x-message-ttl": .int32(10)])
        client.publish("m", to: "", key: "a", persistent: false, 1)
        client.tick(at: node.now.nanoseconds + 12_000_000)
        #expect(try #require(node.virtualHosts["/"]?.queues["a"]).readyCount == 0)
        declare("b", to: "c", ["x-message-ttl": .int32(10)])
        declare("c", to: "b")
        client.publish("m", to: "", key: "b", persistent: false, 1)
        for round in 1...3 {
            client.tick(at: node.now.nanoseconds + 12_000_000)
            let letter = get("c")
            #expect(letter?.deaths.first == "\(round) expired b")
            try reject(letter)
        }
    }

    @Test("without the exchange, without a queue behind it, or after a purge and with its queue's end nothing is kept")
    func nowhere() throws {
        declare("none", exchange: "missing")
        declare("unbound", exchange: "amq.direct")
        declare("purged")
        declare("deleted")
        for queue in ["none", "unbound", "purged", "deleted"] {
            client.publish("m", to: "", key: queue, persistent: false, 1)
        }
        try reject(get("none"))
        try reject(get("unbound"))
        client.send(QueuePurge(queue: "purged"), 1)
        let held = get("deleted")
        client.publish("m", to: "", key: "deleted", persistent: false, 1)
        client.send(QueueDelete(queue: "deleted"), 1)
        client.tick()
        try reject(held)
        #expect(client.drain("dead", 2) == [])
        #expect(node.segments.liveRecords == 0)
    }

    @Test("a header that is no list of deaths, or whose list makes no sense, does not stop anything")
    func foreignHeaders() throws {
        declare("q")
        let lists: [FieldValue] = [
            .string("text"), .array([.string("text")]), .array([]), .array([.table(["queue": .string("q")])]), .void,
            .array([.table(["count": .int64(.max), "queue": .string("q"), "reason": .string("rejected")])]),
        ]
        for list in lists {
            client.publish("m", key: "q", BasicProperties(headers: ["x-death": list]), 1)
            try reject(get("q"))
            #expect(get("dead")?.deaths.first?.hasSuffix("rejected q") == true, "\(list)")
        }
    }

    @Test("refusals that follow from each other without end hold nobody up")
    func endlessRefusals() throws {
        let refusing: FieldTable = ["x-max-length": .int32(0), "x-overflow": .string("reject-publish-dlx")]
        declare("a", to: "b", refusing)
        declare("b", to: "a", refusing)
        // Whoever says that it was rejected on the way takes the cycle for one that somebody wants.
        let death: FieldTable = ["queue": .string("r"), "reason": .string("rejected"), "count": .int64(1)]
        client.publish("m", key: "a", BasicProperties(headers: ["x-death": .array([.table(death)])]), 1)
        for _ in 0..<50 {
            _ = node.tick(now: node.now)
            let waiting = node.deadLetters.refused.count
            #expect(waiting <= 1)
        }
        client.publish("other", to: "", key: "dead", persistent: false, 2)
        client.send(QueueDelete(queue: "a"), 1)
        client.tick()
        client.tick()
        let isDone = node.deadLetters.refused.isEmpty
        #expect(isDone)
        #expect(get("dead")?.body == "other")
    }

    @Test("many that expire at once go a slice a tick", arguments: [false, true])
    func slices(isLarge: Bool) throws {
        declare("q", ["x-message-ttl": .int32(10)])
        let count = isLarge ? 300 : 3_000
        let body = String(repeating: "x", count: isLarge ? 60_000 : 10)
        for _ in 0..<count {
            client.publish(body, to: "", key: "q", persistent: false, 1)
            if isLarge { client.tick() }
        }
        let dead = try #require(node.virtualHosts["/"]?.queues["dead"])
        node.advance(to: node.now.advanced(milliseconds: 20))
        var ticks = 0
        while dead.readyCount < count, ticks < count {
            let before = dead.readyCount
            _ = node.tick(now: Instant(nanoseconds: node.now.nanoseconds + 10))
            #expect(dead.readyCount - before <= (isLarge ? 18 : Limits.deadLettersPerTick))
            ticks += 1
        }
        #expect(dead.readyCount == count && ticks < count / 2)
    }

    @Test("a client that rejects thousands at once has them dead-lettered a slice a tick, each once and in order")
    func pipelinedRejects() throws {
        declare("q")
        for number in 1...1_000 { client.publish("\(number)", to: "", key: "q", persistent: false, 1) }
        client.send(BasicConsume(queue: "q", consumerTag: "c"), 1)
        client.tick()
        for tag in 1...1_000 { client.send(BasicReject(deliveryTag: UInt64(tag), requeue: false), 1) }
        let dead = try #require(node.virtualHosts["/"]?.queues["dead"])
        #expect(dead.readyCount <= Limits.deadLettersPerTick)
        for _ in 0..<50 { _ = node.tick(now: Instant(nanoseconds: node.now.nanoseconds + 10)) }
        #expect(client.drain("dead", 2) == (1...1_000).map { "\($0)" })
    }
}

/// A message that was got, with what its headers tell.
struct DeadLetter {
    var tag: UInt64 = 0
    var exchange = ""
    var key = ""
    var isRedelivered = false
    var properties = BasicProperties()
    var body = ""

    init?(_ frames: [WireClient.Frame]) {
        var isThere = false
        for frame in frames {
            switch frame {
            case .method(_, .basicGetOK(let got)):
                (tag, exchange, key, isRedelivered) = (got.deliveryTag, got.exchange, got.routingKey, got.redelivered)
                isThere = true
            case .header(_, let header): properties = header.properties
            case .body(_, let bytes): body += String(decoding: bytes, as: UTF8.self)
            default: break
            }
        }
        if !isThere { return nil }
    }

    /// Each death as "count reason queue".
    var deaths: [String] {
        guard case .array(let values)? = properties.headers?["x-death"] else { return [] }
        return values.map { value in
            guard case .table(let death) = value else { return "none" }
            let count = death["count"]?.integer.map { "\($0)" } ?? "-"
            return "\(count) \(death["reason"]?.text ?? "-") \(death["queue"]?.text ?? "-")"
        }
    }
}
