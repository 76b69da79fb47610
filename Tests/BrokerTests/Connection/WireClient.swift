import AMQP
import Broker
import Testing

/// A client at the other end of one connection of a node, frame by frame and without a socket: what is sent is there
/// at once, what the node writes is read after `tick`.
final class WireClient: Transport {
    /// What came from the node.
    enum Frame {
        case method(UInt16, Method)
        case header(UInt16, ContentHeader)
        case body(UInt16, [UInt8])
    }

    let node: Node
    let connection: Connection
    private(set) var frames: [Frame] = []
    /// Takes what the node writes; a transport that does not is full.
    private(set) var isTaking = true

    init(_ node: Node, opening channels: [UInt16]) throws {
        self.node = node
        connection = node.accept(peer: "test:1", now: node.now)
        connect()
        for channel in channels { send(ChannelOpen(), channel) }
        tick()
        #expect(names.suffix(channels.count + 1).first == "connection.open-ok", "\(names)")
        frames.removeAll()
    }

    /// A client that has tried to open its connection; `frames` say what came of it.
    init(_ node: Node) {
        self.node = node
        connection = node.accept(peer: "test:1", now: node.now)
        connect()
        tick()
    }

    private func connect() {
        connection.transport = self
        ProtocolHeader.bytes.withUnsafeBytes { pass($0) }
        send(
            ConnectionStartOK(
                clientProperties: [
                    "capabilities": .table([
                        "consumer_cancel_notify": .boolean(true), "connection.blocked": .boolean(true),
                    ])
                ],
                mechanism: "PLAIN", response: Array("\0guest\0guest".utf8), locale: "en_US"),
            0)
        send(ConnectionTuneOK(channelMax: 2047, frameMax: 131_072, heartbeat: 0), 0)
        send(ConnectionOpen(virtualHost: "/"), 0)
    }

    func send(_ method: some MethodPayload, _ channel: UInt16) {
        var writer = WireWriter()
        writer.writeMethodFrame(method, channel: channel)
        pass(writer.bytes)
    }

    func publish(_ body: [UInt8], to queue: String, _ channel: UInt16, isMandatory: Bool = false) {
        pass(encoded(body, to: queue, channel, isMandatory: isMandatory))
    }

    /// Publishes to a node that may not take it now.
    func publishIgnoringRest(_ body: [UInt8], to queue: String, _ channel: UInt16) {
        encoded(body, to: queue, channel, isMandatory: false).withUnsafeBytes {
            _ = node.receive($0, on: connection, now: node.now)
        }
    }

    private func encoded(_ body: [UInt8], to queue: String, _ channel: UInt16, isMandatory: Bool) -> [UInt8] {
        var writer = WireWriter()
        writer.writeMethodFrame(
            BasicPublish(exchange: "", routingKey: queue, mandatory: isMandatory), channel: channel)
        var header = WireWriter()
        ContentHeader(bodySize: UInt64(body.count)).encode(into: &header)
        body.withUnsafeBytes {
            writer.writeContent(header: header.bytes, body: $0, channel: channel, frameMax: 131_072)
        }
        return Array(writer.bytes)
    }

    private func pass(_ bytes: [UInt8]) { bytes.withUnsafeBytes { pass($0) } }

