internal import AMQP
internal import Journal
internal import Management

/// A message of the management API as a client's would come: names, content header, body.
struct EncodedMessage: Sendable {
    let key: [UInt8]
    let header: [UInt8]
    let body: [UInt8]

    init(_ message: OutgoingMessage, exchange: String, about resource: String) throws(EndpointError) {
        guard exchange.utf8.count <= 255, message.routingKey.utf8.count <= 255 else {
            throw .refused(resource, reason: "exchange and routing key have up to 255 bytes")
        }
        guard UInt64(message.payload.count) <= Limits.messageBytes else {
            throw .refused(resource, reason: "a message has up to \(Limits.messageBytes) bytes")
        }
        var writer = WireWriter()
        writer.writeShortString(exchange)
        writer.writeShortString(message.routingKey)
        key = Array(writer.bytes)
        writer.reset()
        let properties = try BasicProperties(json: message.properties, about: resource)
        ContentHeader(bodySize: UInt64(message.payload.count), properties: properties).encode(into: &writer)
        header = Array(writer.bytes)
        body = message.payload
    }
}

extension Node {
    /// Publishes for the control plane, as a client without confirms would; `completed` is called on the loop once every
    /// queue that was given it has it, with whether there is one.
    func publish(
        _ message: EncodedMessage, vhost: String, exchange: String, about resource: String,
        _ completed: @escaping (Result<Bool, EndpointError>) -> Void
    ) {
        let queues: [ClassicQueue]
        do throws(EndpointError) {
            queues = try put(message, vhost: vhost, exchange: exchange, about: resource)
        } catch {
            return completed(.failure(error))
        }
        // What is asked of a queue is answered after what was published to it.
        // order-free: an array
        let asked = queues.distantGroups.compactMap { $0.queues.first { $0.settings.exclusiveOwner == nil } }
        guard !asked.isEmpty else { return completed(.success(!queues.isEmpty)) }
        var waiting = asked.count
        var failure: EndpointError?
        for queue in asked {
            request(.declareQueue(name: queue.name, settings: queue.settings, passive: true), in: vhost) { answer in
                if case .failed(let exception) = answer {
                    let others = queues.count > 1 ? "; other queues may have it" : ""
                    failure = .refused(resource, reason: exception.text + others)
                }
                waiting -= 1
                guard waiting == 0 else { return }
                completed(failure.map(Result.failure) ?? .success(true))
            }
        }
    }

    /// Gives a message to the queues that it is routed to, and returns them.
    private func put(
        _ message: EncodedMessage, vhost: String, exchange: String, about resource: String
    ) throws(EndpointError) -> [ClassicQueue] {
        if isShort { throw .refused(resource, reason: "the broker is \(shortageReason)") }
        guard let host = virtualHosts[vhost] else { throw .notFound("vhost '\(vhost)'") }
        let routed = message.key.withUnsafeBytes { key in
            PublishMethod(key: key).flatMap {
                router.route(key: key, exchange: $0.exchange, routingKey: $0.routingKey, in: host, node: self)
            }
        }
        guard let route = routed else { throw .notFound(resource) }
        if route.exchange.settings.isInternal {
            throw .refused(resource, reason: "it is internal: only exchanges publish to it")
        }
        return try message.header.withUnsafeBytes { header in
            Result { () throws(EndpointError) in try put(message, header: header, on: route, about: resource) }
        }.get()
    }

    private func put(
        _ message: EncodedMessage, header: UnsafeRawBufferPointer, on route: Route, about resource: String
    ) throws(EndpointError) -> [ClassicQueue] {
        guard let scan = try? ContentHeaderScan(payload: header) else {
            throw .refused(resource, reason: "the properties cannot be written")
        }
        let lifetime: UInt64?
        do throws(ProtocolException) {
            lifetime = try Expiration.milliseconds(scan.expiration)
        } catch {
            throw .refused(resource, reason: error.text)
        }
        let queues = route.queues(for: header)
        var assembly = PublishAssembly(route: route, key: message.key, isMandatory: false)
        assembly.begin(header: header, scan: scan, lifetime: lifetime, in: self)
        let isTaken = message.body.withUnsafeBytes { assembly.append($0, in: self) }
        assert(isTaken, "the header announces the body's size")
        let record = assembly.finish()
        guard let record, route.mayLeaveNode, queues.contains(where: { $0.distant != nil }) else {
            _ = enqueue(
                record, on: route, to: queues, deliveryMode: scan.deliveryMode, bodyBytes: message.body.count,
                lifetime: lifetime, from: nil, isMandatory: false)
            return queues
        }
        segments.retain(record)
        defer { release(record) }
        _ = enqueueLocally(
            record, on: route, queues, deliveryMode: scan.deliveryMode, bodyBytes: message.body.count,
            lifetime: lifetime, from: nil)
        let distant = DistantMessage(
            record: record, deliveryMode: scan.deliveryMode, bodyBytes: message.body.count, lifetime: lifetime)
        // order-free: an array
        for group in queues.distantGroups {
            // One that cannot be reached says so when it is asked whether it is there.
            group.first.publish(distant, to: group.queues, from: nil, number: nil)
        }
        return queues
    }
}
