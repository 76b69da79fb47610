import AMQP
import Foundation
import Testing

@testable import Broker

/// A seed's worth of transactions on three nodes, each with one numbered message for several queues, while nodes crash,
/// links are cut and disks take their time.
private final class RandomTransactions {
    /// A client of a node, and the transaction whose commit it waits for.
    private final class Actor {
        let client: WireClient
        var committing: Int?

        init(_ client: WireClient) { self.client = client }
    }

    private struct Work {
        let queues: [String]
        var isAnswered = false
        /// It was never committed: none of it may be anywhere.
        var isAbandoned = false
    }

    private static let homes = ["q1": 1, "q2": 2, "q3": 3, "k1": 1, "k2": 2]
    private static let names = ["q1", "q2", "q3", "k1", "k2"]

    private var random: SplitMix64
    private let cluster: TestCluster
    private var actors: [Int: [Actor]] = [:]
    private var transactions: [Work] = []
    private(set) var answers = 0
    private(set) var unanswered = 0

    init(seed: UInt64, fault: PlantedFault? = nil) throws {
        random = SplitMix64(seed: seed)
        cluster = try TestCluster()
        if let fault {
            for member in cluster.members { member.node?.plantedFault = fault }
            cluster.fault = fault
        }
        for name in Self.names {
            let client = try cluster.client(Self.homes[name] ?? 1)
            let arguments: FieldTable = name.hasPrefix("k") ? ["x-queue-type": .string("quorum")] : [:]
            let declare = QueueDeclare(queue: name, durable: true, arguments: arguments)
            try #require(cluster.ask(client, declare) == "queue.declare-ok")
        }
        try #require(cluster.settle())
        cluster.latency = { [unowned self] in 1 + random.next() % 3 }
        cluster.isSyncDue = { [unowned self] in random.next() % 3 != 0 }
    }

    private func number(_ below: UInt64) -> Int { Int(random.next() % below) }

    func run(steps: Int) throws {
        for _ in 0..<steps {
            switch number(100) {
            case 0..<84: try transact(number(3) + 1)
            case 84..<87: cluster.cut(number(2) + 1, 3)
            case 87: cluster.isolate(number(3) + 1)
            case 88..<92: cluster.heal()
            case 92..<95: crash(number(3) + 1)
            case 95: for node in 1...3 where number(2) == 0 { crash(node) }
            default: for node in 1...3 where !cluster.running.contains(node) { try cluster.start(node) }
            }
            cluster.run(number(5) == 0 ? number(200) : number(8))
            takeAnswers()
        }
    }

    private func crash(_ node: Int) {
        takeAnswers()
        actors[node] = nil
        cluster.crash(node, torn: number(600))
    }

    private func transact(_ node: Int) throws {
        guard cluster.running.contains(node), try cluster.node(node).isServing else { return }
        let idle = actors[node, default: []].first { $0.committing == nil }
        guard idle != nil || actors[node, default: []].count < 4 else { return }
        let actor = try idle ?? Actor(cluster.client(node))
        if idle == nil {
            actors[node, default: []].append(actor)
            actor.client.send(TxSelect(), 1)
        }
        let size = number(30) == 0 ? Limits.chunkBytes + number(50_000) : number(300)
        let count = number(20) == 0 ? 5 : 1
        // One that is rolled back first must leave nothing.
        if number(8) == 0 {
            try publish(size, to: actor, isAbandoned: true)
            actor.client.send(TxRollback(), 1)
        }
        for _ in 0..<count { try publish(size, to: actor, isAbandoned: false) }
        if count == 1 {
            actor.committing = transactions.count - 1
            actor.client.send(TxCommit(), 1)
        } else {
            // Its connection ends before it is committed.
            for place in transactions.indices.suffix(count) { transactions[place].isAbandoned = true }
            actor.client.connection.close()
            actors[node]?.removeAll { $0 === actor }
        }
    }

