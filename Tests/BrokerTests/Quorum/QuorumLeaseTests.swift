import AMQP
import Raft
import Testing

@testable import Broker

@Suite("How long a quorum queue lives that nobody uses")
struct QuorumLeaseTests {
    private func declare(_ lifetime: Int32?, size: Int32 = 3) -> QueueDeclare {
        var arguments: FieldTable = [
            "x-queue-type": .string("quorum"), "x-quorum-initial-group-size": .int32(size),
        ]
        if let lifetime { arguments["x-expires"] = .int32(lifetime) }
        return QueueDeclare(queue: "q", durable: true, arguments: arguments)
    }

    /// Three nodes and the quorum queue "q", led by the first, which lives for so many milliseconds.
    private func cluster(_ lifetime: Int32? = 1_000, size: Int32 = 3) throws -> TestCluster {
        let cluster = try TestCluster()
        #expect(cluster.ask(try cluster.client(1), declare(lifetime, size: size)) == "queue.declare-ok")
        #expect(cluster.converge())
        #expect(cluster.run { cluster.leader(of: "q") == 1 })
        return cluster
    }

    private func isThere(_ cluster: TestCluster, on node: Int = 3) -> Bool {
        cluster.members[node - 1].node?.virtualHosts["/"]?.queues["q"] != nil
    }

    @Test("it goes from all nodes after its time, with what is in it", arguments: [1, 3])
    func unused(size: Int32) throws {
        let cluster = try cluster(size: size)
        let client = try cluster.client(2)
        cluster.run(600)
        // Neither of these is use.
        client.publish("m", to: "", key: "q", persistent: true, 1)
        #expect(cluster.ask(client, declare(1_000, size: size)) == "queue.declare-ok")
        #expect((1...3).allSatisfy { isThere(cluster, on: $0) })
        cluster.run(600)
        #expect((1...3).allSatisfy { !isThere(cluster, on: $0) })
        #expect(cluster.ask(client, QueueDeclare(queue: "q", passive: true)) == "channel.close")
        #expect(client.closing?.code == 404)
    }

    @Test("a consumer keeps it, wherever it is, and its time begins when the consumer goes", arguments: [1, 2, 3])
    func consumer(on node: Int) throws {
        let cluster = try cluster()
        let client = try cluster.client(node)
        #expect(cluster.ask(client, BasicConsume(queue: "q", consumerTag: "c")) == "basic.consume-ok")
        cluster.run(3_000)
        #expect(isThere(cluster))
        #expect(cluster.ask(client, BasicCancel(consumerTag: "c")) == "basic.cancel-ok")
        cluster.run(900)
        #expect(isThere(cluster))
        cluster.run(200)
        #expect(!isThere(cluster))
    }

    @Test("a basic.get gives it its time again, also one that finds nothing")
    func get() throws {
        let cluster = try cluster()
        let client = try cluster.client(3)
        for _ in 1...4 {
            cluster.run(700)
            #expect(cluster.ask(client, BasicGet(queue: "q")) == "basic.get-empty")
        }
        cluster.run(1_100)
        #expect(!isThere(cluster))
    }

    @Test("a failover does not prolong its time, and without a leader it does not end")
    func failover() throws {
        let cluster = try cluster(2_000)
        cluster.run(1_500)
        cluster.crash(1)
        cluster.run(700)
        #expect(!isThere(cluster))

        let other = try self.cluster(1_000)
        other.crash(1)
        other.crash(2)
        other.run(3_000)
        #expect(isThere(other))
        try other.start(2)
        #expect(other.run(10_000) { !isThere(other) })
    }

    @Test("a leader that others have left behind does not end it under another's consumer")
    func staleLeader() throws {
        let cluster = try cluster()
        let client = try cluster.client(2)
        cluster.run(960)
        cluster.isolate(1)
        #expect(cluster.ask(client, BasicConsume(queue: "q", consumerTag: "c")) == "basic.consume-ok")
        cluster.run(500)
        cluster.heal()
        #expect(cluster.converge())
        cluster.run(2_000)
        #expect((1...3).allSatisfy { isThere(cluster, on: $0) })
    }

    @Test("it is over when the log has been applied as far as it was when that was asked, by the same leader")
    func askedOfTheLog() {
        func at(_ milliseconds: UInt64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }
        let machine = QuorumMachine(limits: QuorumLimits())
        var lease = QuorumLease(of: machine, from: at(100))
        #expect(lease.deadline(50) == at(150) && !lease.isOver(50, at(149)) && lease.isOver(50, at(150)))
        lease.asked(upTo: nil, at(150))
        #expect(!lease.isAsked)
        let isAnsweredUnasked = lease.isAnswered(1_000)
        #expect(!isAnsweredUnasked)
        #expect(lease.deadline(50) == at(150 + Limits.unusedRetryMilliseconds), "it is asked again later")
        lease.asked(upTo: 7, at(450))
        lease.asked(upTo: nil, at(460))
        #expect(lease.isAsked, "what is in the log stays there")
        let answers = [6, 7, 8].map { lease.isAnswered($0) }
        #expect(answers == [false, true, false])
        lease.asked(upTo: 9, at(800))
        lease.leaderChanged()
        let isAnsweredByAnother = lease.isAnswered(9)
        #expect(!isAnsweredByAnother)
        // A consumer came with an entry before that.
        lease.applied(to: machine, hadConsumers: true, at(900))
        #expect(!lease.isOver(50, at(920)) && lease.isOver(50, at(950)))
    }

