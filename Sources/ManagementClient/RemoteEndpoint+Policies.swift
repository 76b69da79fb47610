public import Management
import NIOHTTP1

/// The policies of the vhosts.
extension RemoteEndpoint {
    /// The policies of a vhost, or of all that the user may see.
    public func policies(vhost: String?) async throws(EndpointError) -> [PolicyInfo] {
        let scope = vhost.map { "/" + $0.percentEncoded } ?? ""
        let resource = vhost.map { "vhost '\($0)'" } ?? "the list of policies"
        let policies: [PolicyInfo] = try await get("/api/policies\(scope)", resource, tag: "policymaker")
        return policies.sorted { ($0.vhost, $0.name) < ($1.vhost, $1.name) }
    }

    /// Sets a policy.
    public func setPolicy(_ policy: PolicyInfo) async throws(EndpointError) {
        do throws(EndpointError) {
            try await send(
                Transport.Request(
                    method: .PUT, path: Self.path("policies", policy.id), resource: Self.title("policy", policy.id),
                    doing: "setting", tagNeeded: "policymaker", body: try Transport.encode(SetPolicyBody(policy))))
        } catch .refused(let resource, let reason) {
            // What a browser could take for markup is escaped in this reply (RabbitMQ, `escape_html_tags`).
            throw .refused(resource, reason: reason.withoutEscapes)
        }
    }

    /// Clears a policy.
    public func clearPolicy(vhost: String, name: String) async throws(EndpointError) {
        let id = ObjectID(vhost: vhost, name: name)
        try await send(
            Transport.Request(
                method: .DELETE, path: Self.path("policies", id), resource: Self.title("policy", id),
                doing: "clearing", tagNeeded: "policymaker"))
    }
}

/// What `PUT /api/policies/VHOST/NAME` takes.
private struct SetPolicyBody: Encodable {
    var pattern: String
    var appliesTo: String
    var priority: Int
    var definition: [String: JSONValue]

    init(_ policy: PolicyInfo) {
        pattern = policy.pattern
        appliesTo = policy.appliesTo
        priority = policy.priority
        definition = policy.definition
    }

    enum CodingKeys: String, CodingKey {
        case pattern, priority, definition
        case appliesTo = "apply-to"
    }
}

extension String {
    fileprivate var withoutEscapes: String {
        split(separator: "&lt;", omittingEmptySubsequences: false).joined(separator: "<")
            .split(separator: "&gt;", omittingEmptySubsequences: false).joined(separator: ">")
            .split(separator: "&amp;", omittingEmptySubsequences: false).joined(separator: "&")
    }
}
