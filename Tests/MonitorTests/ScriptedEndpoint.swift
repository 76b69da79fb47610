import Management
import Synchronization

/// An endpoint that answers whatever the test says and remembers what was asked.
final class ScriptedEndpoint: Inspecting, Administering {
    /// What it would answer now.
    struct Script: Sendable {
        var capabilities = EndpointCapabilities.embedded(version: "1")
        var overview = Overview()
        var nodes: [NodeInfo] = []
        var queues: [QueueInfo] = []
        var exchanges: [ExchangeInfo] = []
        var bindings: [BindingInfo] = []
        var connections: [ConnectionInfo] = []
        var channels: [ChannelInfo] = []
        var consumers: [ConsumerInfo] = []
        var vhosts: [VhostInfo] = []
        var policies: [PolicyInfo] = []
        var messages: [FetchedMessage] = []
        var faults = FaultState(nodes: [], links: [])
        var timeline = ClusterTimeline(now: 0, wallClock: 0)
        var replicas: [String: [ReplicaStatus]] = [:]
        /// What it was told to do to the cluster.
        var injected: [Fault] = []
        /// What it was told to watch, and for how long back it was asked.
        var watches: [[QueueID]] = []
        var secondsAsked: [Int] = []
        /// Thrown by everything instead of an answer.
        var error: EndpointError?
        /// Answers nothing until the request is cancelled.
        var hangs = false
        /// Requests that have not ended.
        var open = 0
    }

    let address: String
    let script = Mutex(Script())
    private let hangs = AsyncStream<Void>.makeStream()

    init(_ address: String) { self.address = address }

    /// Waits until a request hangs.
    func hanging() async throws {
        for await _ in hangs.stream { return }
        throw CancellationError()
    }

    func answer<Value: Sendable>(
        _ value: (Script) throws(EndpointError) -> Value
    ) async throws(EndpointError) -> Value {
        let script = script.withLock { script in
            script.open += 1
            return script
        }
        defer { self.script.withLock { $0.open -= 1 } }
        if script.hangs {
            hangs.continuation.yield()
            // Nothing is ever sent: only cancellation ends this.
            let (never, continuation) = AsyncStream<Never>.makeStream()
            for await _ in never {}
            continuation.finish()
            throw .cancelled
        }
        if let error = script.error { throw error }
        return try value(script)
    }

    func capabilities() async throws(EndpointError) -> EndpointCapabilities { try await answer(\.capabilities) }

    func overview() async throws(EndpointError) -> Overview { try await answer(\.overview) }

    func nodes() async throws(EndpointError) -> [NodeInfo] { try await answer(\.nodes) }

    func queues(_ request: QueuePageRequest) async throws(EndpointError) -> Page<QueueInfo> {
        try await answer { script throws(EndpointError) in try request.page(of: script.queues) }
    }

    func queue(vhost: String, name: String) async throws(EndpointError) -> QueueInfo {
        try await answer { script throws(EndpointError) in
            guard let queue = script.queues.first(where: { $0.id == QueueID(vhost: vhost, name: name) }) else {
                throw .notFound("queue '\(name)' in vhost '\(vhost)'")
            }
            return queue
        }
    }

    func declareQueue(vhost: String, name: String, settings: QueueSettings) async throws(EndpointError) {
        script.withLock { $0.queues.append(QueueInfo(vhost: vhost, name: name)) }
    }

    func deleteQueue(vhost: String, name: String, ifEmpty: Bool, ifUnused: Bool) async throws(EndpointError) {
        script.withLock { $0.queues.removeAll { $0.id == QueueID(vhost: vhost, name: name) } }
    }

    func purgeQueue(vhost: String, name: String) async throws(EndpointError) -> Int? { nil }

    func exchanges(_ request: ListRequest) async throws(EndpointError) -> Page<ExchangeInfo> {
        try await answer { request.page(of: $0.exchanges, name: \.name, vhost: \.vhost) }
    }

