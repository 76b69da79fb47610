/// What applying a log entry asks for, to be carried out where the leader is and forgotten elsewhere.
///
/// One is reused for many entries: `removeAll` keeps the memory.
struct QuorumEffects {
    /// A node's command.
    struct Place: Hashable {
        let node: UInt32
        let incarnation: UInt64
        let number: UInt64
    }

    /// A message: where it lies in one of `batches`.
    struct Message: Hashable {
        let batch: UInt32
        let offset: UInt32
        let byteCount: UInt32
    }

    struct Delivery: Hashable {
        let node: UInt32
        /// How often it came back; more than 0 is what AMQP calls redelivered.
        let deliveryCount: UInt32
        let incarnation: UInt64
        let consumer: UInt64
        /// Counts from 1 in each consumer, without gaps.
        let sequence: UInt64
        let message: Message
    }

    struct Answer: Hashable {
        let place: Place
        let kind: QuorumAnswer
        /// What it says beside its kind.
        let value: UInt64
        let second: UInt64
    }

    struct DeadLetter: Hashable {
        let message: Message
        let deliveryCount: UInt32
        let reason: QuorumDropReason
    }

    /// All commands of the node up to the number have been applied; see `QuorumMachine.refusals`.
    private(set) var confirmed: [Place] = []
    /// A batch was not applied, because commands before it are missing: the number of the first of them.
    private(set) var gaps: [Place] = []
    private(set) var deliveries: [Delivery] = []
    private(set) var answers: [Answer] = []
    private(set) var deadLetters: [DeadLetter] = []
    /// What messages lie in.
    private(set) var batches: [[UInt8]] = []
    /// Which of the machine's batches was added last.
    private var lastSlot: UInt32?

    var isEmpty: Bool {
        confirmed.isEmpty && gaps.isEmpty && deliveries.isEmpty && answers.isEmpty
            && deadLetters.isEmpty
    }

    mutating func removeAll() {
        confirmed.removeAll(keepingCapacity: true)
        gaps.removeAll(keepingCapacity: true)
        deliveries.removeAll(keepingCapacity: true)
        answers.removeAll(keepingCapacity: true)
        deadLetters.removeAll(keepingCapacity: true)
        batches.removeAll(keepingCapacity: true)
        lastSlot = nil
    }

    /// Calls with a message's bytes, as the journal would hold them.
    @inline(__always)
    func withBytes<Result>(of message: Message, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        batches[Int(message.batch)].withUnsafeBytes {
            body(UnsafeRawBufferPointer(rebasing: $0[Int(message.offset)..<Int(message.offset + message.byteCount)]))
        }
    }

    /// Takes the dead letters out, with what they lie in.
    func takeDeadLetters() -> QuorumDeadLetters { QuorumDeadLetters(letters: deadLetters, batches: batches) }

    // MARK: For the machine

    /// Another entry begins: what the machine calls its batches may mean others now.
    mutating func begin() { lastSlot = nil }

    mutating func confirm(_ place: Place) {
        if let last = confirmed.last, last.node == place.node, last.incarnation == place.incarnation {
            confirmed[confirmed.count - 1] = place
        } else {
            confirmed.append(place)
        }
    }

    mutating func gap(_ place: Place) { gaps.append(place) }
    mutating func answer(_ answer: Answer) { answers.append(answer) }

    @inline(__always)
    mutating func deliver(
        _ entry: QuorumEntry, in table: borrowing QuorumBatchTable, to consumer: QuorumConsumer, _ sequence: UInt64
    ) {
        let message = message(entry, table)
        deliveries.append(
            Delivery(
                node: consumer.node, deliveryCount: entry.deliveryCount, incarnation: consumer.incarnation,
                consumer: consumer.id, sequence: sequence, message: message))
    }

    mutating func deadLetter(_ entry: QuorumEntry, in table: borrowing QuorumBatchTable, _ reason: QuorumDropReason) {
        let message = message(entry, table)
        deadLetters.append(DeadLetter(message: message, deliveryCount: entry.deliveryCount, reason: reason))
    }

    @inline(__always)
    private mutating func message(_ entry: QuorumEntry, _ table: borrowing QuorumBatchTable) -> Message {
        if lastSlot != entry.batch {
            lastSlot = entry.batch
            batches.append(table.bytes(entry.batch))
        }
        return Message(
            batch: UInt32(truncatingIfNeeded: batches.count - 1), offset: entry.offset, byteCount: entry.byteCount)
    }
}

/// Messages that a queue has dropped, one after the other. What they lie in is shared with the log and not copied.
struct QuorumDeadLetters {
    private let letters: [QuorumEffects.DeadLetter]
    private let batches: [[UInt8]]
    private var place = 0

    init(letters: [QuorumEffects.DeadLetter], batches: [[UInt8]]) {
        self.letters = letters
        self.batches = batches
    }

    var isEmpty: Bool { place == letters.count }

    /// The next message, as the journal would hold it, and why it was dropped.
    mutating func next() -> (message: ArraySlice<UInt8>, reason: DeathReason)? {
        guard place < letters.count else { return nil }
        let letter = letters[place]
        place += 1
        let start = Int(letter.message.offset)
        return (
            batches[Int(letter.message.batch)][start..<start + Int(letter.message.byteCount)],
            DeathReason(letter.reason)
        )
    }
}

/// What a command is answered.
enum QuorumAnswer: UInt8 {
    /// The consumer is there.
    case attached = 1
    /// Another has the queue for itself, or it wanted that and is not alone.
    case inExclusiveUse
    /// The origin has a consumer of that id already, or for a get one that is not for gets.
    case consumerExists
    /// The delivery's sequence, and how many messages are ready behind it.
    case got
    /// No message to get.
    case empty
    /// How many messages went.
    case purged
    /// How many messages are ready.
    case mayDelete
    /// How many messages are ready.
    case notEmpty
    /// How many consumers there are.
    case inUse
    /// The command was applied, but the node was taken for dead since: its answer is not known any more, and whatever
    /// consumer it was about is gone.
    case forgotten
}

/// Why a message left the queue without an acknowledgement (RabbitMQ, "Dead Letter Exchanges").
enum QuorumDropReason: UInt8 {
    case rejected = 1
    case expired
    case maxLength
    case deliveryLimit
}
