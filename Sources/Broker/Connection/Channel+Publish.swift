internal import AMQP
internal import Journal

/// `basic.publish` (AMQP 0-9-1 §1.8.3.7): method, content header, body.
extension Channel {
    /// Handles a publish. When its header and its whole body follow in `rest` — nearly always — the message is
    /// stored straight from there; otherwise it is assembled from the frames as they come.
    func receivePublish(
        _ frame: ParsedFrame, _ rest: UnsafeRawBufferPointer
    ) throws(ProtocolException) -> Int? {
        if node.isShort {
            connection.block()
            return nil
        }
        if connection.hasPublishedItsShare || node.isDiskBehind {
            connection.pauseReading()
            return nil
        }
        let publish = try PublishMethod(frame.payload)
        let route = try route(publish)
        if publish.isImmediate { throw .notImplemented("immediate=true") }
        if route.mayLeaveNode, mustWait(for: route) {
            connection.pauseReading()
            return nil
        }
        return try receiveContent(publish.key, on: route, isMandatory: publish.isMandatory, frame, rest)
    }

    /// A publish that another node has routed for its client.
    func receiveRelayPublish(
        _ frame: ParsedFrame, _ rest: UnsafeRawBufferPointer
    ) throws(ProtocolException) -> Int? {
        if node.isShort || connection.hasPublishedItsShare || node.isDiskBehind {
            connection.pauseReading()
            return nil
        }
        guard let (route, key) = relayRoute(frame.payload) else {
            throw ProtocolException(.frameError, "publish on a relay with arguments that cannot be read")
        }
        return try receiveContent(key, on: route, isMandatory: false, frame, rest)
    }

    /// Goes on with the content of a publish: at once if it is all there.
    @inline(__always)
    private func receiveContent(
        _ key: UnsafeRawBufferPointer, on route: Route, isMandatory: Bool, _ frame: ParsedFrame,
        _ rest: UnsafeRawBufferPointer
    ) throws(ProtocolException) -> Int {
        if let (content, body, used) = wholeContent(in: rest, after: frame.byteCount) {
            try check(content)
            let lifetime = try Expiration.milliseconds(content.scan.expiration)
            let queues = route.queues(for: content.payload)
            var record: RecordPosition?
            if !queues.isEmpty || isMandatory {
                let fresh = node.segments.allocate(
                    MessageRecord.byteCount(
                        key: key.count, header: content.payload.count, body: body.count, isChunked: false))
                let target = MessageRecord.begin(
                    node.segments.bytes(of: fresh), key: key, header: content.payload,
                    bodyBytes: body.count, isChunked: false)
                if let start = body.baseAddress { target.copyMemory(from: start, byteCount: body.count) }
                record = fresh
            }
            publishComplete(
                record, on: route, to: queues, deliveryMode: content.scan.deliveryMode, bodyBytes: body.count,
                lifetime: lifetime, isMandatory: isMandatory)
            return used
        }
        assembly = PublishAssembly(route: route, key: Array(key), isMandatory: isMandatory)
        if node.plantedFault == .confirmBeforeEnqueue, isConfirming {
            confirms.publishSettled()
            noteConfirms()
        }
        return frame.byteCount
    }

    @inline(__always)
    private func route(_ publish: PublishMethod) throws(ProtocolException) -> Route {
        if let known = lastRoute,
            known.answers(publish.key, in: connection.virtualHost, version: node.topologyVersion)
        {
            return known
        }
        guard
            let route = node.router.route(
                key: publish.key, exchange: publish.exchange, routingKey: publish.routingKey,
                in: connection.virtualHost, node: node)
        else {
            throw .noExchange(String(decoding: publish.exchange, as: UTF8.self), connection.virtualHost.name)
        }
        if route.exchange.settings.isInternal {
            throw ProtocolException(
                .accessRefused,
                "cannot publish to internal exchange '\(route.exchange.name)' in vhost '\(route.virtualHost.name)'")
        }
        lastRoute = route
        return route
    }

    private struct Content {
        let payload: UnsafeRawBufferPointer
        let scan: ContentHeaderScan
    }

