@testable import Raft

/// What clients, operators and bad luck do.
extension World {
    static let actionInterval: ClosedRange<UInt64> = 200_000...6_000_000

    /// The member that leads the highest term.
    var leader: SimulatedNode? {
        nodes.filter { $0.group?.role == .leader }.max { ($0.group?.term ?? 0) < ($1.group?.term ?? 0) }
    }

    func act() throws(Checker.Failure) {
        if isCalm { return }
        queue.add(.action, at: now + dice.time(Self.actionInterval))
        guard let node = dice.pick(nodes) else { return }
        if dice.chance(weather.stormPercent) { return try storm(node) }
        if dice.chance(weather.ambushPercent) { return try ambush() }
        switch dice.below(100) {
        case ..<45:
            // Mostly where it does some good; elsewhere it is refused.
            let target = dice.chance(80) ? leader ?? node : node
            for _ in 0...dice.below(4) { propose(on: target) }
            try finish(target)
        case ..<55: try read(on: dice.chance(80) ? leader ?? node : node)
        case ..<62: try takeSnapshot(on: node, keeping: UInt64(dice.below(6)))
        case ..<68: try crash(node)
        case ..<75: try cut(node)
        case ..<79: if let other = dice.pick(nodes), other !== node { try resetLink(node, other) }
        case ..<83: try transfer(to: node)
        case ..<95: try changeMembership(node)
        case ..<97: try wipe(node)
        default:
            node.group?.campaign(now: now, into: &output)
            try finish(node)
        }
    }

    private func storm(_ node: SimulatedNode) throws(Checker.Failure) {
        switch dice.below(10) {
        case ..<3: try crash(node)
        case ..<6: if let leader { try crash(leader) }
        default:
            for node in nodes where dice.chance(60) {
                node.group?.campaign(now: now, into: &output)
                try finish(node)
            }
        }
    }

    /// A leader gets entries that nobody else will have, while the others go on and forget what they had in common: when
    /// it is back, a snapshot contradicts its log.
    private func ambush() throws(Checker.Failure) {
        guard let leader else { return }
        for other in nodes where other !== leader {
            isCut[Int(leader.id)][Int(other.id)] = true
            isCut[Int(other.id)][Int(leader.id)] = true
            try resetLink(leader, other)
        }
        for _ in 0..<50 + dice.below(150) { propose(on: leader) }
        try finish(leader)
        queue.add(.relief(node: leader.id), at: now + dice.time(100_000_000...250_000_000))
    }

    /// The others take snapshots and keep nothing, and who was cut off is back.
    func relieve(_ node: SimulatedNode) throws(Checker.Failure) {
        for other in nodes where other !== node { try takeSnapshot(on: other, keeping: 0) }
        for row in isCut.indices { for column in isCut[row].indices { isCut[row][column] = false } }
    }

    @discardableResult
    func propose(on node: SimulatedNode) -> LogPosition? {
        nextProposal += 1
        var writer: [UInt8] = []
        for shift in 0..<8 { writer.append(UInt8(truncatingIfNeeded: nextProposal >> (UInt64(shift) * 8))) }
        return try? node.group?.propose(RaftPayload(writer, reference: nextProposal, referencedBytes: 100))
    }

    private func read(on node: SimulatedNode) throws(Checker.Failure) {
        nextProposal += 1
        // What a client may have seen: the highest commit index of any leader counts as confirmed.
        if (try? node.group?.read(nextProposal)) != nil { node.reads[nextProposal] = checker.highestCommitted }
        try finish(node)
    }

    private func takeSnapshot(on node: SimulatedNode, keeping trailing: UInt64) throws(Checker.Failure) {
        guard var group = node.group, group.appliedIndex > group.snapshot.position.index, node.installing == nil else {
            return
        }
        group.snapshotTaken(at: group.appliedIndex, keeping: trailing)
        if group.snapshot.position.index == node.machine.index {
            node.disk.store(group.snapshot, bytes: node.machine.bytes)
        }
        node.group = group
        node.disk.dropSnapshots { group.isSnapshotNeeded(at: $0) }
        dropEntries(of: node)
        if !isCalm, dice.chance(weather.tornSnapshotPercent) { return try crash(node) }
        try finish(node)
    }

