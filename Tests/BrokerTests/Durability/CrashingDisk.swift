import AMQP
import Journal
import Testing

@testable import Broker

/// A disk that keeps what was synced, and of the batch under way so much as the test says, when its node crashes.
final class CrashingDisk: Storage {
    private(set) var segments: [UInt64: [UInt8]] = [:]
    private var waiting: (batch: JournalBatch, completed: (StorageError?) -> Void)?
    /// Batches that have become durable.
    private(set) var batches = 0
    /// After so many batches nothing becomes durable any more: the crash.
    var crashAfter = Int.max
    var segmentBytes = 2_000
    /// Memory for messages of nodes that start on it.
    var warmBytes: Int?
    var freeBytes: Int?
    /// Fails the next batch.
    var failure: StorageError?

    var keepsBytes: Bool { true }

    func write(_ batch: JournalBatch, completed: @escaping (StorageError?) -> Void) { waiting = (batch, completed) }
    func remove(segment: UInt64) { if batches < crashAfter { segments[segment] = nil } }

    /// Whether what is read back comes at once, or with `answerReads`.
    var delaysReads = false
    private var reads: [() -> Void] = []
    /// Records and segments read back so far.
    private(set) var readCount = 0

    func fetch(_ fetch: JournalFetch, completed: @escaping () -> Void) {
        read(completed) { [self] in
            readCount += fetch.pieces.count
            fetch.carryOut(
                { [segments] (segment, offset, target) throws(StorageError) in
                    guard let bytes = segments[segment] else {
                        throw StorageError("segment \(segment) is gone of \(segments.keys.sorted())")
                    }
                    let part = bytes.dropFirst(offset).prefix(target.count)
                    target.copyBytes(from: part)
                    return part.count
                }, describe: { StorageError("\($0)") })
        }
    }

    func read(_ contents: SegmentContents, byteCount: Int, completed: @escaping () -> Void) {
        read(completed) { [self] in
            readCount += 1
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
        // What was asked for before the crash is answered by nobody.
        guard batches < crashAfter else { return }
        reads.append {
            work()
            completed()
        }
        if !delaysReads { answerReads() }
    }

    /// Answers what is to be read; returns whether anything was.
    @discardableResult
    func answerReads() -> Bool {
        let answering = reads
        reads = []
        for answer in answering { answer() }
        return !answering.isEmpty
    }

    /// Makes what is under way durable; returns whether anything was.
    func sync() -> Bool {
        guard let (batch, completed) = waiting, batches < crashAfter else { return false }
        waiting = nil
        if let failure {
            completed(failure)
            return true
        }
        land(batch.byteCount, of: batch)
        batches += 1
        completed(nil)
        return true
    }

    private func land(_ count: Int, of batch: JournalBatch) {
        batch.seal()
        segments[batch.segment, default: []] += batch.bytes.prefix(count)
    }

    /// What a start after the crash finds; of the batch under way so many bytes.
    func afterCrash(torn: Int = 0) -> CrashingDisk {
        if let (batch, _) = waiting { land(min(torn, batch.byteCount), of: batch) }
        waiting = nil
        let disk = CrashingDisk()
        disk.segments = segments
        disk.warmBytes = warmBytes
        return disk
    }

    /// The payload of the record at a location, whose size stands in front of it.
    func record(at location: JournalLocation) -> [UInt8]? {
        guard let rest = segments[location.segment]?.dropFirst(location.offset), rest.count >= 8 else { return nil }
        let size = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        return Array(rest.dropFirst(8).prefix(size))
    }

    /// Holds what another disk holds after its crash.
    func restore(_ other: CrashingDisk, torn: Int) {
        segments = other.segments
        if let (batch, _) = other.waiting { land(min(torn, batch.byteCount), of: batch) }
    }

    /// Changes a byte of a segment.
    func damage(_ segment: UInt64, at place: Int) { segments[segment]?[place] ^= 0x10 }

    /// Bytes of all segments.
    var byteCount: Int { segments.values.reduce(0) { $0 + $1.count } }

    /// Bytes of the batch under way.
    var pendingBytes: Int { waiting?.batch.byteCount ?? 0 }

    /// A node that starts on it; `isGone`: there was more.
    func start(
        salvages: Bool = false, isGone: Bool = false, now: Instant = Instant(nanoseconds: 1_000_000_000),
        _ configure: (inout NodeConfiguration) -> Void = { _ in }
    ) throws -> (node: Node, found: RecoverySummary) {
        var configuration = NodeConfiguration(storage: self, seed: 1)
        configuration.segmentBytes = segmentBytes
        configuration.warmBytes = warmBytes
        configure(&configuration)
        let node = Node(configuration, now: now)
        let found = try node.recover { visit throws(StorageError) in
            var reader = JournalReader(salvages: salvages)
            do throws(JournalDamage) {
                var torn: [UInt64: Int] = [:]
                for (segment, bytes) in segments.sorted(by: { $0.key < $1.key }) {
                    let whole = try bytes.withUnsafeBufferPointer { bytes throws(JournalDamage) in
                        try reader.read(segment: segment, UnsafeRawBufferPointer(bytes), visit)
                    }
                    if whole > 0 { torn = [:] }
                    torn[segment] = whole
                }
                var recovered = try reader.finish()
                // order-free: each by itself
                for (segment, whole) in torn { segments[segment]?.removeSubrange(whole...) }
                if isGone { recovered.damage = [.gone] }
                return recovered
            } catch {
                throw StorageError("\(error)")
            }
        }
        return (node, found)
    }
}

extension WireClient {
    /// Ticks and syncs until there is nothing left to do.
    func settle(_ disk: CrashingDisk) {
        for _ in 0..<1_000 {
            tick()
            // What nobody waits for gathers for ten milliseconds.
            _ = node.tick(now: node.now.advanced(milliseconds: 11))
            let hasRead = disk.answerReads()
            guard disk.sync() || hasRead else { break }
        }
        tick()
    }

    /// The bodies of everything that is ready in a queue, as `basic.get` gives them, with whether each had been delivered.
    func drain(_ queue: String, _ channel: UInt16) -> [String] {
        var found: [String] = []
        while true {
            forgetFrames()
            send(BasicGet(queue: queue, noAck: true), channel)
            tick()
            // The message may be on its way to the disk and back.
            while names.isEmpty, let disk = node.configuration.storage as? CrashingDisk, disk.sync() { tick() }
            guard names.first == "basic.get-ok" else { return found }
            found.append(bodies.joined())
        }
    }
}
