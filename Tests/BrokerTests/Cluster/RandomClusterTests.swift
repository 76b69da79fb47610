import AMQP
import Foundation
import Testing

@testable import Broker

/// A seed's worth of declarations, deletions and bindings on three nodes, while links are cut and nodes crash.
private final class RandomCluster {
    /// A client of each node, the request it waits for, and what is to be noted when that is answered well.
    private struct Actor {
        var client: WireClient
        var expected: String?
        var done: () -> Void = {}
    }

    private var random: SplitMix64
    private let cluster: TestCluster
    private var actors: [Int: Actor] = [:]
    private var lastQueue = 0
    /// Durable queues whose declaration was answered, and those that somebody asked to delete, or was told are gone.
    private var declared: Set<String> = []
    private var touched: Set<String> = []
    private var deleted: Set<String> = []
    private(set) var answers = 0
    private(set) var failures = 0

    init(seed: UInt64) throws {
        random = SplitMix64(seed: seed)
        cluster = try TestCluster(snapshotEntries: seed % 2 == 0 ? 16 : 4096)
        cluster.latency = { [unowned self] in 1 + random.next() % 4 }
        cluster.isSyncDue = { [unowned self] in random.next() % 3 != 0 }
    }

    func run(steps: Int) throws {
        for _ in 0..<steps {
            switch random.next() % 100 {
            case 0..<70: try ask(Int(random.next() % 3) + 1)
            case 70..<75: cluster.cut(Int(random.next() % 2) + 1, 3)
            case 75..<78: cluster.isolate(Int(random.next() % 3) + 1)
            case 78..<86: cluster.heal()
            case 86..<91: crash(Int(random.next() % 3) + 1)
            default:
                for number in 1...3 where !cluster.running.contains(number) { try cluster.start(number) }
            }
            cluster.run(Int(random.next() % 40))
            takeAnswers()
        }
    }

    private func crash(_ number: Int) {
        actors[number] = nil
        cluster.crash(number, torn: Int(random.next() % 400))
    }

    private func ask(_ number: Int) throws {
        guard cluster.running.contains(number), try cluster.node(number).isServing else { return }
        if actors[number] == nil { actors[number] = Actor(client: try cluster.client(number)) }
        guard let actor = actors[number], actor.expected == nil else { return }
        actor.client.forgetFrames()
        let name = "q\(random.next() % UInt64(max(lastQueue, 1)) + 1)"
        let exchange = "e\(random.next() % 4)"
        switch random.next() % 10 {
        case 0..<4:
            lastQueue += 1
            let (fresh, isDurable) = ("q\(lastQueue)", random.next() % 3 != 0)
            send(number, QueueDeclare(queue: fresh, durable: isDurable), "queue.declare-ok") { [unowned self] in
                if isDurable { declared.insert(fresh) }
            }
        case 4:
            lastQueue += 1
            send(number, QueueDeclare(queue: "q\(lastQueue)", exclusive: true), "queue.declare-ok")
        case 5:
            touched.insert(name)
            // A node that has not heard of a queue yet says that it is gone, as one of RabbitMQ's does.
            let isKnown = try cluster.queues(number)[name] != nil
            send(number, QueueDelete(queue: name), "queue.delete-ok") { [unowned self] in
                if isKnown { deleted.insert(name) }
            }
        case 6:
            send(number, ExchangeDeclare(exchange: exchange, type: "direct", autoDelete: true), "exchange.declare-ok")
        case 7: send(number, ExchangeDelete(exchange: exchange), "exchange.delete-ok")
        case 8: send(number, QueueUnbind(queue: name, exchange: exchange, routingKey: "k"), "queue.unbind-ok")
        default: send(number, QueueBind(queue: name, exchange: exchange, routingKey: "k"), "queue.bind-ok")
        }
    }

    private func send(
        _ number: Int, _ method: some MethodPayload, _ expected: String, done: @escaping () -> Void = {}
    ) {
        actors[number]?.expected = expected
        actors[number]?.done = done
        actors[number]?.client.send(method, 1)
    }

    private func takeAnswers() {
        for (number, actor) in actors.sorted(by: { $0.key < $1.key }) {
            guard let answer = actor.client.names.first else { continue }
            // A node that loses the majority may close the connection behind its answer.
            let isClosed = actor.client.names.last == "connection.close"
            let count = isClosed && answer != "connection.close" ? 2 : 1
            #expect(actor.client.names.count == count, "\(actor.client.names)")
            if answer == actor.expected {
                answers += 1
                actor.done()
                actors[number]?.expected = nil
                actor.client.forgetFrames()
                if isClosed {
                    actor.client.connection.close()
                    actors[number] = nil
                }
            } else {
                #expect(["channel.close", "connection.close"].contains(answer))
                failures += 1
                actor.client.connection.close()
                actors[number] = nil
            }
        }
    }

    func end() throws {
        cluster.heal()
        for number in 1...3 where !cluster.running.contains(number) { try cluster.start(number) }
        try #require(cluster.run(20_000) { cluster.members.allSatisfy { $0.node?.isServing == true } })
        cluster.run(1_000)
        takeAnswers()
        try #require(cluster.converge())
        try compare()
        // And so it is after another power loss.
        actors = [:]
        for number in 1...3 { cluster.crash(number) }
        for number in 1...3 { try cluster.start(number) }
        try #require(cluster.converge())
        try compare()
    }

    private func compare() throws {
        let dump = try cluster.dump(1)
        #expect(try cluster.dump(2) == dump)
        #expect(try cluster.dump(3) == dump)
        let there = try Set(cluster.queues(1).keys)
        #expect(declared.subtracting(touched).subtracting(there) == [], "answered and not there")
        // Names are not used twice.
        #expect(deleted.intersection(there) == [], "deleted and still there")
    }
}

/// `WARREN_CLUSTER_SEED=S` runs one seed, `WARREN_CLUSTER_SEEDS=N` the first N.
@Suite("A cluster at random")
struct RandomClusterTests {
    private static var seeds: [UInt64] {
        let environment = ProcessInfo.processInfo.environment
        if let only = environment["WARREN_CLUSTER_SEED"].flatMap({ UInt64($0) }) { return [only] }
        return Array(1...(environment["WARREN_CLUSTER_SEEDS"].flatMap { UInt64($0) } ?? 24))
    }

    @Test("declarations, cuts, crashes and restarts end in the same metadata on all nodes", arguments: seeds)
    func converges(seed: UInt64) throws {
        let work = try RandomCluster(seed: seed)
        do {
            try work.run(steps: 250)
            try work.end()
        } catch {
            Issue.record("seed \(seed): \(error)")
        }
        #expect(work.answers > 20, "seed \(seed): \(work.answers) answers and \(work.failures) failures")
    }
}
