internal import AMQP
public import Management

/// The management endpoint of a node in this process: the same vocabulary as a remote broker's, without a socket.
///
/// Listings cross to the node's loop once and are gathered there in slices; sorting and paging happen here.
public struct EmbeddedEndpoint: Inspecting, Administering {
    private let loop: any NodeLoop
    /// What a person sees as the endpoint's name.
    public let address: String
    private let version: String

    /// The endpoint of the node on `loop`, shown as `address`.
    public init(loop: any NodeLoop, address: String, version: String) {
        self.loop = loop
        self.address = address
        self.version = version
    }

    /// What the embedded engine can do.
    public func capabilities() async throws(EndpointError) -> EndpointCapabilities { .embedded(version: version) }

    /// The node at a glance.
    public func overview() async throws(EndpointError) -> Overview {
        try await ask { node, reply in
            var totals = QueueSums()
            node.visitQueues({ totals.add($0) }, finished: { reply(node.overview(totals)) })
        }
    }

    /// The one node.
    public func nodes() async throws(EndpointError) -> [NodeInfo] {
        try await ask { node, reply in reply([node.nodeInfo()]) }
    }

    /// One page of the queues, sorted and filtered here.
    public func queues(_ request: QueuePageRequest) async throws(EndpointError) -> Page<QueueInfo> {
        let all: [QueueInfo] = try await ask { node, reply in
            var infos: [QueueInfo] = []
            infos.reserveCapacity(node.queueList.count)
            node.visitQueues({ infos.append(node.summary(of: $0)) }, finished: { reply(infos) })
        }
        return try request.page(of: all)
    }

    /// One queue with its consumers.
    public func queue(vhost: String, name: String) async throws(EndpointError) -> QueueInfo {
        let found: QueueInfo?? = try await ask { node, reply in
            guard let queue = node.virtualHosts[vhost]?.queues[name] else { return reply(.some(nil)) }
            reply(.some(node.detail(of: queue)))
        }
        guard case .some(.some(let info)) = found else {
            throw .notFound("queue '\(name)' in vhost '\(vhost)'")
        }
        return info
    }

    /// Declares a queue. Throws `EndpointError.refused` with the engine's words.
    public func declareQueue(
        vhost: String, name: String, settings: QueueSettings
    ) async throws(EndpointError) {
        let definition = QueueDefinition(
            isDurable: settings.durable, isAutoDelete: settings.autoDelete,
            arguments: try fieldTable(settings.arguments, of: "queue '\(name)' in vhost '\(vhost)'"))
        if name.isEmpty || name.utf8.count > 255 {
            throw .refused("queue '\(name)'", reason: "a name has 1 to 255 bytes")
        }
        if name.hasPrefix("amq.") {
            throw .refused("queue '\(name)'", reason: "names that begin with 'amq.' belong to the broker")
        }
        do throws(ProtocolException) {
            try QueueArguments.check(definition.arguments)
        } catch {
            throw .refused("queue '\(name)' in vhost '\(vhost)'", reason: error.text)
        }
        _ = try await carryOut(.declareQueue(name: name, settings: definition, passive: false), vhost, name)
    }

    /// Deletes a queue with its messages. Throws `EndpointError.refused` with the engine's words.
    public func deleteQueue(
        vhost: String, name: String, ifEmpty: Bool, ifUnused: Bool
    ) async throws(EndpointError) {
        _ = try await queue(vhost: vhost, name: name)
        _ = try await carryOut(.deleteQueue(name: name, ifUnused: ifUnused, ifEmpty: ifEmpty), vhost, name)
    }

    /// Removes the ready messages of a queue and says how many there were.
    public func purgeQueue(vhost: String, name: String) async throws(EndpointError) -> Int? {
        try await carryOut(.purgeQueue(name: name), vhost, name)
    }

    // MARK: Crossing over

    private func ask<Value: Sendable>(
        _ work: @escaping @Sendable (Node, _ reply: @escaping @Sendable (Value?) -> Void) -> Void
    ) async throws(EndpointError) -> Value {
        guard let value = await loop.ask(work) else { throw .unreachable(address, reason: "the node has stopped") }
        return value
    }

    /// Carries out a request; returns how many messages it removed, where it says so.
    private func carryOut(
        _ request: Request, _ vhost: String, _ name: String
    ) async throws(EndpointError) -> Int? {
        let outcome: Outcome = try await ask { node, reply in
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
            let resource = "queue '\(name)' in vhost '\(vhost)'"
            throw code == ReplyCode.notFound.rawValue ? .notFound(resource) : .refused(resource, reason: text)
        }
    }

    private enum Outcome: Sendable {
        case done(Int?)
        case failed(UInt16, String)
    }

    private func fieldTable(
        _ arguments: [String: JSONValue], of resource: String
    ) throws(EndpointError) -> FieldTable {
        var table = FieldTable()
        for (name, value) in arguments.sorted(by: { $0.key < $1.key }) {
            switch value {
            case .string(let text): table[name] = .string(text)
            case .integer(let number): table[name] = .int64(Int64(number))
            case .bool(let flag): table[name] = .boolean(flag)
            default: throw .refused(resource, reason: "argument '\(name)' is neither text, number nor true/false")
            }
        }
        return table
    }
}