    /// A queue that a node leads which does not lead the metadata; the link between the two is cut when its time is
    /// nearly over, and neither loses its majority by that.
    private func cutOff() throws -> (cluster: TestCluster, leader: Int, third: Int) {
        let cluster = try TestCluster()
        let chief = try #require(cluster.members.first { $0.node?.cluster?.metadata.replica.isLeader == true }).number
        let leader = Int(chief) % 3 + 1
        #expect(cluster.ask(try cluster.client(leader), declare(1_000)) == "queue.declare-ok")
        #expect(cluster.converge())
        #expect(cluster.run { cluster.leader(of: "q") == leader })
        cluster.run(960)
        cluster.cut(leader, Int(chief))
        return (cluster, leader, 6 - leader - Int(chief))
    }

    @Test("an end that could not be decided in time does not come later, under a consumer")
    func lateEnd() throws {
        let (cluster, leader, third) = try cutOff()
        cluster.run(400)
        #expect((1...3).allSatisfy { isThere(cluster, on: $0) })
        let client = try cluster.client(third)
        #expect(cluster.ask(client, BasicConsume(queue: "q", consumerTag: "c")) == "basic.consume-ok")
        #expect(cluster.leader(of: "q") == leader)
        cluster.run(1_000)
        cluster.heal()
        #expect(cluster.converge())
        cluster.run(2_000)
        #expect((1...3).allSatisfy { isThere(cluster, on: $0) })
        #expect(cluster.ask(client, BasicCancel(consumerTag: "c")) == "basic.cancel-ok")
        #expect(cluster.run(8_000) { !isThere(cluster) })
    }

    @Test("while its end cannot be decided it is asked for now and then, and nothing gathers")
    func patience() throws {
        let (cluster, leader, _) = try cutOff()
        let node = try cluster.node(leader)
        let member = try #require(cluster.members[leader - 1].member("q"))
        let before = member.replica.group.lastPosition.index
        var most = 0
        for _ in 1...20_000 {
            cluster.run(1)
            most = max(most, node.cluster?.metadata.outstanding.count ?? 0)
        }
        #expect(most <= 1)
        #expect(member.replica.group.lastPosition.index - before <= 5)
        cluster.heal()
        #expect(cluster.run(8_000) { (1...3).allSatisfy { !isThere(cluster, on: $0) } })
    }

    @Test("nothing gathers on a node that has lost the others, either")
    func alone() throws {
        let cluster = try cluster(size: 1)
        cluster.run(900)
        cluster.isolate(1)
        let member = try #require(cluster.members[0].member("q"))
        let before = member.replica.group.lastPosition.index
        cluster.run(20_000)
        #expect(try cluster.node(1).requests.isEmpty)
        #expect(member.replica.group.lastPosition.index == before)
        cluster.heal()
        #expect(cluster.run(8_000) { !isThere(cluster) })
    }

    @Test("a member that has got a snapshot does not know when the queue was used, and takes it for just now")
    func snapshot() throws {
        let cluster = try cluster()
        cluster.run(900)
        let member = try #require(cluster.members[2].member("q"))
        var bytes: [UInt8] = []
        #expect(member.snapshot(at: member.replica.group.appliedIndex)(&bytes, .max))
        let now = try cluster.node(3).now
        #expect(member.lease.isOver(800, now))
        try member.install(bytes)
        #expect(!member.lease.isOver(1, now))
    }

    @Test("traffic does not let alarms for its end gather")
    func alarms() throws {
        let cluster = try cluster(86_400_000)
        let client = try cluster.client(2)
        for _ in 1...60 {
            client.publish("m", to: "", key: "q", persistent: true, 1)
            #expect(cluster.ask(client, BasicGet(queue: "q", noAck: true)) == "basic.get-ok")
            client.forgetFrames()
            cluster.run(120)
        }
        for number in 1...3 { #expect(try cluster.node(number).replicas.alarmCount < 12) }
        // Those of deleted queues go as well.
        for _ in 1...30 {
            for number in 1...30 {
                var again = declare(86_400_000)
                again.queue = "q\(number)"
                #expect(cluster.ask(client, again) == "queue.declare-ok")
            }
            for number in 1...30 { #expect(cluster.ask(client, QueueDelete(queue: "q\(number)")) == "queue.delete-ok") }
        }
        for number in 1...3 { #expect(try cluster.node(number).replicas.alarmCount < 1_100) }
    }

    @Test("a policy gives it a time, which begins then, and takes it away")
    func policy() throws {
        let cluster = try cluster(nil)
        cluster.run(3_000)
        let policy = Policy(name: "p", pattern: "^q$", definition: ["expires": .int64(1_000)])
        try cluster.change(2, .setPolicy(virtualHost: "/", policy))
        cluster.run(500)
        try cluster.change(2, .clearPolicy(virtualHost: "/", name: "p"))
        cluster.run(3_000)
        #expect(isThere(cluster))
        try cluster.change(3, .setPolicy(virtualHost: "/", policy))
        cluster.run(800)
        #expect(isThere(cluster))
        cluster.run(300)
        #expect(!isThere(cluster))
    }
}
