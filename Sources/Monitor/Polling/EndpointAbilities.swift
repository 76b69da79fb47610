internal import Management

/// What an endpoint can do beside what all can.
public struct EndpointAbilities: Hashable, Sendable {
    /// Whether its nodes and links can be hurt on purpose.
    public var injectsFaults: Bool
    /// Whether it records what happens to its cluster.
    public var recordsTimeline: Bool
    /// Whether it shows and changes who holds a replicated queue.
    public var inspectsReplicas: Bool

    /// Abilities, by default none.
    public init(injectsFaults: Bool = false, recordsTimeline: Bool = false, inspectsReplicas: Bool = false) {
        self.injectsFaults = injectsFaults
        self.recordsTimeline = recordsTimeline
        self.inspectsReplicas = inspectsReplicas
    }

    /// Those that an endpoint's type has; whether the broker behind it has them too, its capabilities say.
    init(of endpoint: any Inspecting) {
        injectsFaults = endpoint is any FaultInjecting
        recordsTimeline = endpoint is any TimelineRecording
        inspectsReplicas = endpoint is any ReplicaInspecting
    }
}

extension Poller {
    /// What the endpoint in use can do.
    var ability: EndpointAbilities {
        guard let capabilities, abilities.indices.contains(endpoint) else { return EndpointAbilities() }
        let own = abilities[endpoint]
        return EndpointAbilities(
            injectsFaults: own.injectsFaults && capabilities.injectsFaults,
            recordsTimeline: own.recordsTimeline && capabilities.recordsTimeline,
            inspectsReplicas: own.inspectsReplicas)
    }
}
