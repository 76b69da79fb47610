/// Whom a node gives the commands for a quorum queue to: the leader, where that is known, or one after the other.
struct QuorumTarget {
    private(set) var node: UInt32?
    /// It is said to lead, or has shown that it does. Somebody who is asked without that gets the first batch alone.
    private(set) var isKnown = false
    /// It has been asked again since it was heard last.
    private var isAnswerDue = false
    /// Whom to ask next where no leader is known.
    private var asked = 0

    /// Chooses, where there is nobody.
    ///
    /// - Parameters:
    ///   - leader: Whom the member here knows as the leader.
    ///   - candidates: Nodes that can be reached, those first that probably know.
    mutating func choose(_ leader: UInt32?, or candidates: () -> [UInt32]) {
        isAnswerDue = false
        isKnown = leader != nil
        if let leader { return node = leader }
        let candidates = candidates()
        if !candidates.isEmpty { node = candidates[asked % candidates.count] }
        asked += 1
    }

    /// All that waits is about to be handed over again: to somebody else, where nobody has said a word.
    mutating func askAgain(_ leader: UInt32?, or candidates: () -> [UInt32]) {
        if !isKnown || isAnswerDue { choose(leader, or: candidates) }
        isAnswerDue = true
    }

    /// Whether it is not known yet that somebody leads, or nobody. One that was only asked may have refused what it got
    /// before it led.
    func isNews(_ leader: UInt32?) -> Bool { leader != node || leader != nil && !isKnown }

    /// Somebody is said to lead, or nobody.
    mutating func leads(_ leader: UInt32?) { (node, isKnown, isAnswerDue) = (leader, leader != nil, false) }

    /// A node has said what only a leader says; returns whether that was not known.
    mutating func hasAnswered(_ leader: UInt32) -> Bool {
        isAnswerDue = false
        guard !isKnown else { return false }
        (node, isKnown) = (leader, true)
        return true
    }
}
