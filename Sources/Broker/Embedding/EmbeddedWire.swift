internal import AMQP

/// The client's side of an embedded connection: what has been asked and not answered, on the node's loop.
///
/// Everything here happens on the loop; the class is handed between tasks only as a token.
final class EmbeddedWire: Transport, @unchecked Sendable {
    typealias Completion = @Sendable (Result<Void, BrokerError>) -> Void

    private static let channel: UInt16 = 1
    /// Held: a node that anything refers to weakly counts all its references in a slower way.
    private var node: Node?
    private var connection: Connection?
    private var connecting: Completion?
    private var credentials = (user: "", password: "")
    /// Calls answered by the next reply on the channel, oldest first.
    private var calls: [Completion] = []
    private var publishes: [UInt64: Completion] = [:]
    private var lastPublish: UInt64 = 0
    private var firstUnconfirmed: UInt64 = 1
    /// Publishes whose messages came back, by the number that their message-id carries; they fail when the confirm
    /// that follows the return arrives.
    private var returned: Set<UInt64> = []
    private var consumers: [String: (any NodeLoop, AsyncThrowingStream<EmbeddedDelivery, any Error>.Continuation)] = [:]
    private var consuming: (any NodeLoop, AsyncThrowingStream<EmbeddedDelivery, any Error>.Continuation)?
    private var content: PartialContent?

    private struct PartialContent {
        let deliver: BasicDeliver?
        var bodySize = 0
        var body: [UInt8] = []
    }

    // MARK: Asking

    func connect(to node: Node, user: String, password: String, _ completed: @escaping Completion) {
        self.node = node
        connecting = completed
        credentials = (user, password)
        let connection = node.accept(peer: "embedded", now: node.now)
        connection.transport = self
        self.connection = connection
        write { writer in ProtocolHeader.bytes.withUnsafeBytes { writer.write($0) } }
    }

    /// Sends a method whose reply completes the call.
    func send(_ method: some MethodPayload, _ completed: @escaping Completion) {
        guard connection != nil else { return completed(.failure(.stopped)) }
        calls.append(completed)
        write { $0.writeMethodFrame(method, channel: Self.channel) }
    }

    /// Sends a method that has no reply; false when the connection is gone.
    func tell(_ method: some MethodPayload) -> Bool {
        guard connection != nil else { return false }
        write { $0.writeMethodFrame(method, channel: Self.channel) }
        return true
    }

    func publish(
        _ body: [UInt8], exchange: String, routingKey: String, persistent: Bool, _ completed: @escaping Completion
    ) {
        guard let connection else { return completed(.failure(.stopped)) }
        lastPublish += 1
        publishes[lastPublish] = completed
        let frameMax = connection.frameMax
        let header = ContentHeader(
            classID: BasicPublish.id.classID, bodySize: UInt64(body.count),
            properties: BasicProperties(deliveryMode: persistent ? 2 : 1, messageID: "\(lastPublish)"))
        write { writer in
            writer.writeMethodFrame(
                BasicPublish(exchange: exchange, routingKey: routingKey, mandatory: true), channel: Self.channel)
            var payload = WireWriter()
            header.encode(into: &payload)
            body.withUnsafeBytes { bytes in
                writer.writeContent(header: payload.bytes, body: bytes, channel: Self.channel, frameMax: frameMax)
            }
        }
    }

    func consume(
        _ queue: String, loop: any NodeLoop,
        _ continuation: AsyncThrowingStream<EmbeddedDelivery, any Error>.Continuation,
        _ completed: @escaping Completion
    ) {
        consuming = (loop, continuation)
        send(BasicConsume(queue: queue), completed)
    }

    func close() {
        connection?.transportClosed()
        ended(.stopped)
    }

    private func write(_ fill: (inout WireWriter) -> Void) {
        guard let connection, let node else { return }
        var writer = WireWriter()
        fill(&writer)
        pending.append(contentsOf: writer.bytes)
        let used = pending.withUnsafeBytes { node.receive($0, on: connection, now: node.now) }
        pending.removeFirst(used)
    }

    /// Bytes that the node would not take yet.
    private var pending: [UInt8] = []

    // MARK: Being answered

    func update(_ connection: Connection) {
        // What is received may be answered, and the answer answered, before this returns.
        while true {
            var received: [UInt8] = []
            connection.withOutbound {
                received = Array($0)
                return true
            }
            if received.isEmpty { break }
            received.withUnsafeBytes { bytes in
                var rest = bytes
                // The node's own frames are whole and valid.
                while let frame = try? FrameParser.next(rest, maxFrameSize: 0) {
                    receive(frame)
                    rest = UnsafeRawBufferPointer(rebasing: rest[frame.byteCount...])
                }
            }
        }
        if connection.isFinished { ended(.stopped) }
        if connection.wantsReading, !pending.isEmpty { write { _ in } }
    }

