internal import DequeModule
internal import Journal

/// What a quorum queue gives to one consumer of this node, or to the `basic.get`s of one channel.
final class QuorumSubscription {
    /// A delivery that its channel has no room for yet.
    struct Pending {
        let sequence: UInt64
        let count: UInt32
        let message: [UInt8]
    }

    /// The queue's name for it.
    let id: UInt64
    let channel: ChannelReference
    /// Nil for `basic.get`.
    let consumer: Consumer?
    /// The last delivery that came, of those without a gap before them.
    var received: UInt64 = 0
    var pending = Deque<Pending>()
    var pendingBytes = 0
    /// The queue knows of it, and has said so.
    var isAttached = false
    /// The client knows of it.
    var isStarted = false
    /// There may be deliveries that were lost, and the leader has been asked for them.
    var isBehind = false
    /// More came than may wait: the rest is asked for when there is room.
    var isFull = false
    /// Of `basic.get`: who gets which delivery, how many messages are behind it, and whether it is settled by that.
    var got: [UInt64: (origin: Origin, ready: Int, isAutomaticAck: Bool)] = [:]

    /// Of `basic.get`: deliveries that came before it was said who gets them.
    var early: [UInt64: Pending] = [:]

    init(id: UInt64, channel: ChannelReference, consumer: Consumer?) {
        self.id = id
        self.channel = channel
        self.consumer = consumer
    }

    var hasRoom: Bool {
        pending.isEmpty || (pending.count < Limits.quorumPending && pendingBytes < Limits.quorumPendingBytes)
    }

    func hold(_ sequence: UInt64, _ count: UInt32, _ message: UnsafeRawBufferPointer) {
        pending.append(Pending(sequence: sequence, count: count, message: Array(message)))
        pendingBytes += message.count
    }

    func popFirst() -> Pending? {
        guard let first = pending.popFirst() else { return nil }
        pendingBytes -= first.message.count
        return first
    }
}

/// What a client has asked a quorum queue for and is answered through the log.
struct QuorumRequest {
    enum Kind {
        case attach(QuorumSubscription)
        case get(QuorumSubscription, isAutomaticAck: Bool)
        case purge
        case count
    }

    let kind: Kind
    let origin: Origin
}
