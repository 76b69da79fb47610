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

    private func answer<Value: Sendable>(
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
}
