public import AMQP
internal import NIOCore

/// A channel of a client connection.
///
/// The `async` calls may come from anywhere. Everything else — publishing, acknowledging, the callbacks — belongs to
/// the connection's event loop.
public final class ClientChannel: @unchecked Sendable {
    let number: UInt16
    private let wire: ClientWire
    /// Who waits for a reply; replies come in the order of the methods.
    private var waiting = CircularBuffer<Reply>()
    private var failure: ClientError?
    private var content: PartialContent?

    /// Called for each `basic.ack` and `basic.nack` in confirm mode: tag, multiple, and whether it is an ack.
    public var onConfirm: ((UInt64, Bool, Bool) -> Void)?
    /// Called for each delivery.
    public var onDelivery: ((Delivery) -> Void)?
    /// Called with the body of each message that came back because no queue takes it; the bytes are valid during the
    /// callback. Its confirm follows.
    public var onReturn: ((UnsafeRawBufferPointer) -> Void)?
    /// Called when the broker has ended a consumer of its own accord, because its queue is gone: its tag (RabbitMQ,
    /// "Consumer Cancel Notification").
    public var onCancel: ((String) -> Void)?
    /// Called when all frames of one read have been handled: the time to acknowledge in one go.
    public var onBatchEnd: (() -> Void)?
    /// Called when the socket takes more again.
    public var onWritable: (() -> Void)?
    /// Called when the broker closed the channel or the connection ended.
    public var onEnd: ((ClientError) -> Void)?

    /// A delivered message; its bytes are valid during the callback.
    public struct Delivery {
        /// Number of the delivery on its channel.
        public let tag: UInt64
        /// Whether it was delivered before.
        public let isRedelivered: Bool
        /// The body.
        public let body: UnsafeRawBufferPointer
    }

    /// Takes what a method was answered with, on the loop.
    public typealias Reply = (Result<Method, ClientError>) -> Void

    private struct PartialContent {
        var tag: UInt64 = 0
        var isRedelivered = false
        var isReturn = false
        var expected: UInt64?
        var body: [UInt8] = []
    }

    init(number: UInt16, wire: ClientWire) {
        self.number = number
        self.wire = wire
    }

    // MARK: Asking

    /// Sends a method and waits for its reply. Throws what the broker closed the channel or the connection with.
    @discardableResult
    public func call(_ method: some MethodPayload & Sendable) async throws(ClientError) -> Method {
        let reply: Result<Method, ClientError> = await withCheckedContinuation { continuation in
            wire.eventLoop.execute { [self] in
                ask(method) { continuation.resume(returning: $0) }
            }
        }
        return try reply.get()
    }

    /// Sends methods in one go and waits for the reply to each, so that a thousand declarations take about as long as
    /// one. Throws what the broker closed the channel or the connection with.
    public func call(all methods: [some MethodPayload & Sendable]) async throws(ClientError) {
        guard let last = methods.last else { return }
        wire.eventLoop.execute { [self] in
            // A refusal ends the channel and so fails the last one as well.
            for method in methods.dropLast() { ask(method) { _ in } }
        }
        try await call(last)
    }

    /// Runs work on the connection's loop.
    public func onLoop(_ work: @escaping @Sendable (ClientChannel) -> Void) {
        wire.eventLoop.execute { [self] in work(self) }
    }

    /// Runs work on the connection's loop after so many nanoseconds; not at all when the loop has ended by then.
    public func onLoop(afterNanoseconds delay: UInt64, _ work: @escaping @Sendable (ClientChannel) -> Void) {
        wire.eventLoop.scheduleTask(in: .nanoseconds(Int64(clamping: delay))) { [self] in work(self) }
    }

    // MARK: On the loop

    /// Sends a method and hands its reply to a callback: for those who may not leave the loop. The callback comes
    /// exactly once, with the broker's refusal or the connection's end if need be.
    public func ask(_ method: some MethodPayload, then reply: @escaping Reply) {
        if let failure { return reply(.failure(failure)) }
        if wire.isOver { return reply(.failure(.disconnected)) }
        waiting.append(reply)
        wire.send(method, on: number)
    }

