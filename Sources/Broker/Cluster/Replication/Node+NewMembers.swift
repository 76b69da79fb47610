internal import Raft

/// Members of groups that begin here while the node runs: those that an operator has added, and those that take the place
/// of one that has lost its data.
///
/// A node that has lost what a member had does not know which member that was, nor who remembers which. So it answers
/// whoever speaks to one of its members by the number under which it would begin, which holds the number of this start of
/// the node: nobody can have had that before. The leader adds a member of that number, and that one begins.
extension Node {
    /// New members of this start of the node have this number or a higher one; those of every other start have others. What
    /// an operator adds has the index of an entry of its log, which is far below.
    var newIncarnations: UInt64 { 1 << 62 | incarnation << 8 }

    /// The member here that a message is for; nil where there is none.
    func replica(for message: RaftMessage) -> RaftReplica? {
        guard message.to.node == number else { return nil }
        let replica = replicas[message.group]
        if let replica, replica.group.member == message.to, !replica.isLost { return replica }
        if let replica, !mayBegin(message.to, after: replica) {
            refuse(message, replica)
            return nil
        }
        // Until what the journal has is known nobody begins.
        if message.group == RaftRecord.metadata {
            if replica?.isLost == true { cluster?.metadata.begin(as: message.to) }
        } else if !storedGroups.isHeld, let queue = quorum.queue(QuorumMember.queue(of: message.group)),
            replica != nil || message.to.incarnation > 0
        {
            begin(queue, as: message.to)
        }
        return replicas[message.group].flatMap { $0.group.member == message.to ? $0 : nil }
    }

    /// Whether a member begins beside what there is: where there is none any more, what this start has asked for.
    private func mayBegin(_ member: MemberID, after replica: RaftReplica) -> Bool {
        replica.isLost
            ? member.incarnation >= newIncarnations && member.incarnation > replica.group.member.incarnation
            : replica.group.id != RaftRecord.metadata && member > replica.group.member
    }

    /// Tells whoever speaks to a member that there is none of that number, and which there would be.
    private func refuse(_ message: RaftMessage, _ replica: RaftReplica) {
        let known = replica.group.member.incarnation
        let wanted = replica.isLost ? max(newIncarnations, known + 1) : known
        guard message.to.incarnation < wanted else { return }
        cluster?.send(
            MemberLoss(member: message.to.incarnation, wanted: wanted).encoded(), .memberLost, group: message.group,
            to: message.from.node)
    }
}

/// What a node says of a member that there is none of any more: its incarnation 8, and that of the one that would take its
/// place 8.
struct MemberLoss: Equatable {
    let member: UInt64
    let wanted: UInt64

    init(member: UInt64, wanted: UInt64) {
        self.member = member
        self.wanted = wanted
    }

    /// Reads one; nil where the bytes are none.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 16, let member = bytes.number(at: 0), let wanted = bytes.number(at: 8), member < wanted
        else {
            return nil
        }
        self.init(member: member, wanted: wanted)
    }

    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendNumber(member)
        bytes.appendNumber(wanted)
        return bytes
    }
}