    /// The content header and body behind a publish, if they are all there and the body is in one frame.
    @inline(__always)
    private func wholeContent(
        in rest: UnsafeRawBufferPointer, after offset: Int
    ) -> (Content, UnsafeRawBufferPointer, used: Int)? {
        let frameMax = connection.frameMax
        let behind = UnsafeRawBufferPointer(rebasing: rest[offset...])
        guard let header = try? FrameParser.next(behind, maxFrameSize: frameMax), header.type == .header,
            header.channel == number, let scan = try? ContentHeaderScan(payload: header.payload)
        else { return nil }
        let content = Content(payload: header.payload, scan: scan)
        if scan.bodySize == 0 {
            return (content, UnsafeRawBufferPointer(start: nil, count: 0), offset + header.byteCount)
        }
        let further = UnsafeRawBufferPointer(rebasing: behind[header.byteCount...])
        guard let body = try? FrameParser.next(further, maxFrameSize: frameMax), body.type == .body,
            body.channel == number, UInt64(body.payload.count) == scan.bodySize
        else { return nil }
        return (content, body.payload, offset + header.byteCount + body.byteCount)
    }

    /// What a content header may not say.
    private func check(_ content: Content) throws(ProtocolException) {
        let scan = content.scan
        if scan.bodySize > Limits.messageBytes {
            throw ProtocolException(
                .preconditionFailed,
                "message size \(scan.bodySize) is larger than configured max size \(Limits.messageBytes)")
        }
        // Another node has checked it already.
        if let user = scan.userID, !connection.isRelay, !user.elementsEqual(connection.user.utf8) {
            throw ProtocolException(
                .preconditionFailed,
                "user_id property set to '\(String(decoding: user, as: UTF8.self))' but authenticated user was "
                    + "'\(connection.user)'")
        }
    }

    // MARK: Assembly

    func receiveHeader(_ payload: UnsafeRawBufferPointer) throws(ProtocolException) {
        guard assembly != nil else {
            throw ProtocolException(.unexpectedFrame, "expected method frame, got non method frame instead")
        }
        guard assembly?.header == nil else {
            throw ProtocolException(
                .unexpectedFrame, "expected content body, got non content body frame instead")
        }
        let classID = payload.count < 2 ? 0 : UInt16(bigEndian: payload.loadUnaligned(as: UInt16.self))
        guard classID == BasicPublish.id.classID else {
            throw ProtocolException(
                .unexpectedFrame, "expected content header for class 60, got one for class \(classID) instead")
        }
        let scan: ContentHeaderScan
        do throws(WireError) {
            scan = try ContentHeaderScan(payload: payload)
        } catch {
            throw ProtocolException(.syntaxError, "content header that cannot be read")
        }
        try check(Content(payload: payload, scan: scan))
        let lifetime = try Expiration.milliseconds(scan.expiration)
        assembly?.begin(
            header: payload, scan: scan, lifetime: lifetime, in: node, isTransactional: transaction != nil)
        completeIfWhole()
    }

    func receiveBody(_ payload: UnsafeRawBufferPointer) throws(ProtocolException) {
        guard assembly != nil else {
            throw ProtocolException(.unexpectedFrame, "expected method frame, got non method frame instead")
        }
        guard assembly?.header != nil else {
            throw ProtocolException(
                .unexpectedFrame,
                "expected content header for class 60, got non content header frame instead")
        }
        guard assembly?.append(payload, in: node) == true else {
            throw ProtocolException(
                .unexpectedFrame, "content body is longer than the \(assembly?.bodyBytes ?? 0) octets announced")
        }
        completeIfWhole()
    }

    private func completeIfWhole() {
        guard let whole = assembly, whole.isWhole else { return }
        assembly = nil
        // The topology may have changed while the body came.
        let key = whole.key
        let current = key.withUnsafeBytes { bytes -> Route? in
            guard let route = whole.route else { return nil }
            if route.version == node.topologyVersion || route.isRelayed { return route }
            guard let publish = PublishMethod(key: bytes) else { return nil }
            return node.router.route(
                key: bytes, exchange: publish.exchange, routingKey: publish.routingKey,
                in: connection.virtualHost, node: node)
        }
        guard let current else {
            whole.abandon(in: node)
            fail(.noExchange(whole.route?.exchange.name ?? "", connection.virtualHost.name))
            return
        }
        let isConfirmDue = isConfirming
        if node.plantedFault == .confirmBeforeEnqueue { isConfirming = false }
        publishComplete(
            whole.finish(), on: current,
            to: (whole.header ?? []).withUnsafeBytes { current.queues(for: $0) }, deliveryMode: whole.deliveryMode,
            bodyBytes: whole.bodyBytes,
            lifetime: whole.lifetime, isMandatory: whole.isMandatory)
        isConfirming = isConfirmDue
    }

    // MARK: Into the queues

