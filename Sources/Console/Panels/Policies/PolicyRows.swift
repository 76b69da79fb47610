import Management
import Monitor

/// Policies as rows of a list.
enum PolicyRows {
    static let columns: [ObjectColumn] = [
        .name("POLICY", 16, "the policy's name"),
        .text("PATTERN", 20, 0, "what the names of its objects match"),
        .text("APPLIES TO", 10, 3, "queues, exchanges or all"),
        .figure("PRIO", 5, 2, "of several that match a name only the one of the highest priority counts"),
        .figure("QUEUES", 6, 1, "the queues for which it counts, of those that are loaded"),
        .text("DEFINITION", 40, 4, "its settings"),
    ]

    static func row(_ policy: PolicyInfo, _ queues: [QueueInfo], showsVhost: Bool) -> ObjectRow {
        var row = ObjectRow(.policy(policy.id))
        let count = queues.count { policy.counts(for: $0) }
        row.add(text: showsVhost ? "\(policy.vhost) \(policy.name)" : policy.name)
        row.add(text: policy.pattern)
        row.add(text: policy.appliesTo)
        row.add(count: policy.priority)
        row.add(count: count, count == 0 ? .dim : .text)
        row.add(text: policy.settings, .dim)
        row.words = "\(policy.name): \(policy.settings); it counts for \(policy.scope(queues))."
        return row
    }
}

extension PolicyInfo {
    /// Its settings in the order of their names.
    var settings: String {
        definition.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    }

    /// Whether its settings are the same when they are typed as they are shown.
    var canBeTyped: Bool { (try? Form.arguments(settings, field: 0)) == definition }

    /// Whether it is the one that counts for a queue.
    func counts(for queue: QueueInfo) -> Bool { queue.vhost == vhost && queue.policy == name }

    /// For which of the queues at hand it counts, in words.
    func scope(_ queues: [QueueInfo]) -> String {
        "\(Figures.exact(queues.count { counts(for: $0) })) of \(Figures.exact(queues.count)) loaded queues"
    }
}

extension ObjectDetail {
    /// A policy with the queues at hand for which it counts.
    init(_ policy: PolicyInfo, _ queues: [QueueInfo]) {
        self.init()
        add("vhost", policy.vhost)
        add("pattern", policy.pattern)
        add("applies to", policy.appliesTo)
        add("priority", "\(policy.priority)")
        add(arguments: policy.definition, "DEFINITION")
        let counted = queues.filter(policy.counts).sorted { $0.name < $1.name }
        head("QUEUES \(counted.count) of \(queues.count) loaded")
        for queue in counted { lines.append(.row(queue.name, .text, Link(opens: .queue(queue.id)))) }
    }
}
