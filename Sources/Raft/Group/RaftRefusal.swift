/// Why a group did not take what its owner asked for. Nothing has changed.
public enum RaftRefusal: Error, Hashable, Sendable {
    /// This member does not lead; the one that does, where it is known.
    case notLeader(leader: MemberID?)
    /// Leadership is being handed over: ask again, there or here, when that is done.
    case transferring
    /// Too many bytes wait to be committed, or too many reads to be answered: ask again when some are.
    case overloaded
    /// The change before this one is not committed, or nothing of the leader's term is (thesis §4.1; Ongaro's correction
    /// of 2015): ask again when that is done.
    case changePending
    /// The learner has not caught up (thesis §4.2.1): ask again when it has.
    case learnerBehind
    /// The member is in the group already, or is not, or is its last voter.
    case meaningless
}
