import Management
import Monitor
import Terminal

/// Changing who holds a quorum queue.
extension ConsoleState {
    mutating func changeReplicas(_ action: Action) -> [Effect] {
        guard let queue = targetRow?.queue else { return [] }
        queues.keepSelection()
        let members = queue.members ?? []
        let nodes = monitor.clusterNodes.map(\.name)
        let choices: [String] =
            switch action {
            case .addReplica: nodes.filter { !members.contains($0) }
            case .removeReplica: members
            default: members.filter { $0 != queue.leader }
            }
        guard !choices.isEmpty else {
            receipt = .note(
                action == .addReplica
                    ? "add member: every node has one" : "\(queue.id.name) has no member that it could be")
            return []
        }
        dialog = .form(.replicas(of: queue.id, action, nodes: choices, members: members.count, at: now))
        return []
    }
}

extension Form {
    /// Adds or removes a member of a queue, or moves its leader.
    static func replicas(
        of id: QueueID, _ action: Action, nodes: [String], members: Int, at now: Duration
    ) -> Form {
        let (title, verb, warning): (String, String, String?) =
            switch action {
            case .addReplica:
                (
                    "Add a member of \(id.name)", "Add",
                    members % 2 == 1 ? "\(members + 1) members survive no more failures than \(members)." : nil
                )
            case .removeReplica:
                ("Remove a member of \(id.name)", "Remove", "With fewer members the queue survives fewer failures.")
            default: ("Move the leader of \(id.name)", "Move", "For a moment nothing is confirmed.")
            }
        return Form(title, verb: verb, warning: warning, fields: [.choice("node", nodes)], at: now) { fields in
            let node = fields[0].text
            return switch action {
            case .addReplica: .addReplica(id, node: node)
            case .removeReplica: .removeReplica(id, node: node)
            default: .transferLeader(id, to: node)
            }
        }
    }
}
