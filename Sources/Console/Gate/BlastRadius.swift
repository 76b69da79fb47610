import Management

/// What a change would hit, read from the broker again just before it is confirmed.
struct BlastRadius: Hashable, Sendable {
    /// Above so many messages the queue's name must be typed.
    static let typedNameLimit = 10_000

    /// The queue as it was read.
    var queue: QueueInfo
    /// When it was read, in the monitor's time.
    var readAt: Duration
    /// How much older the broker's own figures may be.
    var statisticsInterval: Duration = .zero

    /// Whether so much goes that a keystroke is not enough. A figure that is not provided counts as much.
    func needsTypedName(for mutation: Mutation) -> Bool {
        switch mutation {
        case .declareQueue: false
        case .purgeQueue: queue.messagesReady.map { $0 > Self.typedNameLimit } ?? true
        case .deleteQueue:
            both(queue.messagesReady, queue.messagesUnacknowledged)
                .map { $0.addingReportingOverflow($1).partialValue > Self.typedNameLimit } ?? true
        }
    }

    /// How old the reading is, for a person.
    func age(at now: Duration) -> String {
        let age = "\(Figures.age(max(.zero, now - readAt))) old"
        guard statisticsInterval > .zero else { return age }
        return "\(age), the broker counts every \(Figures.age(statisticsInterval))"
    }

    /// What will happen, in whole sentences.
    func sentences(for mutation: Mutation, at now: Duration) -> [String] {
        let ready = queue.messagesReady.map(Figures.exact) ?? "an unknown number of"
        let unacked = queue.messagesUnacknowledged.map(Figures.exact) ?? "an unknown number of"
        switch mutation {
        case .declareQueue:
            return []
        case .purgeQueue:
            var sentences = ["\(ready) ready will go (\(age(at: now)))."]
            if queue.messagesUnacknowledged != 0 {
                sentences.append("\(unacked) unacked stay with their consumers and may return.")
            }
            return sentences
        case .deleteQueue:
            var sentences = ["The queue goes with \(ready) ready and \(unacked) unacked (\(age(at: now)))."]
            if let consumers = queue.consumers, consumers > 0 {
                sentences.append(consumers == 1 ? "1 consumer is cancelled." : "\(consumers) consumers are cancelled.")
            }
            if queue.durable == true { sentences.append("Its bindings go too. There is no undo.") }
            return sentences
        }
    }
}
