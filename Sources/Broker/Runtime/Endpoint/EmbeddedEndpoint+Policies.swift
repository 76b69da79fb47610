internal import AMQP
public import Management

/// The policies of the vhosts.
extension EmbeddedEndpoint {
    /// The policies of a vhost, or of all, by vhost and name.
    public func policies(vhost: String?) async throws(EndpointError) -> [PolicyInfo] {
        let found: [PolicyInfo]?? = try await ask { node, reply in
            if let vhost, node.virtualHosts[vhost] == nil { return reply(.some(nil)) }
            reply(
                .some(
                    node.sortedVirtualHosts.filter { vhost == nil || $0.name == vhost }.flatMap { host in
                        host.policies.sorted.map { PolicyInfo($0, in: host.name) }
                    }))
        }
        guard case .some(.some(let policies)) = found else { throw .notFound("vhost '\(vhost ?? "")'") }
        return policies
    }

    /// Sets a policy, in place of one of the same name. Throws `EndpointError.refused` with RabbitMQ's words.
    public func setPolicy(_ policy: PolicyInfo) async throws(EndpointError) {
        let resource = Self.title(policy: policy.name, policy.vhost)
        if policy.name.isEmpty || policy.name.utf8.count > 255 {
            throw .refused(resource, reason: "a name has 1 to 255 bytes")
        }
        if let refusal = policy.refusal { throw .refused(resource, reason: refusal) }
        guard let settings = Policy(policy) else {
            throw .refused(resource, reason: "a policy has up to \(Policy.longestDefinition) bytes of settings")
        }
        try await change(.setPolicy(virtualHost: policy.vhost, settings), about: "vhost '\(policy.vhost)'")
    }

    /// Clears a policy. Throws `EndpointError.notFound` where there is none of that name.
    public func clearPolicy(vhost: String, name: String) async throws(EndpointError) {
        let resource = Self.title(policy: name, vhost)
        guard try await policies(vhost: vhost).contains(where: { $0.name == name }) else { throw .notFound(resource) }
        try await change(.clearPolicy(virtualHost: vhost, name: name), about: resource)
    }

    static func title(policy name: String, _ vhost: String) -> String { "policy '\(name)' in vhost '\(vhost)'" }
}

extension Policy {
    /// Bytes of all settings together that a change of the metadata takes.
    static let longestDefinition = 65_536

    /// A policy that has been validated; nil where its settings are too large.
    init?(_ info: PolicyInfo) {
        guard let target = Target(rawValue: info.appliesTo),
            info.definition.allSatisfy({ $0.key.utf8.count <= 255 }),
            JSONValue.object(info.definition).description.utf8.count <= Self.longestDefinition
        else { return nil }
        self.init(
            name: info.name, pattern: info.pattern, appliesTo: target, priority: Int64(info.priority),
            definition: FieldTable(info.definition))
    }
}

extension PolicyInfo {
    /// A policy of a vhost as the management API describes it.
    init(_ policy: Policy, in vhost: String) {
        self.init(
            vhost: vhost, name: policy.name, pattern: policy.pattern, appliesTo: policy.appliesTo.rawValue,
            priority: Int(policy.priority), definition: policy.definition.json)
    }
}
