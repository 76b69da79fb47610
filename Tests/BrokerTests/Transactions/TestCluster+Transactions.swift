import AMQP
import Raft
import Testing

@testable import Broker

extension TestCluster {
    /// Whether no node owes anything of a transaction to another.
    var isRolledForward: Bool {
        members.allSatisfy { member in member.node.map { $0.rollForward.sorted.allSatisfy(\.isEmpty) } ?? false }
    }

    /// Starts the nodes that do not run, and lets time pass until all know the same and owe each other nothing.
    func recover() throws {
        heal()
        for number in numbers where !running.contains(number) { try start(number) }
        try #require(settle())
        try #require(run(20_000) { isRolledForward }, "something is owed for ever")
    }

    /// Queues q1, q2 and q3, each on the node of its number, and a quorum queue k, all bound to the fanout exchange all.
    func declareAll() throws {
        let client = try client(1)
        #expect(ask(client, ExchangeDeclare(exchange: "all", type: "fanout", durable: true)) == "exchange.declare-ok")
        for number in 1...3 {
            let home = try self.client(number)
            #expect(ask(home, QueueDeclare(queue: "q\(number)", durable: true)) == "queue.declare-ok")
        }
        let declare = QueueDeclare(queue: "k", durable: true, arguments: ["x-queue-type": .string("quorum")])
        #expect(ask(client, declare) == "queue.declare-ok")
        for name in ["q1", "q2", "q3", "k"] {
            #expect(ask(client, QueueBind(queue: name, exchange: "all", routingKey: "")) == "queue.bind-ok")
        }
        #expect(settle())
    }

    /// A client in transaction mode.
    func transactional(_ number: Int) throws -> WireClient {
        let client = try client(number)
        #expect(ask(client, TxSelect()) == "tx.select-ok")
        client.forgetFrames()
        return client
    }

    /// How many messages are ready in q1, q2, q3 and k, in this order, when all members know the same of k.
    func counts() throws -> [Int] {
        try #require(
            run(10_000) {
                let groups = members.compactMap { $0.member("k")?.replica.group }
                guard leader(of: "k") != nil, groups.count == 3, let last = groups.first?.lastPosition else {
                    return false
                }
                return groups.allSatisfy { $0.lastPosition == last && $0.appliedIndex == last.index }
            })
        return try (1...3).map { try queue("q\($0)", on: $0).readyCount }
            + [members[0].member("k")?.machine.readyCount ?? -1]
    }

    /// The bodies of all messages of a queue, which may be large.
    func drainWhole(_ client: WireClient, _ queue: String) -> [String] {
        var bodies: [String] = []
        while ask(client, BasicGet(queue: queue, noAck: true)) == "basic.get-ok" {
            run {
                guard case .header(_, let header)? = client.frames.dropFirst().first else { return false }
                return client.bodies.reduce(0) { $0 + $1.utf8.count } == header.bodySize
            }
            bodies.append(client.bodies.joined())
        }
        return bodies
    }
}