    /// The owner drops what it may, now or later.
    func dropEntries(of node: SimulatedNode) {
        // One that does not know what it has to replace says the wrong thing.
        guard fault != .keepReplacedLog, let group = node.group, dice.chance(50) else { return }
        node.disk.drop(through: group.droppableIndex)
    }

    private var downtime: ClosedRange<UInt64> {
        dice.chance(weather.backAtOncePercent) ? 1_000...2_000_000 : 1_000_000...200_000_000
    }

    func crash(_ node: SimulatedNode) throws(Checker.Failure) {
        guard node.group != nil else { return }
        statistics.crashes += 1
        node.crash(survivingWrites: dice.below(3))
        queue.add(.restart(node: node.id), at: now + dice.time(downtime))
        guard dice.chance(70) else { return }
        for other in nodes where other !== node { try resetLink(node, other) }
    }

    private func cut(_ node: SimulatedNode) throws(Checker.Failure) {
        statistics.cuts += 1
        if dice.chance(45) {
            // All is well again.
            for row in isCut.indices { for column in isCut[row].indices { isCut[row][column] = false } }
            return
        }
        let isOneWay = dice.chance(40)
        for other in nodes where other !== node && dice.chance(70) {
            isCut[Int(node.id)][Int(other.id)] = true
            if !isOneWay { isCut[Int(other.id)][Int(node.id)] = true }
            if dice.chance(40) { try resetLink(node, other) }
        }
    }

    private func transfer(to node: SimulatedNode) throws(Checker.Failure) {
        guard let leader, (try? leader.group?.transferLeadership(to: node.member, now: now)) != nil else { return }
        statistics.transfers += 1
        try finish(leader)
    }

    private func changeMembership(_ node: SimulatedNode) throws(Checker.Failure) {
        guard !weather.isSettled, let leader, let membership = leader.group?.membership, lost(in: membership).isEmpty
        else { return }
        var change = MembershipChange.addLearner(node.member)
        if membership.learners.contains(node.member) {
            change = .promote(node.member)
        } else if membership.contains(node.member) {
            guard membership.voters.count > size || dice.chance(15) else { return }
            change = .remove(node.member)
        }
        try self.change(change, on: leader)
    }

    func change(_ change: MembershipChange, on leader: SimulatedNode) throws(Checker.Failure) {
        guard leader.group != nil else { return }
        _ = try? leader.group?.changeMembership(change, now: now)
        try finish(leader)
    }

    /// Members that are in the leader's membership, and whose data is lost.
    func lost(in membership: Membership) -> [MemberID] {
        (membership.voters + membership.learners).filter { node($0.node).member != $0 }
    }

    /// A node loses its disk, and starts again as a new member. Only while it is the only one: more than a minority
    /// must not be lost (that costs the data, in any system), nor may a removed member come back under its old name.
    private func wipe(_ node: SimulatedNode) throws(Checker.Failure) {
        if weather.isSettled { return }
        if let leader, let membership = leader.group?.membership, let lost = lost(in: membership).first {
            return try change(.remove(lost), on: leader)
        }
        let groups = nodes.compactMap(\.group)
        let memberships = groups.map(\.membership).filter { $0 != .none }
        guard groups.count == nodes.count, let membership = memberships.first,
            memberships.allSatisfy({ $0 == membership }),
            groups.allSatisfy({ $0.memberships.latestIndex <= $0.commitIndex }), lost(in: membership).isEmpty,
            !membership.isVoter(node.member) || membership.voters.count >= 3
        else { return }
        statistics.wipes += 1
        node.crash(survivingWrites: 0)
        node.member = MemberID(node: node.id, incarnation: node.member.incarnation + 1)
        node.disk = Disk(.beginning(.none))
        disks[node.member] = node.disk
        for other in nodes where other !== node { try resetLink(node, other) }
        try start(node)
    }
}
