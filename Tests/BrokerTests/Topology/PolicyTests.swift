import AMQP
import Testing

@testable import Broker

@Suite("Policies")
struct PolicyTests {
    let node: Node
    let client: WireClient

    init() throws {
        node = Node(NodeConfiguration(seed: 1), now: Instant(nanoseconds: 1_000_000_000))
        client = try WireClient(node, opening: [1, 2])
    }

    private func declare(_ name: String, _ arguments: FieldTable = [:]) {
        client.send(QueueDeclare(queue: name, arguments: arguments), 1)
        client.tick()
        client.forgetFrames()
    }

    private func set(
        _ name: String, _ pattern: String, _ definition: FieldTable = ["max-length": .int64(10)],
        to target: Policy.Target = .all, priority: Int64 = 0
    ) {
        node.setPolicy(
            Policy(name: name, pattern: pattern, appliesTo: target, priority: priority, definition: definition), client)
    }

    private func clear(_ name: String) {
        node.change(.clearPolicy(virtualHost: "/", name: name)) { _ in }
        client.tick()
    }

    private func policy(of name: String) throws -> String? {
        node.effectivePolicy(of: try queue(name))?.name
    }

    private func queue(_ name: String) throws -> ClassicQueue {
        try #require(node.virtualHosts["/"]?.queues[name])
    }

    @Test("of the policies that match the one of the highest priority counts, and of equal ones the first by name")
    func priorities() throws {
        declare("orders")
        set("low", "^or", priority: -1)
        #expect(try policy(of: "orders") == "low")
        set("b", "^or")
        set("a", "rs$")
        set("other", "^x", priority: 9)
        #expect(try policy(of: "orders") == "a")
        set("exchanges", ".*", to: .exchanges, priority: 9)
        set("quorum", ".*", ["ha-mode": .string("all"), "delivery-limit": .int64(3)], priority: 9)
        #expect(try policy(of: "orders") == "a")
        // A queue that comes later has it from the beginning.
        declare("orders.2")
        #expect(try policy(of: "orders.2") == "b")
        clear("b")
        clear("a")
        #expect(try policy(of: "orders") == "low" && policy(of: "orders.2") == "low")
        clear("low")
        #expect(try policy(of: "orders") == nil)
    }

    @Test("a policy's limit holds at once for what is there, and the smaller of two holds; without it the queue's own")
    func lengths() throws {
        declare("q")
        declare("small", ["x-max-length": .int64(2)])
        for name in ["q", "small"] {
            for number in 1...6 { client.publish("\(number)", to: "", key: name, persistent: false, 1) }
        }
        client.tick()
        set("p", ".*", ["max-length": .int64(4)])
        #expect(try queue("q").readyCount == 4 && queue("small").readyCount == 2)
        set("p", ".*", ["max-length": .int64(1)])
        #expect(try queue("q").readyCount == 1 && queue("small").readyCount == 1)
        clear("p")
        for name in ["q", "small"] {
            for number in 1...6 { client.publish("\(number)", to: "", key: name, persistent: false, 1) }
        }
        client.tick()
        #expect(try queue("q").readyCount == 7 && queue("small").readyCount == 2)
        #expect(client.drain("q", 2) == ["6", "1", "2", "3", "4", "5", "6"])
    }

    @Test("an unused queue goes after its policy's time, reckoned from when the policy came; without one it stays")
    func expiry() throws {
        declare("q")
        declare("kept")
        declare("own", ["x-expires": .int64(60_000)])
        set("p", "^(q|own)$", ["expires": .int64(50_000)])
        set("p", "^(q|own)$", ["expires": .int64(2_000)])
        let start = node.now.nanoseconds
        client.tick(at: start + 1_900_000_000)
        #expect(try queue("q").limits.expires == 2_000 && queue("own").limits.expires == 2_000)
        // A longer time holds as well, and each is looked at when it is due.
        set("p", "^q$", ["expires": .int64(5_000)])
        client.tick(at: start + 6_000_000_000)
        #expect(try queue("q").limits.expires == 5_000)
        client.tick(at: start + 7_000_000_000)
        #expect(node.virtualHosts["/"]?.queues.keys.sorted() == ["kept", "own"])
        client.tick(at: start + 61_000_000_000)
        #expect(node.virtualHosts["/"]?.queues.keys.sorted() == ["kept", "own"])
        client.tick(at: start + 62_000_000_000)
        #expect(node.virtualHosts["/"]?.queues.keys.sorted() == ["kept"])
    }

    @Test("an exchange's policy names its alternate exchange, and an argument goes before it")
    func alternates() throws {
        declare("lost")
        declare("other")
        for name in ["alternate", "argument"] {
            client.send(ExchangeDeclare(exchange: name, type: "fanout"), 1)
        }
        client.send(QueueBind(queue: "lost", exchange: "alternate", routingKey: ""), 1)
        client.send(QueueBind(queue: "other", exchange: "argument", routingKey: ""), 1)
        client.send(ExchangeDeclare(exchange: "e", type: "direct"), 1)
        client.send(
            ExchangeDeclare(exchange: "f", type: "direct", arguments: ["alternate-exchange": .string("argument")]), 1)
        client.publish("nowhere", to: "e", key: "k", persistent: false, 1)
        client.tick()
        set("p", "^(e|f)$", ["alternate-exchange": .string("alternate")], to: .exchanges)
        client.publish("caught", to: "e", key: "k", persistent: false, 1)
        client.publish("by argument", to: "f", key: "k", persistent: false, 1)
        client.tick()
        clear("p")
        client.publish("gone again", to: "e", key: "k", persistent: false, 1)
        client.tick()
        #expect(client.drain("lost", 2) == ["caught"])
        #expect(client.drain("other", 2) == ["by argument"])
    }

