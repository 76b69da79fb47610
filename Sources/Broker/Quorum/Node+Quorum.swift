internal import AMQP
internal import Journal
internal import Raft

/// A node's part in its quorum queues.
extension Node {
    /// A quorum queue is there: clients may use it, and where this node is a member, it is one from now on.
    func add(_ queue: QuorumQueue) {
        quorum.add(queue)
        if !storedGroups.isHeld { join(queue) }
    }

    /// Begins to be a member of the queues that it is one of: all that the journal has has been read, and which queues
    /// there still are is known. Of one that was deleted a part of the log may be gone.
    func joinQuorumQueues() {
        guard storedGroups.isHeld else { return }
        for queue in quorum.sorted { join(queue) }
        // What is left belongs to queues that were deleted.
        storedGroups = StoredGroups()
    }

    private func join(_ queue: QuorumQueue) {
        let id = queue.queue.id
        let stored = storedGroups.take(QuorumMember.group(of: id))
        guard queue.settings.members.contains(number) || !stored.isEmpty else { return }
        guard let member = stored.member(on: number) else {
            // It was one, and remembers that it is none any more.
            join(queue, as: MemberID(node: number), beginning: .none, stored)
            quorum.member(id)?.removed()
            return
        }
        join(
            queue, as: member, beginning: queue.settings.members.contains(number) ? queue.settings.beginning : .none,
            stored)
        // Whoever declared it leads, so that nobody has to wait for an election.
        guard let member = quorum.member(id), queue.queue.settings.home?.node ?? number == number else { return }
        member.campaignIfNew()
    }

    private func join(_ queue: QuorumQueue, as member: MemberID, beginning: Membership, _ stored: StoredGroup) {
        var stored = stored
        if storedGroups.isSalvaged { stored.salvage(beginning: beginning) }
        do throws(GroupUnreadable) {
            quorum.add(
                try QuorumMember(
                    queue: queue.queue.id, member: member, beginning: beginning, stored: stored,
                    floor: stored.isEmpty ? journal.segment : topologyFloor, limits: queue.settings.limits, node: self))
        } catch {
            storageFailed(
                StorageError(
                    "queue '\(queue.queue.name)' in vhost '\(queue.queue.virtualHost.name)': \(error.reason). A member that"
                        + " has lost a part of its log must not go on with the rest: restore the directory from a copy")
            )
        }
    }

    /// The leader of a group speaks to a member that this node does not have: it was added, and begins with nothing. One that
    /// was there before it, and may not have heard of its end, makes way. Until what the journal has is known nobody begins.
    func joinQuorumQueue(of message: RaftMessage) {
        guard !storedGroups.isHeld, let queue = quorum.queue(QuorumMember.queue(of: message.group)),
            message.to.node == number, message.to.incarnation > replicas[message.group]?.group.member.incarnation ?? 0
        else { return }
        if let earlier = replicas[message.group] { replicas.remove(earlier) }
        quorum.removeMember(queue.queue.id)
        if journal.keepsBytes { RaftRecord.appendBeginning(group: message.group, to: &journal) }
        join(queue, as: message.to, beginning: .none, StoredGroup())
    }

    /// The nodes of the members of a queue that is to be declared: the one that declares it, and those with the fewest
    /// members, nodes that are up first.
    func quorumMembers(_ settings: QueueDefinition, in cluster: ClusterConfiguration) -> [UInt32] {
        var counts: [UInt32: Int] = [:]
        for host in sortedVirtualHosts {
            // order-free: a sum
            for queue in host.queues.values {
                for member in queue.settings.members { counts[member, default: 0] += 1 }
            }
        }
        func rank(_ node: UInt32) -> (Int, Int, Int, UInt32) {
            (node == cluster.node ? 0 : 1, replicas.upNodes.contains(node) ? 0 : 1, counts[node] ?? 0, node)
        }
        let ranked = (1...UInt32(cluster.names.count)).sorted { rank($0) < rank($1) }
        return ranked.prefix(max(1, QuorumSettings.groupSize(settings.arguments))).sorted()
    }
}
