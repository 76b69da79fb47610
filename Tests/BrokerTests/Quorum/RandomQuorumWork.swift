@testable import Broker

/// Three nodes that publish, consume, crash and send again, as a seed says.
struct RandomQuorumWork {
    private var random: SplitMix64
    let limits: QuorumLimits
    private var time: UInt64 = 1000
    private var incarnations: [UInt64] = [1, 1, 1]
    private var next: [UInt64] = [1, 1, 1]
    private var sent: [ModelBatch] = []
    private var bodies = 0
    private var transactions: [UInt64] = [1, 1, 1]

    init(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var limits = QuorumLimits()
        if random.next() % 3 == 0 { limits.maxLength = Int(random.next() % 12) }
        if random.next() % 4 == 0 { limits.maxBytes = Int(random.next() % 60) }
        if random.next() % 2 == 0 { limits.rejectsPublishes = true }
        if random.next() % 3 == 0 { limits.messageTTL = random.next() % 40 }
        if random.next() % 2 == 0 { limits.deliveryLimit = UInt32(random.next() % 4) }
        limits.deadLetters = random.next() % 2 == 0
        self.limits = limits
        self.random = random
    }

    mutating func chance(_ oneIn: UInt64) -> Bool { random.next() % oneIn == 0 }
    mutating func number(_ below: UInt64) -> UInt64 { random.next() % below }

    /// The next entry of the log, which the model applies too.
    mutating func step(_ model: inout QuorumModel) -> [UInt8] {
        time = chance(20) ? time - number(50) : time + number(8)
        let place = Int(number(3))
        let node = UInt32(place + 1)
        switch number(24) {
        case 0:
            return lead(nodeDown: node, incarnation: incarnations[place] - number(2), &model)
        case 1:
            model.tick(time: time)
            return leaders { $0.tick() }
        case 2:
            incarnations[place] += 1
            next[place] = 1
        case 3, 4, 5:
            // Something from before, in whole or in part, with more behind it or less.
            if let old = sent.randomElement(using: &random) { return again(old, &model) }
        default: break
        }
        let commands = (0..<number(6)).map { _ in command(of: place) }
        var batch = ModelBatch(
            node: node, incarnation: incarnations[place], first: next[place],
            floor: max(1, next[place] - min(next[place], number(10))), commands: commands)
        if chance(15) {
            batch.first += 1 + number(3)
        } else {
            next[place] += UInt64(commands.count)
            sent.append(batch)
            if sent.count > 30 { sent.removeFirst() }
        }
        return apply(batch, &model)
    }

    private mutating func again(_ old: ModelBatch, _ model: inout QuorumModel) -> [UInt8] {
        var batch = old
        let cut = Int(number(UInt64(batch.commands.count + 1)))
        if chance(3) {
            batch.first += UInt64(cut)
            batch.commands.removeFirst(cut)
        }
        let place = Int(batch.node - 1)
        let end = batch.first + UInt64(batch.commands.count)
        if chance(3), batch.incarnation == incarnations[place], end == next[place] {
            batch.commands.append(command(of: place))
            next[place] += 1
        }
        return apply(batch, &model)
    }

    private func apply(_ batch: ModelBatch, _ model: inout QuorumModel) -> [UInt8] {
        model.apply(batch, time: time)
        return batch.encoded(time: time)
    }

    private func lead(nodeDown node: UInt32, incarnation: UInt64, _ model: inout QuorumModel) -> [UInt8] {
        model.nodeDown(node, incarnation, time: time)
        return leaders { $0.nodeDown(node, incarnation: incarnation) }
    }

    private func leaders(_ write: (inout QuorumBatch) -> Void) -> [UInt8] {
        var batch = QuorumBatch.ofLeader()
        write(&batch)
        var bytes = batch.finish()
        _ = QuorumBatch.stampTime(time, in: &bytes)
        return bytes
    }

    private mutating func command(of place: Int) -> ModelCommand {
        let consumer = 1 + number(5)
        switch number(22) {
        case 20, 21: return transactions(of: place)
        case 0..<8:
            bodies += 1
            let body = "m\(bodies)" + String(repeating: "x", count: Int(number(8)))
            return .enqueue(body: body, lifetime: chance(4) ? number(50) : nil)
        case 8, 9: return .attach(consumer, prefetch: UInt32(number(5)), isExclusive: chance(8))
        case 10: return .detach(consumer)
        case 11: return chance(2) ? .end(consumer) : .end(10)
        case 12..<17:
            let how = [QuorumSettlement.ack, .ack, .requeue, .discard][Int(number(4))]
            let ranges = (0..<1 + number(3)).map { _ -> ClosedRange<UInt64> in
                let first = 1 + number(40)
                return first...first + (chance(10) ? 1_000_000 : number(6))
            }
            return .settle(chance(5) ? 10 : consumer, how, ranges)
        case 17: return .get(chance(6) ? consumer : 10)
        case 18: return chance(4) ? .purge : .deleteIf(unused: chance(2), empty: chance(2))
        default: return .deleteIf(unused: chance(2), empty: chance(2))
        }
    }

    /// Some transactions, of which some may have come before.
    private mutating func transactions(of place: Int) -> ModelCommand {
        var next = transactions[place]
        if chance(3) { next -= min(next - 1, number(4)) }
        let messages = (0..<number(5)).map { _ -> (transaction: UInt64, body: String) in
            next += number(2)
            bodies += 1
            return (next, "t\(bodies)")
        }
        transactions[place] = max(transactions[place], next + 1)
        return .transactions(messages, lifetime: chance(4) ? number(50) : nil)
    }

    /// The bytes with some of them cut off or changed.
    mutating func damaged(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        switch number(4) {
        case 0: bytes.removeLast(Int(number(UInt64(bytes.count) + 1)))
        case 1: bytes += (0..<1 + number(9)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        default: break
        }
        guard !bytes.isEmpty else { return bytes }
        for _ in 0..<number(4) {
            // Mostly where commands and fields begin, where most is at stake.
            let place = chance(2) ? number(min(64, UInt64(bytes.count))) : number(UInt64(bytes.count))
            bytes[Int(place)] = chance(2) ? 0xFF : UInt8(truncatingIfNeeded: random.next())
        }
        return bytes
    }
}
