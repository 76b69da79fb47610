import AMQP
import Foundation
import Journal
import Testing

@testable import Broker

/// A seed's worth of work on one node: publishes, reads, settlements, purges, deletions and transactions on two durable
/// queues and a transient one, syncs that come now and then, and a crash in the middle of it.
private struct RandomWork {
    /// What is known of one message in one queue.
    struct Message {
        var isConfirmed = false
        /// Somebody ended it: acknowledged, purged, gone with its queue.
        var isEnded = false
        /// And everything up to then was synced.
        var isSurelyEnded = false
    }

    var random: SplitMix64
    let disk = CrashingDisk()
    let node: Node
    let client: WireClient
    var nextBody = 1
    /// By queue and body.
    var messages: [String: [Int: Message]] = ["a": [:], "b": [:]]
    /// Confirms not come yet: the publish's number and its body.
    var unconfirmed: [(number: UInt64, body: Int, queues: [String])] = []
    var publishes: UInt64 = 0
    /// Bodies of commits: all of one or none of it.
    var commits: [[Int]] = []
    var isCommitted: [Bool] = []

    init(seed: UInt64) throws {
        random = SplitMix64(seed: seed)
        disk.segmentBytes = 600
        disk.delaysReads = true
        // Half of the seeds keep nothing in memory that the disk has.
        if seed % 2 == 0 { disk.warmBytes = 0 }
        node = try disk.start().node
        client = try WireClient(node, opening: [1, 2, 3])
        client.send(ExchangeDeclare(exchange: "f", type: "fanout", durable: true), 1)
        for queue in ["a", "b", "t"] {
            client.send(QueueDeclare(queue: queue, durable: queue != "t"), 1)
            client.send(QueueBind(queue: queue, exchange: "f"), 1)
        }
        client.settle(disk)
        client.send(ConfirmSelect(), 1)
        client.send(TxSelect(), 2)
        client.tick()
        client.forgetFrames()
    }

    private mutating func chance(_ percent: UInt64) -> Bool { random.next() % 100 < percent }

    mutating func run(steps: Int) {
        for _ in 0..<steps {
            switch random.next() % 100 {
            case 0..<45: publish()
            case 45..<65: get()
            case 65..<68: purge()
            case 68..<80: commit()
            case 80..<82: syncAll()
            default:
                client.tick()
                if chance(70) { _ = disk.sync() }
                client.tick()
            }
            look()
        }
    }

    private mutating func publish() {
        let body = nextBody
        nextBody += 1
        let toAll = chance(30)
        let queues = toAll ? ["a", "b"] : [chance(50) ? "a" : "b"]
        client.publish("\(body)", to: toAll ? "f" : "", key: queues[0], persistent: true, 1)
        publishes += 1
        unconfirmed.append((publishes, body, queues))
        for queue in queues { messages[queue]?[body] = Message() }
    }

    /// Reads one and decides: ack, back, or held for good.
    private mutating func get() {
        let queue = chance(50) ? "a" : "b"
        look()
        client.send(BasicGet(queue: queue), 3)
        client.tick()
        while !client.names.contains(where: { $0.hasPrefix("basic.get") }) {
            // The message is on its way from the disk, on which other things happen.
            if chance(30) { _ = disk.sync() }
            disk.answerReads()
            client.tick()
        }
        var tag: UInt64?
        for case .method(3, .basicGetOK(let got)) in client.frames { tag = got.deliveryTag }
        guard let tag, let body = client.bodies.last.flatMap({ Int($0) }) else { return look() }
        look()
        switch random.next() % 4 {
        case 0, 1:
            client.send(BasicAck(deliveryTag: tag, multiple: false), 3)
            messages[queue]?[body]?.isEnded = true
        case 2: client.send(BasicReject(deliveryTag: tag, requeue: true), 3)
        default: break
        }
    }

    private mutating func purge() {
        let queue = chance(50) ? "a" : "b"
        client.tick()
        look()
        // What is ready now goes; what is held stays.
        var ready = bodies(readyIn: queue)
        while ready == nil {
            // One has just been written again, and the disk has not got it yet.
            guard disk.sync() else { return }
            client.tick()
            ready = bodies(readyIn: queue)
        }
        look()
        client.send(QueuePurge(queue: queue), 1)
        client.tick()
        for body in ready ?? [] { messages[queue]?[body]?.isEnded = true }
    }

    /// The bodies of what is ready in a queue; nil where one cannot be seen at the moment.
    private func bodies(readyIn queue: String) -> [Int]? {
        guard let queue = node.virtualHosts["/"]?.queues[queue] else { return [] }
        var entries: [QueueEntry] = []
        for place in 0..<queue.ready.count { entries.append(queue.ready[place]) }
        _ = queue.visitReturned(limit: .max) {
            entries.append($0)
            return true
        }
        let bodies = entries.compactMap(number(of:))
        return bodies.count == entries.count ? bodies : nil
    }

