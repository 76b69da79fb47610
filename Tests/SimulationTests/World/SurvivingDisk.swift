import Broker
import Journal

/// What the disk holds after a crash. `SimulatedStorage` has what was handed over; this says how much of it was there.
final class SurvivingDisk {
    /// How the node ended, with what becomes of the batch under way.
    enum Ending {
        /// The process ends: the batch may have been written, or a part of it.
        case process
        /// The power fails: of the batch under way any sectors may be there, and files whose removal was not synced are
        /// back.
        case power
    }

    /// Sectors are written whole or not at all.
    static let sectorBytes = 512

    /// Segments of which less is there than was handed over.
    private var survived: [UInt64: [UInt8]] = [:]
    /// Segments that the present node has removed, oldest first; only where they are small.
    private var removed: [(segment: UInt64, bytes: [UInt8])] = []
    private let keepsRemoved: Bool

    init(keepsRemoved: Bool) { self.keepsRemoved = keepsRemoved }

    /// Every segment that there is, by number.
    func contents(of storage: SimulatedStorage) -> [UInt64: [UInt8]] {
        storage.segments.merging(survived) { $1 }
    }

    /// Keeps what goes while something is done: a file system may forget that it was removed.
    func keepRemoved<Result>(from storage: SimulatedStorage, _ work: () -> Result) -> Result {
        guard keepsRemoved else { return work() }
        let before = storage.segments
        let result = work()
        for segment in before.keys.sorted() where storage.segments[segment] == nil {
            removed.append((segment, survived[segment] ?? before[segment] ?? []))
        }
        return result
    }

    /// Ends the batch under way and decides what is there at the next start, where `live` are the segments that the node
    /// had. Returns whether a part of the batch is.
    func crash(
        _ ending: Ending, _ storage: SimulatedStorage, live: [UInt64], losesSyncedBatch: Bool,
        _ random: inout SplitMix64
    ) -> Bool {
        let before = storage.segments
        storage.completeSome()
        for segment in survived.keys.sorted() where !live.contains(segment) {
            let bytes = survived.removeValue(forKey: segment) ?? []
            if keepsRemoved, !removed.contains(where: { $0.segment == segment }) { removed.append((segment, bytes)) }
        }
        var isTorn = false
        for segment in storage.segments.keys.sorted() {
            let (old, new) = (before[segment]?.count ?? 0, storage.segments[segment] ?? [])
            guard new.count > old else { continue }
            let landed = Self.tear(Array(new[old...]), ending, &random)
            isTorn = !landed.isEmpty && landed.count < new.count - old
            survived[segment] = new[..<old] + landed
        }
        if ending == .power, random.chance(50) {
            // Removals reach the disk in their order.
            removed.sort { $0.segment < $1.segment }
            for (segment, bytes) in removed.suffix(random.below(removed.count + 1)) { survived[segment] = bytes }
        }
        removed.removeAll()
        if losesSyncedBatch, let last = before.keys.max(), let bytes = before[last] {
            for segment in storage.segments.keys.sorted() where segment > last { survived[segment] = [] }
            survived[last] = Array(bytes[..<Self.lastBatch(in: bytes)])
        }
        return isTorn
    }

    /// How much of a batch under way has landed.
    static func tear(_ batch: [UInt8], _ ending: Ending, _ random: inout SplitMix64) -> [UInt8] {
        switch random.below(10) {
        case 0..<3: return []
        case 3..<5: return batch
        case 5..<8: return Array(batch.prefix(random.below(batch.count)))
        default:
            guard ending == .power else { return [] }
            // Where nothing was written there are the zeros with which the file was made.
            var landed = batch
            for start in stride(from: 0, to: batch.count, by: sectorBytes) where random.chance(40) {
                for place in start..<min(start + sectorBytes, batch.count) { landed[place] = 0 }
            }
            return landed
        }
    }

    /// The segments that a start finds, in order, cut where reading them says that nothing whole follows.
    func read(
        _ storage: SimulatedStorage, _ visit: (JournalRecord) -> Void
    ) throws(StorageError) -> RecoveredJournal {
        var reader = JournalReader()
        do throws(JournalDamage) {
            for segment in Set(storage.segments.keys).union(survived.keys).sorted() {
                let bytes = survived[segment] ?? storage.segments[segment] ?? []
                let whole = try bytes.withUnsafeBufferPointer { bytes throws(JournalDamage) in
                    try reader.read(segment: segment, UnsafeRawBufferPointer(bytes), visit)
                }
                if whole < bytes.count { survived[segment] = Array(bytes[..<whole]) }
            }
            return try reader.finish()
        } catch {
            throw StorageError("\(error)")
        }
    }

    /// Where the last batch of a segment begins: each says how long it is.
    private static func lastBatch(in bytes: [UInt8]) -> Int {
        var start = 0
        while start + 12 <= bytes.count {
            let size = (0..<4).reduce(0) { $0 | Int(bytes[start + 8 + $1]) << ($1 * 8) }
            guard size > 0, start + size < bytes.count else { break }
            start += size
        }
        return start
    }
}

/// Mistakes that the simulated world makes on purpose, so that a test can show that its checks would notice the same from
/// the node.
enum WorldFault {
    /// A power loss takes the last batch with it although that was synced.
    case losesSyncedBatch
    /// A binding of a topic exchange takes more than the checker believes.
    case wideTopicBinding
    /// A queue that limits its length is declared without its limit.
    case forgottenLimit
    /// A queue keeps its messages for a shorter time than the checker believes.
    case shortLifetime
}