    private func receive(_ frame: ParsedFrame) {
        switch frame.type {
        case .method:
            if let method = try? Method.decode(frame.payload) { receive(method) }
        case .header:
            guard let header = try? ContentHeader(decoding: frame.payload) else { return }
            content?.bodySize = Int(clamping: header.bodySize)
            if let content, content.deliver == nil, let number = header.properties.messageID.flatMap(UInt64.init) {
                returned.insert(number)
            }
            finishContent()
        case .body:
            content?.body.append(contentsOf: frame.payload)
            finishContent()
        case .heartbeat:
            break
        }
    }

    private func receive(_ method: Method) {
        switch method {
        case .connectionStart:
            let response = [0] + Array(credentials.user.utf8) + [0] + Array(credentials.password.utf8)
            let capabilities: FieldTable = [
                "authentication_failure_close": .boolean(true), "consumer_cancel_notify": .boolean(true),
            ]
            onChannelZero(
                ConnectionStartOK(
                    clientProperties: ["product": .string("embedded"), "capabilities": .table(capabilities)],
                    mechanism: "PLAIN", response: response, locale: "en_US"))
        case .connectionTune(let tune):
            onChannelZero(ConnectionTuneOK(channelMax: tune.channelMax, frameMax: tune.frameMax, heartbeat: 0))
            onChannelZero(ConnectionOpen(virtualHost: "/"))
        case .connectionOpenOK:
            _ = tell(ChannelOpen())
            _ = tell(ConfirmSelect(noWait: false))
        case .confirmSelectOK:
            connecting?(.success(()))
            connecting = nil
        case .connectionClose(let close):
            ended(.refused(code: close.replyCode, text: close.replyText))
        case .channelClose(let close):
            ended(.refused(code: close.replyCode, text: close.replyText))
        case .basicDeliver(let deliver):
            content = PartialContent(deliver: deliver)
        case .basicReturn:
            content = PartialContent(deliver: nil)
        case .basicAck(let ack):
            settle(ack.deliveryTag, multiple: ack.multiple, .success(()))
        case .basicNack(let nack):
            settle(nack.deliveryTag, multiple: nack.multiple, .failure(.notConfirmed))
        case .basicConsumeOK(let consumeOK):
            consumers[consumeOK.consumerTag] = consuming
            consuming = nil
            completeCall()
        case .basicCancel(let cancel):
            consumers.removeValue(forKey: cancel.consumerTag)?.1.finish()
        case .channelOpenOK:
            break
        default:
            completeCall()
        }
    }

    private func onChannelZero(_ method: some MethodPayload) {
        write { $0.writeMethodFrame(method, channel: 0) }
    }

    private func completeCall() {
        guard !calls.isEmpty else { return }
        calls.removeFirst()(.success(()))
    }

    private func settle(_ tag: UInt64, multiple: Bool, _ result: Result<Void, BrokerError>) {
        for number in (multiple ? firstUnconfirmed : tag)...max(tag, multiple ? firstUnconfirmed : tag) {
            let isReturned = returned.remove(number) != nil
            publishes.removeValue(forKey: number)?(isReturned ? .failure(.returned) : result)
        }
        if multiple { firstUnconfirmed = tag + 1 }
    }

    private func finishContent() {
        guard let whole = content, whole.body.count >= whole.bodySize else { return }
        content = nil
        guard let deliver = whole.deliver, let (loop, continuation) = consumers[deliver.consumerTag] else { return }
        continuation.yield(
            EmbeddedDelivery(
                body: whole.body, isRedelivered: deliver.redelivered, exchange: deliver.exchange,
                routingKey: deliver.routingKey, tag: deliver.deliveryTag, loop: loop, wire: self))
    }

    /// Fails everything that waits; further calls fail at once.
    private func ended(_ error: BrokerError) {
        connection?.transportClosed()
        connection = nil
        connecting?(.failure(error))
        connecting = nil
        let waiting = calls
        calls = []
        for completed in waiting { completed(.failure(error)) }
        let unconfirmed = publishes.sorted { $0.key < $1.key }
        publishes = [:]
        for (_, completed) in unconfirmed { completed(.failure(error)) }
        let ending = consumers.sorted { $0.key < $1.key }
        consumers = [:]
        for (_, consumer) in ending { consumer.1.finish() }
    }
}
