public import Management

/// An object that is open: what belongs to it is asked for beside the list it stands in.
public enum DetailTarget: Hashable, Sendable {
    /// A queue, for its bindings.
    case queue(ObjectID)
    /// A quorum queue, for its bindings and what its members say of themselves.
    case quorumQueue(ObjectID)
    /// An exchange, for its bindings both ways.
    case exchange(ObjectID)
    /// A channel by its name, for its consumers.
    case channel(String)
    /// Everything that leads anywhere, of a vhost or of all.
    case topology(vhost: String?)
}

/// What belongs to an open object.
public struct Detail: Hashable, Sendable {
    /// Which object.
    public var target: DetailTarget
    /// Bindings that lead to it.
    public var incoming: [BindingInfo] = []
    /// Bindings that lead from it; of a topology, all.
    public var outgoing: [BindingInfo] = []
    /// The channel with its consumers.
    public var channel: ChannelInfo?
    /// The members of a quorum queue as they see themselves.
    public var replicas: [ReplicaStatus] = []
    /// Why the members could not be asked for.
    public var replicaError: EndpointError?

    /// A detail of which nothing is known yet.
    public init(target: DetailTarget) { self.target = target }

    /// Asks an endpoint for what belongs to an object. Throws its error.
    static func ask(
        _ endpoint: any Inspecting, for target: DetailTarget
    ) async throws(EndpointError) -> Detail {
        var detail = Detail(target: target)
        switch target {
        case .queue(let id):
            detail.incoming = try await endpoint.bindings(.toQueue(id))
        case .quorumQueue(let id):
            detail.incoming = try await endpoint.bindings(.toQueue(id))
            guard let endpoint = endpoint as? any ReplicaInspecting else { break }
            do throws(EndpointError) {
                detail.replicas = try await endpoint.replicas(vhost: id.vhost, queue: id.name)
            } catch {
                // The bindings are worth showing all the same.
                detail.replicaError = error
            }
        case .exchange(let id):
            detail.outgoing = try await endpoint.bindings(.fromExchange(id))
            detail.incoming = try await endpoint.bindings(.toExchange(id))
        case .topology(let vhost):
            detail.outgoing = try await endpoint.bindings(.all(vhost: vhost))
        case .channel(let name):
            detail.channel = try await endpoint.channel(name: name)
        }
        return detail
    }
}
