import AMQP
import Management
import Testing

@testable import Broker

/// Publishers and consumers of mirrored queues on all nodes, which crash, lose their power and each other; the queues hold
/// what was confirmed, and their mirrors hold what their leaders do.
final class RandomMirrors {
    private let cluster: TestCluster
    private var random: SplitMix64
    private let queues = ["m1", "m2"]
    private var publishers: [WireClient?] = [nil, nil, nil]
    /// What each publisher has published since it connected, by number.
    private var published: [[String]] = [[], [], []]
    private var consumers: [WireClient?] = [nil, nil, nil]
    private(set) var confirmed: Set<String> = []
    private(set) var received: Set<String> = []
    /// What was acknowledged so long ago that no failure could undo it.
    private(set) var settled: Set<String> = []
    private var acknowledged: [(name: String, at: UInt64)] = []
    /// Since when all nodes hear each other.
    private var wholeSince: UInt64? = 0
    private(set) var sent = 0
    private(set) var faults = 0

    init(seed: UInt64, _ policy: FieldTable) throws {
        random = SplitMix64(seed: seed)
        cluster = try TestCluster(snapshotEntries: 40)
        try cluster.mirror(policy)
        for (place, name) in queues.enumerated() {
            let owner = try cluster.client(place + 1)
            #expect(cluster.ask(owner, QueueDeclare(queue: name, durable: true)) == "queue.declare-ok")
        }
        try #require(cluster.settle())
        let own = RandomSource(seed: seed &+ 2)
        cluster.latency = { 1 + own.draw(3) }
        cluster.isSyncDue = { own.draw(3) == 0 }
        wholeSince = cluster.time
    }

    /// A source of numbers that closures can share.
    private final class RandomSource {
        private var random: SplitMix64

        init(seed: UInt64) { random = SplitMix64(seed: seed) }

        func draw(_ end: UInt64) -> UInt64 { random.next() % end }
    }

    private func draw(_ end: Int) -> Int { Int(random.next() % UInt64(end)) }

    func run(steps: Int) throws {
        for _ in 0..<steps {
            switch draw(10) {
            case 0..<4: publish()
            case 4..<7: consume()
            case 7: try fault()
            default: break
            }
            cluster.run(draw(10))
            look()
        }
    }

    private func publish() {
        let place = draw(3)
        guard let node = cluster.members[place].node, node.isServing else { return }
        if publishers[place] == nil || publishers[place]?.node !== node || publishers[place]?.closing != nil {
            publishers[place] = try? cluster.client(place + 1)
            published[place] = []
            publishers[place]?.send(ConfirmSelect(), 1)
        }
        for _ in 0..<draw(6) {
            let text = "\(queues[draw(queues.count)]) \(sent)"
            sent += 1
            published[place].append(text)
            publishers[place]?.publish(text, to: "", key: String(text.prefix(2)), persistent: true, 1)
        }
    }

    private func consume() {
        let place = draw(3)
        guard let node = cluster.members[place].node, node.isServing else { return }
        let names = consumers[place]?.names ?? []
        if consumers[place] == nil || consumers[place]?.node !== node || names.contains("channel.close")
            || names.contains("connection.close") || names.contains("basic.cancel")
        {
            consumers[place]?.connection.transportClosed()
            consumers[place] = try? cluster.client(place + 1)
            consumers[place]?.send(BasicQos(prefetchCount: 3), 1)
            for queue in queues { consumers[place]?.send(BasicConsume(queue: queue, consumerTag: queue), 1) }
        }
    }

