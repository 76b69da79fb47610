/// What management tells of a quorum queue.
extension QuorumMachine {
    struct ListedConsumer: Hashable {
        let node: UInt32
        let incarnation: UInt64
        let id: UInt64
        let tag: String
        let prefetch: UInt32
        let isExclusive: Bool
        let isAutomaticAck: Bool
        let unacked: Int
    }

    /// Consumers that are not cancelled, at most `limit`, by node and then as they came.
    func consumers(limit: Int = .max) -> [ListedConsumer] {
        var listed: [ListedConsumer] = []
        for origin in origins {
            // order-free: an array
            for consumer in origin.consumers where consumer.isListed {
                guard listed.count < limit else { return listed }
                listed.append(
                    ListedConsumer(
                        node: consumer.node, incarnation: consumer.incarnation, id: consumer.id,
                        tag: String(decoding: consumer.tag, as: UTF8.self), prefetch: consumer.prefetch,
                        isExclusive: consumer.isExclusive, isAutomaticAck: consumer.isAutomaticAck,
                        unacked: consumer.held.count))
            }
        }
        return listed
    }

    /// Whether a consumer has the queue for itself.
    var hasExclusiveConsumer: Bool { exclusiveCount > 0 }

    /// The number of a node's next command, which its incarnation should continue with; nil when nothing is known of it.
    func nextNumber(of node: UInt32, incarnation: UInt64) -> UInt64? {
        guard let origin = origin(node), origin.incarnation == incarnation else { return nil }
        return origin.next
    }
}
