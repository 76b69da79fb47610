/// One member of one group: the node it lives on, and which of the members that ever lived there it is.
///
/// A member's promises (its term, its vote, the entries it acknowledged) bind it for life. One that lost its data
/// cannot keep them, so it does not come back: the owner removes it and adds a new member, with an incarnation that was
/// never used before in this group, which catches up as a learner (thesis §4.2.1) before it votes.
public struct MemberID: Hashable, Comparable, Sendable {
    /// The node, as the owner numbers them.
    public let node: UInt32
    /// Never used twice for the same node in the same group.
    public let incarnation: UInt64

    /// Names a member.
    public init(node: UInt32, incarnation: UInt64 = 0) {
        self.node = node
        self.incarnation = incarnation
    }

    /// By node, then by incarnation.
    public static func < (left: MemberID, right: MemberID) -> Bool {
        (left.node, left.incarnation) < (right.node, right.incarnation)
    }
}

extension MemberID: CustomStringConvertible {
    /// The node, and the incarnation where it is not the first.
    public var description: String { incarnation == 0 ? "\(node)" : "\(node)#\(incarnation)" }
}
