internal import AMQP
internal import AMQPClient
internal import NIOCore

/// A client's way to a cluster that survives its nodes: a connection to the node that it prefers or else to another one, and
/// on it a channel, both opened again for ever.
struct DemoLine: Sendable {
    /// The nodes, by their places.
    let uris: [AMQPURI]
    /// The place of the one it prefers.
    let place: Int
    let group: any EventLoopGroup

    /// Pauses between attempts: short at first, since most outages are.
    private static let pauses: [Duration] = [20, 20, 40, 80, 160, 250].map { .milliseconds($0) }
    /// A broker that stands still is given up after twice this.
    private static let heartbeatSeconds: UInt16 = 1

    /// What became of a connection.
    private enum Outcome { case done, useful, useless }

    /// Opens channels and uses them until the task is cancelled. `use` gets each with what says that it has ended; it throws
    /// or returns when it wants another one.
    func keep(_ use: @Sendable (ClientChannel, Ending) async throws -> Void) async {
        await run { channel, ending in
            try await use(channel, ending)
            return false
        }
    }

    /// Opens channels until something has been done with one, or the task is cancelled.
    func once(_ use: @Sendable (ClientChannel) async throws -> Void) async {
        await run { channel, _ in
            try await use(channel)
            return true
        }
    }

    private func run(_ use: @Sendable (ClientChannel, Ending) async throws -> Bool) async {
        var attempt = 0
        while !Task.isCancelled {
            let uri = uris[(place + attempt) % uris.count]
            var outcome = Outcome.useless
            // Where nobody answers it is tried again, here or elsewhere, until somebody does.
            if let connection = try? await ClientConnection.open(
                uri, on: group, heartbeatSeconds: Self.heartbeatSeconds)
            {
                outcome = await runChannels(of: connection, use)
                await connection.abort()
            }
            if outcome == .done { return }
            if outcome == .useful { attempt = 0 }
            await Self.pause(attempt)
            if outcome == .useless { attempt += 1 }
        }
    }

    /// Uses channels of a connection until that has ended.
    private func runChannels(
        of connection: ClientConnection, _ use: @Sendable (ClientChannel, Ending) async throws -> Bool
    ) async -> Outcome {
        var outcome = Outcome.useless
        var attempt = 0
        while !Task.isCancelled, let channel = try? await connection.openChannel() {
            let begin = ContinuousClock.now
            do {
                if try await use(channel, Ending(of: channel)) { return .done }
            } catch {
                // Only this channel has ended, perhaps: a queue is gone, or its node. Or else no other is to be had.
            }
            if ContinuousClock.now - begin > Self.usefulSpan {
                attempt = 0
                outcome = .useful
            }
            await Self.pause(attempt)
            attempt += 1
        }
        return outcome
    }

    /// What lasted so long was of use: the next attempt begins anew, with the node that is preferred.
    private static let usefulSpan = Duration.seconds(1)

    private static func pause(_ attempt: Int) async {
        // Cancelled, it returns at once, and the loop ends.
        try? await Task.sleep(for: pauses[min(attempt, pauses.count - 1)])
    }

    /// Waits for a channel to end, or for its consumer to be cancelled.
    struct Ending: Sendable {
        private let ends: AsyncStream<ClientError?>
        private let said: AsyncStream<ClientError?>.Continuation

        /// A channel that has ended before says so to the first method that it is asked.
        fileprivate init(of channel: ClientChannel) {
            let (ends, said) = AsyncStream.makeStream(of: ClientError?.self)
            self.ends = ends
            self.said = said
            channel.onLoop { channel in
                channel.onEnd = {
                    said.yield($0)
                    said.finish()
                }
                channel.onCancel = { _ in
                    said.yield(nil)
                    said.finish()
                }
            }
        }

        /// Returns when the consumer was cancelled, or the task; throws what the channel ended with.
        func wait() async throws {
            for await error in ends {
                if let error { throw error }
                return
            }
        }
    }
}
