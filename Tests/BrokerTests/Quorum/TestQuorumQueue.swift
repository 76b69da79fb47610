@testable import Broker

/// A quorum queue's machine with nodes that send it commands, for tests: messages are named by their bodies.
final class TestQuorumQueue {
    var machine: QuorumMachine
    var effects = QuorumEffects()
    /// Milliseconds that the leader writes into batches.
    var time: UInt64 = 1000
    /// The log so far.
    private(set) var log: [[UInt8]] = []
    private var next: [UInt32: UInt64] = [:]
    private var incarnations: [UInt32: UInt64] = [:]

    init(_ limits: QuorumLimits = QuorumLimits()) { machine = QuorumMachine(limits: limits) }

    /// A message whose body is text, as the journal would hold it.
    static func message(_ body: String, isChunked: Bool = false) -> [UInt8] {
        let body = Array(body.utf8)
        let key: [UInt8] = [0, 1, 0x71]
        let header: [UInt8] = [0, 0x3C, 0, 0, 0, 0, 0, 0, 0, 0, 0, UInt8(body.count & 0xFF), 0, 0]
        var bytes: [UInt8] = []
        bytes.appendNumber(UInt64(body.count))
        bytes.appendNumber(UInt32(header.count))
        bytes.appendNumber(UInt16(key.count))
        bytes.appendNumber(UInt16(isChunked ? 1 : 0))
        return bytes + key + header + body
    }

    /// The body of a message.
    static func body(_ message: UnsafeRawBufferPointer) -> String {
        guard let shape = MessageRecord.shape(journaled: message) else { return "no message" }
        return String(decoding: message.suffix(shape.bodyBytes), as: UTF8.self)
    }

    /// The effects, as text.
    var deliveries: [String] { effects.deliveries.map(describe) }

    private func describe(_ delivery: QuorumEffects.Delivery) -> String {
        let body = effects.withBytes(of: delivery.message, Self.body)
        let count = delivery.deliveryCount > 0 ? " (\(delivery.deliveryCount))" : ""
        return "\(delivery.node).\(delivery.consumer)#\(delivery.sequence) \(body)\(count)"
    }

    var answers: [String] {
        effects.answers.map { answer in
            let values =
                switch answer.kind {
                case .got: " \(answer.value) \(answer.second)"
                case .purged, .mayDelete, .notEmpty, .inUse: " \(answer.value)"
                case .attached, .inExclusiveUse, .consumerExists, .empty, .forgotten: ""
                }
            return "\(answer.place.node)/\(answer.place.number) \(answer.kind)\(values)"
        }
    }

    var deadLetters: [String] {
        effects.deadLetters.map { "\(effects.withBytes(of: $0.message, Self.body)) \($0.reason)" }
    }
    var refused: [String] {
        effects.confirmed.flatMap { place in machine.refusals(before: place).map { "\(place.node)/\($0)" } }
    }
    var confirmed: [String] { effects.confirmed.map { "\($0.node)/\($0.number)" } }
    var gaps: [String] { effects.gaps.map { "\($0.node)/\($0.number)" } }

    // MARK: State

    // Expectations cannot look into what cannot be copied.
    var readyCount: Int { machine.readyCount }
    var readyBytes: Int { machine.readyBytes }
    var unackedCount: Int { machine.unackedCount }
    var unackedBytes: Int { machine.unackedBytes }
    var consumerCount: Int { machine.consumerCount }
    var hasExclusiveConsumer: Bool { machine.hasExclusiveConsumer }
    var totals: QuorumTotals { machine.totals }
    var nextExpiry: UInt64? { machine.nextExpiry }
    var liveBytes: Int { machine.liveBytes }
    var heldBytes: Int { machine.batches.heldBytes }
    var snapshot: [UInt8] { machine.snapshot() }
    /// The same, put together of slices.
    func snapshot(slices limit: Int) -> [UInt8] {
        var writer = QuorumSnapshotWriter()
        var bytes: [UInt8] = []
        while !writer.write(machine, atMost: limit, to: &bytes) {}
        return bytes
    }
    func consumers(limit: Int = .max) -> [QuorumMachine.ListedConsumer] { machine.consumers(limit: limit) }
    func nextNumber(of node: UInt32, incarnation: UInt64) -> UInt64? {
        machine.nextNumber(of: node, incarnation: incarnation)
    }

    // MARK: Commands

    /// A batch of a node's next commands.
    func batch(of node: UInt32, floor: UInt64 = 1, _ write: (inout QuorumBatch) -> Void) -> [UInt8] {
        let first = next[node] ?? 1
        var batch = QuorumBatch(node: node, incarnation: incarnations[node] ?? 1, first: first, floor: floor)
        write(&batch)
        next[node] = first + UInt64(batch.count)
        return stamped(batch)
    }

    /// The node has started again.
    func restart(_ node: UInt32) {
        incarnations[node, default: 1] += 1
        next[node] = 1
    }

    /// A node sends commands: what they have as effects replaces what was there.
    @discardableResult
    func send(_ node: UInt32 = 1, floor: UInt64 = 1, _ write: (inout QuorumBatch) -> Void) -> [UInt8] {
        let bytes = batch(of: node, floor: floor, write)
        apply(bytes)
        return bytes
    }

    /// The leader proposes something itself.
    func lead(_ write: (inout QuorumBatch) -> Void) {
        var batch = QuorumBatch.ofLeader()
        write(&batch)
        apply(stamped(batch))
    }

    @discardableResult
    func apply(_ batch: [UInt8]) -> Bool {
        effects.removeAll()
        log.append(batch)
        return machine.apply(batch, effects: &effects)
    }

    func tick() { lead { $0.tick() } }

    private func stamped(_ batch: consuming QuorumBatch) -> [UInt8] {
        var bytes = batch.finish()
        _ = QuorumBatch.stampTime(time, in: &bytes)
        return bytes
    }

    /// Makes the machine anew from its snapshot.
    func restore() throws {
        machine = try QuorumMachine(snapshot: machine.snapshot())
    }

    /// Delivers again what a consumer of a node holds.
    func redeliver(_ node: UInt32, _ consumer: UInt64, after sequence: UInt64, limit: Int = .max) -> Bool {
        effects.removeAll()
        return machine.redeliver(
            node: node, incarnation: incarnations[node] ?? 1, consumer: consumer, after: sequence, limit: limit,
            effects: &effects)
    }
}

extension QuorumBatch {
    mutating func enqueue(_ bodies: String..., lifetime: UInt64? = nil) {
        for body in bodies {
            TestQuorumQueue.message(body).withUnsafeBytes {
                enqueue($0, isPersistent: true, lifetime: lifetime)
            }
        }
    }

    mutating func attach(_ consumer: UInt64, prefetch: UInt32 = 0, isExclusive: Bool = false) {
        attach(consumer, tag: "tag\(consumer)".utf8, prefetch: prefetch, isExclusive: isExclusive)
    }
}
