import AMQP
import AMQPClient
import AMQPServer
import Broker
import Foundation
import Management
import Synchronization
import TestSupport
import Testing

/// A cluster for a test, which is stopped at its end whatever becomes of it.
func withCluster(
    _ options: ClusterOptions = ClusterOptions(allowsFaults: true), _ body: (RunningCluster) async throws -> Void
) async throws {
    let cluster = try await RunningCluster.start(options)
    do {
        try await body(cluster)
    } catch {
        try await cluster.stop()
        throw error
    }
    try await cluster.stop()
}

/// A folder for a test, removed at its end.
func withFolder(_ body: (String) async throws -> Void) async throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "warren-test-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try await body(path)
}

extension RunningCluster {
    /// A client's connection to a node, from 1.
    func connect(_ number: Int) async throws -> ClientConnection {
        try await ClientConnection.open(AMQPURI("amqp://\(amqpAddresses[number - 1])"))
    }

    /// The same once the node serves.
    func connectWhenServing(_ number: Int) async throws -> ClientConnection {
        try await eventually("a connection to node \(number)") {
            do {
                return try await connect(number)
            } catch ClientError.unreachable, ClientError.disconnected {
                return nil
            }
        }
    }

    func state(of number: Int) async throws -> FaultState.State { try await faults().nodes[number - 1].state }

    /// Waits until a node is in a state.
    func wait(for number: Int, toBe state: FaultState.State) async throws {
        try await eventually("node \(number) to be \(state.rawValue)") {
            try await self.state(of: number) == state ? true : nil
        }
    }

    func inject(_ fault: NodeFault, _ number: Int) async throws { try await inject(.node(names[number - 1], fault)) }

    /// Declares a durable queue on a node and fills it with confirmed messages.
    func fill(_ queue: String, with count: Int, on number: Int, type: String = "classic") async throws {
        let connection = try await connectWhenServing(number)
        let channel = try await connection.openChannel()
        try await channel.call(QueueDeclare(queue: queue, durable: true, arguments: ["x-queue-type": .string(type)]))
        try await channel.call(ConfirmSelect())
        let confirmed = Counted()
        publish(count, to: queue, on: channel, confirmed)
        try await eventually("confirms") { confirmed.count == UInt64(count) ? true : nil }
        await connection.close()
    }

    /// How many messages a queue has, asked over AMQP on its home.
    func depth(of queue: String, on number: Int) async throws -> UInt32 {
        let connection = try await connectWhenServing(number)
        let reply = try await connection.openChannel().call(QueueDeclare(queue: queue, passive: true))
        await connection.close()
        guard case .queueDeclareOK(let declared) = reply else { throw ClientError.protocolViolation("\(reply)") }
        return declared.messageCount
    }
}

/// Publishes persistent messages and counts those that are confirmed in order.
func publish(_ count: Int, to queue: String, on channel: ClientChannel, _ confirmed: Counted) {
    channel.onLoop { channel in
        channel.onConfirm = { tag, isMultiple, isAck in if isAck { confirmed.confirm(tag, isMultiple: isMultiple) } }
        let template = PublishTemplate(routingKey: queue, properties: BasicProperties(deliveryMode: 2))
        for _ in 0..<count { [UInt8](repeating: 1, count: 200).withUnsafeBytes { channel.publish(template, body: $0) } }
    }
}

/// Counts confirms.
final class Counted: Sendable {
    private let tags = Mutex<(through: UInt64, beyond: Set<UInt64>)>((0, []))

    func confirm(_ tag: UInt64, isMultiple: Bool) {
        tags.withLock { tags in
            if isMultiple { tags.through = max(tags.through, tag) } else { tags.beyond.insert(tag) }
            while tags.beyond.remove(tags.through + 1) != nil { tags.through += 1 }
            tags.beyond = tags.beyond.filter { $0 > tags.through }
        }
    }

    var count: UInt64 { tags.withLock { $0.through + UInt64($0.beyond.count) } }
}

/// Remembers how a channel ended.
final class Ending: Sendable {
    private let ending = Mutex<ClientError?>(nil)

    /// Returns once it is told: what happens to the socket afterwards is not missed.
    init(of channel: ClientChannel) async {
        await withCheckedContinuation { continuation in
            channel.onLoop { [self] channel in
                channel.onEnd = { error in self.ending.withLock { $0 = error } }
                continuation.resume()
            }
        }
    }

    func wait() async throws -> ClientError {
        try await eventually("the end of a channel") { ending.withLock { $0 } }
    }
}
