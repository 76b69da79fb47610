import Raft

/// How a world goes: a time of trouble, then calm, in which everything must come right.
extension World {
    /// Far more steps than any calm needs.
    static let maxCalmSteps = 40_000

    func run(actions: Int) throws(Checker.Failure) {
        for node in nodes { try start(node) }
        queue.add(.action, at: 1)
        // About so many actions' time.
        let end = UInt64(actions) * (Self.actionInterval.lowerBound + Self.actionInterval.upperBound) / 2
        while now < end { try step() }
        try calmDown()
        statistics.elections = checker.elections
        statistics.committed = Int(checker.highestCommitted)
    }

    private func calmDown() throws(Checker.Failure) {
        isCalm = true
        for row in isCut.indices { for column in isCut[row].indices { isCut[row][column] = false } }
        for node in nodes where node.group == nil { try start(node) }
        var limit = statistics.steps + Self.maxCalmSteps
        var goal: LogPosition?
        // Liveness: a leader is elected, gets rid of members that are lost, and commits a proposal everywhere.
        while true {
            try step()
            if statistics.steps > limit {
                throw Checker.Failure(description: "nothing commits after the heal: \(report)")
            }
            guard let leader, let group = leader.group else { continue }
            if let lost = lost(in: group.membership).first {
                try change(.remove(lost), on: leader)
                continue
            }
            if goal.map({ group.term(at: $0.index) != $0.term && group.basePosition.index < $0.index }) ?? true {
                goal = propose(on: leader)
                try finish(leader)
            } else if let goal, members(of: group).allSatisfy({ $0.machine.index >= goal.index }) {
                break
            }
        }
        // Silence: nobody waits for anything.
        limit = statistics.steps + Self.maxCalmSteps
        while nodes.contains(where: { isMember($0) && $0.group?.nextDeadline != nil }) {
            try step()
            if statistics.steps > limit { throw Checker.Failure(description: "the group never gets idle: \(report)") }
        }
    }

    private func members(of group: RaftGroup) -> [SimulatedNode] {
        nodes.filter { group.membership.contains($0.member) }
    }

    private func isMember(_ node: SimulatedNode) -> Bool { leader?.group?.membership.contains(node.member) ?? true }

    var report: String {
        nodes.map { node in
            guard let group = node.group else { return "\(node.member): down" }
            return "\(node.member): \(group.role) of \(group.leader?.description ?? "nobody") in \(group.term), "
                + "\(group.membership), last \(group.lastPosition), commit \(group.commitIndex), "
                + "durable \(group.durableIndex), snapshot \(group.snapshot.position), deadline \(group.nextDeadline.map { "\($0)" } ?? "-") of \(now)"
        }.joined(separator: "\n")
    }
}
