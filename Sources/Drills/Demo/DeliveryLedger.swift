internal import NIOCore

/// The messages of one publisher to one queue, from the oldest that is not done with: see ``DeliveryAudit``.
struct DeliveryLedger: Sendable {
    /// Most messages that are followed at a time; older ones are not judged.
    var entriesMax = 65_536
    /// Most messages that are remembered because they did not come and still may.
    var straysMax = 4_096

    /// What the broker said of a message.
    enum Word: UInt8 { case none, confirmed, refused, unknown }

    private struct Entry {
        var word = Word.none
        var hasCome = false
        /// For how long somebody had listened when it was confirmed, milliseconds.
        var since: UInt64 = 0
    }

    private(set) var counts = DeliveryAudit.Counts()
    private var entries = CircularBuffer<Entry>()
    /// The number of the first entry.
    private var first: UInt64 = 1
    /// All before it have been spoken of.
    private var firstOpen: UInt64 = 1
    private var latestCame: UInt64 = 0
    private var latestConfirmed: UInt64 = 0
    /// Messages before the first entry that had not come, ascending: whether each has since, and whether it counts as lost.
    private var strays = CircularBuffer<(number: UInt64, hasCome: Bool, isLost: Bool)>()
    /// Of messages up to here nothing is known any more.
    private var forgotten: UInt64 = 0

    private var next: UInt64 { first + UInt64(entries.count) }

    /// Confirmed messages that have not come and are not given up.
    private(set) var awaited = 0

    mutating func publish() -> UInt64 {
        if entries.count == entriesMax { forget() }
        entries.append(Entry())
        return next - 1
    }

    /// The oldest is not judged any more.
    private mutating func forget() {
        let oldest = entries.removeFirst()
        if oldest.word == .confirmed, !oldest.hasCome { awaited -= 1 }
        forgotten = first
        first += 1
        firstOpen = max(firstOpen, first)
        strays.removeAll()
    }

    mutating func settle(_ number: UInt64, _ word: Word, at listened: UInt64) {
        guard number >= first, number < next else { return }
        let place = Int(number - first)
        guard entries[offset: place].word == .none else { return }
        entries[offset: place].word = word
        entries[offset: place].since = listened
        switch word {
        case .confirmed:
            counts.confirmed += 1
            if !entries[offset: place].hasCome { awaited += 1 }
            latestConfirmed = max(latestConfirmed, number)
        case .refused: counts.refused += 1
        case .unknown: counts.unknown += 1
        case .none: break
        }
        if place == 0 { advance() }
    }

    mutating func settle(through number: UInt64, _ word: Word, at listened: UInt64) {
        while firstOpen < next, firstOpen <= number {
            let open = firstOpen
            firstOpen += 1
            settle(open, word, at: listened)
        }
    }

    mutating func receive(_ number: UInt64, isRedelivered: Bool) {
        guard number < next, number > 0 else { return }
        guard number >= first else { return receiveLate(number, isRedelivered: isRedelivered) }
        latestCame = max(latestCame, number)
        let place = Int(number - first)
        if entries[offset: place].hasCome {
            if !isRedelivered { counts.duplicated += 1 }
            return
        }
        entries[offset: place].hasCome = true
        if entries[offset: place].word == .confirmed { awaited -= 1 }
        if place == 0 { advance() }
    }

    private mutating func receiveLate(_ number: UInt64, isRedelivered: Bool) {
        // Very many come late when a queue is back after a while, and each is looked for.
        var (low, high) = (0, strays.count)
        while low < high {
            let middle = (low + high) / 2
            if strays[offset: middle].number < number { low = middle + 1 } else { high = middle }
        }
        if low < strays.count, strays[offset: low].number == number, !strays[offset: low].hasCome {
            if strays[offset: low].isLost { counts.lost -= 1 }
            strays[offset: low] = (number, hasCome: true, isLost: false)
            while strays.first?.hasCome == true { strays.removeFirst() }
        } else if number > forgotten, !isRedelivered {
            counts.duplicated += 1
        }
    }

    /// Puts away from the front what is done with.
    private mutating func advance() {
        while let entry = entries.first, entry.word != .none, entry.hasCome || entry.word != .confirmed {
            putAway(isLost: false)
        }
    }

    private mutating func putAway(isLost: Bool) {
        if !entries.removeFirst().hasCome {
            strays.append((number: first, hasCome: false, isLost: isLost))
            if strays.count > straysMax { forgotten = max(forgotten, strays.removeFirst().number) }
        }
        first += 1
        firstOpen = max(firstOpen, first)
    }

    /// Gives up confirmed messages that have not come: those that are followed by some that did, after a time of
    /// listening, the others after a longer one.
    mutating func giveUp(at listened: UInt64, afterGap: UInt64, afterSilence: UInt64) {
        while let entry = entries.first, entry.word == .confirmed, !entry.hasCome {
            let waited = listened - min(listened, entry.since)
            let isOverdue =
                waited >= afterGap && latestCame > first
                || waited >= afterSilence && (latestConfirmed > first || afterSilence == 0)
            guard isOverdue else { return }
            counts.lost += 1
            awaited -= 1
            putAway(isLost: true)
            advance()
        }
    }

    /// Nothing that has not come is expected any more.
    mutating func excuse() {
        for place in 0..<entries.count where entries[offset: place].word == .confirmed {
            if !entries[offset: place].hasCome { awaited -= 1 }
            entries[offset: place].word = .unknown
        }
        advance()
    }
}
