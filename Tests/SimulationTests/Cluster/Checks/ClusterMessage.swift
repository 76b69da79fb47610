/// A message that a client of the simulated cluster published, and what became of it in each of its queues.
final class ClusterMessage {
    enum State {
        /// On its way, or never answered.
        case unknown
        /// In a transaction that is not committed yet.
        case held
        /// Confirmed, or in a transaction whose commit was answered.
        case promised
        /// Refused: it may be there or not.
        case refused
        /// In a transaction that was never committed: it must not be anywhere.
        case abandoned
    }

    let id: Int
    /// The channel that published it, and its place among what that has published, from 1.
    let isTransactional: Bool
    let publisher: Int
    let number: Int
    let queues: [String]
    let isPersistent: Bool
    let body: [UInt8]
    let sentAt: UInt64
    var state = State.unknown
    /// By the names of its queues.
    private(set) var copies: [ClusterCopy] = []

    init(
        id: Int, channel: ClusterChannel, number: Int, queues: [String], isPersistent: Bool, size: Int, sentAt: UInt64
    ) {
        self.id = id
        isTransactional = channel.isTransactional
        publisher = channel.id
        self.number = number
        self.queues = queues
        self.isPersistent = isPersistent
        self.sentAt = sentAt
        let start = Array("m\(id):".utf8)
        body = start + (0..<max(0, size - start.count)).map { UInt8(truncatingIfNeeded: 97 + ($0 + id) % 26) }
        copies = queues.map { ClusterCopy(of: self, in: $0) }
    }

    func copy(in queue: String) -> ClusterCopy? { copies.first { $0.queue == queue } }

    /// The message's number, of a body that has it.
    static func id(of body: [UInt8]) -> Int? {
        guard body.first == UInt8(ascii: "m"), let end = body.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        return Int(String(decoding: body[1..<end], as: UTF8.self))
    }
}

/// A message in one queue.
final class ClusterCopy {
    unowned let message: ClusterMessage
    let queue: String
    /// The queue was certainly there, and stays, as far as is known.
    var isCertain = false
    var deliveries = 0
    /// When it was delivered as new for the first time.
    var deliveredAsNewAt: UInt64?
    /// And in which life of its queue's home, at most, where it has one.
    var deliveredInLife: Int?
    /// And under which leader, of a mirrored queue.
    var deliveredInReign: ClusterReign?
    /// A client has acknowledged or discarded it, or it was given away for good: it need not be there any more.
    var mayBeGone = false
    /// Since then it must not come any more.
    var goneSince: UInt64?
    var isDrained = false

    init(of message: ClusterMessage, in queue: String) {
        self.message = message
        self.queue = queue
    }

    var name: String { "message \(message.id) in \(queue)" }
}

/// A purge or a deletion: until it is known to be over it may take whatever is in its queue.
final class ClusterLoss {
    let queue: String
    let isDeletion: Bool
    let began: UInt64
    /// Nil while it may still come.
    var ended: UInt64?

    init(_ queue: String, isDeletion: Bool, began: UInt64) {
        self.queue = queue
        self.isDeletion = isDeletion
        self.began = began
    }
}
