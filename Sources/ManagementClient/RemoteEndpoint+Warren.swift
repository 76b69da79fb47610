public import Management
import NIOHTTP1

/// What only another Warren can be asked: faults, and the timeline of its cluster.
extension RemoteEndpoint: FaultInjecting, TimelineRecording {
    private static let faultsPath = "/api/warren/faults"
    private static let timelinePath = "/api/warren/timeline"

    /// What is in force now.
    public func faults() async throws(EndpointError) -> FaultState {
        try await get(Self.faultsPath, "the faults", tag: "administrator")
    }

    /// Hurts a node or a link, or mends it; returns when it has happened.
    public func inject(_ fault: Fault) async throws(EndpointError) {
        try await send(
            Transport.Request(
                method: .POST, path: Self.faultsPath, resource: fault.description, doing: "carrying out",
                tagNeeded: "administrator", body: try Transport.encode(fault)))
    }

    /// Chooses the queues whose confirms are recorded.
    public func watch(_ queues: [QueueID]) async throws(EndpointError) {
        try await send(
            Transport.Request(
                method: .PUT, path: "/api/warren/watch", resource: "the watch", doing: "changing",
                body: try Transport.encode(queues)))
    }

    /// What was recorded in the last seconds.
    public func timeline(seconds: Int) async throws(EndpointError) -> ClusterTimeline {
        try await get("\(Self.timelinePath)?seconds=\(seconds)", "the timeline", tag: "monitoring")
    }

    /// Whether a broker has something that only a Warren can have: it says no, or it does not know what is asked.
    func has(_ product: EndpointCapabilities.Product, _ path: String) async throws(EndpointError) -> Bool {
        guard product == .warren else { return false }
        do throws(EndpointError) {
            try await send(Transport.Request(method: .GET, path: path, resource: "its capabilities"))
            return true
        } catch {
            switch error {
            case .unreachable, .timedOut, .unauthorized, .cancelled, .throttled: throw error
            case .notFound, .refused, .forbidden, .server, .malformed: return false
            }
        }
    }

    /// Asks a Warren what it can do beyond what every broker can.
    func probe(_ capabilities: EndpointCapabilities) async throws(EndpointError) -> EndpointCapabilities {
        var capabilities = capabilities
        if capabilities.product == .warren {
            // An earlier one has none.
            capabilities.hasPolicies = try await has(capabilities.product, "/api/policies")
        }
        capabilities.injectsFaults = try await has(capabilities.product, Self.faultsPath)
        capabilities.recordsTimeline = try await has(capabilities.product, Self.timelinePath + "?seconds=1")
        return capabilities
    }
}
