import AMQP
import Management
import Testing

@testable import Broker

extension TestCluster {
    /// Sets a policy for queues whose names begin with "m".
    func mirror(_ definition: FieldTable) throws {
        try change(running[0], .setPolicy(virtualHost: "/", Policy(name: "ha", pattern: "^m", definition: definition)))
    }

    /// Sets one that names the nodes.
    func mirror(on nodes: [Int]) throws {
        try mirror([
            "ha-mode": .string("nodes"), "ha-params": .array(nodes.map { .string("warren\($0)@localhost") }),
        ])
    }

    /// The number of the node that leads a queue, as those say that run; nil where they do not agree.
    func mirrorLeader(of queue: String) -> Int? {
        let leaders = running.map { members[$0 - 1].node?.virtualHosts["/"]?.queues[queue]?.home?.node }
        guard let first = leaders.first, let first, leaders.allSatisfy({ $0 == first }) else { return nil }
        return Int(first)
    }

    /// The numbers of the mirrors that are in sync, as a node says.
    func inSync(_ queue: String, on number: Int) throws -> [Int] {
        try self.queue(queue, on: number).mirroring?.inSync.map { Int($0.node) }.sorted() ?? []
    }

    /// The sequences of what a node holds of a queue, ready.
    func sequences(_ queue: String, on number: Int) throws -> [UInt64] {
        try self.queue(queue, on: number).heldRanges.flatMap { Array($0) }
    }
}

extension TestCluster {
    /// A cluster with a queue "m" that one node leads and that a policy mirrors.
    static func mirroring(
        _ definition: FieldTable = ["ha-mode": .string("all")], durable: Bool = true, ledBy leader: Int = 1,
        _ arguments: FieldTable = [:]
    ) throws -> TestCluster {
        let cluster = try TestCluster()
        try cluster.mirror(definition)
        let owner = try cluster.client(leader)
        #expect(
            cluster.ask(owner, QueueDeclare(queue: "m", durable: durable, arguments: arguments)) == "queue.declare-ok")
        #expect(cluster.settle())
        return cluster
    }

    /// The numbers of the mirrors that are not in sync, as a node says.
    func unsynchronised(_ queue: String, on number: Int) throws -> [Int] {
        try self.queue(queue, on: number).mirroring?.unsynchronised.map { Int($0.node) }.sorted() ?? []
    }

    /// What a node put on the timeline of promotions.
    func promotions(on number: Int) -> [String] {
        recorders[number - 1].reading(from: Instant(nanoseconds: 0), to: now).events.map(\.event)
            .filter { $0.kind == .promoted }.map(\.text)
    }
}

extension WireClient {
    /// Publishes texts to "m".
    func publish(_ count: Int, as prefix: String = "m", persistent: Bool = true) {
        for number in 0..<count { publish("\(prefix)\(number)", to: "", key: "m", persistent: persistent, 1) }
    }
}
