/// A batch of commands for a quorum queue, as it is written where the commands come from: the payload of one entry of the
/// queue's log.
///
///     0   node             4 octets   where it comes from, 0 for the leader itself
///     4   count            4 octets   of commands
///     8   incarnation      8 octets   of that node
///     16  first number     8 octets   of the first command; each has the next number, from 1 in every incarnation
///     24  floor            8 octets   the node has the answers of all commands below
///     32  time             8 octets   milliseconds, written by the leader before it proposes
///     40  commands
///
/// A command is its kind 1, flags 1, a small field 2 and a size 4, then:
///
///     enqueue        size of the message; with the flag `expires` the milliseconds that it lives 8; then the message
///     attach         small: size of the tag; size: prefetch; then consumer 8, priority 4, tag
///     detach, end    consumer 8
///     settle         flags: how; size: number of ranges; consumer 8, then of each range the first sequence 8, count 4
///     get            consumer 8
///     purge, tick    nothing
///     nodeDown       size: node; then incarnation 8
///     deleteIf       nothing
///     transactions   size: of what follows; then of each message what `QuorumLetter` says
///     limit          `QuorumLimits` 40
///
/// Numbers are little-endian. A message lies here as the journal holds it (`MessageRecord`).
struct QuorumBatch {
    static let headerBytes = 40
    static let commandBytes = 8
    static let rangeBytes = 12
    static let timeOffset = 32
    private static let countOffset = 4
    /// Numbers of commands stay below, so that none overflows.
    static let numberLimit: UInt64 = 1 << 62

    /// What a command is, in its first octet.
    enum Kind: UInt8 {
        case enqueue = 1
        case attach, detach, end, settle, get, purge, deleteIf
        /// From the leader itself, and nobody else.
        case nodeDown, tick, limit
        /// Messages of transactions of one node.
        case transactions
    }

    /// The second octet.
    enum Flags {
        static let persistent: UInt8 = 1
        static let expires: UInt8 = 2
        static let exclusive: UInt8 = 1
        static let automaticAck: UInt8 = 2
        static let known: UInt8 = 4
        static let ifUnused: UInt8 = 1
        static let ifEmpty: UInt8 = 2
    }

    private(set) var bytes: [UInt8]
    private(set) var count: UInt32 = 0

    /// Begins a batch of a node's commands.
    init(node: UInt32, incarnation: UInt64, first: UInt64, floor: UInt64, capacity: Int = 0) {
        bytes = []
        bytes.reserveCapacity(Self.headerBytes + capacity)
        bytes.appendNumber(node)
        bytes.appendNumber(UInt32(0))
        bytes.appendNumber(incarnation)
        bytes.appendNumber(first)
        bytes.appendNumber(floor)
        bytes.appendNumber(UInt64(0))
    }

    /// Begins one of the leader's own, which has no numbers.
    static func ofLeader() -> QuorumBatch { QuorumBatch(node: 0, incarnation: 0, first: 1, floor: 1) }

    var isEmpty: Bool { count == 0 }
    /// Bytes so far.
    var byteCount: Int { bytes.count }

    /// The whole, with its time still to be written.
    consuming func finish() -> [UInt8] {
        var whole = bytes
        bytes = []
        whole.withUnsafeMutableBytes {
            $0.storeBytes(of: count.littleEndian, toByteOffset: Self.countOffset, as: UInt32.self)
        }
        return whole
    }

    /// Writes the leader's time into a batch; false where it is too short to be one.
    static func stampTime(_ milliseconds: UInt64, in batch: inout [UInt8]) -> Bool {
        guard batch.count >= headerBytes else { return false }
        batch.withUnsafeMutableBytes {
            $0.storeBytes(of: milliseconds.littleEndian, toByteOffset: timeOffset, as: UInt64.self)
        }
        return true
    }

    // MARK: Commands

    /// Appends a message as the journal would hold it, which lives for so many milliseconds.
    mutating func enqueue(_ message: UnsafeRawBufferPointer, isPersistent: Bool, lifetime: UInt64? = nil) {
        let flags = (isPersistent ? Flags.persistent : 0) | (lifetime == nil ? 0 : Flags.expires)
        begin(.enqueue, flags: flags, size: UInt32(truncatingIfNeeded: message.count))
        if let lifetime { bytes.appendNumber(lifetime) }
        bytes.append(contentsOf: message)
    }

