import AMQP

@testable import Broker

/// Mirrored queues in the simulated cluster: a policy for each, and what must hold of their mirrors in the end.
extension ClusterWorld {
    /// Sets the policies before the queues are declared: one queue is synchronised by copying, one by being drained.
    func setMirrorPolicies() throws(ClusterFailure) {
        let definitions: [(queue: String, definition: FieldTable)] = [
            ("mirrored-1", ["ha-mode": .string("all"), "ha-sync-mode": .string("automatic")]),
            ("mirrored-2", ["ha-mode": .string("exactly"), "ha-params": .int64(2)]),
        ]
        var isDone = 0
        for (queue, definition) in definitions {
            let policy = Policy(name: queue, pattern: "^\(queue)$", definition: definition)
            nodes[0].node?.change(.setPolicy(virtualHost: "/", policy)) { _ in isDone += 1 }
        }
        nodes[0].node?.wake?()
        guard try run(Self.recoveryMilliseconds, until: { isDone == definitions.count }) else {
            throw ended("the policies of mirrored queues are not set")
        }
    }

    /// Where nobody is at work every mirror in sync holds what its leader holds, and all nodes say the same of who leads.
    func checkMirrors() throws(ClusterFailure) {
        for known in ClusterTopology.stable where known.isMirrored {
            let queues = nodes.compactMap { $0.node?.virtualHosts["/"]?.queues[known.name] }
            guard let mirroring = queues.first?.mirroring, queues.allSatisfy({ $0.mirroring == mirroring }) else {
                throw ended("the nodes do not agree on who holds '\(known.name)'")
            }
            guard let leader = queues.first(where: { !$0.isRemote }), leader.node.number == mirroring.leader.node else {
                throw ended("nobody leads '\(known.name)'")
            }
            guard leader.unackedCount == 0 else { continue }
            for queue in queues where mirroring.isInSync(queue.node.number) && queue.heldRanges != leader.heldRanges {
                throw ended(
                    "node \(queue.node.number) holds \(queue.heldRanges) of '\(known.name)', its leader"
                        + " \(leader.heldRanges)")
            }
        }
    }
}
