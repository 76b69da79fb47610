internal import AMQP

/// One subscription: deliveries of a queue to a channel, and how many of them may be unacknowledged at once.
final class Consumer {
    let tag: String
    /// The tag as the short string that `basic.deliver` carries.
    let encodedTag: [UInt8]
    unowned let channel: Channel
    unowned let queue: ClassicQueue
    let isAutomaticAck: Bool
    let isExclusive: Bool
    let arguments: FieldTable
    /// Most deliveries unacknowledged at once; 0 means no limit (RabbitMQ, "Consumer Prefetch").
    let prefetch: Int
    @exclusivity(unchecked) var unacked = 0
    /// What a quorum queue calls it.
    var subscription: UInt64 = 0
    /// In the queue's round of consumers that can take a delivery.
    @exclusivity(unchecked) var isInRound = false
    @exclusivity(unchecked) var isCancelled = false
    /// Its places in the lists of its queue and of its channel.
    var queuePosition = 0
    var channelPosition = 0

    init(
        tag: String, channel: Channel, queue: ClassicQueue, isAutomaticAck: Bool, isExclusive: Bool,
        prefetch: Int, arguments: FieldTable
    ) {
        self.tag = tag
        encodedTag = [UInt8(truncatingIfNeeded: tag.utf8.count)] + Array(tag.utf8)
        self.channel = channel
        self.queue = queue
        self.isAutomaticAck = isAutomaticAck
        self.isExclusive = isExclusive
        self.prefetch = prefetch
        self.arguments = arguments
    }

    /// Whether its prefetch limit and its channel's let it hold another delivery. Automatic acks settle at once, so they never fill it.
    @inline(__always)
    var hasCredit: Bool { isAutomaticAck || ((prefetch == 0 || unacked < prefetch) && channel.hasChannelCredit) }
}