    func bindings(_ scope: BindingScope) async throws(EndpointError) -> [BindingInfo] {
        try await answer { script in
            script.bindings.filter { binding in
                let source = ObjectID(vhost: binding.vhost, name: binding.source)
                let destination = ObjectID(vhost: binding.vhost, name: binding.destination)
                switch scope {
                case .fromExchange(let id): return source == id
                case .toQueue(let id): return destination == id && binding.destinationType == .queue
                case .toExchange(let id): return destination == id && binding.destinationType == .exchange
                case .all(let vhost): return vhost == nil || binding.vhost == vhost
                }
            }
        }
    }

    func connections(_ request: ListRequest) async throws(EndpointError) -> Page<ConnectionInfo> {
        try await answer { request.page(of: $0.connections, name: \.name, vhost: \.vhost) }
    }

    func channels(_ request: ListRequest) async throws(EndpointError) -> Page<ChannelInfo> {
        try await answer { request.page(of: $0.channels, name: \.name, vhost: \.vhost) }
    }

    func channel(name: String) async throws(EndpointError) -> ChannelInfo {
        try await answer { script throws(EndpointError) in
            guard let channel = script.channels.first(where: { $0.name == name }) else {
                throw .notFound("channel '\(name)'")
            }
            return channel
        }
    }

    func consumers(vhost: String?) async throws(EndpointError) -> [ConsumerInfo] {
        try await answer { script in script.consumers.filter { vhost == nil || $0.queue?.vhost == vhost } }
    }

    func vhosts() async throws(EndpointError) -> [VhostInfo] { try await answer(\.vhosts) }

    func declareVhost(name: String) async throws(EndpointError) {
        script.withLock { $0.vhosts.append(VhostInfo(name: name)) }
    }

    func deleteVhost(name: String) async throws(EndpointError) {
        script.withLock { $0.vhosts.removeAll { $0.name == name } }
    }

    func policies(vhost: String?) async throws(EndpointError) -> [PolicyInfo] {
        try await answer { $0.policies.filter { vhost == nil || $0.vhost == vhost } }
    }

    func setPolicy(_ policy: PolicyInfo) async throws(EndpointError) {
        script.withLock { script in
            script.policies.removeAll { $0.id == policy.id }
            script.policies.append(policy)
        }
    }

    func clearPolicy(vhost: String, name: String) async throws(EndpointError) {
        script.withLock { $0.policies.removeAll { $0.id == ObjectID(vhost: vhost, name: name) } }
    }

    func declareExchange(vhost: String, name: String, settings: ExchangeSettings) async throws(EndpointError) {
        script.withLock { $0.exchanges.append(ExchangeInfo(vhost: vhost, name: name)) }
    }

    func deleteExchange(vhost: String, name: String, ifUnused: Bool) async throws(EndpointError) {
        script.withLock { $0.exchanges.removeAll { $0.id == ObjectID(vhost: vhost, name: name) } }
    }

    func bind(_ binding: BindingInfo) async throws(EndpointError) {
        script.withLock { $0.bindings.append(binding) }
    }

    func unbind(_ binding: BindingInfo) async throws(EndpointError) {
        script.withLock { $0.bindings.removeAll { $0 == binding } }
    }

    func publish(
        _ message: OutgoingMessage, vhost: String, exchange: String
    ) async throws(EndpointError) -> Bool {
        script.withLock { script in
            script.messages.append(
                FetchedMessage(
                    exchange: exchange, routingKey: message.routingKey, redelivered: false, payload: message.payload,
                    payloadBytes: message.payload.count, properties: message.properties))
            return script.queues.contains { $0.name == message.routingKey }
        }
    }

    func getMessages(
        vhost: String, queue: String, count: Int, mode: AckMode, truncate: Int?
    ) async throws(EndpointError) -> [FetchedMessage] {
        try await answer { Array($0.messages.prefix(count)) }
    }

    func closeConnection(name: String, reason: String) async throws(EndpointError) {
        script.withLock { $0.connections.removeAll { $0.name == name } }
    }
}
