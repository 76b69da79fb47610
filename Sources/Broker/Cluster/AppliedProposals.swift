/// Which proposals have been applied: a proposal that is sent again, because its leader went, counts once wherever its
/// copies end up in the log (thesis §6.3). Part of the replicated state, so in every snapshot.
///
/// Of each node it remembers its latest incarnation and the numbers applied that the node may still ask for again: those
/// at or above the lowest one that it waited for.
struct AppliedProposals: Hashable {
    /// The proposals of one node.
    struct Origin: Hashable {
        let node: UInt32
        var incarnation: UInt64
        var floor: UInt64
        /// Ascending, none below the floor.
        var numbers: [UInt64]
    }

    /// Sorted by node.
    private(set) var origins: [Origin] = []

    init(_ origins: [Origin] = []) { self.origins = origins.sorted { $0.node < $1.node } }

    /// Notes a proposal that is about to be applied; false when it must not be, because it has been, or because whoever
    /// proposed it has given it up.
    mutating func take(_ proposal: MetadataProposal) -> Bool {
        guard let place = origins.firstIndex(where: { $0.node == proposal.node }) else {
            origins.append(
                Origin(
                    node: proposal.node, incarnation: proposal.incarnation, floor: proposal.floor,
                    numbers: [proposal.number]))
            origins.sort { $0.node < $1.node }
            return true
        }
        guard proposal.incarnation >= origins[place].incarnation else { return false }
        if proposal.incarnation > origins[place].incarnation {
            origins[place] = Origin(node: proposal.node, incarnation: proposal.incarnation, floor: 0, numbers: [])
        }
        guard proposal.number >= origins[place].floor, !origins[place].numbers.contains(proposal.number) else {
            return false
        }
        origins[place].floor = max(origins[place].floor, min(proposal.floor, proposal.number))
        let floor = origins[place].floor
        origins[place].numbers.removeAll { $0 < floor }
        let after = origins[place].numbers.firstIndex { $0 > proposal.number } ?? origins[place].numbers.count
        origins[place].numbers.insert(proposal.number, at: after)
        return true
    }

    /// Whether a proposal has been applied that its node still waits for.
    func contains(node: UInt32, incarnation: UInt64, number: UInt64) -> Bool {
        origins.contains { $0.node == node && $0.incarnation == incarnation && $0.numbers.contains(number) }
    }
}
