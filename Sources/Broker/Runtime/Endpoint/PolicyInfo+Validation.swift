internal import Management

/// What RabbitMQ 3.10 finds wrong with a policy, in its words (`rabbit_policy`, `rabbit_policies`,
/// `rabbit_mirror_queue_misc`). Settings whose meaning this engine does not have are refused, and ha-* are among those that
/// it has.
extension PolicyInfo {
    /// One text for everything that is wrong; nil where nothing is.
    var refusal: String? {
        let problems = [definitionProblem, targetProblem, patternProblem].compactMap { $0 }
        return problems.isEmpty ? nil : "Validation failed\n\n" + problems.map { $0 + "\n" }.joined()
    }

    private var targetProblem: String? {
        guard Policy.Target(rawValue: appliesTo) == nil else { return nil }
        return "apply-to '\(appliesTo)' unrecognised; should be 'queues', 'exchanges' or 'all'"
    }

    private var patternProblem: String? {
        do throws(PolicyPattern.Problem) {
            _ = try PolicyPattern(pattern)
            return nil
        } catch {
            let problem = JSONValue.string(error.problem).erlangTerm.dropFirst(2).dropLast(2)
            return "pattern should be regular expression but is invalid: {\(problem),\(error.offset)}"
        }
    }

    private var definitionProblem: String? {
        if definition.isEmpty { return "no policy provided" }
        let sorted = definition.sorted { $0.key < $1.key }
        for (name, value) in sorted {
            guard let setting = PolicySetting.all[name], !setting.takes(value) else { continue }
            return "\(value.erlangTerm) is not a valid \(setting.noun)"
        }
        if let problem = mirrorProblem { return problem }
        if let locator = definition["queue-master-locator"],
            !["min-masters", "client-local", "random"].contains(locator.stringValue)
        {
            return "\(locator.erlangTerm) invalid queue-master-locator value"
        }
        let unknown = sorted.filter {
            PolicySetting.all[$0.key] == nil && !Self.mirroring.contains($0.key) && $0.key != "queue-master-locator"
        }
        if !unknown.isEmpty {
            let pairs = unknown.map { "{\(JSONValue.string($0.key).erlangTerm),\($0.value.erlangTerm)}" }
            return "[\(pairs.joined(separator: ","))] are not recognised policy settings"
        }
        // It is valid; but nothing would come of it here.
        if let (name, _) = sorted.first(where: { PolicySetting.notImplemented.contains($0.key) }) {
            return "policy setting '\(name)' is not implemented yet"
        }
        if definition["dead-letter-strategy"] == "at-least-once" {
            return "dead-letter-strategy 'at-least-once' is not implemented yet"
        }
        return nil
    }

    // MARK: Mirrored queues

    private static let mirroring = [
        "ha-mode", "ha-params", "ha-sync-mode", "ha-sync-batch-size", "ha-promote-on-shutdown", "ha-promote-on-failure",
    ]

    private var mirrorProblem: String? {
        guard Self.mirroring.contains(where: { definition[$0] != nil }) else { return nil }
        guard let mode = definition["ha-mode"] else {
            return "ha-mode must be specified to specify ha-params, ha-sync-mode or ha-promote-on-shutdown"
        }
        if let problem = modeProblem(mode) { return problem }
        if let sync = definition["ha-sync-mode"], !["automatic", "manual"].contains(sync.stringValue) {
            return "ha-sync-mode must be \"manual\" or \"automatic\", got \(sync.erlangTerm)"
        }
        if let size = definition["ha-sync-batch-size"], (size.integerValue ?? 0) <= 0 {
            return "ha-sync-batch-size takes an integer greater than 0, \(size.erlangTerm) given"
        }
        for name in ["ha-promote-on-shutdown", "ha-promote-on-failure"] {
            guard let value = definition[name], !["always", "when-synced"].contains(value.stringValue) else { continue }
            return "\(name) must be \"always\" or \"when-synced\", got \(value.erlangTerm)"
        }
        return nil
    }

    private func modeProblem(_ mode: JSONValue) -> String? {
        let params = definition["ha-params"]
        let given = params?.erlangTerm ?? "none"
        switch mode {
        case "all":
            return params == nil ? nil : "ha-mode=\"all\" does not take parameters"
        case "exactly":
            return (params?.integerValue ?? 0) > 0 ? nil : "ha-mode=\"exactly\" takes an integer, \(given) given"
        case "nodes":
            guard case .array(let nodes)? = params else { return "ha-mode=\"nodes\" takes a list, \(given) given" }
            if nodes.isEmpty { return "ha-mode=\"nodes\" list must be non-empty" }
            let others = nodes.filter { $0.stringValue == nil }
            if others.isEmpty { return nil }
            return "ha-mode=\"nodes\" takes a list of strings, \(JSONValue.array(others).erlangTerm) was not a string"
        default:
            return "\(mode.erlangTerm) is not a valid ha-mode value"
        }
    }
}

/// A setting of policies and the values that it takes.
private struct PolicySetting {
    /// What its value is, for people.
    let noun: String
    let takes: @Sendable (JSONValue) -> Bool

    /// Settings whose meaning this engine does not have; accepting them would promise what it does not do.
    static let notImplemented = [
        "queue-mode", "max-in-memory-length", "max-in-memory-bytes", "max-age", "stream-max-segment-size-bytes",
    ]

    static let all: [String: PolicySetting] = [
        "alternate-exchange": text("alternate exchange name"),
        "dead-letter-exchange": text("dead letter exchange name"),
        "dead-letter-routing-key": text("dead letter routing key"),
        "dead-letter-strategy": choice("dead letter strategy", ["at-most-once", "at-least-once"]),
        "message-ttl": number("message TTL"),
        "expires": number("queue expiry", from: 1),
        "max-length": number("maximum length"),
        "max-length-bytes": number("maximum length in bytes"),
        "max-in-memory-length": number("maximum memory in bytes"),
        "max-in-memory-bytes": number("maximum memory in bytes"),
        "queue-mode": choice("queue-mode value", ["default", "lazy"]),
        "queue-version": PolicySetting(noun: "queue-version value") { $0 == 1 || $0 == 2 },
        "overflow": choice("overflow value", ["drop-head", "reject-publish", "reject-publish-dlx"]),
        "delivery-limit": number("delivery limit"),
        "max-age": text("max age"),
        "queue-leader-locator": choice(
            "queue leader locator value", ["client-local", "balanced", "random", "least-leaders"]),
        "initial-cluster-size": number("cluster size"),
        "stream-max-segment-size-bytes": number("segment size", to: 3_000_000_000),
    ]

    private static func text(_ noun: String) -> PolicySetting {
        PolicySetting(noun: noun) { $0.stringValue != nil }
    }

    private static func choice(_ noun: String, _ values: [String]) -> PolicySetting {
        PolicySetting(noun: noun) { $0.stringValue.map(values.contains) ?? false }
    }

    private static func number(_ noun: String, from least: Int = 0, to most: Int = .max) -> PolicySetting {
        PolicySetting(noun: noun) { $0.integerValue.map { (least...most).contains($0) } ?? false }
    }
}
