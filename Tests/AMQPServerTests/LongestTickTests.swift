import AMQP
import AMQPServer
import Broker
import Foundation
import Journal
import Management
import Testing

/// How many messages and queues the long tasks below are given. The figures that are published come from
/// `WARREN_LONG_TASK_MESSAGES=1000000 WARREN_LONG_TASK_QUEUES=10000 swift test -c release --filter LongestTick`.
private func size(_ name: String, otherwise: Int) -> Int {
    ProcessInfo.processInfo.environment[name].flatMap(Int.init) ?? otherwise
}

extension OneAtATime {
    @Suite("The loop stays responsive", .serialized)
    struct LongestTickTests {
        let messages = size("WARREN_LONG_TASK_MESSAGES", otherwise: 100_000)
        let queues = size("WARREN_LONG_TASK_QUEUES", otherwise: 2_000)

        /// Generous, because tests share a machine: it tells a task in slices from one that holds the loop.
        static let limit: Duration = .milliseconds(50)

        /// A client in the same process that ignores what it is told.
        private final class Feeder: Transport, @unchecked Sendable {
            func update(_ connection: Connection) { connection.withOutbound { _ in true } }
        }

        private func publish(
            _ count: Int, to queue: String, persistent: Bool = false, on broker: RunningBroker
        ) async throws {
            await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
                broker.loop.perform { node in
                    defer { done.resume() }
                    guard let node else { return }
                    let feeder = Feeder()
                    let connection = node.accept(peer: "feeder", now: node.now)
                    connection.transport = feeder
                    var writer = WireWriter()
                    ProtocolHeader.bytes.withUnsafeBytes { writer.write($0) }
                    writer.writeMethodFrame(
                        ConnectionStartOK(
                            mechanism: "PLAIN", response: Array("\0guest\0guest".utf8), locale: "en_US"), channel: 0)
                    writer.writeMethodFrame(
                        ConnectionTuneOK(channelMax: 2047, frameMax: 131_072, heartbeat: 0), channel: 0)
                    writer.writeMethodFrame(ConnectionOpen(virtualHost: "/"), channel: 0)
                    writer.writeMethodFrame(ChannelOpen(), channel: 1)
                    _ = node.receive(writer.bytes, on: connection, now: node.now)
                    writer.reset()
                    for _ in 0..<100 {
                        writer.writeMethodFrame(BasicPublish(routingKey: queue), channel: 1)
                        var header = WireWriter()
                        ContentHeader(bodySize: 100, properties: BasicProperties(deliveryMode: persistent ? 2 : nil))
                            .encode(into: &header)
                        [UInt8](repeating: 1, count: 100).withUnsafeBytes {
                            writer.writeContent(header: header.bytes, body: $0, channel: 1, frameMax: 131_072)
                        }
                    }
                    for _ in 0..<(count / 100) { _ = node.receive(writer.bytes, on: connection, now: node.now) }
                    connection.transportClosed()
                }
            }
        }

        @Test("while a queue with very many messages is purged")
        func purge() async throws {
            let broker = try await RunningBroker.start(NodeConfiguration(memoryLimit: 4 << 30, seed: 1), port: nil)
            try await broker.endpoint.declareQueue(vhost: "/", name: "full", settings: QueueSettings())
            try await publish(messages, to: "full", on: broker)
            _ = try await broker.longestTick(reset: true)
            #expect(try await broker.endpoint.purgeQueue(vhost: "/", name: "full") == messages / 100 * 100)
            try await settled(broker)
            let longest = Duration.nanoseconds(try await broker.longestTick())
            #expect(longest < Self.limit)
            report("purge of \(messages) messages", longest)
            try await broker.stop()
        }

        @Test(
            "while a durable backlog leaves memory, is read back, requeued and purged, and the journal is written anew")
        func durableBacklog() async throws {
            let folder = FileManager.default.temporaryDirectory.appending(path: "warren-\(UUID().uuidString)").path
            defer { try? FileManager.default.removeItem(atPath: folder) }
            var configuration = NodeConfiguration(memoryLimit: 4 << 30, seed: 1)
            configuration.warmBytes = 0
            let broker = try await RunningBroker.start(
                configuration, port: nil, data: DataOptions(path: folder, sync: .os))
            for name in ["kept", "gone"] {
                try await broker.endpoint.declareQueue(vhost: "/", name: name, settings: QueueSettings(durable: true))
            }
            _ = try await broker.longestTick(reset: true)
            for _ in 0..<10 {
                // What is kept lies among what goes, so that it has to be written again.
                try await publish(messages / 100, to: "kept", persistent: true, on: broker)
                try await publish(messages / 10, to: "gone", persistent: true, on: broker)
                _ = try await broker.endpoint.purgeQueue(vhost: "/", name: "gone")
            }
            try await publish(messages, to: "gone", persistent: true, on: broker)
            let read = try await broker.endpoint.getMessages(
                vhost: "/", queue: "gone", count: 10_000, mode: .requeue, truncate: nil)
            #expect(read.count == min(messages, 10_000) && read.allSatisfy { $0.payload.count == 100 })
            _ = try await broker.endpoint.purgeQueue(vhost: "/", name: "gone")
            try await settled(broker)
            let longest = Duration.nanoseconds(try await broker.longestTick())
            #expect(longest < Self.limit)
            report("work on a durable backlog of \(messages) messages", longest)
            let kept = try await broker.endpoint.queue(vhost: "/", name: "kept").messagesReady
            #expect(kept == messages / 1000 * 100)
            try await broker.stop()
        }

        @Test("while very many queues are listed")
        func listing() async throws {
            let broker = try await RunningBroker.start(port: nil)
            for number in 0..<queues {
                try await broker.endpoint.declareQueue(vhost: "/", name: "q\(number)", settings: QueueSettings())
            }
            _ = try await broker.longestTick(reset: true)
            let page = try await broker.endpoint.queues(
                QueuePageRequest(pageSize: 500, sort: .messages, descending: true))
            let overview = try await broker.endpoint.overview()
            #expect(page.totalCount == queues)
            #expect(overview.objectTotals.queues == queues)
            let longest = Duration.nanoseconds(try await broker.longestTick())
            #expect(longest < Self.limit)
            report("listing of \(queues) queues", longest)
            try await broker.stop()
        }

        /// Waits until memory has been given back, which the last slice does.
        private func settled(_ broker: RunningBroker) async throws {
            let deadline = ContinuousClock.now.advanced(by: .seconds(20))
            while let used = try await broker.endpoint.nodes().first?.memUsed, used > 64 << 20 {
                try #require(ContinuousClock.now < deadline, "memory was not given back: \(used) bytes")
            }
        }

        private func report(_ task: String, _ longest: Duration) {
            FileHandle.standardError.write(Data("longest tick during the \(task): \(longest)\n".utf8))
        }
    }
}
