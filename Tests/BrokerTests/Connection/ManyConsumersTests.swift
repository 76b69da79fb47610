import AMQP
import Testing

@testable import Broker

@Suite struct SlotListTests {
    private final class Item {
        let number: Int
        var place = 0
        init(_ number: Int) { self.number = number }
    }

    @Test("a list keeps its order whatever is removed, and closes its gaps")
    func order() {
        var list = SlotList<Item>(\.place)
        let items = (0..<1_000).map(Item.init)
        for item in items { list.append(item) }
        for item in items where item.number % 10 != 3 { list.remove(item) }
        list.remove(items[0])
        #expect(list.all.map(\.number) == Array(stride(from: 3, to: 1_000, by: 10)))
        #expect(list.count == 100 && list.first === items[3])
        #expect(list.slots.count <= 2 * list.count + 64)
        list.append(items[0])
        #expect(list.all.last === items[0])
    }
}

@Suite struct ManyConsumersTests {
    /// Ticks until nothing is left to do; returns how many it took.
    private func settle(_ node: Node) -> Int {
        var ticks = 1
        while node.tick(now: node.now).hasMore, ticks < 10_000 { ticks += 1 }
        return ticks
    }

    private func start(_ count: Int, of queue: String, on client: WireClient, _ channel: UInt16) {
        for number in 0..<count {
            client.send(BasicConsume(queue: queue, consumerTag: "c\(number)", noWait: true), channel)
        }
        client.tick()
    }

    private func queue(_ name: String, of node: Node) throws -> ClassicQueue {
        try #require(node.virtualHosts["/"]?.queues[name])
    }

    @Test("the end of a channel with 20,000 consumers takes slices, and its messages go to who is left")
    func channelEnds() throws {
        let node = Node(NodeConfiguration(seed: 1), now: Instant(nanoseconds: 0))
        let client = try WireClient(node, opening: [1, 2])
        client.send(QueueDeclare(queue: "q"), 1)
        start(20_000, of: "q", on: client, 2)
        let queue = try queue("q", of: node)
        #expect(queue.consumers.count == 20_000)
        client.send(BasicConsume(queue: "q", consumerTag: "left", noAck: true), 1)
        client.tick()
        client.forgetFrames()
        client.send(ChannelClose(replyCode: 200, replyText: "", classID: 0, methodID: 0), 2)
        client.publish([1, 2, 3], to: "q", 1)
        #expect(settle(node) > 10, "it takes several ticks")
        #expect(queue.consumers.count == 1)
        #expect(client.names == ["channel.close-ok", "basic.deliver", "header", "body"])
    }

    @Test("a queue deleted under 5,000 consumers tells every one of them, in order")
    func queueGoes() throws {
        let node = Node(NodeConfiguration(seed: 1), now: Instant(nanoseconds: 0))
        let client = try WireClient(node, opening: [1])
        client.send(QueueDeclare(queue: "q"), 1)
        start(5_000, of: "q", on: client, 1)
        client.send(QueueDelete(queue: "q"), 1)
        #expect(settle(node) > 3)
        let cancelled: [String] = client.frames.compactMap {
            if case .method(_, .basicCancel(let cancel)) = $0 { cancel.consumerTag } else { nil }
        }
        #expect(cancelled == (0..<5_000).map { "c\($0)" })
    }

    @Test("consumers that come and go leave nothing behind in an idle queue")
    func comeAndGo() throws {
        let node = Node(NodeConfiguration(seed: 1), now: Instant(nanoseconds: 0))
        let client = try WireClient(node, opening: [1])
        client.send(QueueDeclare(queue: "q"), 1)
        for number in 0..<5_000 {
            client.send(BasicConsume(queue: "q", consumerTag: "c\(number)", noWait: true), 1)
            client.send(BasicCancel(consumerTag: "c\(number)", noWait: true), 1)
        }
        client.tick()
        let queue = try queue("q", of: node)
        #expect(queue.consumers.isEmpty && queue.roundLength <= 65)
    }
}

@Suite struct AutoDeleteChainTests {
    @Test("a chain of 100,000 auto-delete exchanges goes when its end does")
    func longChain() throws {
        let host = VirtualHost(name: "/")
        let settings = ExchangeDefinition(kind: .fanout, isAutoDelete: true)
        let chain = (0..<100_000).map { Exchange(name: "e\($0)", settings: settings) }
        for exchange in chain { host.add(exchange) }
        for (from, to) in zip(chain, chain.dropFirst()) {
            _ = host.bind(from, Binding(destination: .exchange(to.name), routingKey: [], arguments: FieldTable()))
        }
        host.removeExchange(chain[chain.count - 1])
        #expect(host.exchanges["e0"] == nil && host.exchanges["e50000"] == nil)
        #expect(host.exchanges.count == 6, "those that every vhost has stay")
    }

    @Test("a binding with an argument that is no number is found again")
    func notANumber() {
        let arguments = ["a": .double(.nan), "b": .float(.signalingNaN), "c": .array([.double(.nan)])] as FieldTable
        let binding = Binding(destination: .queue("q"), routingKey: [], arguments: arguments)
        let exchange = Exchange(name: "e", settings: ExchangeDefinition(kind: .headers))
        #expect(exchange.bind(binding) && !exchange.bind(binding) && exchange.unbind(binding))
        #expect(exchange.bindingCount == 0)
    }

    @Test("declaring again what exists, or binding twice, forgets no route")
    func nothingChanges() throws {
        let node = Node(NodeConfiguration(seed: 1), now: Instant(nanoseconds: 0))
        let client = try WireClient(node, opening: [1])
        func ask() {
            client.send(ExchangeDeclare(exchange: "e", type: "topic"), 1)
            client.send(QueueDeclare(queue: "q"), 1)
            client.send(QueueBind(queue: "q", exchange: "e", routingKey: "k"), 1)
            client.tick()
        }
        ask()
        let version = node.topologyVersion
        ask()
        #expect(node.topologyVersion == version)
        client.send(QueueBind(queue: "q", exchange: "e", routingKey: "other"), 1)
        client.tick()
        #expect(node.topologyVersion > version)
    }
}
