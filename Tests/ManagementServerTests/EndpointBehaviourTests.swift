import AMQP
import AMQPClient
import AMQPServer
import Management
import ManagementClient
import ManagementServer
import NIOPosix
import Testing

/// What every endpoint must do, on the engine in this process and on the same engine through its HTTP API: the console
/// cannot tell them apart.
@Suite(.timeLimit(.minutes(1))) struct EndpointBehaviourTests {
    enum Way: String, CaseIterable, CustomTestStringConvertible {
        case embedded = "in the process"
        case http = "over HTTP"
        var testDescription: String { rawValue }
    }

    typealias Endpoint = any Inspecting & Administering

    /// Runs `body` with an endpoint of a fresh broker and its AMQP address.
    func withEndpoint(
        _ way: Way, _ body: (_ endpoint: Endpoint, _ amqp: AMQPURI) async throws -> Void
    ) async throws {
        let broker = try await RunningBroker.start()
        let amqp = try AMQPURI("amqp://\(try #require(broker.amqpAddress))")
        switch way {
        case .embedded:
            try await body(broker.endpoint, amqp)
        case .http:
            let listener = try await ManagementListener.start(broker.endpoint, passwords: ["guest": "guest"])
            let url = try EndpointURL("http://127.0.0.1:\(listener.port)")
            let remote = try RemoteEndpoint(url, credentials: Credentials(for: url, environment: [:]))
            let result: Result<Void, any Error>
            do {
                result = .success(try await body(remote, amqp))
            } catch {
                result = .failure(error)
            }
            await remote.shutdown()
            await listener.stop()
            try result.get()
        }
        try await broker.stop()
    }

    /// The error of a call, which must throw.
    func failure(_ call: () async throws(EndpointError) -> some Any) async -> EndpointError? {
        do throws(EndpointError) {
            let value = try await call()
            Issue.record("gave \(value) instead of an error")
            return nil
        } catch {
            return error
        }
    }

    func isNotFound(_ error: EndpointError?) -> Bool {
        if case .notFound? = error { true } else { false }
    }

    func reason(_ error: EndpointError?) -> String? {
        if case .refused(_, let reason)? = error { reason } else { nil }
    }

    @Test("it names itself", arguments: Way.allCases)
    func capabilities(way: Way) async throws {
        try await withEndpoint(way) { endpoint, _ in
            let capabilities = try await endpoint.capabilities()
            #expect(capabilities.product == .warren)
            #expect(capabilities.version == "0.1.0")
            #expect(try await endpoint.nodes().map(\.name) == ["warren1@localhost"])
            #expect(try await endpoint.vhosts().map(\.name) == ["/"])
        }
    }

    @Test("queues are declared, listed by page, sorted, filtered, read and deleted", arguments: Way.allCases)
    func queues(way: Way) async throws {
        try await withEndpoint(way) { endpoint, _ in
            for number in 1...12 {
                try await endpoint.declareQueue(
                    vhost: "/", name: "q/\(number) ü", settings: QueueSettings(durable: number % 2 == 0))
            }
            let page = try await endpoint.queues(QueuePageRequest(page: 2, pageSize: 5, sort: .name))
            #expect(page.items.map(\.name) == ["q/3 ü", "q/4 ü", "q/5 ü", "q/6 ü", "q/7 ü"])
            #expect(page.filteredCount == 12 && page.pageCount == 3)
            let found = try await endpoint.queues(QueuePageRequest(nameFilter: "Q/1"))
            #expect(found.items.map(\.name).sorted() == ["q/1 ü", "q/10 ü", "q/11 ü", "q/12 ü"])
            #expect(try await endpoint.queue(vhost: "/", name: "q/2 ü").durable == true)
            try await endpoint.deleteQueue(vhost: "/", name: "q/2 ü", ifEmpty: true, ifUnused: true)
            #expect(
                isNotFound(
                    await failure { () async throws(EndpointError) in
                        try await endpoint.queue(vhost: "/", name: "q/2 ü")
                    }))
            #expect(
                isNotFound(
                    await failure { () async throws(EndpointError) in
                        try await endpoint.deleteQueue(vhost: "/", name: "q/2 ü", ifEmpty: false, ifUnused: false)
                    }))
        }
    }

    @Test("a declaration that differs is refused with the broker's words", arguments: Way.allCases)
    func inequivalent(way: Way) async throws {
        try await withEndpoint(way) { endpoint, _ in
            try await endpoint.declareQueue(vhost: "/", name: "q", settings: QueueSettings(durable: true))
            try await endpoint.declareQueue(vhost: "/", name: "q", settings: QueueSettings(durable: true))
            let error = await failure { () async throws(EndpointError) in
                try await endpoint.declareQueue(vhost: "/", name: "q", settings: QueueSettings(durable: false))
            }
            #expect(reason(error)?.contains("inequivalent arg 'durable' for queue 'q' in vhost '/'") == true)
            #expect(
                isNotFound(
                    await failure { () async throws(EndpointError) in
                        try await endpoint.declareQueue(vhost: "none", name: "q", settings: QueueSettings())
                    }))
        }
    }

    @Test("exchanges and bindings are declared, listed at both ends and removed", arguments: Way.allCases)
    func exchanges(way: Way) async throws {
        try await withEndpoint(way) { endpoint, _ in
            try await endpoint.declareQueue(vhost: "/", name: "q", settings: QueueSettings())
            try await endpoint.declareExchange(
                vhost: "/", name: "in/out",
                settings: ExchangeSettings(type: "topic", arguments: ["alternate-exchange": "amq.fanout"]))
            try await endpoint.declareExchange(vhost: "/", name: "h", settings: ExchangeSettings(type: "headers"))
            let topic = BindingInfo(vhost: "/", source: "in/out", destination: "q", routingKey: "a.# b")
            let headers = BindingInfo(
                vhost: "/", source: "h", destination: "q", arguments: ["x-match": "any", "a": 1, "b": true])
            let chained = BindingInfo(
                vhost: "/", source: "in/out", destination: "h", destinationType: .exchange, routingKey: "")
            for binding in [topic, headers, chained, topic] { try await endpoint.bind(binding) }

            let listed = try await endpoint.exchanges(ListRequest(nameFilter: "IN/"))
            #expect(listed.items.map(\.name) == ["in/out"])
            #expect(listed.items.first?.alternateExchange == "amq.fanout")
            let to = try await endpoint.bindings(.toQueue(ObjectID(vhost: "/", name: "q")))
            #expect(to.map(\.source) == ["", "in/out", "h"])
            #expect(to.last?.arguments == ["x-match": "any", "a": 1, "b": true])
            let from = try await endpoint.bindings(.fromExchange(ObjectID(vhost: "/", name: "in/out")))
            #expect(from.map(\.destination) == ["q", "h"])
            let into = try await endpoint.bindings(.toExchange(ObjectID(vhost: "/", name: "h")))
            #expect(into.map(\.source) == ["in/out"])
            for vhost in [nil, "/"] {
                let all = try await endpoint.bindings(.all(vhost: vhost))
                let ends = Set(all.map { "\($0.source) → \($0.destination)" })
                #expect(ends.isSuperset(of: [" → q", "in/out → q", "h → q", "in/out → h"]))
            }

            for binding in to.dropFirst() + into { try await endpoint.unbind(binding) }
            #expect(try await endpoint.bindings(.toQueue(ObjectID(vhost: "/", name: "q"))).count == 1)
            #expect(isNotFound(await failure { () async throws(EndpointError) in try await endpoint.unbind(topic) }))
            try await endpoint.deleteExchange(vhost: "/", name: "in/out", ifUnused: true)
            #expect(
                isNotFound(
                    await failure { () async throws(EndpointError) in
                        try await endpoint.bindings(.fromExchange(ObjectID(vhost: "/", name: "in/out")))
                    }))
        }
    }

    @Test("a message is published with its properties and read again", arguments: Way.allCases)
    func publishAndGet(way: Way) async throws {
        try await withEndpoint(way) { endpoint, _ in
            try await endpoint.declareQueue(vhost: "/", name: "q", settings: QueueSettings())
            let bytes: [UInt8] = Array(0...255)
            let properties: [String: JSONValue] = [
                "content_type": "application/x-bytes", "delivery_mode": 2, "priority": 3,
                "headers": .object(["n": 1, "t": "text", "b": true, "nothing": .null, "l": .array([1, "a"])]),
            ]
            let message = OutgoingMessage(routingKey: "q", payload: bytes, properties: properties)
            #expect(try await endpoint.publish(message, vhost: "/", exchange: ""))
            #expect(
                try await !endpoint.publish(
                    OutgoingMessage(routingKey: "nowhere", payload: []), vhost: "/", exchange: ""))

            let first = try await endpoint.getMessages(
                vhost: "/", queue: "q", count: 5, mode: .requeue, truncate: 10)
            #expect(first.map(\.payload) == [Array(0...9)])
            #expect(first.first?.payloadBytes == 256)
            #expect(first.first?.redelivered == false)
            let second = try await endpoint.getMessages(vhost: "/", queue: "q", count: 5, mode: .remove, truncate: nil)
            #expect(second.map(\.payload) == [bytes])
            #expect(second.first?.redelivered == true)
            #expect(second.first?.properties == properties)
            #expect(second.first?.routingKey == "q")
            #expect(
                try await endpoint.getMessages(vhost: "/", queue: "q", count: 5, mode: .remove, truncate: nil).isEmpty)
            #expect(
                isNotFound(
                    await failure { () async throws(EndpointError) in
                        try await endpoint.publish(message, vhost: "/", exchange: "none")
                    }))
        }
    }

    @Test("purging leaves the queue empty", arguments: Way.allCases)
    func purge(way: Way) async throws {
        try await withEndpoint(way) { endpoint, _ in
            try await endpoint.declareQueue(vhost: "/", name: "q", settings: QueueSettings())
            for _ in 0..<3 {
                _ = try await endpoint.publish(
                    OutgoingMessage(routingKey: "q", payload: [1]), vhost: "/", exchange: "")
            }
            let error = await failure { () async throws(EndpointError) in
                try await endpoint.deleteQueue(vhost: "/", name: "q", ifEmpty: true, ifUnused: false)
            }
            #expect(reason(error)?.contains("not empty") == true)
            let count = try await endpoint.purgeQueue(vhost: "/", name: "q")
            #expect(count == (way == .embedded ? 3 : nil))
            #expect(try await endpoint.queue(vhost: "/", name: "q").messages == 0)
        }
    }

    @Test("a client's connection, channel and consumer are seen, and the connection is closed", arguments: Way.allCases)
    func clients(way: Way) async throws {
        try await withEndpoint(way) { endpoint, amqp in
            try await endpoint.declareQueue(vhost: "/", name: "q", settings: QueueSettings())
            let group = MultiThreadedEventLoopGroup.singleton
            let connection = try await ClientConnection.open(amqp, on: group)
            let channel = try await connection.openChannel()
            let (ends, ended) = AsyncStream<String>.makeStream()
            channel.onLoop { channel in channel.onEnd = { ended.yield("\($0)") } }
            try await channel.call(BasicQos(prefetchCount: 7))
            try await channel.call(ConfirmSelect())
            try await channel.call(BasicConsume(queue: "q", consumerTag: "mine"))

            let connections = try await endpoint.connections(ListRequest()).items
            let seen = try #require(connections.first)
            #expect(connections.count == 1)
            #expect(seen.user == "guest" && seen.vhost == "/" && seen.state == "running" && seen.channels == 1)
            #expect(seen.peerHost == "127.0.0.1" && seen.name.hasPrefix("127.0.0.1:"))
            #expect((seen.received?.value ?? 0) > 100)
            let channels = try await endpoint.channels(ListRequest()).items
            #expect(channels.map(\.name) == ["\(seen.name) (1)"])
            let one = try await endpoint.channel(name: "\(seen.name) (1)")
            #expect(one.prefetchCount == 7 && one.confirm == true && one.transactional == false)
            #expect(one.consumerDetails?.map(\.consumerTag) == ["mine"])
            let consumers = try await endpoint.consumers(vhost: "/")
            #expect(consumers.map(\.consumerTag) == ["mine"])
            #expect(consumers.first?.queue == ObjectID(vhost: "/", name: "q"))

            try await endpoint.closeConnection(name: seen.name, reason: "maintenance")
            let end = try #require(await ends.first { _ in true })
            #expect(end.contains("CONNECTION_FORCED - maintenance"))
            #expect(
                isNotFound(
                    await failure { () async throws(EndpointError) in
                        try await endpoint.closeConnection(name: "none", reason: "x")
                    }))
            #expect(
                isNotFound(
                    await failure { () async throws(EndpointError) in
                        try await endpoint.channel(name: "none (1)")
                    }))
            await connection.abort()
        }
    }

    @Test("a vhost is a world of its own, and closes its connections when it goes", arguments: Way.allCases)
    func vhosts(way: Way) async throws {
        try await withEndpoint(way) { endpoint, amqp in
            try await endpoint.declareVhost(name: "a/b")
            try await endpoint.declareVhost(name: "a/b")
            try await endpoint.declareQueue(vhost: "a/b", name: "q", settings: QueueSettings())
            #expect(try await endpoint.vhosts().map(\.name) == ["/", "a/b"])
            #expect(try await endpoint.queues(QueuePageRequest(vhost: "/")).items.isEmpty)
            #expect(try await endpoint.queues(QueuePageRequest(vhost: "a/b")).items.map(\.name) == ["q"])
            #expect(try await endpoint.exchanges(ListRequest(vhost: "a/b")).items.count == 6)
            try await endpoint.deleteVhost(name: "a/b")
            #expect(try await endpoint.queues(QueuePageRequest()).items.isEmpty)
            #expect(
                isNotFound(
                    await failure { () async throws(EndpointError) in
                        try await endpoint.deleteVhost(name: "a/b")
                    }))
        }
    }

    @Test("numbers come with rates", arguments: Way.allCases)
    func rates(way: Way) async throws {
        try await withEndpoint(way) { endpoint, _ in
            try await endpoint.declareQueue(vhost: "/", name: "q", settings: QueueSettings())
            let clock = ContinuousClock()
            let deadline = clock.now + .seconds(20)
            // Rates need two readings of the broker's counters, a second apart.
            while clock.now < deadline {
                _ = try await endpoint.publish(
                    OutgoingMessage(routingKey: "q", payload: [1]), vhost: "/", exchange: "")
                let queue = try await endpoint.queue(vhost: "/", name: "q")
                let overview = try await endpoint.overview()
                if (queue.messageStats?.publish?.rate ?? 0) > 0, (overview.messageStats.publish?.rate ?? 0) > 0 {
                    return
                }
            }
            Issue.record("no rate within 20 s")
        }
    }
}
