import Raft

/// What a member has stored: what is durable, and writes that a crash may lose.
final class Disk {
    struct Write {
        let ticket: UInt64
        let hardState: HardState?
        let firstIndex: UInt64
        let entries: [RaftEntry]
    }

    private(set) var hardState = HardState()
    private(set) var snapshot: SnapshotMark
    /// The bytes of the newest one, and of earlier ones that are kept.
    private(set) var snapshots: [UInt64: [UInt8]] = [:]
    private(set) var entries: [RaftEntry] = []
    private var pending: [Write] = []

    init(_ snapshot: SnapshotMark) { self.snapshot = snapshot }

    var stored: StoredState { StoredState(hardState: hardState, snapshot: snapshot, entries: entries) }

    func append(_ write: Write) { pending.append(write) }

    /// Makes writes durable, in order.
    func sync(through ticket: UInt64) {
        while let write = pending.first, write.ticket <= ticket {
            pending.removeFirst()
            if let state = write.hardState { hardState = state }
            entries.removeAll { $0.index >= write.firstIndex }
            entries += write.entries
        }
    }

    /// Loses what is not durable, but for some of the writes that had reached the disk without a report.
    func crash(surviving count: Int) {
        if count > 0, !pending.isEmpty { sync(through: pending[min(count, pending.count) - 1].ticket) }
        pending = []
    }

    func store(_ mark: SnapshotMark, bytes: [UInt8]) {
        snapshot = mark
        snapshots[mark.position.index] = bytes
    }

    /// The bytes of the newest snapshot.
    var snapshotBytes: [UInt8] { snapshots[snapshot.position.index] ?? [] }

    /// Throws earlier snapshots away.
    func dropSnapshots(unless isNeeded: (UInt64) -> Bool) {
        snapshots = snapshots.filter { isNeeded($0.key) }
    }

    /// Drops entries that a snapshot covers.
    func drop(through index: UInt64) { entries.removeAll { $0.index <= index } }

    /// Whether an entry is durable here, by itself or in a snapshot.
    func has(_ position: LogPosition) -> Bool {
        if snapshot.position.index >= position.index { return true }
        return entries.contains { $0.index == position.index && $0.term == position.term }
    }
}

/// The state machine that a group feeds: a hash over everything applied.
struct Machine: Equatable {
    private(set) var index: UInt64 = 0
    private(set) var hash: UInt64 = 0

    mutating func apply(_ entry: RaftEntry) {
        var next = TraceHash()
        next.add(hash)
        next.add(entry.term)
        next.add(UInt64(entry.kind.rawValue))
        next.add(entry.payload.bytes)
        hash = next.value
        index = entry.index
    }

    /// A snapshot, of some length, so that it takes several pieces.
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        for number in [index, hash, ~index, ~hash] {
            for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: number >> (UInt64(shift) * 8))) }
        }
        return bytes
    }

    init() {}

    /// Reads a snapshot; nil when it is damaged.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        func number(_ place: Int) -> UInt64 {
            (0..<8).reduce(0) { $0 | UInt64(bytes[place * 8 + $1]) << (UInt64($1) * 8) }
        }
        guard number(0) == ~number(2), number(1) == ~number(3) else { return nil }
        index = number(0)
        hash = number(1)
    }
}
