/// Who belongs to a group: those that vote, and learners that receive the log without counting for anything (thesis §4.2.1).
///
/// The lists are sorted, so that nothing depends on the order in which members were named.
public struct Membership: Hashable, Sendable {
    /// Most members of a group, learners included. A Raft group of more is slower and no safer.
    public static let maxMembers = 64

    /// Those whose votes and acknowledgements make majorities.
    public private(set) var voters: [MemberID]
    /// Those that only receive.
    public private(set) var learners: [MemberID]

    /// Nobody: what a member starts with that is to be told by a leader.
    public static let none = Membership(voters: [])

    /// Makes a membership. It is the owner's duty that nobody is named twice.
    public init(voters: [MemberID], learners: [MemberID] = []) {
        self.voters = voters.sorted()
        self.learners = learners.sorted()
        precondition(isValid, "a membership names each member once, and at most \(Self.maxMembers) of them")
    }

    /// Makes one of lists that came from elsewhere; nil when they are not sorted or name somebody twice.
    init?(sortedVoters: [MemberID], sortedLearners: [MemberID]) {
        voters = sortedVoters
        learners = sortedLearners
        guard isValid else { return nil }
    }

    private var isValid: Bool {
        func isAscending(_ list: [MemberID]) -> Bool { zip(list, list.dropFirst()).allSatisfy { $0 < $1 } }
        return voters.count + learners.count <= Self.maxMembers && isAscending(voters) && isAscending(learners)
            && !learners.contains { voters.contains($0) }
    }

    /// The fewest voters that are more than half of them.
    public var majority: Int { voters.count / 2 + 1 }

    /// Whether the member is in it, as voter or as learner.
    public func contains(_ member: MemberID) -> Bool { voters.contains(member) || learners.contains(member) }

    /// Whether the member votes.
    public func isVoter(_ member: MemberID) -> Bool { voters.contains(member) }

    /// The membership after one change; nil when the change makes no sense here.
    ///
    /// A change touches one voter at most, so that every majority before it and every majority after it share a member
    /// (thesis §4.1).
    func applying(_ change: MembershipChange) -> Membership? {
        var next = self
        switch change {
        case .addLearner(let member):
            guard !contains(member), voters.count + learners.count < Self.maxMembers else { return nil }
            next.learners = (learners + [member]).sorted()
        case .promote(let member):
            guard learners.contains(member) else { return nil }
            next.learners.removeAll { $0 == member }
            next.voters = (voters + [member]).sorted()
        case .remove(let member):
            guard contains(member), voters != [member] else { return nil }
            next.learners.removeAll { $0 == member }
            next.voters.removeAll { $0 == member }
        }
        return next
    }
}

/// One step from a membership to the next.
public enum MembershipChange: Hashable, Sendable {
    /// A new member receives the log, and does not vote yet.
    case addLearner(MemberID)
    /// A learner that has caught up begins to vote.
    case promote(MemberID)
    /// A member goes, voter or learner.
    case remove(MemberID)
}

extension Membership: CustomStringConvertible {
    /// Voters, and learners behind a plus sign.
    public var description: String {
        let names = voters.map(\.description).joined(separator: ",")
        return learners.isEmpty ? names : names + "+" + learners.map(\.description).joined(separator: ",")
    }
}