    @Test("each object is told once of each change of its policy, however many objects there are")
    func told() throws {
        for number in 1...2_000 { client.send(QueueDeclare(queue: "q\(number)"), 1) }
        client.tick()
        set("p", "^(q|x)+[0-9]*[02468]$", ["max-length": .int64(7)])
        #expect((1...2_000).allSatisfy { (try? queue("q\($0)").limits.maxLength) == ($0 % 2 == 0 ? 7 : nil) })
        clear("p")
        #expect((1...2_000).allSatisfy { (try? queue("q\($0)").limits.maxLength) == .some(nil) })
    }

    @Test("policies survive a crash, with what is declared before and after them", arguments: [true, false])
    func crash(isRewritten: Bool) throws {
        let disk = CrashingDisk()
        disk.segmentBytes = 2_000
        let (node, _) = try disk.start()
        let client = try WireClient(node, opening: [1])
        client.send(QueueDeclare(queue: "before", durable: true), 1)
        client.settle(disk)
        for name in ["kept", "cleared", "replaced"] {
            node.change(
                .setPolicy(
                    virtualHost: "/", Policy(name: name, pattern: "^\(name)", definition: ["expires": .int64(1)]))
            ) { _ in }
        }
        let wide = Policy(
            name: "replaced", pattern: "e$", appliesTo: .queues, priority: 3,
            definition: ["dead-letter-exchange": .string("é"), "max-length": .int64(5)])
        node.change(.setPolicy(virtualHost: "/", wide)) { _ in }
        node.change(.clearPolicy(virtualHost: "/", name: "cleared")) { _ in }
        client.send(QueueDeclare(queue: "afterwards, me", durable: true), 1)
        client.settle(disk)
        if isRewritten {
            // Enough for the segments with the policies to be given up.
            for number in 1...400 {
                client.publish(String(repeating: "x", count: 100), to: "", key: "before", persistent: true, 1)
                if number % 20 == 0 {
                    client.send(QueuePurge(queue: "before"), 1)
                    client.settle(disk)
                }
            }
        }
        let (again, _) = try disk.afterCrash().start()
        let host = try #require(again.virtualHosts["/"])
        #expect(host.policies.sorted.map(\.name) == ["kept", "replaced"])
        #expect(host.policies["replaced"] == wide)
        for name in ["before", "afterwards, me"] {
            let queue = try #require(host.queues[name])
            #expect(again.effectivePolicy(of: queue) == wide && queue.limits.maxLength == 5)
        }
    }

    @Test(
        "all nodes know the same policies, those too that were down, by the log or by a snapshot",
        arguments: [4096, 16])
    func cluster(_ snapshotEntries: Int) throws {
        let cluster = try TestCluster(snapshotEntries: snapshotEntries)
        let client = try cluster.client(1)
        #expect(cluster.ask(client, QueueDeclare(queue: "q0", durable: true)) == "queue.declare-ok")
        for name in ["a", "b"] {
            try cluster.change(1, .setPolicy(virtualHost: "/", Policy(name: name, pattern: "^q")))
        }
        cluster.crash(3)
        try cluster.change(2, .clearPolicy(virtualHost: "/", name: "a"))
        let counts = Policy(name: "c", pattern: "0$", priority: 1, definition: ["max-length": .int64(5)])
        try cluster.change(2, .setPolicy(virtualHost: "/", counts))
        for number in 1...30 {
            #expect(cluster.ask(client, QueueDeclare(queue: "q\(number)", durable: true)) == "queue.declare-ok")
        }
        try cluster.start(3)
        #expect(cluster.settle())
        for number in 1...3 {
            #expect(try cluster.dump(1) == cluster.dump(number))
            #expect(try cluster.node(number).effectivePolicy(of: cluster.queue("q1", on: number))?.name == "b")
            #expect(try cluster.node(number).effectivePolicy(of: cluster.queue("q30", on: number)) == counts)
            #expect(try cluster.queue("q30", on: number).limits.maxLength == 5)
        }
    }
}

extension Node {
    /// Sets a policy of "/" and lets it take effect.
    func setPolicy(_ policy: Policy, _ client: WireClient) {
        change(.setPolicy(virtualHost: "/", policy)) { _ in }
        client.tick()
    }
}

extension TestCluster {
    /// Lets a node change the metadata, and time pass until it has.
    func change(_ number: Int, _ change: TopologyChange) throws {
        var answer: Answer?
        try node(number).change(change) { answer = $0 }
        #expect(run { answer != nil })
        guard case .done? = answer else {
            Issue.record("\(String(describing: answer))")
            return
        }
    }
}
