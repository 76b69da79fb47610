internal import AMQP
internal import DequeModule

/// One channel of a relay: what stands on a queue's home for a channel of a client here.
final class RelayChannel {
    /// Something asked of the home and not answered yet.
    struct Question {
        /// Held, because what stands for it does not hold it.
        let queue: ClassicQueue
        let distant: RelayedQueue
        let origin: Origin
        /// The consumer that it begins, if it does.
        var consumer: Consumer?
        /// The tag of the consumer that it ends, if it does.
        var cancelled: String?
    }

    /// A content of which more is to come.
    struct Content {
        enum Purpose {
            case delivery(Consumer?)
            case answer
        }

        let purpose: Purpose
        let tag: UInt64
        let isRedelivered: Bool
        var assembly: PublishAssembly
    }

    /// Its number on the relay: the client's own, where that is free.
    let number: UInt16
    /// The client's channel; nil for a question of the control plane.
    let client: ChannelReference?
    /// The client's deliveries up to this tag came from elsewhere: their settlements mean nothing here.
    let lastForeignTag: UInt64

    var isConfirming = false
    var isTransactional = false
    var prefetch = 0
    var channelPrefetch = 0
    /// The client's numbers of the publishes from `firstUnconfirmed` on, 0 for one that is confirmed.
    private var unconfirmed = Deque<UInt64>()
    private var firstUnconfirmed: UInt64 = 1
    /// Of those that went to queues which are watched: these queues, by the client's number.
    private var watched: [UInt64: [UInt64]] = [:]
    /// By their tags, which are the client's own. Only those that the home has begun and not ended.
    var consumers: [String: Consumer] = [:]
    /// Consumers that go on here, whose home has not said so yet.
    var attaching: [String: Consumer] = [:]
    var question: Question?
    /// Whether anything has been done in the transaction that is open on the home.
    var isUncommitted = false
    /// Commits that the home has been asked for, oldest first; nil for one that nobody waits for.
    var commits = Deque<(any CommitWaiter)?>()
    var content: Content?
    /// Whose transactions it carries, if they are the node's own.
    weak var transactions: TransactionOutbox?
    /// Closed here; the home has not said so yet.
    var isClosing = false

    init(number: UInt16, client: ChannelReference?, lastForeignTag: UInt64) {
        self.number = number
        self.client = client
        self.lastForeignTag = lastForeignTag
    }

    /// A publish that is confirmed by its number in the order of publishing.
    func published(_ number: UInt64) { unconfirmed.append(number) }

    /// The home has confirmed or refused publishes; returns the client's numbers of them.
    func confirmed(_ tag: UInt64, multiple: Bool) -> [UInt64] {
        var numbers: [UInt64] = []
        if multiple {
            while firstUnconfirmed <= tag, let number = unconfirmed.popFirst() {
                firstUnconfirmed += 1
                if number != 0 { numbers.append(number) }
            }
        } else if tag >= firstUnconfirmed, tag - firstUnconfirmed < UInt64(unconfirmed.count) {
            let place = Int(tag - firstUnconfirmed)
            if unconfirmed[place] != 0 { numbers.append(unconfirmed[place]) }
            unconfirmed[place] = 0
            while unconfirmed.first == 0 {
                unconfirmed.removeFirst()
                firstUnconfirmed += 1
            }
        }
        return numbers
    }

    /// A publish has gone to queues which are watched until it is confirmed.
    func watch(_ number: UInt64, to queues: [UInt64]) { watched[number] = queues }

    /// The watched queues that publishes had gone to which are settled now, once for each.
    func watchedQueues(of numbers: [UInt64]) -> [UInt64] {
        guard !watched.isEmpty else { return [] }
        return numbers.flatMap { watched.removeValue(forKey: $0) ?? [] }
    }

    /// All that the home has not confirmed.
    func allUnconfirmed() -> [UInt64] { confirmed(.max, multiple: true) }
}
