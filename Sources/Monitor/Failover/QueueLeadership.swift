public import Management

/// Who leads a queue and how far its members are, as it was seen at one moment.
public struct QueueLeadership: Hashable, Sendable {
    /// Which queue.
    public var id: QueueID
    /// "classic", "quorum" or "mirrored".
    public var type: String
    /// Who leads it; nil while nobody does.
    public var leader: String?
    /// The nodes that hold its contents.
    public var members: [String]
    /// Those of them that are up.
    public var online: [String]
    /// The leader's term, where it is known.
    public var term: Int?
    /// The members as they see themselves; empty where that cannot be asked.
    public var replicas: [ReplicaStatus] = []

    /// What a queue says of itself, and its members of themselves.
    public init(_ queue: QueueInfo, replicas: [ReplicaStatus] = []) {
        id = queue.id
        let mirrors = queue.mirrors ?? []
        type = mirrors.isEmpty ? queue.type ?? "classic" : "mirrored"
        self.replicas = replicas
        members = queue.members ?? ([queue.node].compactMap { $0 } + mirrors)
        let isDown = ["down", "stopped", "crashed", "minority"].contains(queue.state)
        leader = isDown ? nil : queue.leader ?? queue.node
        online = queue.online ?? (isDown ? [] : members)
        if !replicas.isEmpty {
            let leading = replicas.filter { $0.state == "leader" }.max { ($0.term ?? 0) < ($1.term ?? 0) }
            leader = leading?.node
            term = leading?.term
        }
    }

    /// How many entries each member lies behind the leader's log; only members that say so.
    public var lag: [(node: String, entries: Int)] {
        let newest = replicas.first { $0.node == leader }?.lastLogIndex ?? replicas.compactMap(\.lastLogIndex).max()
        guard let newest else { return [] }
        return replicas.compactMap { replica in
            (replica.lastWritten ?? replica.lastLogIndex).map { (replica.node, max(0, newest.saturating(minus: $0))) }
        }
    }

    /// Asks an endpoint about queues, one after the other. One that is gone is left out; throws what else goes wrong.
    static func ask(
        _ endpoint: any Inspecting, about queues: [QueueID]
    ) async throws(EndpointError) -> [QueueLeadership] {
        var answers: [QueueLeadership] = []
        for id in queues {
            do throws(EndpointError) {
                let queue = try await endpoint.queue(vhost: id.vhost, name: id.name)
                answers.append(QueueLeadership(queue, replicas: try await replicas(of: queue, endpoint)))
            } catch .notFound {
                continue
            }
        }
        return answers
    }

    private static func replicas(
        of queue: QueueInfo, _ endpoint: any Inspecting
    ) async throws(EndpointError) -> [ReplicaStatus] {
        guard queue.type == "quorum", let endpoint = endpoint as? any ReplicaInspecting else { return [] }
        do throws(EndpointError) {
            return try await endpoint.replicas(vhost: queue.vhost, queue: queue.name)
        } catch .notFound {
            // A broker that has no such list: the queue's own word must do.
            return []
        } catch .refused {
            return []
        } catch .forbidden {
            return []
        }
    }
}

extension Int {
    func saturating(minus other: Int) -> Int {
        let (result, overflows) = subtractingReportingOverflow(other)
        return overflows ? (other > 0 ? .min : .max) : result
    }
}
