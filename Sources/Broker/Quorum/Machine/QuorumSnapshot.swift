internal import DequeModule

/// The whole state of a quorum queue as bytes: the same state makes the same bytes on every member.
///
/// Numbers are little-endian. The format 4, the limits 40, the log's time 8, the totals 8 each; the number of nodes 4, of
/// each its number 4, incarnation 8, next command 8, floor 8, last transaction 8, the stored answers (their number 4; of each command 8, kind 1 (0: a
/// refused publish), value 8, second 8) and the consumers (their number 4; of each its id 8, next sequence 8, prefetch 4,
/// priority 4, flags 1, size of the tag 1, tag, then the deliveries that it holds: their number 8, of each its sequence 8
/// and the message); the round (number of consumers 4, of each node 4 and id 8); the messages that came back and those
/// that never went (their number 8 each). A message is its size 4, delivery count 4, expiry 8, flags 4, and its bytes as
/// the journal holds them.
enum QuorumSnapshot {
    static let format: UInt32 = 1
    static let entryBytes = 20
    static let originBytes = 44
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
        var writer = QuorumSnapshotWriter()
        _ = writer.write(self, atMost: .max, to: &bytes)
        return bytes
    }

    /// Everything but the ready messages, and how many there are of those that came back.
    fileprivate func appendHead(to bytes: inout [UInt8]) {
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
    }

    private func append(_ origin: QuorumOrigin, to bytes: inout [UInt8]) {
        bytes.appendNumber(origin.node)
        bytes.appendNumber(origin.incarnation)
        bytes.appendNumber(origin.next)
        bytes.appendNumber(origin.floor)
        bytes.appendNumber(origin.lastTransaction)
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

    fileprivate func append(_ entry: QuorumEntry, to bytes: inout [UInt8]) {
        bytes.appendNumber(entry.byteCount)
        bytes.appendNumber(entry.deliveryCount)
        bytes.appendNumber(entry.expiry)
        bytes.appendNumber(entry.flags)
        batches.withBytes(of: entry) { bytes.append(contentsOf: $0) }
    }
}

/// Writes a machine's snapshot part by part; the machine stays as it is meanwhile.
struct QuorumSnapshotWriter {
    private var hasHead = false
    /// Ready messages written so far, those that came back first.
    private var count = 0

    /// Adds so many bytes, or a little more; returns whether that was the rest. What consumers hold is one part: it is no more
    /// than they may.
    mutating func write(_ machine: borrowing QuorumMachine, atMost limit: Int, to bytes: inout [UInt8]) -> Bool {
        if !hasHead {
            // Room for all of it, so that nothing is copied as it grows.
            bytes.reserveCapacity(machine.liveBytes + 1024)
            machine.appendHead(to: &bytes)
            hasHead = true
            if machine.returned.isEmpty { bytes.appendNumber(UInt64(machine.ready.count)) }
        }
        let end = limit < .max - bytes.count ? bytes.count + limit : .max
        let (returned, ready) = (machine.returned.count, machine.ready.count)
        while count < returned + ready, bytes.count < end {
            machine.append(
                count < returned ? machine.returned[count] : machine.ready[count - returned], to: &bytes)
            count += 1
            if count == returned { bytes.appendNumber(UInt64(ready)) }
        }
        return count == returned + ready
    }
}