    /// Whether the socket takes more without piling up.
    public var isWritable: Bool { wire.isWritable }

    /// Publishes a message; it goes out when the loop has finished what it is at.
    @inline(__always)
    public func publish(_ template: PublishTemplate, body: UnsafeRawBufferPointer) {
        template.write(body, channel: number, frameMax: wire.frameMax, into: &wire.outbound)
        wire.flushSoon()
    }

    /// Acknowledges a delivery, or with `multiple` all up to it.
    public func acknowledge(_ tag: UInt64, multiple: Bool) {
        wire.send(BasicAck(deliveryTag: tag, multiple: multiple), on: number)
    }

    // MARK: In

    func receive(_ frame: ParsedFrame) {
        switch frame.type {
        case .method:
            if frame.payload.count >= 4,
                UInt32(bigEndian: frame.payload.loadUnaligned(as: UInt32.self)) == BasicDeliver.id.rawValue
            {
                receiveDeliver(frame.payload)
            } else if let method = try? Method.decode(frame.payload) {
                receive(method)
            }
        case .header:
            guard frame.payload.count >= 12 else { return }
            let size = UInt64(bigEndian: frame.payload.loadUnaligned(fromByteOffset: 4, as: UInt64.self))
            content?.expected = size
            if size == 0 { deliver(UnsafeRawBufferPointer(start: nil, count: 0)) }
        case .body:
            receiveBody(frame.payload)
        case .heartbeat:
            break
        }
    }

    @inline(__always)
    private func receiveDeliver(_ payload: UnsafeRawBufferPointer) {
        var reader = WireReader(payload)
        do throws(WireError) {
            _ = try reader.readUInt32()
            _ = try reader.readShortBytes()
            let tag = try reader.readUInt64()
            content = PartialContent(tag: tag, isRedelivered: try reader.readUInt8() != 0)
        } catch {
            content = nil
        }
    }

    /// Most octets that are taken ahead for a body on the broker's word alone.
    private static let reserved: UInt64 = 16 << 20

    @inline(__always)
    private func receiveBody(_ payload: UnsafeRawBufferPointer) {
        guard let expected = content?.expected else { return }
        if content?.body.isEmpty ?? true, UInt64(payload.count) == expected { return deliver(payload) }
        if content?.body.isEmpty ?? true { content?.body.reserveCapacity(Int(min(expected, Self.reserved))) }
        content?.body.append(contentsOf: payload)
        guard let whole = content, UInt64(whole.body.count) >= expected else { return }
        whole.body.withUnsafeBytes { deliver($0) }
    }

    @inline(__always)
    private func deliver(_ body: UnsafeRawBufferPointer) {
        guard let content else { return }
        self.content = nil
        if content.isReturn {
            onReturn?(body)
        } else {
            onDelivery?(Delivery(tag: content.tag, isRedelivered: content.isRedelivered, body: body))
        }
    }

    private func receive(_ method: Method) {
        switch method {
        case .basicAck(let ack): onConfirm?(ack.deliveryTag, ack.multiple, true)
        case .basicNack(let nack): onConfirm?(nack.deliveryTag, nack.multiple, false)
        case .basicReturn: content = PartialContent(isReturn: true)
        case .channelClose(let close):
            wire.send(ChannelCloseOK(), on: number)
            wire.channels[number] = nil
            end(.refused(code: close.replyCode, text: close.replyText))
        case .basicCancel(let cancel): onCancel?(cancel.consumerTag)
        case .channelCloseOK:
            wire.channels[number] = nil
            waiting.popFirst()?(.success(method))
            end(.disconnected)
        default:
            waiting.popFirst()?(.success(method))
        }
    }

    func batchEnded() { onBatchEnd?() }

    func end(_ error: ClientError) {
        guard failure == nil else { return }
        failure = error
        while let reply = waiting.popFirst() { reply(.failure(error)) }
        onEnd?(error)
    }
}
