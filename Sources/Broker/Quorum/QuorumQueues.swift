/// The quorum queues of a node: what stands for them, and the members that live here.
final class QuorumQueues {
    private var queues: [UInt64: QuorumQueue] = [:]
    private var members: [UInt64: QuorumMember] = [:]
    /// Queues with commands to hand over, in the order in which they got them.
    private var busy: [QuorumQueue] = []
    /// Consumers by the channels that they end with.
    private var consumers: [ChannelReference: [(queue: QuorumQueue, id: UInt64)]] = [:]
    private var lastConsumer: UInt64 = 0
    /// Grows with whatever happens in one of them.
    var activity: UInt64 = 0
    /// Bytes of commands that no leader has applied yet.
    private var backlog = 0
    private var measured: (activity: UInt64, bytes: Int) = (.max, 0)

    var isEmpty: Bool { queues.isEmpty }
    func queue(_ id: UInt64) -> QuorumQueue? { queues[id] }
    func member(_ id: UInt64) -> QuorumMember? { members[id] }

    /// All of them, by their ids.
    var sorted: [QuorumQueue] { queues.values.sorted { $0.queue.id < $1.queue.id } }
    /// All members, by the ids of their queues.
    var sortedMembers: [QuorumMember] { members.values.sorted { $0.queue < $1.queue } }

    /// Whether nothing more is read of publishers for now.
    @inline(__always)
    var isBackedUp: Bool { backlog > Limits.quorumBacklogBytes }
    /// Whether there are commands to hand over.
    var isBusy: Bool { !busy.isEmpty }

    func add(_ queue: QuorumQueue) { queues[queue.queue.id] = queue }
    func add(_ member: QuorumMember) { members[member.queue] = member }

    /// The queue is deleted.
    func remove(_ id: UInt64) {
        members[id] = nil
        guard let queue = queues.removeValue(forKey: id) else { return }
        // order-free: each by itself
        for channel in Set(queue.subscriptions.values.map(\.channel)) {
            consumers[channel]?.removeAll { $0.queue === queue }
        }
    }

    /// This node is no member of the queue's group any more.
    func removeMember(_ id: UInt64) { members[id] = nil }

    /// Memory of the messages of members here, and of what is on its way to leaders. Looked at again only when something has
    /// happened in one of them: there may be very many, and most do nothing.
    var residentBytes: Int {
        if measured.activity != activity {
            // order-free: a sum
            measured = (activity, members.values.reduce(0) { $0 + $1.residentBytes })
        }
        return measured.bytes + backlog
    }

    func backlogChanged(by bytes: Int) { backlog += bytes }

    func noteBusy(_ queue: QuorumQueue) { busy.append(queue) }

    /// Hands over what has gathered.
    func flush() {
        guard !busy.isEmpty else { return }
        let turn = busy
        busy.removeAll(keepingCapacity: true)
        for queue in turn { queue.flush() }
    }

    // MARK: Consumers

    /// A name for a consumer that none of this node's had since it started.
    func newConsumerID() -> UInt64 {
        lastConsumer += 1
        return lastConsumer
    }

    func note(_ consumer: UInt64, of channel: ChannelReference, _ queue: QuorumQueue) {
        consumers[channel, default: []].append((queue, consumer))
    }

    func channelEnded(_ channel: ChannelReference) {
        guard !consumers.isEmpty, let ending = consumers.removeValue(forKey: channel) else { return }
        for (queue, id) in ending { queue.channelEnded(id) }
    }

    // MARK: Other nodes

    func peerUp(_ peer: UInt32) {
        for member in sortedMembers { member.peerUp(peer) }
        for queue in sorted { queue.peerUp(peer) }
    }

    func peerDown(_ peer: UInt32) {
        for queue in sorted { queue.peerDown(peer) }
    }
}