    /// Takes what came: publishers' answers, and deliveries, some of which are acknowledged and some given back.
    private func look() {
        let due = acknowledged.filter { $0.at + 60 <= cluster.time }
        acknowledged.removeAll { $0.at + 60 <= cluster.time }
        settled.formUnion(due.map(\.name))
        for place in 0..<3 {
            guard let node = cluster.members[place].node else { continue }
            if let publisher = publishers[place], publisher.node === node {
                for number in publisher.confirmed.acks where number <= published[place].count {
                    confirmed.insert(published[place][Int(number) - 1])
                }
            }
            guard let consumer = consumers[place], consumer.node === node else { continue }
            let deliveries = consumer.deliveries
            let bodies = consumer.bodies
            let names = consumer.names
            guard deliveries.count == bodies.count, !names.contains("channel.close") else { continue }
            let isEnding = names.contains("basic.cancel") || names.contains("connection.close")
            for (delivery, body) in zip(deliveries, bodies) {
                #expect(body.hasPrefix(delivery.consumerTag))
                #expect(!settled.contains(body), "\(body) was acknowledged before")
                received.insert(body)
                if draw(3) == 0 {
                    consumer.send(BasicReject(deliveryTag: delivery.deliveryTag, requeue: true), 1)
                } else {
                    consumer.send(BasicAck(deliveryTag: delivery.deliveryTag), 1)
                    let isWhole = wholeSince.map { $0 + 2_500 < cluster.time } ?? false
                    if isWhole, !isEnding { acknowledged.append((body, cluster.time)) }
                }
            }
            if !isEnding { consumer.forgetFrames() }
        }
    }

    private func fault() throws {
        guard draw(5) == 0 else { return }
        faults += 1
        acknowledged = []
        wholeSince = nil
        switch draw(5) {
        case 0, 1:
            let running = cluster.running
            if running.count > 1 { cluster.crash(running[draw(running.count)], torn: draw(200)) }
        case 2:
            let one = draw(3)
            cluster.cut(one + 1, (one + 1) % 3 + 1)
        case 3 where draw(3) == 0:
            // The power goes everywhere.
            for number in cluster.running { cluster.crash(number, torn: draw(200)) }
            try mend()
        default:
            try mend()
        }
    }

    private func mend() throws {
        cluster.heal()
        for number in 1...3 where !cluster.running.contains(number) { try cluster.start(number) }
        wholeSince = cluster.time
    }

    /// Whether a mirror that was not in sync has led.
    var hasLostMessages: Bool {
        cluster.recorders.contains { recorder in
            recorder.reading(from: Instant(nanoseconds: 0), to: cluster.now).events.map(\.event).contains {
                $0.kind == .promoted && $0.text.contains("not in sync")
            }
        }
    }

    /// How often a mirror led.
    var promotions: Int {
        cluster.recorders.reduce(0) { sum, recorder in
            sum
                + recorder.reading(from: Instant(nanoseconds: 0), to: cluster.now).events.map(\.event).count {
                    $0.kind == .promoted
                }
        }
    }

    /// Everything that was confirmed is in its queue or has been received from it.
    func end() throws {
        try mend()
        try #require(cluster.run(20_000) { cluster.members.allSatisfy { $0.node?.isServing == true } })
        try #require(cluster.settle())
        cluster.run(3_000)
        look()
        for place in 0..<3 { consumers[place]?.connection.transportClosed() }
        cluster.run(500)
        for queue in queues { try compare(queue) }
        for queue in queues {
            let leader = try #require(cluster.mirrorLeader(of: queue), "nobody leads \(queue)")
            let reader = try cluster.client(leader % 3 + 1)
            for body in cluster.drain(reader, queue) {
                #expect(!settled.contains(body), "\(body) was acknowledged before")
                received.insert(body)
            }
            #expect(
                cluster.run(5_000) { (try? cluster.inSync(queue, on: leader).count) == 2 }, "\(queue) is in sync again")
            cluster.run(50)
            for number in 1...3 { #expect(try cluster.queue(queue, on: number).readyCount == 0) }
        }
        guard !hasLostMessages else { return }
        for text in confirmed.sorted() { #expect(received.contains(text), "\(text) was lost") }
    }

    /// The mirrors hold what the leader does: those in sync all of it, the others what came since they are there.
    private func compare(_ name: String) throws {
        let leader = try #require(cluster.mirrorLeader(of: name), "nobody leads \(name)")
        let queue = try cluster.queue(name, on: leader)
        #expect(queue.unackedCount == 0)
        let held = try cluster.sequences(name, on: leader)
        for number in 1...3 where number != leader {
            let mirrored = try cluster.sequences(name, on: number)
            if try cluster.inSync(name, on: leader).contains(number) {
                #expect(mirrored == held, "\(name) on \(number)")
            } else {
                #expect(mirrored == held.suffix(mirrored.count), "\(name) on \(number)")
            }
        }
    }
}
