internal import AMQP
internal import Journal
public import Management

/// What can be changed beyond the queues.
extension EmbeddedEndpoint {
    /// Declares a vhost with the exchanges that every vhost has.
    public func declareVhost(name: String) async throws(EndpointError) {
        let resource = "vhost '\(name)'"
        if name.isEmpty || name.utf8.count > 255 { throw .refused(resource, reason: "a name has 1 to 255 bytes") }
        try await change(.declareVirtualHost(name: name), about: resource)
    }

    /// Deletes a vhost with everything in it; connections that use it are closed.
    public func deleteVhost(name: String) async throws(EndpointError) {
        let resource = "vhost '\(name)'"
        if name == "/" { throw .refused(resource, reason: "the default vhost stays") }
        try await change(.deleteVirtualHost(name: name), about: resource)
    }

    func change(_ change: TopologyChange, about resource: String) async throws(EndpointError) {
        let isDone: Bool = try await ask { node, reply in
            node.change(change) { answer in
                if case .failed = answer { reply(false) } else { reply(true) }
            }
        }
        // Only a missing vhost makes such a change fail.
        guard isDone else { throw .notFound(resource) }
    }

    /// Declares an exchange. Throws `EndpointError.refused` with the engine's words.
    public func declareExchange(
        vhost: String, name: String, settings: ExchangeSettings
    ) async throws(EndpointError) {
        let resource = Self.title(exchange: name, vhost)
        try Self.check(name: name, of: resource)
        let flags = ExchangeFlags(
            isDurable: settings.durable, isAutoDelete: settings.autoDelete, isInternal: settings.internal,
            arguments: FieldTable(settings.arguments))
        _ = try await carryOut(
            .declareExchange(name: name, type: settings.type, settings: flags, passive: false), in: vhost,
            about: resource)
    }

    /// Deletes an exchange with its bindings. Throws `EndpointError.refused` with the engine's words.
    public func deleteExchange(vhost: String, name: String, ifUnused: Bool) async throws(EndpointError) {
        let resource = Self.title(exchange: name, vhost)
        try Self.check(name: name, of: resource)
        _ = try await carryOut(
            .declareExchange(name: name, type: "", settings: ExchangeFlags(), passive: true), in: vhost,
            about: resource)
        _ = try await carryOut(.deleteExchange(name: name, ifUnused: ifUnused), in: vhost, about: resource)
    }

    /// Binds a queue or an exchange to an exchange. Throws `EndpointError.refused` with the engine's words.
    public func bind(_ binding: BindingInfo) async throws(EndpointError) {
        let resource = try Self.resource(of: binding)
        _ = try await carryOut(
            .bind(exchange: binding.source, Binding(binding)), in: binding.vhost, about: resource)
    }

    /// Removes a binding. Throws `EndpointError.notFound` where there is none like it.
    public func unbind(_ binding: BindingInfo) async throws(EndpointError) {
        let resource = try Self.resource(of: binding)
        let found: Bool = try await ask { node, reply in
            reply(node.virtualHosts[binding.vhost]?.exchanges[binding.source]?.has(Binding(binding)) ?? false)
        }
        guard found else { throw .notFound(resource) }
        _ = try await carryOut(
            .unbind(exchange: binding.source, Binding(binding)), in: binding.vhost, about: resource)
    }

    private static func resource(of binding: BindingInfo) throws(EndpointError) -> String {
        let resource =
            "the binding from '\(binding.source)' to '\(binding.destination)' in vhost '\(binding.vhost)'"
        if binding.source.isEmpty || binding.destination.isEmpty {
            throw .refused(resource, reason: ProtocolException.defaultExchange.text)
        }
        if binding.routingKey.utf8.count > 255 { throw .refused(resource, reason: "a routing key has up to 255 bytes") }
        return resource
    }

    /// Publishes one message; returns whether any queue took it.
    public func publish(
        _ message: OutgoingMessage, vhost: String, exchange: String
    ) async throws(EndpointError) -> Bool {
        let resource = Self.title(exchange: exchange, vhost)
        let content = try EncodedMessage(message, exchange: exchange, about: resource)
        let routed: Result<Bool, EndpointError> = try await ask { node, reply in
            node.publish(content, vhost: vhost, exchange: exchange, about: resource, reply)
        }
        return try routed.get()
    }

    /// Reads messages from the head of a queue.
    public func getMessages(
        vhost: String, queue: String, count: Int, mode: AckMode, truncate: Int?
    ) async throws(EndpointError) -> [FetchedMessage] {
        let resource = Self.title(queue: queue, vhost)
        let fetched: Result<[FetchedMessage], EndpointError> = try await ask(try await home(of: queue, vhost)) {
            node, reply in
            guard let found = node.virtualHosts[vhost]?.queues[queue] else {
                return reply(.failure(.notFound(resource)))
            }
            guard found.settings.exclusiveOwner == nil else {
                return reply(.failure(.refused(resource, reason: ProtocolException.locked(queue, vhost).text)))
            }
            if let quorum = found.distant as? QuorumQueue {
                return QuorumFetch(quorum, count: min(max(1, count), Limits.fetchedMax), mode: mode, truncate: truncate)
                    .begin(in: node) { reply($0.mapError { .refused(resource, reason: $0.text) }) }
            }
            if found.isRemote {
                return reply(.failure(.refused(resource, reason: "its contents are on another node")))
            }
            let reading = Fetch(found, count: min(max(1, count), Limits.fetchedMax), mode: mode, truncate: truncate)
            node.later(
                .control { node in
                    guard reading.fetchSome(in: node) else { return false }
                    reply(.success(reading.messages))
                    return true
                })
        }
        return try fetched.get()
    }

