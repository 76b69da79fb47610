internal import AMQP
public import Broker
internal import Journal

/// A node, a publisher and automatic-ack consumers, without sockets: what the broker's meaning costs.
public final class Engine: Transport {
    /// Publishes in one read.
    public static let batch = 500
    /// Octets of a body.
    static let bodyBytes = 100
    /// Time that passes with each read, nanoseconds: some timers come due, as they do in a busy broker.
    private static let readNanoseconds: UInt64 = 1_000_000

    private let node: Node
    private let publisher: Connection
    private let consumer: Connection
    private var time: UInt64 = 0
    /// What the publisher sends, one read after the other, round and round.
    var reads: [[UInt8]] = []
    private var nextRead = 0

    /// A node whose storage takes everything at once, or one that keeps nothing.
    init(isDurable: Bool = false) {
        var configuration = NodeConfiguration(seed: 1)
        if isDurable { configuration.storage = InstantStorage() }
        node = Node(configuration, now: Instant(nanoseconds: 0))
        publisher = node.accept(peer: "publisher", now: node.now)
        consumer = node.accept(peer: "consumer", now: node.now)
        for connection in [publisher, consumer] {
            connection.transport = self
            pass(Self.handshake, to: connection)
        }
    }

    /// What a connection wants to send is looked at and thrown away, as if a socket had taken it.
    public func update(_ connection: Connection) { connection.withOutbound { _ in true } }

    /// One read of publishes, through to the consumers' outbound buffers.
    public func publishBatch() {
        pass(reads[nextRead], to: publisher)
        nextRead = nextRead + 1 == reads.count ? 0 : nextRead + 1
    }

    /// Sends methods from the publisher's or the consumer's connection.
    func send(toConsumer isConsumer: Bool = true, _ write: (inout WireWriter) -> Void) {
        var writer = WireWriter()
        write(&writer)
        pass(Array(writer.bytes), to: isConsumer ? consumer : publisher)
    }

    /// The publisher asks for confirms.
    func confirm() { send(toConsumer: false) { $0.writeMethodFrame(ConfirmSelect(), channel: 1) } }

    /// Reads of publishes, one for each routing key in turn.
    static func reads(exchange: String, keys: [String], isPersistent: Bool = false) -> [[UInt8]] {
        var header = WireWriter()
        ContentHeader(
            bodySize: UInt64(bodyBytes), properties: BasicProperties(deliveryMode: isPersistent ? 2 : nil)
        ).encode(into: &header)
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: bodyBytes)
        let count = max(keys.count / batch, 1)
        return (0..<count).map { number in
            var writer = WireWriter()
            for place in 0..<batch {
                let key = keys[(number * batch + place) % keys.count]
                writer.writeMethodFrame(BasicPublish(exchange: exchange, routingKey: key), channel: 1)
                body.withUnsafeBytes {
                    writer.writeContent(header: header.bytes, body: $0, channel: 1, frameMax: 131_072)
                }
            }
            return Array(writer.bytes)
        }
    }

    private static var handshake: [UInt8] {
        var writer = WireWriter()
        ProtocolHeader.bytes.withUnsafeBytes { writer.write($0) }
        writer.writeMethodFrame(
            ConnectionStartOK(mechanism: "PLAIN", response: Array("\0guest\0guest".utf8), locale: "en_US"), channel: 0)
        writer.writeMethodFrame(ConnectionTuneOK(channelMax: 2047, frameMax: 131_072, heartbeat: 0), channel: 0)
        writer.writeMethodFrame(ConnectionOpen(virtualHost: "/"), channel: 0)
        writer.writeMethodFrame(ChannelOpen(), channel: 1)
        return Array(writer.bytes)
    }

    private func pass(_ bytes: [UInt8], to connection: Connection) {
        // A connection that waits for something takes the rest of a read when it has come.
        var offset = 0
        while offset < bytes.count {
            let used = bytes.withUnsafeBytes {
                node.receive(UnsafeRawBufferPointer(rebasing: $0[offset...]), on: connection, now: node.now)
            }
            precondition(used > 0 && !connection.isFinished, "the node took nothing or ended the connection")
            offset += used
            tick()
        }
        time += Self.readNanoseconds
    }

    private func tick() {
        repeat { time += 1000 } while node.tick(now: Instant(nanoseconds: time)).hasMore
    }
}
