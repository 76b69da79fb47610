import AMQP
import Raft
import Testing

@testable import Broker

@Suite("The members of quorum queues")
struct ReplicaTests {
    private func cluster(groupSize: Int32) throws -> TestCluster {
        let cluster = try TestCluster()
        let client = try cluster.client(1)
        let arguments: FieldTable = [
            "x-queue-type": .string("quorum"), "x-quorum-initial-group-size": .int32(groupSize),
        ]
        #expect(
            cluster.ask(client, QueueDeclare(queue: "q", durable: true, arguments: arguments)) == "queue.declare-ok")
        #expect(cluster.converge())
        #expect(cluster.run { cluster.leader(of: "q") == 1 })
        return cluster
    }

    private func publish(_ cluster: TestCluster, _ numbers: ClosedRange<Int>, through node: Int) throws {
        let client = try cluster.client(node)
        #expect(cluster.ask(client, ConfirmSelect()) == "confirm.select-ok")
        client.forgetFrames()
        for number in numbers { client.publish("m\(number)", to: "", key: "q", persistent: true, 1) }
        #expect(cluster.run { client.confirmedUpTo == UInt64(numbers.count) })
    }

    @Test("a queue with one member is used from nodes without one; it grows, and what it held survives its first node")
    func grow() throws {
        let cluster = try cluster(groupSize: 1)
        #expect(cluster.members.map { $0.member("q") != nil } == [true, false, false])
        try publish(cluster, 1...30, through: 3)
        for node in [2, 3] {
            let leader = try #require(cluster.members[0].member("q"))
            // The change before it may have to be committed first.
            #expect(cluster.run { (try? leader.addReplica(on: UInt32(node))) != nil })
            #expect(cluster.run { cluster.members[node - 1].member("q")?.replica.group.isVoter == true })
        }
        #expect(
            cluster.run { cluster.members.allSatisfy { $0.member("q")?.machine.readyCount == 30 } })
        cluster.crash(1)
        try publish(cluster, 31...40, through: 2)
        let consumer = try cluster.client(3)
        #expect(cluster.ask(consumer, BasicConsume(queue: "q", consumerTag: "c", noAck: true)) == "basic.consume-ok")
        #expect(cluster.run { consumer.bodies.count == 40 })
        #expect(consumer.bodies == (1...40).map { "m\($0)" })
    }

    @Test("a member goes, stays away after a restart, and may come back as another")
    func shrink() throws {
        let cluster = try cluster(groupSize: 3)
        try publish(cluster, 1...10, through: 2)
        let leader = try #require(cluster.members[0].member("q"))
        #expect(throws: Never.self) { try leader.removeReplica(on: 3) }
        #expect(cluster.run { cluster.members[2].member("q") == nil })
        cluster.crash(3)
        try cluster.start(3)
        #expect(cluster.converge())
        #expect(cluster.members[2].member("q") == nil)
        try publish(cluster, 11...20, through: 3)
        #expect(throws: Never.self) { try leader.addReplica(on: 3) }
        #expect(cluster.run { cluster.members[2].member("q")?.replica.group.isVoter == true })
        #expect(cluster.run { cluster.members[2].member("q")?.machine.readyCount == 20 })
        // It is that member after a restart too.
        cluster.crash(3)
        try cluster.start(3)
        #expect(cluster.converge())
        #expect(cluster.run { cluster.members[2].member("q")?.replica.group.isVoter == true })
    }

    @Test("a member that has gone never votes again, through restarts and when its journal is written anew")
    func removed() throws {
        let cluster = try cluster(groupSize: 3)
        try publish(cluster, 1...10, through: 2)
        let group = QuorumMember.group(of: try cluster.queue("q", on: 1).id)
        let leader = try #require(cluster.members[0].member("q"))
        #expect(throws: Never.self) { try leader.removeReplica(on: 3) }
        #expect(cluster.run { cluster.members[2].member("q") == nil })
        for _ in 1...3 {
            cluster.crash(3)
            try cluster.start(3)
            #expect(cluster.converge())
            let replica = try #require(try cluster.node(3).replicas[group])
            #expect(cluster.members[2].member("q") == nil && replica.isLost)
            // Somebody who has not heard of its end asks it for something.
            let request = RaftMessage(
                group: group, from: MemberID(node: 2), to: MemberID(node: 3), term: 1000, body: .timeoutNow)
            let answering = try cluster.node(3).replica(for: request)
            #expect(answering == nil)
            replica.writeSnapshot()
            cluster.run(50)
        }
        // Nothing of it stays when the queue goes.
        #expect(cluster.ask(try cluster.client(2), QueueDelete(queue: "q")) == "queue.delete-ok")
        #expect(cluster.run { (try? cluster.node(3))?.replicas[group] == nil })
    }

    /// Removes node 3's member and adds it again; it has caught up.
    private func exchange(_ cluster: TestCluster, between: () throws -> Void = {}) throws {
        let leader = try #require(cluster.members[0].member("q"))
        // A leader that has just been elected has to have something committed first.
        #expect(cluster.run { (try? leader.removeReplica(on: 3)) != nil })
        #expect(cluster.run { cluster.members[2].member("q") == nil })
        try between()
        #expect(cluster.run { (try? leader.addReplica(on: 3)) != nil })
        #expect(cluster.run { cluster.members[2].member("q")?.replica.group.isVoter == true })
    }

    @Test("a member that was added has what it had after a restart, whoever speaks to it before its metadata is there")
    func early() throws {
        let cluster = try cluster(groupSize: 3)
        try exchange(cluster)
        try publish(cluster, 1...20, through: 2)
        #expect(cluster.run { cluster.members[2].member("q")?.machine.readyCount == 20 })
        // Its journal knows the queue from the beginning.
        try #require(try cluster.node(3).cluster).metadata.replica.writeSnapshot()
        cluster.run(100)
        let group = QuorumMember.group(of: try cluster.queue("q", on: 3).id)
        let before = try #require(try cluster.node(3).replicas[group]).group
        let (hardState, last, identity) = (before.hardState, before.lastPosition, before.member)
        cluster.crash(3)
        try cluster.start(3)
        #expect(cluster.run { (try? cluster.node(3))?.replicas[group] != nil })
        let node = try cluster.node(3)
        let after = try #require(node.replicas[group]).group
        #expect(node.replicas.all.count { $0.group.id == group } == 1)
        #expect(after.hardState == hardState && after.lastPosition == last && after.member == identity)
        #expect(cluster.run { cluster.members[2].member("q")?.machine.readyCount == 20 })
    }

    @Test("a member that comes back as another one begins with nothing of the one before, also in its journal")
    func anew() throws {
        let cluster = try cluster(groupSize: 3)
        try publish(cluster, 1...10, through: 2)
        let group = QuorumMember.group(of: try cluster.queue("q", on: 3).id)
        try exchange(cluster) {
            try #require(try cluster.node(3).replicas[group]).writeSnapshot()
            cluster.run(50)
        }
        #expect(cluster.run { cluster.members[2].member("q")?.machine.readyCount == 10 })
        cluster.crash(3)
        try cluster.start(3)
        #expect(cluster.run { cluster.members[2].member("q")?.machine.readyCount == 10 })
        cluster.crash(1)
        let reader = try cluster.client(3)
        #expect(cluster.ask(reader, BasicConsume(queue: "q", consumerTag: "c", noAck: true)) == "basic.consume-ok")
        #expect(cluster.run { reader.bodies.count == 10 })
    }

    @Test("a member that was removed while its node was down is no hindrance there, and may come back as another")
    func removedWhileDown() throws {
        let cluster = try cluster(groupSize: 3)
        try publish(cluster, 1...10, through: 2)
        let leader = try #require(cluster.members[0].member("q"))
        cluster.crash(3)
        #expect(cluster.run { (try? leader.removeReplica(on: 3)) != nil })
        #expect(cluster.run { leader.replica.group.membership.voters.count == 2 })
        try cluster.start(3)
        #expect(cluster.converge())
        try publish(cluster, 11...20, through: 3)
        #expect(cluster.run { (try? leader.addReplica(on: 3)) != nil })
        #expect(cluster.run { cluster.members[2].member("q")?.replica.group.isVoter == true })
        #expect(cluster.run { cluster.members[2].member("q")?.machine.readyCount == 20 })
    }

    @Test("a queue none of whose first members is left is used from any node")
    func moved() throws {
        let cluster = try cluster(groupSize: 1)
        try publish(cluster, 1...10, through: 3)
        let first = try #require(cluster.members[0].member("q"))
        #expect(throws: Never.self) { try first.addReplica(on: 2) }
        #expect(cluster.run { cluster.members[1].member("q")?.replica.group.isVoter == true })
        #expect(throws: Never.self) { try first.transferLeader(to: 2) }
        #expect(cluster.run { cluster.leader(of: "q") == 2 })
        let second = try #require(cluster.members[1].member("q"))
        #expect(cluster.run { (try? second.removeReplica(on: 1)) != nil })
        #expect(cluster.run { cluster.members[0].member("q") == nil })
        cluster.crash(1)
        cluster.crash(3)
        try cluster.start(1)
        try cluster.start(3)
        #expect(cluster.converge())
        try publish(cluster, 11...20, through: 3)
        try publish(cluster, 21...30, through: 1)
        #expect(cluster.run { second.machine.readyCount == 30 })
    }

    @Test("the leader's part is handed over, and publishes go on", arguments: [2, 3])
    func transfer(_ node: Int) throws {
        let cluster = try cluster(groupSize: 3)
        try publish(cluster, 1...10, through: 1)
        let leader = try #require(cluster.members[0].member("q"))
        #expect(throws: Never.self) { try leader.transferLeader(to: UInt32(node)) }
        #expect(cluster.run { cluster.leader(of: "q") == node })
        try publish(cluster, 11...20, through: 1)
        #expect(cluster.run { cluster.members.allSatisfy { $0.member("q")?.machine.readyCount == 20 } })
        #expect(throws: QuorumMember.Refusal.notLeader) { try leader.removeReplica(on: 2) }
        #expect(throws: QuorumMember.Refusal.notLeader) { try leader.transferLeader(to: 1) }
    }
}
