/// Which quorum queues' leaders move so that no node leads many more than another (RabbitMQ, "Quorum Queues": "Rebalancing
/// Replicas").
struct LeaderBalance {
    /// A queue that has a leader.
    struct Queue {
        let id: UInt64
        let leader: UInt32
        /// The members that are up, its leader's among them.
        let online: [UInt32]
    }

    /// A leader that moves.
    struct Move: Hashable {
        let id: UInt64
        let to: UInt32
    }

    /// The moves, in an order in which they can be made; none where it is even already.
    ///
    /// A leader moves from the node with the most to the one with the fewest where that saves at least one; of several
    /// queues the one declared first.
    static func moves(_ queues: [Queue], nodes: [UInt32]) -> [Move] {
        var leaders = Dictionary(uniqueKeysWithValues: queues.map { ($0.id, $0.leader) })
        var counts = Dictionary(uniqueKeysWithValues: nodes.map { ($0, 0) })
        for queue in queues { counts[queue.leader, default: 0] += 1 }
        let queues = queues.sorted { $0.id < $1.id }
        var moves: [Move] = []
        // Each move makes the sum of the squares smaller.
        while let move = next(queues, leaders, counts) {
            if let from = leaders.updateValue(move.to, forKey: move.id) { counts[from, default: 0] -= 1 }
            counts[move.to, default: 0] += 1
            moves.append(move)
        }
        // One that moved twice moves once.
        return queues.compactMap { queue in
            leaders[queue.id].flatMap { $0 == queue.leader ? nil : Move(id: queue.id, to: $0) }
        }
    }

    private static func next(_ queues: [Queue], _ leaders: [UInt64: UInt32], _ counts: [UInt32: Int]) -> Move? {
        func count(_ node: UInt32) -> Int { counts[node] ?? 0 }
        let byMost = counts.keys.sorted { (count($1), $0) < (count($0), $1) }
        let byFewest = counts.keys.sorted { (count($0), $0) < (count($1), $1) }
        for from in byMost {
            for to in byFewest where count(from) - count(to) > 1 {
                if let queue = queues.first(where: { leaders[$0.id] == from && $0.online.contains(to) }) {
                    return Move(id: queue.id, to: to)
                }
            }
        }
        return nil
    }
}