    /// Takes a message that is stored and routed: into its queues, or in a transaction to the others that wait for the
    /// commit. `record` carries one reference; nil when nobody needs the message.
    @inline(__always)
    private func publishComplete(
        _ record: RecordPosition?, on route: Route, to queues: [ClassicQueue], deliveryMode: UInt8, bodyBytes: Int,
        lifetime: UInt64?, isMandatory: Bool
    ) {
        if route.isRelayed, transaction == nil, queues.contains(where: { $0.distant != nil }) {
            return refuse(record)
        }
        if route.mayLeaveNode, let record, queues.contains(where: { $0.distant != nil }), transaction == nil {
            publishAway(
                record, on: route, to: queues, deliveryMode: deliveryMode, bodyBytes: bodyBytes, lifetime: lifetime)
            return
        }
        counters.publish &+= 1
        connection.publishedBytes &+= bodyBytes &+ MemoryLayout<QueueEntry>.stride
        if transaction != nil {
            transaction?.publishes.append(
                Transaction.Publish(
                    record: record, route: route, queues: queues, deliveryMode: deliveryMode, bodyBytes: bodyBytes,
                    lifetime: lifetime, isMandatory: isMandatory))
            return
        }
        let outcome = node.enqueue(
            record, on: route, to: queues, deliveryMode: deliveryMode, bodyBytes: bodyBytes, lifetime: lifetime,
            from: self, isMandatory: isMandatory)
        guard isConfirming else { return }
        if route.isMirrored, outcome != .refused {
            let mirrors = node.mirrorsAwaited(queues)
            if !mirrors.isEmpty { return confirm(outcome, after: mirrors, queues) }
        }
        // Where a client of another node has published, that node records it, when the client is told.
        if let recorder = node.recorder, recorder.isWatching, !connection.isRelay {
            recorder.published(to: queues, outcome, in: node)
        }
        switch outcome {
        case .mustBeDurable:
            let number = confirms.publish(waitingFor: 1)
            node.confirmWhenDurable(self, publish: number, record)
        case .settled:
            confirms.publishSettled()
            noteConfirms()
        case .refused:
            let number = confirms.publish(waitingFor: 1)
            confirms.settle(number, through: number, refused: true)
            noteConfirms()
        }
    }

    @inline(__always)
    func noteConfirms() {
        if !hasConfirmsToSay {
            hasConfirmsToSay = true
            connection.confirming.append(self)
            node.noteDirty(connection)
        }
    }

    /// Says what has been confirmed in this tick. While a long body goes out on this channel nothing else may.
    func sayConfirms() {
        guard sending == nil, phase == .open, !isMuted else { return }
        let count = confirms.flush(
            ack: { connection.outbound.writeMethodFrame(BasicAck(deliveryTag: $0, multiple: $1), channel: number) },
            nack: {
                connection.outbound.writeMethodFrame(
                    BasicNack(deliveryTag: $0, multiple: false, requeue: false), channel: number)
            })
        node.counters.confirm &+= UInt64(count)
        counters.confirm &+= UInt64(count)
    }
}

/// The arguments of `basic.publish`, read in place.
struct PublishMethod {
    /// Exchange and routing key as they came: two short strings with their length octets.
    let key: UnsafeRawBufferPointer
    let exchange: UnsafeRawBufferPointer
    let routingKey: UnsafeRawBufferPointer
    let isMandatory: Bool
    let isImmediate: Bool

    /// Bytes of class id, method id and the reserved ticket before the key.
    private static let prefixBytes = 6

    @inline(__always)
    init(_ payload: UnsafeRawBufferPointer) throws(ProtocolException) {
        do throws(WireError) {
            var reader = WireReader(payload)
            _ = try reader.readBytes(Self.prefixBytes)
            exchange = try reader.readShortBytes()
            routingKey = try reader.readShortBytes()
            let bits = try reader.readUInt8()
            isMandatory = bits & 1 != 0
            isImmediate = bits & 2 != 0
            guard reader.remaining == 0 else { throw WireError.malformed }
            key = UnsafeRawBufferPointer(
                start: payload.baseAddress.map { $0 + Self.prefixBytes },
                count: exchange.count + routingKey.count + 2)
        } catch {
            throw ProtocolException(.frameError, "basic.publish with arguments that cannot be read")
        }
    }

    /// Reads a key that was kept.
    init?(key: UnsafeRawBufferPointer) {
        var reader = WireReader(key)
        guard let exchange = try? reader.readShortBytes(), let routingKey = try? reader.readShortBytes() else {
            return nil
        }
        self.key = key
        self.exchange = exchange
        self.routingKey = routingKey
        isMandatory = false
        isImmediate = false
    }
}
