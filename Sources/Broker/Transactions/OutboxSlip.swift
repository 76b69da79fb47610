internal import Journal

/// What goes with the messages of one transaction to one participant: which messages of the outbox they are, and where
/// each of them is for. It counts as soon as it is written down, and the transaction with it.
///
/// For each message its sequence in the outbox 8, the milliseconds that it lives 8 (all ones for ever), 1 for a persistent
/// one 4, how many queues it is for 4, then their ids 8 each: none where the participant is one queue. Numbers are
/// little-endian.
struct OutboxSlip {
    /// One message.
    struct Letter: Hashable {
        let sequence: UInt64
        let lifetime: UInt64?
        let isPersistent: Bool
        let targets: [UInt64]
    }

    /// What every message takes, and each of its queues.
    static let letterBytes = 24
    static let queueBytes = 8

    private(set) var bytes: [UInt8] = []

    mutating func add(_ letter: Letter) {
        bytes.appendNumber(letter.sequence)
        bytes.appendNumber(letter.lifetime ?? .max)
        bytes.appendNumber(UInt32(letter.isPersistent ? 1 : 0))
        bytes.appendNumber(UInt32(clamping: letter.targets.count))
        for target in letter.targets { bytes.appendNumber(target) }
    }

    /// The messages that bytes name, in order; nil where they make no sense.
    static func letters(_ bytes: UnsafeRawBufferPointer) -> [Letter]? {
        var letters: [Letter] = []
        var place = 0
        while place < bytes.count {
            guard let sequence = bytes.number(at: place), let lifetime = bytes.number(at: place + 8),
                let sizes = bytes.number(at: place + 16)
            else { return nil }
            place += letterBytes
            let count = Int(sizes >> 32)
            guard (bytes.count - place) / queueBytes >= count else { return nil }
            // All of them are there.
            let targets = (0..<count).compactMap { bytes.number(at: place + $0 * queueBytes) }
            place += count * queueBytes
            letters.append(
                Letter(
                    sequence: sequence, lifetime: lifetime == .max ? nil : lifetime, isPersistent: sizes & 1 != 0,
                    targets: targets))
        }
        return letters
    }
}