    /// Appends a consumer, whose tag is a short string's bytes and whose prefetch is unlimited with 0.
    mutating func attach(
        _ consumer: UInt64, tag: some Collection<UInt8>, prefetch: UInt32, isExclusive: Bool = false,
        isAutomaticAck: Bool = false, priority: Int32 = 0
    ) {
        let tag = tag.prefix(255)
        let flags = (isExclusive ? Flags.exclusive : 0) | (isAutomaticAck ? Flags.automaticAck : 0)
        begin(.attach, flags: flags, small: UInt16(tag.count), size: prefetch)
        bytes.appendNumber(consumer)
        bytes.appendNumber(priority)
        bytes.append(contentsOf: tag)
    }

    /// A consumer takes no more deliveries and keeps what it holds.
    mutating func detach(_ consumer: UInt64) {
        begin(.detach)
        bytes.appendNumber(consumer)
    }

    /// A consumer is gone.
    mutating func end(_ consumer: UInt64) {
        begin(.end)
        bytes.appendNumber(consumer)
    }

    /// Settles deliveries of a consumer, named by their sequences.
    mutating func settle(_ consumer: UInt64, _ how: QuorumSettlement, _ sequences: ClosedRange<UInt64>) {
        settle(consumer, how, CollectionOfOne(sequences))
    }

    /// Settles deliveries of a consumer, named by ranges of their sequences.
    mutating func settle(
        _ consumer: UInt64, _ how: QuorumSettlement, _ ranges: some Collection<ClosedRange<UInt64>>
    ) {
        begin(.settle, flags: how.rawValue)
        let place = bytes.count - 4
        bytes.appendNumber(consumer)
        var written: UInt32 = 0
        for range in ranges {
            var first = range.lowerBound
            while first <= range.upperBound {
                let count = UInt32(clamping: range.upperBound - first + 1)
                bytes.appendNumber(first)
                bytes.appendNumber(count)
                written += 1
                first += UInt64(count)
            }
        }
        patch(written, at: place)
    }

    /// Takes one message for a consumer that is made for it where there is none, unless it is known already: then it has
    /// gone, and the deliveries that it named are not those that it would name.
    mutating func get(_ consumer: UInt64, isAutomaticAck: Bool, isKnown: Bool = false) {
        begin(.get, flags: (isAutomaticAck ? Flags.automaticAck : 0) | (isKnown ? Flags.known : 0))
        bytes.appendNumber(consumer)
    }

    /// Drops every message that no consumer holds.
    mutating func purge() { begin(.purge) }

    /// Asks whether the queue may be deleted.
    mutating func deleteIf(unused: Bool, empty: Bool) {
        begin(.deleteIf, flags: (unused ? Flags.ifUnused : 0) | (empty ? Flags.ifEmpty : 0))
    }

    /// A node's incarnation, and those before, are gone; from the leader only.
    mutating func nodeDown(_ node: UInt32, incarnation: UInt64) {
        begin(.nodeDown, size: node)
        bytes.appendNumber(incarnation)
    }

    /// Nothing but the time; from the leader only.
    mutating func tick() { begin(.tick) }

    /// The queue has other limits from here on; from the leader only.
    mutating func limit(_ limits: QuorumLimits) {
        begin(.limit)
        limits.append(to: &bytes)
    }

    mutating func append(_ number: some FixedWidthInteger) { bytes.appendNumber(number) }
    mutating func append(_ more: UnsafeRawBufferPointer) { bytes.append(contentsOf: more) }

    /// Writes a number that was not known when its place was.
    mutating func patch(_ number: UInt32, at place: Int) {
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: number.littleEndian, toByteOffset: place, as: UInt32.self) }
    }

    mutating func begin(_ kind: Kind, flags: UInt8 = 0, small: UInt16 = 0, size: UInt32 = 0) {
        count += 1
        let word = UInt64(kind.rawValue) | UInt64(flags) << 8 | UInt64(small) << 16 | UInt64(size) << 32
        bytes.appendNumber(word)
    }
}

/// How deliveries are settled.
enum QuorumSettlement: UInt8 {
    case ack = 0
    /// Back into the queue.
    case requeue = 1
    /// Rejected for good: dropped or dead-lettered.
    case discard = 2
}
