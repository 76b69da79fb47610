import AMQPServer
import Broker
import Journal
import Management
import ManagementServer
import Monitor

/// A broker, of one node or several, with what serves it.
struct RunningServices: Sendable {
    private enum Brokers: Sendable {
        case alone(RunningBroker, ManagementListener?)
        case cluster(RunningCluster, ClusterManagement?)
    }

    private let brokers: Brokers

    init(_ broker: RunningBroker, _ management: ManagementListener? = nil) {
        brokers = .alone(broker, management)
    }

    init(_ cluster: RunningCluster, _ management: ClusterManagement? = nil) {
        brokers = .cluster(cluster, management)
    }

    /// What the console asks: of a cluster whichever node is up.
    var endpoint: EmbeddedEndpoint {
        switch brokers {
        case .alone(let broker, _): broker.endpoint
        case .cluster(let cluster, _): cluster.endpoint
        }
    }

    /// "HOST:PORT" of each node for AMQP clients.
    var amqpAddresses: [String] {
        switch brokers {
        case .alone(let broker, _): [broker.amqpAddress].compactMap { $0 }
        case .cluster(let cluster, _): cluster.amqpAddresses
        }
    }

    /// "HOST:PORT" of each node's management API.
    var httpAddresses: [String] {
        switch brokers {
        case .alone(_, let management): [management?.address].compactMap { $0 }
        case .cluster(_, let management): management?.addresses ?? []
        }
    }

    /// What was found in the data directories.
    var recovered: [RecoverySummary] {
        switch brokers {
        case .alone(let broker, _): [broker.recovered].compactMap { $0 }
        case .cluster(let cluster, _): cluster.recovered
        }
    }

    /// Waits for the disk to fail of a broker that is alone, which is of no use then; nil when it ends without,
    /// and at once for a cluster, in which the node ends whose disk fails.
    func storageFailure() async -> StorageError? {
        guard case .alone(let broker, _) = brokers else { return nil }
        return await broker.storageFailure()
    }

    /// Has the timeline of a cluster say what clients of this program count; a node alone has none.
    func countClients(_ counts: @escaping @Sendable () -> ClusterTimeline.Clients) {
        guard case .cluster(let cluster, _) = brokers else { return }
        cluster.countClients(counts)
    }

    /// Ends everything, the ways in first.
    func stop() async throws {
        switch brokers {
        case .alone(let broker, let management):
            await management?.stop()
            try await broker.stop()
        case .cluster(let cluster, let management):
            await management?.stop()
            try await cluster.stop()
        }
    }
}
