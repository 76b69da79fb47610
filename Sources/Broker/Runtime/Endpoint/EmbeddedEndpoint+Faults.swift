public import Management

/// Hurting the cluster's nodes, and looking at what came of it.
extension EmbeddedEndpoint: FaultInjecting, TimelineRecording {
    /// What is in force now. Throws `EndpointError.refused` where nodes may not be hurt.
    public func faults() async throws(EndpointError) -> FaultState { try await hurting().faults() }

    /// Hurts a node or a link, or mends it. Throws `EndpointError.refused` where nodes may not be hurt.
    public func inject(_ fault: Fault) async throws(EndpointError) { try await hurting().inject(fault) }

    /// Chooses the queues whose confirms are recorded.
    public func watch(_ queues: [QueueID]) async throws(EndpointError) { try await recording().watch(queues) }

    /// What was recorded in the last seconds.
    public func timeline(seconds: Int) async throws(EndpointError) -> ClusterTimeline {
        try await recording().timeline(seconds: seconds)
    }

    private func hurting() throws(EndpointError) -> any ClusterAccess {
        guard let cluster, cluster.injectsFaults else {
            throw .refused("the fault", reason: "nodes are hurt only in a cluster that was started with --faults")
        }
        return cluster
    }

    private func recording() throws(EndpointError) -> any ClusterAccess {
        guard let cluster else { throw .refused("the timeline", reason: "one node alone records none") }
        return cluster
    }
}
