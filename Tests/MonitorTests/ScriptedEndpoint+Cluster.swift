import Management
import Synchronization

/// The scripted endpoint as a cluster.
extension ScriptedEndpoint: FaultInjecting, TimelineRecording, ReplicaInspecting {
    func faults() async throws(EndpointError) -> FaultState { try await answer(\.faults) }

    func inject(_ fault: Fault) async throws(EndpointError) { script.withLock { $0.injected.append(fault) } }

    func watch(_ queues: [QueueID]) async throws(EndpointError) { script.withLock { $0.watches.append(queues) } }

    func timeline(seconds: Int) async throws(EndpointError) -> ClusterTimeline {
        script.withLock { $0.secondsAsked.append(seconds) }
        return try await answer(\.timeline)
    }

    func replicas(vhost: String, queue: String) async throws(EndpointError) -> [ReplicaStatus] {
        try await answer { script throws(EndpointError) in
            guard let replicas = script.replicas[queue] else { throw .notFound("queue '\(queue)'") }
            return replicas
        }
    }

    func addReplica(vhost: String, queue: String, node: String) async throws(EndpointError) {}

    func removeReplica(vhost: String, queue: String, node: String) async throws(EndpointError) {}

    func transferLeader(vhost: String, queue: String, to node: String) async throws(EndpointError) {}

    func rebalanceLeaders() async throws(EndpointError) {}
}
