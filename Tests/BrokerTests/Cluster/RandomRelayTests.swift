import AMQP
import Foundation
import Testing

@testable import Broker

/// Clients on all nodes that publish to queues of all nodes and consume from them, while nodes crash and links are cut;
/// what they were told must be true.
private final class RandomRelays {
    let cluster: TestCluster
    private var random: SplitMix64
    private var publishers: [WireClient?] = [nil, nil, nil]
    private var consumers: [WireClient?] = [nil, nil, nil]
    /// What each publisher has published since it connected, by number, and how many answers have been looked at.
    private var published: [[String]] = [[], [], []]
    private(set) var sent = 0
    private(set) var confirmed: Set<String> = []
    /// Messages whose acknowledgement was taken: nothing was wrong when it was sent, nor for a while afterwards.
    private(set) var settled: Set<String> = []
    private var acknowledged: [(name: String, at: UInt64)] = []
    /// Since when nothing is wrong, if nothing is.
    private var wholeSince: UInt64? = 0
    private(set) var received: Set<String> = []
    private(set) var faults = 0

    init(seed: UInt64) throws {
        random = SplitMix64(seed: seed)
        cluster = try TestCluster()
        for number in 1...3 {
            let client = try cluster.client(number)
            try #require(cluster.ask(client, QueueDeclare(queue: "q\(number)", durable: true)) == "queue.declare-ok")
            let bind = QueueBind(queue: "q\(number)", exchange: "amq.fanout")
            try #require(cluster.ask(client, bind) == "queue.bind-ok")
            client.connection.transportClosed()
        }
        try #require(cluster.settle())
    }

    private func draw(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }

    func run(steps: Int) throws {
        for _ in 0..<steps {
            switch draw(10) {
            case 0..<4: publish()
            case 4..<7: consume()
            case 7: try fault()
            default: break
            }
            cluster.run(draw(8))
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
            let isForAll = draw(4) == 0
            let text = isForAll ? "all \(sent)" : "q\(draw(3) + 1) \(sent)"
            sent += 1
            published[place].append(text)
            publishers[place]?.publish(
                text, to: isForAll ? "amq.fanout" : "", key: isForAll ? "" : String(text.prefix(2)), persistent: true, 1
            )
        }
    }

    private func consume() {
        let place = draw(3)
        guard let node = cluster.members[place].node, node.isServing else { return }
        let names = consumers[place]?.names ?? []
        if consumers[place] == nil || consumers[place]?.node !== node || names.contains("channel.close")
            || names.contains("basic.cancel")
        {
            consumers[place]?.connection.transportClosed()
            consumers[place] = try? cluster.client(place + 1)
            consumers[place]?.send(BasicQos(prefetchCount: 5), 1)
            for number in 1...3 {
                consumers[place]?.send(BasicConsume(queue: "q\(number)", consumerTag: "\(number)"), 1)
            }
        }
    }

    /// Takes what came: publishers' answers, and deliveries, some of which are acknowledged and some given back.
    private func look() {
        let due = acknowledged.filter { $0.at + 20 <= cluster.time }
        acknowledged.removeAll { $0.at + 20 <= cluster.time }
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
            guard deliveries.count == bodies.count, !consumer.names.contains("channel.close") else { continue }
            let isEnding = consumer.names.contains("basic.cancel")
            for (delivery, body) in zip(deliveries, bodies) {
                let name = "\(body) in q\(delivery.consumerTag)"
                #expect(!settled.contains(name), "\(name) was acknowledged before")
                received.insert(name)
                if draw(3) == 0 {
                    consumer.send(BasicReject(deliveryTag: delivery.deliveryTag, requeue: true), 1)
                } else {
                    consumer.send(BasicAck(deliveryTag: delivery.deliveryTag), 1)
                    let isWhole = wholeSince.map { $0 + 100 < cluster.time } ?? false
                    if isWhole, !isEnding { acknowledged.append((name, cluster.time)) }
                }
            }
            if !isEnding { consumer.forgetFrames() }
        }
    }

    private func fault() throws {
        guard draw(4) == 0 else { return }
        faults += 1
        acknowledged = []
        wholeSince = nil
        switch draw(3) {
        case 0 where cluster.running.count == 3:
            cluster.crash(draw(3) + 1, torn: draw(200))
        case 1:
            let one = draw(3)
            cluster.cut(one + 1, (one + 1) % 3 + 1)
        default:
            try mend()
        }
    }

    private func mend() throws {
        cluster.heal()
        for number in 1...3 where !cluster.running.contains(number) { try cluster.start(number) }
        wholeSince = cluster.time
    }

    /// Everything that was confirmed is in its queues or has been received from them.
    func end() throws {
        try mend()
        try #require(cluster.run(20_000) { cluster.members.allSatisfy { $0.node?.isServing == true } })
        try #require(cluster.settle())
        cluster.run(1_000)
        look()
        for place in 0..<3 { consumers[place]?.connection.transportClosed() }
        cluster.run(500)
        for number in 1...3 {
            let queue = try cluster.queue("q\(number)", on: number)
            #expect(queue.unackedCount == 0)
            let reader = try cluster.client(number % 3 + 1)
            for body in cluster.drain(reader, "q\(number)") { received.insert("\(body) in q\(number)") }
        }
        for text in confirmed.sorted() {
            let queues = text.hasPrefix("all") ? ["q1", "q2", "q3"] : [String(text.prefix(2))]
            for queue in queues { #expect(received.contains("\(text) in \(queue)"), "\(text) was lost from \(queue)") }
        }
        for number in 1...3 {
            let node = try cluster.node(number)
            #expect(cluster.run { node.cluster?.relays.ends.count ?? 0 <= 6 })
        }
    }
}

/// `WARREN_RELAY_SEED=S` runs one seed, `WARREN_RELAY_SEEDS=N` the first N.
@Suite("Relays at random")
struct RandomRelayTests {
    private static var seeds: [UInt64] {
        let environment = ProcessInfo.processInfo.environment
        if let only = environment["WARREN_RELAY_SEED"].flatMap({ UInt64($0) }) { return [only] }
        return Array(1...(environment["WARREN_RELAY_SEEDS"].flatMap { UInt64($0) } ?? 8))
    }

    @Test("what was confirmed is kept, whatever nodes crash and links are cut", arguments: seeds)
    func keepsItsWord(seed: UInt64) throws {
        let work = try RandomRelays(seed: seed)
        do {
            try work.run(steps: 500)
            try work.end()
        } catch {
            Issue.record("seed \(seed): \(error)")
        }
        #expect(
            work.confirmed.count > work.sent / 10, "seed \(seed): \(work.confirmed.count) of \(work.sent) confirmed")
        #expect(work.faults > 2 && work.settled.count > 4, "seed \(seed): \(work.faults), \(work.settled.count)")
    }
}
