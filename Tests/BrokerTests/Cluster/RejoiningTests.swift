import AMQP
import Management
import Raft
import Testing

@testable import Broker

@Suite("Members that have lost data")
struct RejoiningTests {
    /// Three nodes with a quorum queue "q", led on node 1, and a classic queue "home" on node 3; both hold what was
    /// published as "m1" to "m20".
    private func cluster() throws -> TestCluster {
        let cluster = try TestCluster()
        #expect(
            cluster.ask(
                try cluster.client(1),
                QueueDeclare(queue: "q", durable: true, arguments: ["x-queue-type": .string("quorum")]))
                == "queue.declare-ok")
        #expect(
            cluster.ask(try cluster.client(3), QueueDeclare(queue: "home", durable: true)) == "queue.declare-ok")
        #expect(cluster.converge())
        #expect(cluster.run { cluster.leader(of: "q") == 1 })
        for queue in ["home", "q"] { try publish(cluster, 1...20, to: queue, through: 2) }
        return cluster
    }

    private func publish(_ cluster: TestCluster, _ numbers: ClosedRange<Int>, to queue: String, through node: Int)
        throws
    {
        let client = try cluster.client(node)
        #expect(cluster.ask(client, ConfirmSelect()) == "confirm.select-ok")
        client.forgetFrames()
        for number in numbers { client.publish("m\(number)", to: "", key: queue, persistent: true, 1) }
        #expect(cluster.run { client.confirmedUpTo == UInt64(numbers.count) })
    }

    /// The node's process ends, and a byte of what it had written down changes.
    private func damage(_ cluster: TestCluster, _ number: Int) throws {
        cluster.crash(number)
        let disk = cluster.members[number - 1].disk
        disk.damage(try #require(disk.segments.keys.min()), at: 150)
    }

    private func metadataMember(_ cluster: TestCluster, _ number: Int) -> RaftGroup? {
        cluster.members[number - 1].node?.cluster?.metadata.group
    }

    /// Lets time pass until a node votes again in both groups, as another member than before, and everything is settled.
    private func hasRejoined(_ cluster: TestCluster, _ number: Int) -> Bool {
        cluster.run(20_000) {
            let groups = [
                metadataMember(cluster, number), cluster.members[number - 1].member("q")?.replica.group,
            ]
            return groups.allSatisfy { group in
                guard let group else { return false }
                return group.isVoter && group.member.incarnation > 0
                    && group.membership.voters.map(\.node) == [1, 2, 3] && group.membership.learners.isEmpty
            }
        } && cluster.settle()
    }

    private func hasAll(_ cluster: TestCluster, _ count: Int) -> Bool {
        cluster.run { cluster.members.allSatisfy { $0.member("q")?.machine.readyCount == count } }
    }

    @Test("a node whose journal is damaged begins anew with what the others have, and keeps what is whole of its own")
    func rejoins() throws {
        let cluster = try cluster()
        try damage(cluster, 3)
        try publish(cluster, 21...30, to: "q", through: 1)
        try cluster.start(3, salvages: true)
        #expect(cluster.members[2].found?.lostMetadata == 1 && cluster.members[2].found?.damage.count == 1)
        #expect(hasRejoined(cluster, 3))
        #expect(hasAll(cluster, 30))
        #expect(try cluster.dump(3) == cluster.dump(1))
        // It counts: the others need it when one of them goes.
        cluster.crash(1)
        try publish(cluster, 31...40, to: "q", through: 3)
        let client = try cluster.client(3)
        #expect(cluster.drain(client, "q") == (1...40).map { "m\($0)" })
        // The damaged batch was one of the metadata.
        #expect(cluster.drain(client, "home") == (1...20).map { "m\($0)" })
        #expect(
            losses(cluster, 3) == ["q"])
    }

    @Test("once it has begun anew its journal is whole again, and it is the same member after restarts")
    func isWholeAgain() throws {
        let cluster = try cluster()
        try damage(cluster, 3)
        try cluster.start(3, salvages: true)
        #expect(hasRejoined(cluster, 3))
        #expect(cluster.run { cluster.members[2].node?.damagedThrough == nil })
        let members = [metadataMember(cluster, 3)?.member, cluster.members[2].member("q")?.replica.group.member]
        for _ in 1...2 {
            cluster.crash(3)
            try cluster.start(3)
            #expect(hasRejoined(cluster, 3))
            #expect(
                members == [metadataMember(cluster, 3)?.member, cluster.members[2].member("q")?.replica.group.member])
        }
        #expect(hasAll(cluster, 20))
        #expect(cluster.drain(try cluster.client(1), "home") == (1...20).map { "m\($0)" })
    }

    @Test("it may crash again at any moment while it begins anew", arguments: 0..<60)
    func crashes(_ moment: Int) throws {
        let cluster = try cluster()
        try damage(cluster, 3)
        try cluster.start(3, salvages: true)
        cluster.run(moment * 3)
        cluster.crash(3, torn: moment * 17)
        try cluster.start(3, salvages: true)
        #expect(hasRejoined(cluster, 3))
        #expect(hasAll(cluster, 20))
        #expect(cluster.drain(try cluster.client(1), "q") == (1...20).map { "m\($0)" })
        #expect(cluster.drain(try cluster.client(1), "home") == (1...20).map { "m\($0)" })
    }

    @Test("the leaders may crash at any moment while it begins anew", arguments: 0..<60)
    func leaderCrashes(_ moment: Int) throws {
        let cluster = try cluster()
        try damage(cluster, 3)
        try cluster.start(3, salvages: true)
        cluster.run(moment * 3)
        cluster.crash(1, torn: moment * 17)
        cluster.run(100)
        try cluster.start(1)
        #expect(hasRejoined(cluster, 3))
        #expect(hasAll(cluster, 20))
        #expect(cluster.drain(try cluster.client(2), "q") == (1...20).map { "m\($0)" })
    }

    @Test("what has lost its data has no vote: with one other it is no majority, whatever links are whole")
    func noVote() throws {
        let cluster = try cluster()
        cluster.crash(1)
        try damage(cluster, 3)
        try cluster.start(3, salvages: true)
        cluster.run(10_000)
        #expect(cluster.members[2].node?.isServing == false && metadataMember(cluster, 2)?.role != .leader)
        #expect(cluster.members[1].member("q")?.replica.isLeader == false)
        try cluster.start(1)
        #expect(hasRejoined(cluster, 3))
        #expect(hasAll(cluster, 20))
    }

    @Test("all may lose their data, one after another")
    func oneAfterAnother() throws {
        let cluster = try cluster()
        for number in [3, 2, 1, 3] {
            try damage(cluster, number)
            try cluster.start(number, salvages: true)
            #expect(hasRejoined(cluster, number))
            #expect(cluster.run { cluster.members[number - 1].node?.damagedThrough == nil })
        }
        #expect(hasAll(cluster, 20))
        #expect(cluster.drain(try cluster.client(2), "q") == (1...20).map { "m\($0)" })
    }

    @Test("it may have nothing left, and crash again before it has anything", arguments: 0..<60)
    func emptyDisk(_ moment: Int) throws {
        let cluster = try cluster()
        cluster.loseDisk(3)
        try cluster.start(3, isGone: true)
        cluster.run(moment * 2)
        let hasJournal = cluster.members[2].disk.byteCount > 0
        cluster.crash(3)
        try cluster.start(3, isGone: !hasJournal)
        #expect(hasRejoined(cluster, 3))
        #expect(hasAll(cluster, 20))
        #expect(try cluster.dump(3) == cluster.dump(1))
        // What was in the classic queue on it was there only.
        #expect(cluster.drain(try cluster.client(1), "home") == [])
        #expect(cluster.drain(try cluster.client(1), "q") == (1...20).map { "m\($0)" })
    }

    @Test("a queue whose log has a gap begins anew, and the rest of the node goes on as it was")
    func gap() throws {
        let cluster = try cluster()
        let group = try #require(cluster.members[2].member("q")).replica.group
        let behind = RaftEntry(
            index: group.lastPosition.index + 5, term: group.term, kind: .command, payload: RaftPayload([1]))
        RaftRecord.append(
            group: group.id, hardState: nil, firstIndex: behind.index, [behind], to: &(try cluster.node(3).journal))
        cluster.run(50)
        cluster.crash(3)
        try cluster.start(3)
        #expect(
            cluster.run {
                cluster.members[2].member("q").map {
                    $0.replica.group.isVoter && $0.replica.group.member.incarnation > 0
                }
                    ?? false
            })
        #expect(metadataMember(cluster, 3)?.member.incarnation == 0)
        #expect(hasAll(cluster, 20))
        let event = try #require(
            cluster.recorders[2].reading(from: Instant(nanoseconds: 0), to: cluster.now).events
                .first { $0.event.kind == .dataLost })
        #expect(event.event.queue == "q" && event.event.text.contains("the log is damaged"))
    }

    @Test("a queue whose only member is lost has no leader, and the timeline says why; it can be deleted")
    func alone() throws {
        let cluster = try TestCluster()
        try declare(cluster, groupSize: 1, on: 3)
        try publish(cluster, 1...20, to: "q", through: 3)
        try damage(cluster, 3)
        try cluster.start(3, salvages: true)
        #expect(cluster.run(20_000) { cluster.members[2].node?.isServing == true } && cluster.settle())
        #expect(cluster.members[2].member("q") == nil)
        #expect(losses(cluster, 3) == ["q"])
        #expect(cluster.ask(try cluster.client(1), QueueDelete(queue: "q")) == "queue.delete-ok")
    }

    private func declare(_ cluster: TestCluster, groupSize: Int32, on number: Int) throws {
        let arguments: FieldTable = [
            "x-queue-type": .string("quorum"), "x-quorum-initial-group-size": .int32(groupSize),
        ]
        #expect(
            cluster.ask(try cluster.client(number), QueueDeclare(queue: "q", durable: true, arguments: arguments))
                == "queue.declare-ok")
        #expect(cluster.converge() && cluster.run { cluster.leader(of: "q") == number })
    }

    private func losses(_ cluster: TestCluster, _ number: Int) -> [String] {
        cluster.recorders[number - 1].reading(from: Instant(nanoseconds: 0), to: cluster.now).events
            .filter { $0.event.kind == .dataLost }.compactMap(\.event.queue)
    }

    @Test("a member that was added has lost its data too when nothing of it is left", arguments: [false, true])
    func added(_ isGone: Bool) throws {
        let cluster = try TestCluster()
        try declare(cluster, groupSize: 1, on: 1)
        try publish(cluster, 1...20, to: "q", through: 1)
        let leader = try #require(cluster.members[0].member("q"))
        for node in [2, 3] as [UInt32] {
            #expect(cluster.run { (try? leader.addReplica(on: node)) != nil })
            #expect(cluster.run { cluster.members[Int(node) - 1].member("q")?.replica.group.isVoter == true })
        }
        let before = try #require(cluster.members[2].member("q")?.replica.group.member)
        if isGone { cluster.loseDisk(3) } else { try damage(cluster, 3) }
        try cluster.start(3, salvages: true, isGone: isGone)
        #expect(hasRejoined(cluster, 3))
        let after = try #require(cluster.members[2].member("q")?.replica.group.member)
        #expect(after > before)
        cluster.crash(1)
        #expect(cluster.drain(try cluster.client(2), "q") == (1...20).map { "m\($0)" })
    }

    @Test("who was not there when it began anew, and speaks to the one before, makes no other of it")
    func oldKnowledge() throws {
        let cluster = try TestCluster(nodes: 5)
        cluster.crash(5)
        try damage(cluster, 3)
        try cluster.start(3, salvages: true)
        let first = try #require(rejoined(cluster, 3, but: nil))
        // The damage is found again: nothing of what it was since then may count either.
        cluster.crash(3)
        try cluster.start(5)
        try cluster.start(3, salvages: true)
        #expect(cluster.members[2].found?.damage.count == 1)
        let second = try #require(rejoined(cluster, 3, but: first))
        #expect(second > first)
        #expect(cluster.converge())
    }

    /// Lets time pass until a node votes in the metadata again, as a new member that is not the one before.
    private func rejoined(_ cluster: TestCluster, _ number: Int, but before: MemberID?) -> MemberID? {
        func member() -> MemberID? {
            metadataMember(cluster, number).flatMap {
                $0.isVoter && $0.member.incarnation > 0 && $0.member != before ? $0.member : nil
            }
        }
        return cluster.run(20_000) { member() != nil } ? member() : nil
    }

    @Test("a leader whose addition of it was never committed leaves nothing behind", arguments: 0..<40)
    func uncommitted(_ moment: Int) throws {
        let cluster = try cluster()
        try damage(cluster, 3)
        // The leader's disk stands still: what it adds is on its way to the others at most.
        let leader = try #require(cluster.leader)
        try cluster.start(3, salvages: true)
        cluster.isSyncDue = { false }
        cluster.run(moment)
        cluster.crash(leader == 3 ? 1 : leader)
        cluster.isSyncDue = { true }
        cluster.run(200)
        try cluster.start(leader == 3 ? 1 : leader)
        #expect(hasRejoined(cluster, 3))
        #expect(hasAll(cluster, 20))
    }

    @Test("an operator cannot take away the one that takes the place of a lost one")
    func shrink() throws {
        let cluster = try cluster()
        try damage(cluster, 3)
        try cluster.start(3, salvages: true)
        let leader = try #require(cluster.members[0].member("q"))
        let isBusy = cluster.run {
            let membership = leader.replica.group.membership
            return (membership.voters + membership.learners).count { $0.node == 3 } == 2
        }
        #expect(isBusy)
        #expect(throws: QuorumMember.Refusal.isBusy) { try leader.removeReplica(on: 3) }
        #expect(hasRejoined(cluster, 3))
        // Afterwards it goes, and comes back.
        #expect(cluster.run { (try? leader.removeReplica(on: 3)) != nil })
        #expect(cluster.run { cluster.members[2].member("q") == nil })
        cluster.crash(3)
        try cluster.start(3)
        #expect(cluster.settle() && cluster.members[2].member("q") == nil)
        #expect(cluster.run { (try? leader.addReplica(on: 3)) != nil })
        #expect(hasRejoined(cluster, 3))
        #expect(hasAll(cluster, 20))
    }

    @Test("what a mirrored queue holds elsewhere counts, and not what its leader has left", arguments: [false, true])
    func mirrored(_ isGone: Bool) throws {
        let cluster = try TestCluster.mirroring(ledBy: 3)
        let client = try cluster.client(3)
        client.publish(20, as: "m")
        #expect(cluster.run { (try? cluster.sequences("m", on: 1).count) == 20 })
        #expect(cluster.run { (try? cluster.inSync("m", on: 1)) == [1, 2] })
        // All end at once, as the nodes of one process do, and one of them has lost something.
        if isGone { cluster.loseDisk(3) } else { try damage(cluster, 3) }
        for number in 1...2 { cluster.crash(number) }
        for number in 1...3 { try cluster.start(number, salvages: true, isGone: isGone && number == 3) }
        #expect(cluster.run(20_000) { cluster.members.allSatisfy { $0.node?.isServing == true } } && cluster.settle())
        #expect(cluster.mirrorLeader(of: "m").map { $0 != 3 } == true)
        #expect(try cluster.drain(cluster.client(2), "m") == (0..<20).map { "m\($0)" })
    }
}
