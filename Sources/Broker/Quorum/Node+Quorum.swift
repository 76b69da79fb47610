internal import AMQP
internal import Journal
internal import Management
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
        var stored = storedGroups.take(QuorumMember.group(of: queue.queue.id))
        let isCluster = cluster != nil
        if storedGroups.isSalvaged {
            // It may have been a member, whoever it began with. A node alone has promised nobody anything.
            guard !isCluster else { return lose(queue, "what it had written down is damaged or gone") }
            stored.salvage(beginning: queue.settings.beginning)
        }
        let beginning = queue.settings.members.contains(number) ? queue.settings.beginning : .none
        guard beginning != .none || !stored.isEmpty else { return }
        guard !stored.isLost else { return lose(queue, nil) }
        do throws(GroupUnreadable) {
            guard let member = stored.member(on: number) else { return lose(queue, nil) }
            let joined = try add(queue, as: member, beginning: stored.isNewcomer ? .none : beginning, stored)
            // Whoever declared it leads, so that nobody has to wait for an election.
            if beginning != .none, queue.queue.settings.home?.node ?? number == number { joined.campaignIfNew() }
        } catch {
            guard !isCluster else { return lose(queue, error.reason) }
            unreadable(queue, error.reason)
        }
    }

    private func add(
        _ queue: QuorumQueue, as member: MemberID, beginning: Membership, _ stored: StoredGroup
    ) throws(GroupUnreadable) -> QuorumMember {
        let member = try QuorumMember(
            queue: queue.queue.id, member: member, beginning: beginning, stored: stored,
            floor: stored.isEmpty ? journal.segment : topologyFloor, limits: queue.settings.limits, node: self)
        quorum.add(member)
        return member
    }

    /// There is no member here: it was removed, or has lost its data for a reason. Another may take its place.
    private func lose(_ queue: QuorumQueue, _ reason: String?) {
        do throws(GroupUnreadable) {
            let member = try add(queue, as: MemberID(node: number), beginning: .none, StoredGroup())
            quorum.removeMember(member.queue)
            member.replica.lose()
        } catch {
            return unreadable(queue, error.reason)
        }
        guard let reason, queue.settings.members.contains(number) else { return }
        cluster?.configuration.recorder?.note(
            ClusterTimeline.Event(
                at: now.milliseconds, kind: .dataLost, node: nodeName(number), vhost: queue.queue.virtualHost.name,
                queue: queue.queue.name, text: reason))
    }

    private func unreadable(_ queue: QuorumQueue, _ reason: String) {
        storageFailed(
            StorageError(
                "queue '\(queue.queue.name)' in vhost '\(queue.queue.virtualHost.name)': \(reason). Restore the directory from "
                    + "a copy"))
    }

    /// A new member of a queue begins here, with nothing, as the leader that speaks to it has decided.
    func begin(_ queue: QuorumQueue, as member: MemberID) {
        if let earlier = replicas[QuorumMember.group(of: queue.queue.id)] { replicas.remove(earlier) }
        quorum.removeMember(queue.queue.id)
        do throws(GroupUnreadable) {
            let begun = try add(queue, as: member, beginning: .none, StoredGroup())
            begun.replica.journalBeginning()
        } catch {
            unreadable(queue, error.reason)
        }
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
