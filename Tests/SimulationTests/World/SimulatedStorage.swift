import Journal

/// Storage whose batches become durable when the simulation says so, and which keeps them as a disk would.
final class SimulatedStorage: Storage {
    private unowned let simulation: Simulation
    private var waiting: (batch: JournalBatch, completed: (StorageError?) -> Void, requestedAt: Int)?
    /// The step of the latest flush request that is known to be durable, with all before it.
    private(set) var durableRequest = -1
    /// What is durable, by segment.
    private(set) var segments: [UInt64: [UInt8]] = [:]
    /// What is to be read, by number, until it is answered.
    private var reads: [Int: () -> Void] = [:]
    private var lastRead = 0

    init(simulation: Simulation) { self.simulation = simulation }

    var keepsBytes: Bool { true }

    func write(_ batch: JournalBatch, completed: @escaping (StorageError?) -> Void) {
        precondition(waiting == nil, "one batch is under way at a time")
        waiting = (batch, completed, simulation.step)
        simulation.trace.say { "flush requested up to \(batch.end.rawValue)" }
        simulation.plan(.flushDone, after: simulation.random.nanoseconds(upToMicroseconds: 20_000))
    }

    func fetch(_ fetch: JournalFetch, completed: @escaping () -> Void) {
        simulation.trace.say { "\(fetch.pieces.count) records asked for" }
        let held = simulation.disk.contents(of: self)
        read(completed) {
            fetch.carryOut(
                { (segment, offset, target) throws(StorageError) in
                    guard let bytes = held[segment] else { throw StorageError("segment \(segment) is gone") }
                    let part = bytes.dropFirst(offset).prefix(target.count)
                    target.copyBytes(from: part)
                    return part.count
                }, describe: { StorageError("\($0)") })
        }
    }

    func read(_ contents: SegmentContents, byteCount: Int, completed: @escaping () -> Void) {
        simulation.trace.say { "segment \(contents.segment) asked for" }
        let held = simulation.disk.contents(of: self)[contents.segment]
        read(completed) {
            contents.carryOut(
                { () throws(StorageError) in
                    guard let held else { throw StorageError("segment \(contents.segment) is gone") }
                    return Array(held.prefix(byteCount))
                }, describe: { StorageError("\($0)") })
        }
    }

    private func read(_ completed: @escaping () -> Void, _ work: @escaping () -> Void) {
        lastRead += 1
        reads[lastRead] = {
            work()
            completed()
        }
        simulation.plan(.readDone(lastRead), after: simulation.random.nanoseconds(upToMicroseconds: 20_000))
    }

    /// Answers what was asked for, unless whoever asked has crashed.
    func answerRead(_ number: Int) {
        guard let answer = reads.removeValue(forKey: number) else { return }
        simulation.trace.say { "read done" }
        answer()
    }

    /// Nobody waits for anything any more: whoever did has crashed.
    func forgetWhoWaits() {
        reads = [:]
        if let (batch, _, requestedAt) = waiting { waiting = (batch, { _ in }, requestedAt) }
    }

    func remove(segment: UInt64) { segments[segment] = nil }

    /// Completes the batch that is under way.
    func completeSome() {
        guard let (batch, completed, requestedAt) = waiting else { return }
        waiting = nil
        durableRequest = max(durableRequest, requestedAt)
        batch.seal()
        segments[batch.segment, default: []] += Array(batch.bytes)
        simulation.trace.say { "flush done up to \(batch.end.rawValue)" }
        completed(nil)
    }
}
