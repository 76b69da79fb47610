internal import Management
internal import Raft

/// What management tells of quorum queues, in the words of RabbitMQ's HTTP API.
extension Node {
    /// Whether this node says what is in a queue: its home, or the leader.
    func knowledge(of queue: ClassicQueue) -> QueueKnowledge {
        guard queue.settings.isQuorum else { return queue.isRemote ? .nothing : .tells(0) }
        guard let replica = quorum.member(queue.id)?.replica else { return .nothing }
        return replica.isLeader ? .tells(replica.group.term) : .follows(replica.group.term)
    }

    /// The nodes that hold a quorum queue, as far as is known here.
    func quorumHolders(of queue: ClassicQueue) -> [UInt32] {
        guard let group = quorum.member(queue.id)?.replica.group else { return queue.settings.members }
        // One that has lost its data and the one in its place are on the same node.
        return Set((group.membership.voters + group.membership.learners).map(\.node)).sorted()
    }

    private func isOnline(_ node: UInt32) -> Bool { node == number || replicas.upNodes.contains(node) }

    /// A quorum queue as its member here knows it; without one, what the metadata says.
    func quorumInfo(of queue: ClassicQueue) -> QueueInfo {
        var info = placeholder(of: queue)
        let holders = quorumHolders(of: queue)
        info.members = holders.map(nodeName)
        info.online = holders.filter(isOnline).map(nodeName)
        guard let member = quorum.member(queue.id) else {
            info.node = nil
            return info
        }
        info.leader = member.leader.map(nodeName)
        info.node = info.leader
        info.state = member.leader == nil ? "minority" : "running"
        info.messagesReady = member.machine.readyCount
        info.messagesUnacknowledged = member.machine.unackedCount
        info.messages = member.machine.readyCount + member.machine.unackedCount
        info.messageBytes = member.machine.readyBytes + member.machine.unackedBytes
        info.consumers = member.machine.consumerCount
        info.memory = member.machine.residentBytes
        info.messageStats = queue.readings.stats(member.counters, withPublisher: false)
        info.consumerDetails = member.machine.consumers(limit: Limits.consumersListed).map { consumer in
            var details = ConsumerInfo(consumerTag: consumer.tag)
            details.queue = ObjectID(vhost: queue.virtualHost.name, name: queue.name)
            details.prefetchCount = consumer.isAutomaticAck ? 0 : Int(consumer.prefetch)
            details.ackRequired = !consumer.isAutomaticAck
            details.exclusive = consumer.isExclusive
            details.active = true
            details.activityStatus = "up"
            return details
        }
        return info
    }

    /// A watched quorum queue as a timeline shows it.
    func quorumTimeline(of queue: ClassicQueue, _ id: QueueID) -> ClusterTimeline.Queue {
        let holders = quorumHolders(of: queue)
        return ClusterTimeline.Queue(
            vhost: id.vhost, name: id.name, type: QuorumSettings.type,
            leader: quorum.member(queue.id)?.leader.map(nodeName), members: holders.map(nodeName),
            online: holders.filter(isOnline).map(nodeName))
    }

    /// How the member here sees the group of a quorum queue; nil where this node has none.
    func replicaStatus(of queue: ClassicQueue) -> ReplicaStatus? {
        guard let group = quorum.member(queue.id)?.replica.group else { return nil }
        var status = ReplicaStatus(node: configuration.name)
        status.state =
            switch group.role {
            case .leader: "leader"
            case .follower: "follower"
            case .preCandidate: "pre_vote"
            case .candidate: "candidate"
            }
        status.membership = group.isVoter ? "voter" : "promotable"
        status.term = Int(clamping: group.term)
        status.lastLogIndex = Int(clamping: group.lastPosition.index)
        status.lastWritten = Int(clamping: group.durableIndex)
        status.commitIndex = Int(clamping: group.commitIndex)
        status.lastApplied = Int(clamping: group.appliedIndex)
        status.snapshotIndex = Int(clamping: group.snapshot.position.index)
        return status
    }
}

extension QuorumMember {
    /// What has happened in the queue, as of any queue.
    var counters: MessageCounters {
        let totals = machine.totals
        var counters = MessageCounters()
        counters.publish = totals.enqueued
        counters.deliver = totals.delivered
        counters.deliverNoAck = totals.deliveredNoAck
        counters.get = totals.got
        counters.getNoAck = totals.gotNoAck
        counters.getEmpty = totals.gotEmpty
        counters.ack = totals.acked
        counters.redeliver = totals.redelivered
        return counters
    }
}