    /// Closes a client's connection; the client is told the reason (320 CONNECTION_FORCED).
    public func closeConnection(name: String, reason: String) async throws(EndpointError) {
        let found: [Bool] = try await askAll { node, reply in
            guard let connection = node.clientConnections.first(where: { $0.name == name }) else {
                return reply(false)
            }
            connection.fail(ProtocolException(.connectionForced, reason))
            node.noteDirty(connection)
            reply(true)
        }
        guard found.contains(true) else { throw .notFound("connection '\(name)'") }
    }
}

extension Binding {
    /// The binding as the management API describes it.
    fileprivate init(_ info: BindingInfo) {
        self.init(
            destination: info.destinationType == .queue ? .queue(info.destination) : .exchange(info.destination),
            routingKey: Array(info.routingKey.utf8), arguments: FieldTable(info.arguments))
    }
}

/// Messages being read from the head of a queue for the management API, a slice a tick.
private final class Fetch {
    private let queue: ClassicQueue
    private let count: Int
    private let mode: AckMode
    private let truncate: Int?
    private var taken: [QueueEntry] = []
    private(set) var messages: [FetchedMessage] = []
    private var fetchedBytes = 0

    init(_ queue: ClassicQueue, count: Int, mode: AckMode, truncate: Int?) {
        self.queue = queue
        self.count = count
        self.mode = mode
        self.truncate = truncate.map { max(0, $0) }
    }

    /// Reads one slice; returns whether all has been read and settled.
    func fetchSome(in node: Node) -> Bool {
        var bytes = Limits.outboundBytesPerTick
        // What is on its way from the disk does not come any more.
        let isOver = node.storageFailure != nil || node.isShuttingDown
        while !isOver, messages.count < count, fetchedBytes < Limits.fetchedBodyBytes, !queue.isDeleted {
            guard let entry = queue.takeFirst() else {
                // The head is being read back.
                if queue.isFetching { return false }
                break
            }
            guard node.hasBody(entry, upTo: truncate) else {
                queue.putBack(entry)
                return false
            }
            let message = node.message(entry, in: queue, truncate: truncate)
            messages.append(message)
            fetchedBytes += message.payload.count
            if entry.flags & QueueEntry.redelivered != 0 {
                queue.counters.redeliver &+= 1
                node.counters.redeliver &+= 1
            }
            switch mode {
            case .remove, .rejectRemove:
                queue.counters.getNoAck &+= 1
                node.counters.getNoAck &+= 1
                if mode == .remove { node.drop(entry, of: queue) } else { node.reject(entry, of: queue) }
            case .requeue, .rejectRequeue:
                queue.counters.get &+= 1
                node.counters.get &+= 1
                taken.append(entry)
            }
            bytes -= message.payload.count + 256
            if bytes <= 0 { return false }
        }
        for entry in taken { queue.requeue(entry) }
        taken = []
        return true
    }
}

extension Node {
    /// Whether so much of a body is in memory; begins to read back what is not.
    fileprivate func hasBody(_ entry: QueueEntry, upTo limit: Int?) -> Bool {
        let shape = MessageRecord.shape(of: segments.bytes(of: entry.record))
        guard shape.isChunked else { return true }
        let wanted = min(shape.bodyBytes, limit ?? shape.bodyBytes)
        for index in 0..<MessageRecord.chunkCount(wanted) {
            guard chunkMemory(index, of: entry.record, shape, ready: { _ in }) != nil else { return false }
        }
        return true
    }

    func message(_ entry: QueueEntry, in queue: ClassicQueue, truncate: Int?) -> FetchedMessage {
        let bytes = UnsafeRawPointer(segments.bytes(of: entry.record))
        let shape = MessageRecord.shape(of: bytes)
        let key = PublishMethod(key: UnsafeRawBufferPointer(start: bytes + shape.keyOffset, count: shape.keyBytes))
        let header = UnsafeRawBufferPointer(start: bytes + shape.headerOffset, count: shape.headerBytes)
        let wanted = min(shape.bodyBytes, truncate ?? shape.bodyBytes)
        var payload: [UInt8] = []
        payload.reserveCapacity(wanted)
        if shape.isChunked {
            while payload.count < wanted {
                let index = payload.count / Limits.chunkBytes
                // Asked for before.
                guard let chunk = MessageRecord.chunk(index, of: bytes, shape).memory else { break }
                let part = min(Limits.chunkBytes, wanted - payload.count)
                payload += UnsafeRawBufferPointer(start: UnsafeRawPointer(segments.bytes(of: chunk)), count: part)
            }
        } else {
            payload += UnsafeRawBufferPointer(start: bytes + shape.bodyOffset, count: wanted)
        }
        // It was checked when it came.
        let properties = (try? ContentHeader(decoding: header))?.properties
        return FetchedMessage(
            exchange: key.map { String(decoding: $0.exchange, as: UTF8.self) } ?? "",
            routingKey: key.map { String(decoding: $0.routingKey, as: UTF8.self) } ?? "",
            redelivered: entry.flags & QueueEntry.redelivered != 0, payload: payload, payloadBytes: shape.bodyBytes,
            properties: properties?.json ?? [:], messagesLeft: queue.readyCount)
    }
}
