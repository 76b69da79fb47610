internal import Journal

/// What stands, on this node, for the contents of a queue that are not in the `ClassicQueue` object itself: on another
/// node, or on several. The object keeps the name, the bindings, and the consumers of this node's clients; whatever
/// concerns messages goes here.
///
/// All of it is called on the node's loop and calls nothing back before it returns. What is answered later is answered by
/// `Node.answer`, what is confirmed later by `Confirms.settle` on the channel, deliveries come by `Channel.deliver`.
protocol DistantQueue: AnyObject {
    /// Queues with the same home are given a message together, once; nil for one that is always given it alone.
    var home: UInt32? { get }

    /// The queue's ready messages, as far as was last heard: what `basic.get-ok` says.
    var readyCount: Int { get }

    /// Whether so much of what a connection has published is still on its way that it is not read for now; if so, the
    /// connection is read again when there is room.
    func mustWait(_ connection: Connection) -> Bool

    /// Takes a message for these queues, of which this is the first. One that retains the record releases it. A number is
    /// that of a publish of the channel which waits for one event more: it is settled when the message is safe or refused.
    /// Without a channel it is the node that publishes, and there is no number. Returns whether the message was taken at
    /// all. What a transaction publishes does not come here: see `TransactionOutbox`.
    @discardableResult
    func publish(_ message: DistantMessage, to queues: [ClassicQueue], from channel: Channel?, number: UInt64?) -> Bool

    /// Carries out a request about the queue (declare passively, delete, purge, consume, get), now or later.
    func carryOut(_ request: Request, from origin: Origin) throws(ProtocolException) -> Answer?

    /// A client has settled a delivery; its record is released by whoever calls. Returns whether that has any effect: it
    /// has none where the queue has forgotten the delivery.
    @discardableResult
    func settle(_ delivery: UnackedDelivery, _ settlement: Settlement, on channel: Channel) -> Bool

    /// A client has cancelled its consumer. Returns whether it must wait for an answer until nothing more can come.
    func cancel(_ consumer: Consumer) -> Bool

    /// A consumer has been taken out of service, whatever the reason.
    func stopped(_ consumer: Consumer)

    /// A consumer can take deliveries again, after its credit or its connection's room came back.
    func resume(_ consumer: Consumer)

    /// Commits what a channel's transaction has settled here. Returns whether the end of it is reported
    /// later, by `TransactionEnd.distantEnded`.
    func commit(_ end: TransactionEnd, of channel: Channel) -> Bool

    /// The queue has been deleted from the metadata.
    func deleted()
}

/// Who waits until a part of a transaction has been committed elsewhere.
protocol CommitWaiter: AnyObject {
    /// It has been committed, or is not known to have been.
    func distantEnded(isDone: Bool, in node: Node)
}

/// A message on its way to queues whose contents are elsewhere.
struct DistantMessage {
    let record: RecordPosition
    let deliveryMode: UInt8
    let bodyBytes: Int
    /// Milliseconds to live, if any; the content header says it too.
    let lifetime: UInt64?
}

extension [ClassicQueue] {
    /// Those whose contents are elsewhere, in groups that are given a message together.
    var distantGroups: [(first: any DistantQueue, queues: [ClassicQueue])] {
        var groups: [(first: any DistantQueue, queues: [ClassicQueue])] = []
        for queue in self {
            guard let distant = queue.distant else { continue }
            if let home = distant.home,
                let place = groups.firstIndex(where: {
                    $0.first.home == home && $0.queues.count < Limits.relayQueues
                })
            {
                groups[place].queues.append(queue)
            } else {
                groups.append((distant, [queue]))
            }
        }
        return groups
    }
}
