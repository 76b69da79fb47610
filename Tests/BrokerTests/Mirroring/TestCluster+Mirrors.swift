import AMQP
import Testing

@testable import Broker

extension TestCluster {
    /// Sets a policy for queues whose names begin with "m".
    func mirror(_ definition: FieldTable) throws {
        try change(running[0], .setPolicy(virtualHost: "/", Policy(name: "ha", pattern: "^m", definition: definition)))
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
