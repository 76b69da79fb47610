internal import DequeModule

/// The whole state of a quorum queue as bytes: the same state makes the same bytes on every member.
///
/// Numbers are little-endian. The format 4, the limits 40, the log's time 8, the totals 8 each; the number of nodes 4, of each its
/// number 4, incarnation 8, next command 8, floor 8, the stored answers (their number 4; of each command 8, kind 1 (0: a
/// refused publish), value 8, second 8) and the consumers (their number 4; of each its id 8, next sequence 8, prefetch 4,
/// priority 4, flags 1, size of the tag 1, tag, then the deliveries that it holds: their number 8, of each its sequence 8
/// and the message); the round (number of consumers 4, of each node 4 and id 8); the messages that came back and those
/// that never went (their number 8 each). A message is its size 4, delivery count 4, expiry 8, flags 4, and its bytes as
/// the journal holds them.
enum QuorumSnapshot {
    static let format: UInt32 = 2
    /// The same without limits, which were those of the declaration.
    static let formatWithoutLimits: UInt32 = 1
    static let entryBytes = 20
    static let originBytes = 36
    static let answerBytes = 25
    static let consumerBytes = 48
    /// Restored messages lie together in pieces of about this size.
    static let pieceBytes = 65_536

    enum ConsumerFlags {
        static let exclusive: UInt8 = 1
        static let automaticAck: UInt8 = 2
        static let forGets: UInt8 = 4
        static let cancelled: UInt8 = 8
    }
}

/// Why bytes are no snapshot.
struct QuorumSnapshotError: Error, Hashable {
    let what: String
}

extension QuorumMachine {
    /// The whole state.
    func snapshot() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(liveBytes + 1024)
        bytes.appendNumber(QuorumSnapshot.format)
        limits.append(to: &bytes)
        bytes.appendNumber(now)
        for field in QuorumTotals.fields { bytes.appendNumber(totals[keyPath: field]) }
        bytes.appendNumber(UInt32(origins.count))
        for origin in origins { append(origin, to: &bytes) }
        bytes.appendNumber(UInt32(round.count - cancelledInRound))
        for consumer in round where !consumer.isCancelled {
            bytes.appendNumber(consumer.node)
            bytes.appendNumber(consumer.id)
        }
        bytes.appendNumber(UInt64(returned.count))
        for place in 0..<returned.count { append(returned[place], to: &bytes) }
        bytes.appendNumber(UInt64(ready.count))
        for place in 0..<ready.count { append(ready[place], to: &bytes) }
        return bytes
    }

    private func append(_ origin: QuorumOrigin, to bytes: inout [UInt8]) {
        bytes.appendNumber(origin.node)
        bytes.appendNumber(origin.incarnation)
        bytes.appendNumber(origin.next)
        bytes.appendNumber(origin.floor)
        bytes.appendNumber(UInt32(origin.stored.count))
        for answer in origin.stored {
            bytes.appendNumber(answer.number)
            bytes.append(answer.kind?.rawValue ?? 0)
            bytes.appendNumber(answer.value)
            bytes.appendNumber(answer.second)
        }
        bytes.appendNumber(UInt32(origin.consumers.count))
        // order-free: an array
        for consumer in origin.consumers { append(consumer, to: &bytes) }
    }

    private func append(_ consumer: QuorumConsumer, to bytes: inout [UInt8]) {
        typealias Flags = QuorumSnapshot.ConsumerFlags
        bytes.appendNumber(consumer.id)
        bytes.appendNumber(consumer.nextSequence)
        bytes.appendNumber(consumer.prefetch)
        bytes.appendNumber(consumer.priority)
        bytes.append(
            (consumer.isExclusive ? Flags.exclusive : 0) | (consumer.isAutomaticAck ? Flags.automaticAck : 0)
                | (consumer.isForGets ? Flags.forGets : 0) | (consumer.isCancelled ? Flags.cancelled : 0))
        bytes.append(UInt8(truncatingIfNeeded: consumer.tag.count))
        bytes.append(contentsOf: consumer.tag)
        bytes.appendNumber(UInt64(consumer.held.count))
        var next: UInt64 = 0
        while let held = consumer.held.first(from: next) {
            bytes.appendNumber(held.sequence)
            append(held.entry, to: &bytes)
            next = held.sequence + 1
        }
    }

    private func append(_ entry: QuorumEntry, to bytes: inout [UInt8]) {
        bytes.appendNumber(entry.byteCount)
        bytes.appendNumber(entry.deliveryCount)
        bytes.appendNumber(entry.expiry)
        bytes.appendNumber(entry.flags)
        batches.withBytes(of: entry) { bytes.append(contentsOf: $0) }
    }
}
