import AMQP
import Management
import Testing

@testable import Broker

@Suite("The timeline's recorder")
struct TimelineRecorderTests {
    private func moment(_ milliseconds: UInt64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

    @Test("counts fall into the buckets of their time, and old ones are forgotten")
    func buckets() {
        var buckets = ConfirmBuckets()
        #expect(buckets.counts(from: moment(0), to: moment(29)) == [0, 0, 0])
        buckets.add(2, at: moment(10))
        buckets.add(3, at: moment(19))
        buckets.add(1, at: moment(20))
        buckets.add(7, at: moment(55))
        #expect(buckets.counts(from: moment(0), to: moment(60)) == [0, 5, 1, 0, 0, 7, 0])
        #expect(buckets.counts(from: moment(15), to: moment(15)) == [5])
        buckets.add(4, at: moment(31_015))
        #expect(buckets.counts(from: moment(0), to: moment(29)) == [0, 0, 1])
        buckets.add(9, at: moment(500_000))
        let last = buckets.counts(from: moment(470_000), to: moment(500_005))
        #expect(last.count == 3001 && last.last == 9 && last.reduce(0, +) == 9)
    }

    @Test("confirms of a watched queue are counted once the disk has the messages, those of others not")
    func confirms() throws {
        let cluster = try TestCluster()
        let recorder = cluster.recorders[0]
        let client = try cluster.client(1)
        for name in ["watched", "other"] {
            #expect(cluster.ask(client, QueueDeclare(queue: name, durable: true)) == "queue.declare-ok")
        }
        recorder.watch(
            [QueueID(vhost: "/", name: "watched"), QueueID(vhost: "/", name: "later")], in: try cluster.node(1))
        #expect(cluster.ask(client, QueueDeclare(queue: "later")) == "queue.declare-ok")
        #expect(cluster.ask(client, ConfirmSelect()) == "confirm.select-ok")
        let start = cluster.now
        var isSynced = false
        cluster.isSyncDue = { isSynced }
        for _ in 1...5 {
            for name in ["watched", "other", "later"] {
                client.publish("m", to: "", key: name, persistent: true, 1)
            }
        }
        cluster.run(30)
        func sums() -> [Int] { recorder.reading(from: start, to: cluster.now).confirms.map { $0.counts.reduce(0, +) } }
        #expect(sums() == [0, 5], "a queue that does not survive is confirmed at once")
        isSynced = true
        cluster.run(30)
        #expect(sums() == [5, 5])
        recorder.watch([], in: try cluster.node(1))
        #expect(!recorder.isWatching)
    }

    @Test("publishes through another node are counted once, when the client there is told, and refused ones never")
    func relayed() throws {
        let cluster = try TestCluster()
        let home = try cluster.client(1)
        for name in ["watched", "also", "other"] {
            #expect(cluster.ask(home, QueueDeclare(queue: name, durable: true)) == "queue.declare-ok")
            #expect(cluster.ask(home, QueueBind(queue: name, exchange: "amq.fanout")) == "queue.bind-ok")
        }
        let local = try cluster.client(2)
        #expect(cluster.ask(local, QueueDeclare(queue: "near", durable: true)) == "queue.declare-ok")
        #expect(cluster.ask(local, QueueBind(queue: "near", exchange: "amq.fanout")) == "queue.bind-ok")
        #expect(cluster.settle())
        let names = ["watched", "also", "near"]
        for number in 1...3 {
            cluster.recorders[number - 1].watch(
                names.map { QueueID(vhost: "/", name: $0) }, in: try cluster.node(number))
        }
        let start = cluster.now
        func sums(_ number: Int) -> [Int] {
            cluster.recorders[number - 1].reading(from: start, to: cluster.now).confirms.map {
                $0.counts.reduce(0, +)
            }
        }
        #expect(cluster.ask(local, ConfirmSelect()) == "confirm.select-ok")
        var isSynced = false
        cluster.isSyncDue = { isSynced }
        for _ in 1...7 {
            local.publish("m", to: "", key: "watched", persistent: true, 1)
            local.publish("m", to: "", key: "other", persistent: true, 1)
        }
        local.publish("m", to: "amq.fanout", key: "", persistent: true, 1)
        cluster.run(100)
        #expect(sums(2) == [0, 0, 0] && sums(1) == [0, 0, 0])
        isSynced = true
        #expect(cluster.run { local.confirmed.acks == Set(1...15) })
        #expect(sums(2) == [8, 1, 1])
        #expect(sums(1) == [0, 0, 0] && sums(3) == [0, 0, 0])
        isSynced = false
        local.publish("m", to: "", key: "watched", persistent: true, 1)
        cluster.run(20)
        cluster.crash(1)
        #expect(cluster.run { local.confirmed.nacks == [16] })
        #expect(sums(2) == [8, 1, 1])
    }

    @Test("that the metadata's leader is lost is on every survivor's timeline, who is elected on its own")
    func leaders() throws {
        let cluster = try TestCluster()
        let leader = try #require(cluster.leader)
        let before = cluster.now
        cluster.crash(leader)
        #expect(cluster.run { cluster.leader != nil })
        cluster.run(50)
        let successor = try #require(cluster.leader)
        for number in cluster.running {
            let events = cluster.recorders[number - 1].reading(from: before, to: cluster.now).events.map(\.event)
            #expect(events.first?.kind == .leaderLost && events.first?.node == "warren\(leader)@localhost")
            let elected = events.filter { $0.kind == .leaderElected }
            #expect(elected.map(\.node) == (number == successor ? ["warren\(successor)@localhost"] : []))
            #expect(elected.allSatisfy { ($0.term ?? 0) > (events.first?.term ?? 0) })
        }
        // Whoever comes back hears of a leader that was elected long ago.
        let later = cluster.now
        try cluster.start(leader)
        #expect(cluster.settle())
        #expect(cluster.recorders[leader - 1].reading(from: later, to: cluster.now).events.isEmpty)
    }

    @Test("a watched quorum queue's loss of its leader, what waits, who is elected and who catches up are recorded")
    func quorum() throws {
        let cluster = try TestCluster()
        let home = try cluster.client(1)
        let arguments: FieldTable = ["x-queue-type": .string("quorum")]
        for name in ["watched", "other"] {
            let declare = QueueDeclare(queue: name, durable: true, arguments: arguments)
            #expect(cluster.ask(home, declare) == "queue.declare-ok")
        }
        let queue = try cluster.queue("watched", on: 1).id
        #expect(cluster.run { (1...3).allSatisfy { (try? cluster.node($0))?.quorum.member(queue)?.leader == 1 } })
        let start = cluster.now
        for number in 1...3 {
            cluster.recorders[number - 1].watch([QueueID(vhost: "/", name: "watched")], in: try cluster.node(number))
        }
        let client = try cluster.client(2)
        #expect(cluster.ask(client, ConfirmSelect()) == "confirm.select-ok")
        var isSynced = false
        cluster.isSyncDue = { isSynced }
        for _ in 1...5 {
            for name in ["watched", "other"] { client.publish("m", to: "", key: name, persistent: true, 1) }
        }
        cluster.run(20)
        cluster.crash(1)
        cluster.run(20)
        isSynced = true
        #expect(cluster.run { client.confirmed.acks == Set(1...10) })
        try cluster.start(1)
        func seen(_ number: Int, _ kind: ClusterTimeline.Event.Kind) -> [TimelineReading.Seen] {
            cluster.recorders[number - 1].reading(from: start, to: cluster.now).events.filter {
                $0.event.queue != nil && $0.event.kind == kind
            }
        }
        let survivors = [2, 3]
        for number in survivors {
            #expect(seen(number, .leaderLost).map(\.event.node) == ["warren1@localhost"])
            #expect(seen(number, .leaderLost).map(\.waitingPublishes) == [number == 2 ? 5 : 0])
        }
        let elected = survivors.flatMap { seen($0, .leaderElected) }.map(\.event)
        #expect(elected.count == 1 && elected.allSatisfy { $0.queue == "watched" && $0.vhost == "/" && $0.term == 2 })
        #expect(cluster.run { !survivors.flatMap { seen($0, .caughtUp) }.isEmpty })
        #expect(survivors.flatMap { seen($0, .caughtUp) }.map(\.event.node) == ["warren1@localhost"])
        #expect([Event.Kind.leaderLost, .leaderElected, .caughtUp].allSatisfy { seen(1, $0).isEmpty })
    }

    private typealias Event = ClusterTimeline.Event
}