    private func pass(_ bytes: UnsafeRawBufferPointer) {
        let used = node.receive(bytes, on: connection, now: node.now)
        // What makes the connection fail is not used; a socket offers it again and it is dropped.
        if used < bytes.count { #expect(node.receive(bytes, on: connection, now: node.now) == bytes.count) }
    }

    /// Ticks until the node has nothing more to do.
    func tick() {
        for _ in 0..<1000 where node.tick(now: node.now).hasMore {}
    }

    /// Ticks at a later time, in nanoseconds.
    func tick(at time: UInt64) {
        _ = node.tick(now: Instant(nanoseconds: time))
        tick()
    }

    /// Bytes of the bodies that came.
    var bodyBytes: Int {
        frames.reduce(0) { sum, frame in if case .body(_, let bytes) = frame { sum + bytes.count } else { sum } }
    }

    /// The bodies' frames, as text.
    var bodies: [String] {
        frames.compactMap { if case .body(_, let bytes) = $0 { String(decoding: bytes, as: UTF8.self) } else { nil } }
    }

    /// Publishes a text.
    func publish(_ text: String, to exchange: String, key: String, persistent: Bool, _ channel: UInt16) {
        var writer = WireWriter()
        writer.writeMethodFrame(BasicPublish(exchange: exchange, routingKey: key), channel: channel)
        var header = WireWriter()
        let body = Array(text.utf8)
        ContentHeader(bodySize: UInt64(body.count), properties: BasicProperties(deliveryMode: persistent ? 2 : 1))
            .encode(into: &header)
        body.withUnsafeBytes {
            writer.writeContent(header: header.bytes, body: $0, channel: channel, frameMax: 131_072)
        }
        pass(Array(writer.bytes))
    }

    /// Publishes a text with properties.
    func publish(
        _ text: String, to exchange: String = "", key: String, _ properties: BasicProperties, _ channel: UInt16
    ) {
        var writer = WireWriter()
        writer.writeMethodFrame(BasicPublish(exchange: exchange, routingKey: key), channel: channel)
        var header = WireWriter()
        let body = Array(text.utf8)
        ContentHeader(bodySize: UInt64(body.count), properties: properties).encode(into: &header)
        body.withUnsafeBytes {
            writer.writeContent(header: header.bytes, body: $0, channel: channel, frameMax: 131_072)
        }
        pass(Array(writer.bytes))
    }

    /// Begins a large persistent message and sends half of its body.
    func publishHalf(of bodyBytes: Int, to queue: String, _ channel: UInt16) {
        var writer = WireWriter()
        writer.writeMethodFrame(BasicPublish(exchange: "", routingKey: queue), channel: channel)
        var header = WireWriter()
        ContentHeader(bodySize: UInt64(bodyBytes), properties: BasicProperties(deliveryMode: 2)).encode(into: &header)
        writer.writeFrame(.header, channel: channel) { $0.write(header.bytes) }
        for _ in 0..<bodyBytes / 2 / 100_000 {
            writer.writeFrame(.body, channel: channel) { frame in
                [UInt8](repeating: 1, count: 100_000).withUnsafeBytes { frame.write($0) }
            }
        }
        pass(Array(writer.bytes))
    }

    /// Sends the other half.
    func publishRest(of bodyBytes: Int, _ channel: UInt16) {
        var writer = WireWriter()
        var left = bodyBytes - bodyBytes / 2 / 100_000 * 100_000
        while left > 0 {
            let part = [UInt8](repeating: 2, count: min(left, 100_000))
            writer.writeFrame(.body, channel: channel) { frame in part.withUnsafeBytes { frame.write($0) } }
            left -= part.count
        }
        pass(Array(writer.bytes))
    }

    /// What the node writes stays where it is.
    func stopTaking() { isTaking = false }

    func fillTransport() {
        isTaking = false
        connection.transportIsWritable(false)
    }

    func drainTransport() {
        isTaking = true
        connection.transportIsWritable(true)
        tick()
    }

    func update(_ connection: Connection) {
        guard isTaking else { return }
        connection.withOutbound { bytes in
            var rest = bytes
            while let frame = try? FrameParser.next(rest, maxFrameSize: 0) {
                read(frame)
                rest = UnsafeRawBufferPointer(rebasing: rest[frame.byteCount...])
            }
            return true
        }
    }

    private func read(_ frame: ParsedFrame) {
        switch frame.type {
        case .method:
            if let method = try? Method.decode(frame.payload) { frames.append(.method(frame.channel, method)) }
        case .header:
            if let header = try? ContentHeader(decoding: frame.payload) {
                frames.append(.header(frame.channel, header))
            }
        case .body: frames.append(.body(frame.channel, Array(frame.payload)))
        case .heartbeat: break
        }
    }

    /// What came, as "basic.deliver", "header", "body".
    var names: [String] {
        frames.map {
            switch $0 {
            case .method(_, let method): method.id.name
            case .header: "header"
            case .body: "body"
            }
        }
    }

    func forgetFrames() { frames.removeAll() }
}
