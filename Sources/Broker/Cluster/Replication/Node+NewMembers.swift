internal import Raft

/// Members of groups that begin here while the node runs: those that an operator has added, and those that take the place
/// of one that has lost its data.
///
/// A node that has lost what a member had does not know which member that was. So the first that a leader speaks to is
/// lost, whatever its number; the node says so, the leader adds one with a higher number, and that one begins.
extension Node {
    /// The member here that a message is for; nil where there is none.
    func replica(for message: RaftMessage) -> RaftReplica? {
        guard message.to.node == number else { return nil }
        let replica = replicas[message.group]
        if let replica {
            if replica.group.member == message.to, !replica.isLost { return replica }
            guard let known = replica.isLost ? replica.lostUpTo : replica.group.member.incarnation,
                message.to.incarnation > known
            else {
                refuse(message, replica)
                return nil
            }
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

    /// Tells whoever speaks to a member that there is none: it is lost, or another has taken its place.
    private func refuse(_ message: RaftMessage, _ replica: RaftReplica) {
        if replica.isLost {
            replica.lostUpTo = max(replica.lostUpTo ?? 0, message.to.incarnation)
        } else if replica.isRetired {
            return
        }
        let loss = MemberLoss(
            member: message.to.incarnation, known: replica.lostUpTo ?? replica.group.member.incarnation)
        cluster?.send(loss.encoded(), .memberLost, group: message.group, to: message.from.node)
    }
}

/// What a node says of a member that there is none of any more: its incarnation 4, and up to which the node has had any 4.
struct MemberLoss: Equatable {
    let member: UInt32
    let known: UInt32

    init(member: UInt32, known: UInt32) {
        self.member = member
        self.known = known
    }

    /// Reads one; nil where the bytes are none.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 8 else { return nil }
        member = UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self))
        known = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        guard member <= known else { return nil }
    }

    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendNumber(member)
        bytes.appendNumber(known)
        return bytes
    }
}