    private func number(of entry: QueueEntry) -> Int? {
        guard !entry.isCold else {
            return disk.record(at: entry.location).flatMap {
                Int(String(decoding: $0.suffix(Int(entry.bodyBytes)), as: UTF8.self))
            }
        }
        let bytes = UnsafeRawPointer(node.segments.bytes(of: entry.record))
        let shape = MessageRecord.shape(of: bytes)
        let body = UnsafeRawBufferPointer(start: bytes + shape.bodyOffset, count: shape.bodyBytes)
        return Int(String(decoding: body, as: UTF8.self))
    }

    private mutating func commit() {
        var bodies: [Int] = []
        for _ in 0...(random.next() % 4) {
            client.publish("\(nextBody)", to: "", key: "a", persistent: true, 2)
            client.publish("\(nextBody)", to: "", key: "b", persistent: true, 2)
            for queue in ["a", "b"] { messages[queue]?[nextBody] = Message() }
            bodies.append(nextBody)
            nextBody += 1
        }
        client.send(TxCommit(), 2)
        commits.append(bodies)
        isCommitted.append(false)
    }

    /// Everything that was asked for is done and on the disk.
    private mutating func syncAll() {
        client.settle(disk)
        look()
        for queue in messages.keys.sorted() {
            for body in messages[queue]?.keys.sorted() ?? [] where messages[queue]?[body]?.isEnded == true {
                messages[queue]?[body]?.isSurelyEnded = true
            }
        }
    }

    /// Takes in confirms and commits.
    private mutating func look() {
        for frame in client.frames {
            switch frame {
            case .method(1, .basicAck(let ack)):
                for done in unconfirmed
                where ack.multiple ? done.number <= ack.deliveryTag : done.number == ack.deliveryTag {
                    for queue in done.queues { messages[queue]?[done.body]?.isConfirmed = true }
                }
                unconfirmed.removeAll { ack.multiple ? $0.number <= ack.deliveryTag : $0.number == ack.deliveryTag }
            case .method(2, .txCommitOK):
                guard let next = isCommitted.firstIndex(of: false) else { continue }
                isCommitted[next] = true
                for body in commits[next] {
                    for queue in ["a", "b"] { messages[queue]?[body]?.isConfirmed = true }
                }
            default: break
            }
        }
        client.forgetFrames()
    }

    /// What is wrong with what a start after the crash finds; nil where nothing is.
    mutating func problem() throws -> String? {
        let torn = Int(random.next() % UInt64(disk.pendingBytes + 1))
        let (again, found) = try disk.afterCrash(torn: torn).start()
        if found.unreadable > 0 { return "unreadable records" }
        let reader = try WireClient(again, opening: [1])
        var left: [String: [Int]] = [:]
        for queue in ["a", "b"] {
            let bodies = reader.drain(queue, 1).compactMap { Int($0) }
            left[queue] = bodies
            // Each publisher's in its order; the two know nothing of each other.
            let committed = Set(commits.joined())
            let published = (bodies.filter { !committed.contains($0) }, bodies.filter(committed.contains))
            if published.0 != published.0.sorted() || published.1 != published.1.sorted() {
                return "\(queue): out of order: \(bodies)"
            }
            if Set(bodies).count != bodies.count { return "\(queue): twice: \(bodies)" }
            for body in bodies {
                guard let message = messages[queue]?[body] else { return "\(queue): \(body) was never published" }
                if message.isSurelyEnded { return "\(queue): \(body) had ended and is back" }
            }
            for (body, message) in messages[queue] ?? [:] where message.isConfirmed && !message.isEnded {
                if !bodies.contains(body) { return "\(queue): \(body) was confirmed and is gone" }
            }
        }
        for (place, bodies) in commits.enumerated() {
            // Of those that nobody has touched.
            let open = bodies.flatMap { body in
                ["a", "b"].compactMap { queue in
                    messages[queue]?[body]?.isEnded == false ? left[queue]?.contains(body) : nil
                }
            }
            if Set(open).count > 1 { return "half of commit \(place)" }
        }
        return nil
    }
}

@Test("random work and a crash in the middle of it: nothing confirmed is lost, nothing settled returns, by seed")
private func randomCrashes() throws {
    let environment = ProcessInfo.processInfo.environment
    let only = environment["WARREN_CRASH_SEED"].flatMap { UInt64($0) }
    let count = environment["WARREN_CRASH_SEEDS"].flatMap { UInt64($0) } ?? 500
    for seed in only.map({ $0...$0 }) ?? 1...max(count, 1) {
        var work = try RandomWork(seed: seed)
        work.run(steps: 20 + Int(seed % 90))
        if let problem = try work.problem() { Issue.record("WARREN_CRASH_SEED=\(seed): \(problem)") }
    }
}
