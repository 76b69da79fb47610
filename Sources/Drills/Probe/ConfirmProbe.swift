internal import AMQP
public import AMQPClient
internal import NIOCore
internal import NIOPosix

/// Publishes to a canary queue with publisher confirms, one message every so often, and says when each is confirmed: a
/// thermometer for how long a broker confirms nothing. When a node goes it turns to the next address.
public struct ConfirmProbe: Sendable {
    /// What it has to say.
    public enum Report: Hashable, Sendable {
        /// It publishes through this address.
        case publishing(through: String)
        /// A message was confirmed at this time.
        case confirmed(at: ContinuousClock.Instant)
        /// The connection ended, for this reason.
        case interrupted(String)
        /// It could not begin at any address, or the broker refused the queue.
        case failed(String)
    }

    /// Time between two messages.
    public static let interval: Duration = .milliseconds(10)
    /// Most messages that wait for their confirm; no more are published then.
    static let unconfirmedMax = 100
    /// Time between two attempts to connect.
    private static let retry: Duration = .milliseconds(50)
    /// How long nothing may be confirmed before the connection is given up for another address: a node that stands still
    /// closes nothing.
    private static let patience: Duration = .seconds(3)

    private let addresses: [AMQPURI]
    private let queueType: String

    /// A probe that may publish through any of these addresses, the first one first. There must be one.
    public init(addresses: [AMQPURI], queueType: String = "quorum") {
        precondition(!addresses.isEmpty, "a probe needs an address")
        self.addresses = addresses
        self.queueType = queueType
    }

    /// Declares the queue and publishes to it until the task is cancelled, then deletes it.
    public func run(queue: String, report: @escaping @Sendable (Report) -> Void) async {
        var place = 0
        var hasBegun = false
        var failures = 0
        while !Task.isCancelled {
            let address = addresses[place % addresses.count]
            do {
                try await publish(through: address, queue: queue) {
                    hasBegun = true
                    failures = 0
                    report(.publishing(through: "\(address)"))
                } report: {
                    report($0)
                }
            } catch {
                if Task.isCancelled { break }
                failures += 1
                if case .refused(let code, _)? = error as? ClientError, Self.isFinal(code), !hasBegun {
                    return report(.failed("\(error)"))
                }
                guard hasBegun || failures < addresses.count else { return report(.failed("\(error)")) }
                report(.interrupted("\(error)"))
                place += 1
                // Cancelled: the loop ends by itself.
                try? await Task.sleep(for: Self.retry)
            }
        }
        await delete(queue: queue)
    }

    /// Refusals that another attempt does not change: no access, other settings, not implemented.
    private static func isFinal(_ code: UInt16) -> Bool { [403, 406, 540].contains(code) }

    private func publish(
        through address: AMQPURI, queue: String, began: () -> Void, report: @escaping @Sendable (Report) -> Void
    ) async throws {
        let connection = try await ClientConnection.open(address)
        do {
            let channel = try await connection.openChannel()
            var arguments = FieldTable()
            arguments["x-queue-type"] = .bytes(Array(queueType.utf8))
            // Nobody takes the messages: keep the last one only.
            arguments["x-max-length"] = .int32(1)
            try await channel.call(QueueDeclare(queue: queue, durable: true, arguments: arguments))
            try await channel.call(ConfirmSelect())
            began()
            try await publish(on: channel, queue: queue, report: report)
            await connection.close()
        } catch {
            // What stands still would not answer a close.
            await connection.abort()
            throw error
        }
    }

    private func publish(
        on channel: ClientChannel, queue: String, report: @escaping @Sendable (Report) -> Void
    ) async throws {
        let tally = Tally()
        channel.onLoop { channel in
            tally.lastConfirm = .now
            channel.onConfirm = { tag, multiple, isAck in
                let now = ContinuousClock.now
                let count = multiple ? Int(clamping: tag) - tally.settled : 1
                tally.settled += max(0, count)
                tally.lastConfirm = now
                guard isAck else { return }
                for _ in 0..<max(0, min(count, Self.unconfirmedMax)) { report(.confirmed(at: now)) }
            }
            channel.onEnd = { tally.end = $0 }
        }
        let template = PublishTemplate(exchange: "", routingKey: queue, properties: BasicProperties(deliveryMode: 2))
        while true {
            do { try await Task.sleep(for: Self.interval) } catch { return }
            let failure: ClientError? = await withCheckedContinuation { continuation in
                channel.onLoop { channel in
                    if let end = tally.end { return continuation.resume(returning: end) }
                    let waiting = tally.published - tally.settled
                    if waiting > 0, tally.lastConfirm.duration(to: .now) > Self.patience {
                        return continuation.resume(returning: .unreachable("nothing was confirmed for 3 s"))
                    }
                    if waiting < Self.unconfirmedMax, channel.isWritable {
                        [UInt8]("canary".utf8).withUnsafeBytes { channel.publish(template, body: $0) }
                        if waiting == 0 { tally.lastConfirm = .now }
                        tally.published += 1
                    }
                    continuation.resume(returning: nil)
                }
            }
            if let failure { throw failure }
        }
    }

    /// Deletes the queue through whichever address answers. Where none does it stays, empty but for one message.
    private func delete(queue: String) async {
        // The task that runs this has been cancelled; what cleans up must not be.
        await Task { [addresses] in
            for address in addresses {
                guard let connection = try? await ClientConnection.open(address) else { continue }
                let isDeleted = (try? await connection.openChannel().call(QueueDelete(queue: queue))) != nil
                await connection.close()
                if isDeleted { return }
            }
        }.value
    }

    /// Messages published and confirmed; on the connection's loop.
    private final class Tally: @unchecked Sendable {
        var published = 0
        var settled = 0
        var lastConfirm = ContinuousClock.now
        var end: ClientError?
    }
}
