internal import AMQP
public import Management

/// The management endpoint of a node in this process: the same vocabulary as a remote broker's, without a socket.
///
/// Listings cross to the node's loop once and are gathered there in slices; sorting and paging happen here. The endpoint of
/// a member of a cluster asks each node for what lives there, all of them at once, and sends what is to be done to the node
/// that can do it.
public struct EmbeddedEndpoint: Inspecting, Administering {
    let loop: any NodeLoop
    /// The cluster of its node; nil for one that is alone.
    let cluster: (any ClusterAccess)?
    /// What a person sees as the endpoint's name.
    public let address: String
    private let version: String

    /// The endpoint of the node on `loop`, shown as `address`; of a member of a cluster with what it knows of the others.
    public init(
        loop: any NodeLoop, address: String, version: String, cluster: (any ClusterAccess)? = nil
    ) {
        self.loop = loop
        self.cluster = cluster
        self.address = address
        self.version = version
    }

    /// What the embedded engine can do.
    public func capabilities() async throws(EndpointError) -> EndpointCapabilities {
        var capabilities = EndpointCapabilities.embedded(version: version)
        capabilities.injectsFaults = cluster?.injectsFaults ?? false
        capabilities.recordsTimeline = cluster != nil
        return capabilities
    }

    /// The broker at a glance.
    public func overview() async throws(EndpointError) -> Overview {
        let parts: [Overview] = try await askAll { node, reply in
            var totals = QueueSums()
            node.visitQueues({ totals.add($0) }, finished: { reply(node.overview(totals)) })
        }
        return combined(parts)
    }

    /// The one node, or all of the cluster's.
    public func nodes() async throws(EndpointError) -> [NodeInfo] {
        guard let cluster else { return try await ask { node, reply in reply([node.nodeInfo()]) } }
        return try await nodes(of: cluster)
    }

    /// One page of the queues, sorted and filtered here.
    public func queues(_ request: QueuePageRequest) async throws(EndpointError) -> Page<QueueInfo> {
        if let cluster { return try request.page(of: try await queues(of: cluster)) }
        let all: [QueueInfo] = try await ask { node, reply in
            var infos: [QueueInfo] = []
            infos.reserveCapacity(node.queueList.count)
            node.visitQueues({ infos.append(node.summary(of: $0)) }, finished: { reply(infos) })
        }
        return try request.page(of: all)
    }

    /// One queue with its consumers.
    public func queue(vhost: String, name: String) async throws(EndpointError) -> QueueInfo {
        let known = try await queue(vhost: vhost, name: name, on: loop)
        // What lives elsewhere is not measured here.
        guard known.state == nil, let cluster else { return known }
        if known.type == QuorumSettings.type {
            return try await quorumQueue(known.id) ?? Self.placeholder(known, isUp: false)
        }
        guard let home = known.node else { return known }
        return try await queue(known, at: home, in: cluster)
    }

    /// What one node knows of a queue.
    func queue(
        vhost: String, name: String, on loop: any NodeLoop
    ) async throws(EndpointError) -> QueueInfo {
        let found: QueueInfo?? = try await ask(loop) { node, reply in
            guard let queue = node.virtualHosts[vhost]?.queues[name] else { return reply(.some(nil)) }
            reply(.some(node.detail(of: queue)))
        }
        guard case .some(.some(let info)) = found else {
            throw .notFound(Self.title(queue: name, vhost))
        }
        return info
    }

    /// Declares a queue. Throws `EndpointError.refused` with the engine's words.
    public func declareQueue(
        vhost: String, name: String, settings: QueueSettings
    ) async throws(EndpointError) {
        let definition = QueueDefinition(
            isDurable: settings.durable, isAutoDelete: settings.autoDelete,
            arguments: FieldTable(settings.arguments))
        let resource = Self.title(queue: name, vhost)
        try Self.check(name: name, of: resource)
        do throws(ProtocolException) {
            try QueueArguments.check(definition.arguments, queue: name, virtualHost: vhost)
        } catch {
            throw .refused(resource, reason: error.text)
        }
        _ = try await carryOut(
            .declareQueue(name: name, settings: definition, passive: false), in: vhost, about: resource)
    }

    /// Deletes a queue with its messages. Throws `EndpointError.refused` with the engine's words.
    public func deleteQueue(
        vhost: String, name: String, ifEmpty: Bool, ifUnused: Bool
    ) async throws(EndpointError) {
        _ = try await queue(vhost: vhost, name: name)
        _ = try await carryOut(
            .deleteQueue(name: name, ifUnused: ifUnused, ifEmpty: ifEmpty), in: vhost,
            about: Self.title(queue: name, vhost), on: try await home(of: name, vhost))
    }

    /// Removes the ready messages of a queue and says how many there were.
    public func purgeQueue(vhost: String, name: String) async throws(EndpointError) -> Int? {
        try await carryOut(
            .purgeQueue(name: name), in: vhost, about: Self.title(queue: name, vhost),
            on: try await home(of: name, vhost))
    }

    // MARK: Crossing over

    /// Asks a node; the endpoint's own, unless another is named.
    func ask<Value: Sendable>(
        _ other: (any NodeLoop)? = nil,
        _ work: @escaping @Sendable (Node, _ reply: @escaping @Sendable (Value?) -> Void) -> Void
    ) async throws(EndpointError) -> Value {
        guard let value = await (other ?? loop).ask(work) else {
            throw .unreachable(address, reason: "the node has stopped")
        }
        return value
    }

    /// Carries out a request about `resource`; returns how many messages it removed, where it says so.
    func carryOut(
        _ request: Request, in vhost: String, about resource: String, on other: (any NodeLoop)? = nil
    ) async throws(EndpointError) -> Int? {
        let outcome: Outcome = try await ask(other) { node, reply in
            node.request(request, in: vhost) { answer in
                switch answer {
                case .failed(let exception): reply(.failed(exception.code.rawValue, exception.text))
                case .removed(let count): reply(.done(count))
                default: reply(.done(nil))
                }
            }
        }
        switch outcome {
        case .done(let count):
            return count
        case .failed(let code, let text):
            throw code == ReplyCode.notFound.rawValue ? .notFound(resource) : .refused(resource, reason: text)
        }
    }

    private enum Outcome: Sendable {
        case done(Int?)
        case failed(UInt16, String)
    }

    static func title(queue name: String, _ vhost: String) -> String { "queue '\(name)' in vhost '\(vhost)'" }
    static func title(exchange name: String, _ vhost: String) -> String { "exchange '\(name)' in vhost '\(vhost)'" }

    /// Checks a name that somebody makes up.
    static func check(name: String, of resource: String) throws(EndpointError) {
        if name.isEmpty || name.utf8.count > 255 { throw .refused(resource, reason: "a name has 1 to 255 bytes") }
        if name.hasPrefix("amq.") {
            throw .refused(resource, reason: "names that begin with 'amq.' belong to the broker")
        }
    }
}
