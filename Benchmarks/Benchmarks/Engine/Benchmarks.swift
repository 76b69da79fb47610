import AMQP
import Benchmark
import Broker

/// A node, a publisher and automatic-ack consumers, without sockets: what the broker's meaning costs.
final class Engine: Transport {
    /// Publishes in one read.
    static let batch = 500
    private let node = Node(NodeConfiguration(seed: 1), now: Instant(nanoseconds: 0))
    private var publisher: Connection
    private var read: [UInt8] = []
    private var time: UInt64 = 0

    func update(_ connection: Connection) { connection.withOutbound { _ in true } }

    init(queues: Int, confirms: Bool) {
        publisher = node.accept(peer: "publisher", now: node.now)
        let consumer = node.accept(peer: "consumer", now: node.now)
        for connection in [publisher, consumer] {
            connection.transport = self
            pass(Self.handshake, to: connection)
        }
        var writer = WireWriter()
        for number in 0..<queues {
            writer.writeMethodFrame(QueueDeclare(queue: "q\(number)"), channel: 1)
            writer.writeMethodFrame(QueueBind(queue: "q\(number)", exchange: "amq.fanout", routingKey: ""), channel: 1)
            writer.writeMethodFrame(BasicConsume(queue: "q\(number)", noAck: true), channel: 1)
        }
        pass(Array(writer.bytes), to: consumer)
        if confirms {
            writer.reset()
            writer.writeMethodFrame(ConfirmSelect(), channel: 1)
            pass(Array(writer.bytes), to: publisher)
        }
        writer.reset()
        var header = WireWriter()
        ContentHeader(bodySize: 100, properties: BasicProperties()).encode(into: &header)
        for _ in 0..<Self.batch {
            writer.writeMethodFrame(BasicPublish(exchange: "amq.fanout", routingKey: ""), channel: 1)
            [UInt8](repeating: 120, count: 100).withUnsafeBytes {
                writer.writeContent(header: header.bytes, body: $0, channel: 1, frameMax: 131_072)
            }
        }
        read = Array(writer.bytes)
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
        let used = bytes.withUnsafeBytes { node.receive($0, on: connection, now: node.now) }
        precondition(used == bytes.count, "the node did not take everything")
        tick()
    }

    private func tick() {
        repeat { time += 1000 } while node.tick(now: Instant(nanoseconds: time)).hasMore
    }

    /// One read of publishes, through to the consumers' outbound buffers.
    func publishBatch() { pass(read, to: publisher) }

    /// The frames of one read, found and no more.
    func parseBatch() -> Int {
        read.withUnsafeBytes { bytes in
            var count = 0
            var offset = 0
            while let frame = try? FrameParser.next(
                UnsafeRawBufferPointer(rebasing: bytes[offset...]), maxFrameSize: 131_072)
            {
                offset += frame.byteCount
                count += 1
            }
            return count
        }
    }
}

let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(metrics: [.wallClock, .instructions, .throughput], maxDuration: .seconds(3))
    // Each iteration is one read of 500 messages of 100 octets.
    for (name, queues, confirms) in [
        ("publish to deliver, 500 messages", 1, false), ("publish to deliver with confirms, 500 messages", 1, true),
        ("publish to deliver in 10 queues, 500 messages", 10, false),
    ] {
        Benchmark(name) { benchmark in
            let engine = Engine(queues: queues, confirms: confirms)
            benchmark.startMeasurement()
            for _ in benchmark.scaledIterations { engine.publishBatch() }
        }
    }
    Benchmark("find all frames of a read of 500 messages") { benchmark in
        let engine = Engine(queues: 1, confirms: false)
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations { blackHole(engine.parseBatch()) }
    }
}
