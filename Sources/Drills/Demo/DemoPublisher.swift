internal import AMQP
internal import AMQPClient

/// One publisher of a flow: numbers its messages, sends them at the flow's pace, and writes down what becomes of them.
/// What was on its way when a connection ended is not sent again.
struct DemoPublisher: Sendable {
    let flow: DemoFlow
    /// Its place in the flow.
    let publisher: Int
    /// So many times as many as the flow says.
    let rate: Double
    let books: DemoBooks

    /// Publishes go out so often, so that a bucket of 10 ms has some.
    private static let interval: UInt64 = 10_000_000
    /// Most publishes that wait for their confirms.
    private static let window: UInt64 = 500

    func run(_ channel: ClientChannel, _ ending: DemoLine.Ending) async throws {
        let session = Session(self)
        defer { _ = books.write(flow.queue) { $0.disconnected(publisher) } }
        channel.onLoop { session.attach(to: $0) }
        switch flow.safety {
        case .confirms: try await channel.call(ConfirmSelect())
        case .transactions: try await channel.call(TxSelect())
        }
        channel.onLoop { session.tick($0) }
        // Beyond its end nothing of the session is written any more.
        do {
            try await ending.wait()
        } catch {
            await session.end(channel)
            throw error
        }
        await session.end(channel)
    }

    /// What one channel publishes; on its loop.
    private final class Session: @unchecked Sendable {
        private let flow: DemoFlow
        private let publisher: Int
        private let books: DemoBooks
        private let template: PublishTemplate
        private var body: [UInt8]
        private var pace: DemoPace
        /// The number before that of the channel's first publish.
        private var base: UInt64?
        private var published: UInt64 = 0
        private var settled: UInt64 = 0
        /// Beyond `settled`, one by one.
        private var settledBeyond: Set<UInt64> = []
        private var isCommitting = false
        private var isOver = false

        init(_ owner: DemoPublisher) {
            flow = owner.flow
            publisher = owner.publisher
            books = owner.books
            body = [UInt8](repeating: UInt8(ascii: "."), count: max(flow.bodyBytes, DemoMessage.byteCount))
            pace = DemoPace(perSecond: flow.perSecond * owner.rate / Double(flow.publishers.count))
            template = PublishTemplate(
                exchange: flow.exchange, routingKey: flow.key ?? flow.queue, mandatory: true,
                properties: BasicProperties(contentType: "text/plain", deliveryMode: 2))
        }

        func attach(to channel: ClientChannel) {
            channel.onConfirm = { tag, isMultiple, isAck in
                self.confirmed(tag, isMultiple: isMultiple, isAck: isAck)
            }
            channel.onReturn = { self.cameBack($0) }
        }

        func end(_ channel: ClientChannel) async {
            await withCheckedContinuation { continuation in
                channel.onLoop { channel in
                    self.isOver = true
                    channel.onConfirm = nil
                    channel.onReturn = nil
                    continuation.resume()
                }
            }
        }

        func tick(_ channel: ClientChannel) {
            guard !isOver else { return }
            let due = pace.due(at: DemoBooks.now)
            if !isCommitting { publish(due, channel) }
            channel.onLoop(afterNanoseconds: interval) { [self] in tick($0) }
        }

        /// A commit waits for the disk: more of them are no use.
        private var interval: UInt64 { DemoPublisher.interval * (flow.safety == .transactions ? 10 : 1) }

        private func publish(_ due: Int, _ channel: ClientChannel) {
            let room =
                DemoPublisher.window - min(published - settled - UInt64(settledBeyond.count), DemoPublisher.window)
            var last: UInt64?
            for _ in 0..<min(due, Int(room)) where channel.isWritable {
                published += 1
                let number = books.write(flow.queue) { $0.published(by: publisher) } ?? published
                if base == nil { base = number - 1 }
                DemoMessage(run: books.run, publisher: publisher, number: number).write(to: &body)
                body.withUnsafeBytes { channel.publish(template, body: $0) }
                last = number
            }
            guard flow.safety == .transactions, let last else { return }
            isCommitting = true
            channel.ask(TxCommit()) { [self] reply in
                isCommitting = false
                guard case .success = reply else { return }
                settled = published
                settle(through: last, isConfirmed: true)
            }
        }

        private func settle(through number: UInt64, isConfirmed: Bool) {
            _ = books.write(flow.queue) {
                $0.settled(through: number, by: publisher, isConfirmed: isConfirmed, at: DemoBooks.now)
            }
        }

        private func confirmed(_ tag: UInt64, isMultiple: Bool, isAck: Bool) {
            guard let base else { return }
            if isMultiple {
                settled = max(settled, tag)
                settledBeyond = settledBeyond.filter { $0 > settled }
                settle(through: base + tag, isConfirmed: isAck)
            } else {
                settledBeyond.insert(tag)
                while settledBeyond.remove(settled + 1) != nil { settled += 1 }
                _ = books.write(flow.queue) {
                    $0.settled(base + tag, by: publisher, isConfirmed: isAck, at: DemoBooks.now)
                }
            }
        }

        /// No queue took it; the confirm that follows means nothing.
        private func cameBack(_ body: UnsafeRawBufferPointer) {
            guard let message = DemoMessage(body), message.run == books.run else { return }
            _ = books.write(flow.queue) {
                $0.settled(message.number, by: publisher, isConfirmed: false, at: DemoBooks.now)
            }
        }
    }
}

/// How many messages are due: now more, now less, since a straight line looks dead.
struct DemoPace {
    private let perSecond: Double
    private var owed = 0.0
    private var last: UInt64?

    /// What a publisher that was held up makes up for, milliseconds.
    private static let arrears: UInt64 = 200

    init(perSecond: Double) { self.perSecond = perSecond }

    mutating func due(at now: UInt64) -> Int {
        defer { last = now }
        guard let last else { return 0 }
        owed += perSecond * Double(min(now - min(now, last), Self.arrears)) / 1000 * Double.random(in: 0.7...1.3)
        let count = owed.rounded(.down)
        owed -= count
        return Int(count)
    }
}
