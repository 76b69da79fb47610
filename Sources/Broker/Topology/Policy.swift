internal import AMQP
internal import Management

/// Settings for all queues or exchanges of a vhost whose names match a pattern (RabbitMQ, "Policies").
struct Policy: Hashable, Sendable {
    /// What a policy is for.
    enum Target: String, Hashable, Sendable, CaseIterable {
        case queues, exchanges, all
    }

    /// Unique in its vhost.
    var name: String
    /// What names have to match, in the syntax of PCRE; it has been read before.
    var pattern: String
    var appliesTo = Target.all
    /// Of several policies that match, only the one of the highest priority counts.
    var priority: Int64 = 0
    /// The settings, in the order of their names.
    var definition = FieldTable()

    /// Whether it would count before another one. RabbitMQ leaves open which of two with the same priority counts; here it
    /// is the one whose name comes first, on all nodes.
    func precedes(_ other: Policy) -> Bool {
        if priority != other.priority { return priority > other.priority }
        return name.utf8.lexicographicallyPrecedes(other.name.utf8)
    }
}

/// The kinds of objects that policies are for. A policy with a setting that a kind of queue does not have is not for that
/// kind at all (RabbitMQ 3.10, `rabbit_queue_type:is_policy_applicable`).
enum PolicySubject: Hashable, Sendable {
    case exchange, classicQueue, quorumQueue

    /// Settings that rule a policy out.
    private var foreign: Set<String> {
        switch self {
        case .exchange: []
        case .classicQueue:
            [
                "max-age", "stream-max-segment-size-bytes", "queue-leader-locator", "initial-cluster-size",
                "delivery-limit", "dead-letter-strategy",
            ]
        case .quorumQueue:
            [
                "max-priority", "queue-mode", "single-active-consumer", "ha-mode", "ha-params", "ha-sync-mode",
                "ha-promote-on-shutdown", "ha-promote-on-failure", "queue-master-locator", "max-age",
                "stream-max-segment-size-bytes", "initial-cluster-size",
            ]
        }
    }

    /// Whether a policy is for objects of this kind.
    func takes(_ policy: Policy) -> Bool {
        switch policy.appliesTo {
        case .all: break
        case .queues: if self == .exchange { return false }
        case .exchanges: if self != .exchange { return false }
        }
        return !policy.definition.pairs.contains { foreign.contains($0.name) }
    }
}

/// The policies of a vhost, and which of them counts for a name.
struct Policies {
    private struct Entry {
        let policy: Policy
        let pattern: PolicyPattern
        let subjects: Set<PolicySubject>

        /// Nil with a pattern that cannot be read, which then matches nothing: it was read when the policy was set.
        init?(_ policy: Policy) {
            guard let pattern = try? PolicyPattern(policy.pattern) else { return nil }
            self.policy = policy
            self.pattern = pattern
            subjects = Set([.exchange, .classicQueue, .quorumQueue].filter { $0.takes(policy) })
        }
    }

    /// Counts changes; what counted for a name counts as long as this is the same.
    private(set) var version: UInt64 = 0
    /// By name.
    private(set) var sorted: [Policy] = []
    /// Those that count first come first.
    private var entries: [Entry] = []

    subscript(name: String) -> Policy? { sorted.first { $0.name == name } }

    /// Sets a policy, in place of one of the same name; returns whether that changes anything.
    mutating func set(_ policy: Policy) -> Bool {
        guard self[policy.name] != policy else { return false }
        _ = clear(policy.name)
        sorted.append(policy)
        sorted.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        if let entry = Entry(policy) {
            entries.append(entry)
            entries.sort { $0.policy.precedes($1.policy) }
        }
        version += 1
        return true
    }

    /// Removes a policy; returns whether there was one.
    mutating func clear(_ name: String) -> Bool {
        guard let place = sorted.firstIndex(where: { $0.name == name }) else { return false }
        sorted.remove(at: place)
        entries.removeAll { $0.policy.name == name }
        version += 1
        return true
    }

    /// The policy that counts for an object; nil without any.
    func effective(for name: String, _ subject: PolicySubject) -> Policy? {
        entries.first { $0.subjects.contains(subject) && $0.pattern.matches(name) }?.policy
    }

    /// How much it may take to find that out, in steps of patterns.
    func cost(of name: String) -> Int { entries.reduce(1) { $0 + $1.pattern.cost(of: name) } }
}

/// The policy of one object, looked up when policies have changed and not per message.
struct PolicyChoice {
    /// What was found last, and of which version of the policies that was said.
    private var found: (version: UInt64, policy: Policy?)?
    /// What the object was last told (`Node.policyChanged`).
    var told: Policy?

    /// The policy that counts now.
    mutating func current(in policies: Policies, for name: String, _ subject: PolicySubject) -> Policy? {
        if let found, found.version == policies.version { return found.policy }
        let policy = policies.effective(for: name, subject)
        found = (policies.version, policy)
        return policy
    }
}