    private func publish(_ size: Int, to actor: Actor, isAbandoned: Bool) throws {
        let queues = Self.names.filter { _ in number(3) > 0 }
        let body = "\(transactions.count) " + String(repeating: "x", count: size)
        transactions.append(Work(queues: queues, isAbandoned: isAbandoned))
        for queue in queues { actor.client.publish(body, to: "", key: queue, persistent: true, 1) }
    }

    private func takeAnswers() {
        for (node, clients) in actors.sorted(by: { $0.key < $1.key }) {
            for actor in clients {
                guard let committing = actor.committing else { continue }
                let answers = actor.client.names.filter { $0 != "tx.select-ok" && $0 != "tx.rollback-ok" }
                guard let answer = answers.first else { continue }
                actor.client.forgetFrames()
                if answer == "tx.commit-ok" {
                    transactions[committing].isAnswered = true
                    actor.committing = nil
                    self.answers += 1
                } else {
                    // A node that loses the majority closes what it has open.
                    #expect(answer == "connection.close", "\(answers)")
                    actors[node]?.removeAll { $0 === actor }
                    unanswered += 1
                }
            }
            actors[node]?.removeAll { $0.client.names.contains("connection.close") }
        }
    }

    func end() throws {
        try cluster.recover()
        cluster.run(200)
        takeAnswers()
        actors = [:]
        if number(2) == 0 {
            for node in 1...3 { cluster.crash(node, torn: number(600)) }
            try cluster.recover()
        }
        var counts: [String: [Int: Int]] = [:]
        for name in Self.names {
            let client = try cluster.client(Self.homes[name] ?? 1)
            for body in cluster.drainWhole(client, name) {
                let number = try #require(Int(body.prefix { $0 != " " }), "nobody has published \(body.prefix(9))")
                counts[name, default: [:]][number, default: 0] += 1
            }
        }
        for (place, work) in transactions.enumerated() {
            let found = work.queues.map { counts[$0]?.removeValue(forKey: place) ?? 0 }
            let isAll = found.allSatisfy { $0 == 1 }
            let isNothing = found.allSatisfy { $0 == 0 }
            #expect(isAll || isNothing, "transaction \(place) for \(work.queues) is there \(found) times")
            if work.isAnswered { #expect(isAll, "transaction \(place) for \(work.queues) got commit-ok") }
            if work.isAbandoned { #expect(isNothing, "transaction \(place) was never committed") }
        }
        let strays = counts.values.reduce(0) { $0 + $1.count }  // order-free: a sum
        #expect(strays == 0, "messages in queues that they were not for")
    }
}

/// `WARREN_CLUSTER_SEED=S` runs one seed, `WARREN_CLUSTER_SEEDS=N` the first N.
@Suite("Transactions over several nodes at random")
struct RandomTransactionTests {
    private static var seeds: [UInt64] {
        let environment = ProcessInfo.processInfo.environment
        if let only = environment["WARREN_CLUSTER_SEED"].flatMap({ UInt64($0) }) { return [only] }
        return Array(1...(environment["WARREN_CLUSTER_SEEDS"].flatMap { UInt64($0) } ?? 24))
    }

    @Test("of every transaction all queues have their message once or none has it", arguments: seeds)
    func allOrNothing(seed: UInt64) throws {
        let work = try RandomTransactions(seed: seed)
        do {
            try work.run(steps: 250)
            try work.end()
        } catch {
            Issue.record("seed \(seed): \(error)")
        }
        #expect(work.answers > 10, "seed \(seed): \(work.answers) answered, \(work.unanswered) not")
    }

    @Test(
        "nodes that forget what they have applied, or what they owe, are found out",
        arguments: [
            PlantedFault.forgetTransactions, .settleWhenSent,
        ])
    func plantedFault(_ fault: PlantedFault) throws {
        try withKnownIssue {
            for seed in UInt64(1)...6 {
                let work = try RandomTransactions(seed: seed, fault: fault)
                try work.run(steps: 250)
                try work.end()
            }
        } matching: { issue in
            issue.description.contains("is there [") || issue.description.contains("got commit-ok")
        }
    }
}
