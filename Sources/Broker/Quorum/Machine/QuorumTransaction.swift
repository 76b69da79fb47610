/// What precedes a message of a transaction in a command of a quorum queue's log: the number of the transaction 8, the
/// milliseconds that the message lives 8 (all ones for ever), 1 for a persistent one 4, the size of the message 4; then the
/// message.
///
/// One command has whole transactions, in the order of their numbers, which grow with every transaction that a node hands
/// over, its restarts included. The queue remembers the last one of each node and passes over what comes again.
struct QuorumLetter {
    static let headerBytes = 24

    let transaction: UInt64
    let isPersistent: Bool
    let lifetime: UInt64?
    /// Where the message lies in the batch, and how much it is.
    private(set) var offset = 0
    private(set) var byteCount = 0

    /// Behind its last octet.
    var end: Int { offset + byteCount }

    init(transaction: UInt64, isPersistent: Bool, lifetime: UInt64?) {
        self.transaction = transaction
        self.isPersistent = isPersistent
        self.lifetime = lifetime
    }

    /// Reads one at a place in a batch, of which nothing is looked at from `end` on; nil where none fits.
    init?(_ batch: UnsafeRawBufferPointer, at place: Int, before end: Int) {
        guard end <= batch.count, end - place >= Self.headerBytes, let transaction = batch.number(at: place),
            let lifetime = batch.number(at: place + 8), let sizes = batch.number(at: place + 16), transaction > 0,
            transaction < QuorumBatch.numberLimit
        else { return nil }
        self.init(
            transaction: transaction, isPersistent: sizes & 1 != 0, lifetime: lifetime == .max ? nil : lifetime)
        offset = place + Self.headerBytes
        byteCount = Int(sizes >> 32)
        guard end - offset >= byteCount else { return nil }
    }

    func message(_ batch: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: batch[offset..<end])
    }
}

extension QuorumBatch {
    /// Appends transactions, whose messages `body` adds.
    mutating func transactions(_ body: (inout QuorumBatch) -> Void) {
        begin(.transactions)
        let start = bytes.count
        body(&self)
        let size = UInt32(truncatingIfNeeded: bytes.count - start)
        patch(size, at: start - 4)
    }

    /// Adds a message, as the journal would hold it.
    mutating func add(_ letter: QuorumLetter, _ message: UnsafeRawBufferPointer) {
        append(letter.transaction)
        append(letter.lifetime ?? .max)
        append(UInt32(letter.isPersistent ? 1 : 0))
        append(UInt32(truncatingIfNeeded: message.count))
        append(message)
    }
}

extension QuorumCommand {
    /// Whether it has nothing but messages that are some, of transactions in order.
    func hasPlausibleLetters(_ batch: UnsafeRawBufferPointer) -> Bool {
        var place = offset
        var last: UInt64 = 0
        while place < end {
            guard let letter = QuorumLetter(batch, at: place, before: end), letter.transaction >= last,
                let shape = MessageRecord.shape(journaled: letter.message(batch)), !shape.isChunked
            else { return false }
            last = letter.transaction
            place = letter.end
        }
        return true
    }
}

extension QuorumMachine {
    /// Takes the messages of transactions that have not been applied yet. They were committed elsewhere: none is refused,
    /// as many of the oldest go instead.
    mutating func enqueueTransactions(
        _ command: QuorumCommand, _ bytes: UnsafeRawBufferPointer, of origin: QuorumOrigin, slot: UInt32,
        effects: inout QuorumEffects
    ) {
        let applied = origin.lastTransaction
        var place = command.offset
        var added = 0
        while place < command.end, let letter = QuorumLetter(bytes, at: place, before: command.end) {
            place = letter.end
            guard letter.transaction > applied else { continue }
            origin.lastTransaction = letter.transaction
            let bodyBytes = UInt32(
                truncatingIfNeeded: bytes.loadUnaligned(fromByteOffset: letter.offset, as: UInt64.self))
            batches.retain(slot)
            ready.append(
                QuorumEntry(
                    batch: slot, offset: UInt32(truncatingIfNeeded: letter.offset),
                    byteCount: UInt32(truncatingIfNeeded: letter.byteCount), bodyBytes: bodyBytes,
                    expiry: expiry(lifetime: letter.lifetime), flags: letter.isPersistent ? QuorumEntry.persistent : 0))
            readyBytes &+= Int(bodyBytes)
            messageBytes &+= letter.byteCount
            totals.enqueued &+= 1
            added += 1
        }
        guard limits.rejectsPublishes else { return }
        serve(effects: &effects)
        dropOverLength(atMost: added, effects: &effects)
    }
}
