import Management

/// What a policy that is to be cleared counts for, as it was read for the confirmation.
struct PolicyReading: Hashable, Sendable {
    let policy: PolicyInfo
    /// The queues for which it counts, by name, of those that were read.
    let queues: [String]
    /// How many queues were read, and how many there are in its vhost.
    let read: Int
    let total: Int

    /// Reads it. Throws `EndpointError.notFound` where it is not there any more.
    static func read(_ endpoint: any Inspecting, _ id: ObjectID) async throws(EndpointError) -> PolicyReading {
        guard let policy = try await endpoint.policies(vhost: id.vhost).first(where: { $0.name == id.name }) else {
            throw .notFound("policy '\(id.name)' in vhost '\(id.vhost)'")
        }
        let page = try await endpoint.queues(
            QueuePageRequest(pageSize: EndpointCapabilities.largestPage, vhost: id.vhost))
        return PolicyReading(
            policy: policy, queues: page.items.filter(policy.counts).map(\.name).sorted(), read: page.items.count,
            total: page.filteredCount)
    }

    /// Names that are told; more are a number.
    private static let namesTold = 5

    /// What its end means, in whole sentences.
    func sentences(age: String) -> [String] {
        let names = queues.prefix(Self.namesTold).joined(separator: ", ")
        let more = queues.count > Self.namesTold ? " and \(Figures.exact(queues.count - Self.namesTold)) more" : ""
        let of = read < total ? "\(Figures.exact(read)) read, of \(Figures.exact(total))" : "\(Figures.exact(total))"
        let count = queues.count == 1 ? "1 queue" : "\(Figures.exact(queues.count)) queues"
        let counted =
            queues.isEmpty
            ? "It counts for no queue (of \(of); \(age))."
            : "It counts for \(count) (of \(of); \(age)): \(names)\(more)."
        var sentences = [counted, "What it sets ends at once: \(policy.settings)."]
        if !queues.isEmpty { sentences.append("Another policy that matches counts instead, or none.") }
        return sentences
    }
}
