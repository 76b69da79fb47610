/// The books of one queue: which messages its publishers numbered, which of them were confirmed, and which came.
///
/// A confirmed message is lost when it has not come although it should have: a later one of its publisher has come and
/// somebody has listened for ``patience`` since it was confirmed, or somebody has listened for ``drainPatience`` while later
/// ones were confirmed. Time in which nobody listens, or could, does not count. One that comes after all is not lost any
/// more. What was not confirmed may come or not.
///
/// ```swift
/// var audit = DeliveryAudit(publishers: 1)
/// audit.attached(at: 0)
/// let number = audit.published(by: 0)
/// audit.settled(through: number, by: 0, isConfirmed: true, at: 1)
/// audit.received(number, from: 0, isRedelivered: false)
/// ```
///
/// Times are milliseconds on one clock. Memory is bounded: what lies further back than ``DeliveryLedger/entriesMax``
/// messages of a publisher is not judged.
struct DeliveryAudit: Sendable {
    /// How long a gap may stay open while somebody listens, milliseconds.
    static let patience: UInt64 = 5_000
    /// The same where nothing later has come, milliseconds.
    static let drainPatience: UInt64 = 30_000

    /// What has been counted.
    struct Counts: Hashable, Sendable {
        /// Publishes that were confirmed.
        var confirmed = 0
        /// Confirmed messages that should have come and have not.
        var lost = 0
        /// Messages that came more than once without being marked as redelivered.
        var duplicated = 0
        /// Publishes that were refused, or came back because no queue took them.
        var refused = 0
        /// Publishes whose connection ended before their confirm came.
        var unknown = 0

        static func + (left: Counts, right: Counts) -> Counts {
            Counts(
                confirmed: left.confirmed + right.confirmed, lost: left.lost + right.lost,
                duplicated: left.duplicated + right.duplicated, refused: left.refused + right.refused,
                unknown: left.unknown + right.unknown)
        }
    }

    private var ledgers: [DeliveryLedger]
    private var listeners = 0
    private var listenedBefore: UInt64 = 0
    private var listeningSince: UInt64 = 0

    /// Books for so many publishers, which are named by their place.
    init(publishers: Int, ledger: DeliveryLedger = DeliveryLedger()) {
        ledgers = Array(repeating: ledger, count: publishers)
    }

    /// What has been counted so far.
    var counts: Counts { ledgers.reduce(Counts()) { $0 + $1.counts } }

    /// Confirmed messages that have not come and are not given up.
    var awaited: Int { ledgers.reduce(0) { $0 + $1.awaited } }

    // MARK: Publishers

    /// Numbers a message that goes out now; the first is 1.
    mutating func published(by publisher: Int) -> UInt64 { ledgers[publisher].publish() }

    /// The broker has confirmed, or refused, a message.
    mutating func settled(_ number: UInt64, by publisher: Int, isConfirmed: Bool, at now: UInt64) {
        ledgers[publisher].settle(number, isConfirmed ? .confirmed : .refused, at: listened(by: now))
    }

    /// The broker has confirmed, or refused, all messages up to one that it had not said anything of.
    mutating func settled(through number: UInt64, by publisher: Int, isConfirmed: Bool, at now: UInt64) {
        ledgers[publisher].settle(through: number, isConfirmed ? .confirmed : .refused, at: listened(by: now))
    }

    /// A publisher's connection has ended: what it had not been told of is unknown.
    mutating func disconnected(_ publisher: Int) { ledgers[publisher].settle(through: .max, .unknown, at: 0) }

    // MARK: Consumers

    /// Somebody listens, one more than before.
    mutating func attached(at now: UInt64) {
        if listeners == 0 { listeningSince = now }
        listeners += 1
    }

    /// Somebody does so no more.
    mutating func detached(at now: UInt64) {
        guard listeners > 0 else { return }
        if listeners == 1 { listenedBefore = listened(by: now) }
        listeners -= 1
    }

    /// A message came. One that no publisher here has numbered is somebody else's.
    mutating func received(_ number: UInt64, from publisher: Int, isRedelivered: Bool) {
        guard ledgers.indices.contains(publisher) else { return }
        ledgers[publisher].receive(number, isRedelivered: isRedelivered)
    }

    /// A person has deleted the queue: what it had does not come, and is not lost.
    mutating func queueDeleted() {
        for place in ledgers.indices { ledgers[place].excuse() }
    }

    // MARK: Judging

    /// Gives up what should have come by now.
    mutating func look(at now: UInt64) {
        let listened = listened(by: now)
        for place in ledgers.indices {
            ledgers[place].giveUp(
                at: listened, afterGap: Self.patience, afterSilence: listeners > 0 ? Self.drainPatience : .max)
        }
    }

    /// Gives up all that has not come: the end, when everything has been drained.
    mutating func close() {
        for place in ledgers.indices { ledgers[place].giveUp(at: .max, afterGap: 0, afterSilence: 0) }
    }

    /// For how long somebody has listened, altogether.
    private func listened(by now: UInt64) -> UInt64 {
        listeners > 0 ? listenedBefore + now - min(now, listeningSince) : listenedBefore
    }
}
