import Broker
import Journal

/// The disk of one life of a node: what was synced, and one batch on its way, which completes when the world says so.
/// After a crash the next life begins on what `afterCrash` leaves.
final class ClusterDisk: Storage {
    private unowned let owner: ClusterNode
    private(set) var segments: [UInt64: [UInt8]]
    private var waiting: (batch: JournalBatch, completed: (StorageError?) -> Void)?
    /// Segments that were removed: a file system may forget that, after a power loss. Oldest first.
    private var removed: [(segment: UInt64, bytes: [UInt8])] = []
    private var reads: [Int: () -> Void] = [:]
    private var lastRead = 0
    /// Its node is gone: nobody is told anything any more.
    private(set) var isDead = false

    /// Removed segments that a power loss may bring back.
    private static let removedMax = 4

    init(of owner: ClusterNode, holding segments: [UInt64: [UInt8]] = [:]) {
        self.owner = owner
        self.segments = segments
    }

    private var world: ClusterWorld { owner.world }

    var keepsBytes: Bool { true }

    func write(_ batch: JournalBatch, completed: @escaping (StorageError?) -> Void) {
        precondition(waiting == nil, "one batch is under way at a time")
        waiting = (batch, completed)
        world.plan(.flushDone(self), after: owner.diskDelay())
    }

    func remove(segment: UInt64) {
        guard let bytes = segments.removeValue(forKey: segment) else { return }
        removed.append((segment, bytes))
        if removed.count > Self.removedMax { removed.removeFirst() }
    }

    func fetch(_ fetch: JournalFetch, completed: @escaping () -> Void) {
        read(completed) { [self] in
            fetch.carryOut(
                { [segments] (segment, offset, target) throws(StorageError) in
                    guard let bytes = segments[segment] else { throw StorageError("segment \(segment) is gone") }
                    let part = bytes.dropFirst(offset).prefix(target.count)
                    target.copyBytes(from: part)
                    return part.count
                }, describe: { StorageError("\($0)") })
        }
    }

    func read(_ contents: SegmentContents, byteCount: Int, completed: @escaping () -> Void) {
        read(completed) { [self] in
            contents.carryOut(
                { [segments] () throws(StorageError) in
                    guard let bytes = segments[contents.segment] else {
                        throw StorageError("segment \(contents.segment) is gone")
                    }
                    return Array(bytes.prefix(byteCount))
                }, describe: { StorageError("\($0)") })
        }
    }

    private func read(_ completed: @escaping () -> Void, _ work: @escaping () -> Void) {
        lastRead += 1
        reads[lastRead] = {
            work()
            completed()
        }
        world.plan(.readDone(self, lastRead), after: owner.diskDelay())
    }

    // MARK: Events

    /// The batch on its way is durable.
    func flushDone() {
        guard !isDead, let (batch, completed) = waiting else { return }
        waiting = nil
        batch.seal()
        segments[batch.segment, default: []] += Array(batch.bytes)
        completed(nil)
    }

    func readDone(_ number: Int) {
        guard !isDead, let answer = reads.removeValue(forKey: number) else { return }
        answer()
    }

    // MARK: Crashes

    /// What the next life finds.
    func afterCrash(_ ending: SurvivingDisk.Ending, _ random: inout SplitMix64) -> ClusterDisk {
        isDead = true
        reads = [:]
        if let (batch, _) = waiting {
            batch.seal()
            let landed = SurvivingDisk.tear(Array(batch.bytes), ending, &random)
            if !landed.isEmpty { segments[batch.segment, default: []] += landed }
        }
        waiting = nil
        if ending == .power, random.chance(50) {
            // Removals reach the disk in their order.
            for (segment, bytes) in removed.suffix(random.below(removed.count + 1)) { segments[segment] = bytes }
        }
        return ClusterDisk(of: owner, holding: segments)
    }

    /// Everything in order, cut where nothing whole follows.
    func recover(_ visit: (JournalRecord) -> Void) throws(StorageError) -> RecoveredJournal {
        var reader = JournalReader()
        do throws(JournalDamage) {
            for (segment, bytes) in segments.sorted(by: { $0.key < $1.key }) {
                let whole = try bytes.withUnsafeBufferPointer { bytes throws(JournalDamage) in
                    try reader.read(segment: segment, UnsafeRawBufferPointer(bytes), visit)
                }
                if whole < bytes.count { segments[segment] = Array(bytes[..<whole]) }
            }
            return try reader.finish()
        } catch {
            throw StorageError("\(error)")
        }
    }
}
