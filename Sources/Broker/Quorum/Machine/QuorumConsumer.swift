/// A consumer of a quorum queue, as the log says: deliveries to a channel of some node.
final class QuorumConsumer {
    /// The node where its channel is, and that node's incarnation.
    let node: UInt32
    let incarnation: UInt64
    /// The node's name for it.
    let id: UInt64
    let tag: [UInt8]
    /// Most deliveries unsettled at once; 0 means no limit.
    let prefetch: UInt32
    let isExclusive: Bool
    let isAutomaticAck: Bool
    /// Kept, and without a meaning yet.
    let priority: Int32
    /// It holds what `basic.get` took, and is never in the round.
    let isForGets: Bool

    @exclusivity(unchecked) var isCancelled = false
    /// In the round of consumers that can take a delivery.
    @exclusivity(unchecked) var isInRound = false
    /// What its next delivery gets.
    @exclusivity(unchecked) var nextSequence: UInt64 = 1
    @exclusivity(unchecked) var held = HeldDeliveries()

    init(
        node: UInt32, incarnation: UInt64, id: UInt64, tag: [UInt8] = [], prefetch: UInt32 = 0,
        isExclusive: Bool = false, isAutomaticAck: Bool, priority: Int32 = 0, isForGets: Bool = false
    ) {
        self.node = node
        self.incarnation = incarnation
        self.id = id
        self.tag = tag
        self.prefetch = prefetch
        self.isExclusive = isExclusive
        self.isAutomaticAck = isAutomaticAck
        self.priority = priority
        self.isForGets = isForGets
    }

    /// Whether it counts as one of the queue's consumers.
    var isListed: Bool { !isCancelled && !isForGets }
    @inline(__always)
    var hasCredit: Bool { prefetch == 0 || held.count < Int(prefetch) }
}
