internal import Raft

/// Who holds a quorum queue (RabbitMQ, "Quorum Queues": managing replicas). Only of the leader.
extension QuorumMember {
    /// Why a change of the members was refused.
    enum Refusal: Error {
        case notLeader
        case isMember, isNotMember, isLast
        /// The member's node cannot be reached, or it has not caught up.
        case isDown, isLearner
        /// Another change, or another transfer, is under way.
        case isBusy

        var text: String {
            switch self {
            case .notLeader: "it has no leader now, or another one: ask again"
            case .isMember: "it has a member there already"
            case .isNotMember: "it has no member there"
            case .isDown: "its member's node there is down"
            case .isLearner: "its member there has not caught up yet: ask again"
            case .isLast: "its last member cannot go"
            case .isBusy: "another change is under way: ask again"
            }
        }
    }

    /// Adds a member on a node, which catches up before it votes.
    func addReplica(on node: UInt32) throws(Refusal) {
        guard memberID(on: node) == nil else { throw .isMember }
        // Not used before: the log only grows. A node that had a later one says under which it would begin.
        try change(.addLearner(MemberID(node: node, incarnation: replica.group.lastPosition.index + 1)))
    }

    /// Removes the member on a node.
    func removeReplica(on node: UInt32) throws(Refusal) {
        guard let member = memberID(on: node) else { throw .isNotMember }
        let membership = replica.group.membership
        // One takes the place of another that has lost its data.
        guard !(membership.voters + membership.learners).contains(where: { $0.node == node && $0 != member }) else {
            throw .isBusy
        }
        try change(.remove(member))
    }

    /// Hands the leader's part to the member on a node.
    func transferLeader(to node: UInt32) throws(Refusal) {
        guard let member = memberID(on: node) else { throw .isNotMember }
        guard replica.isLeader else { throw .notLeader }
        guard node != self.node.number else { return }
        guard self.node.replicas.upNodes.contains(node) else { throw .isDown }
        guard replica.group.membership.isVoter(member) else { throw .isLearner }
        do throws(RaftRefusal) {
            try replica.transfer(to: member)
        } catch {
            throw Self.refusal(error)
        }
    }

    private func memberID(on node: UInt32) -> MemberID? {
        let membership = replica.group.membership
        // One that has lost its data makes way for the other.
        return (membership.voters + membership.learners).filter { $0.node == node }.max()
    }

    private func change(_ change: MembershipChange) throws(Refusal) {
        do throws(RaftRefusal) {
            try replica.change(change)
        } catch {
            throw Self.refusal(error)
        }
    }

    private static func refusal(_ refusal: RaftRefusal) -> Refusal {
        switch refusal {
        case .notLeader: .notLeader
        case .transferring, .overloaded, .changePending, .learnerBehind: .isBusy
        case .meaningless: .isLast
        }
    }
}
