import AMQP
import Testing

@testable import Broker

@Suite("Transactions that are rolled forward")
struct RollForwardTests {
    private func cluster() throws -> TestCluster {
        let cluster = try TestCluster()
        try cluster.declareAll()
        return cluster
    }

    /// Commits a message to all four queues on node 3, lets some milliseconds pass and then something happen; whether
    /// commit-ok came, and what is in the queues when all nodes are up again.
    private func outcome(after milliseconds: Int, _ happens: (TestCluster) throws -> Void) throws -> (Bool, [Int]) {
        let cluster = try cluster()
        let client = try cluster.transactional(3)
        client.publish("m", to: "all", key: "", persistent: true, 1)
        client.send(TxCommit(), 1)
        cluster.run(milliseconds)
        let isAnswered = client.names == ["tx.commit-ok"]
        try happens(cluster)
        cluster.run(300)
        try cluster.recover()
        let first = try cluster.counts()
        // And so it is after another power loss.
        for number in 1...3 { cluster.crash(number) }
        try cluster.recover()
        #expect(try cluster.counts() == first)
        return (isAnswered, first)
    }

    @Test(
        "a crash of the channel's node at any moment of a commit leaves all of it or nothing, once",
        arguments: [[3], [3, 1], [1, 2, 3]])
    func originCrashes(_ crashing: [Int]) throws {
        var seen: Set<[Int]> = []
        for milliseconds in 0..<14 {
            let (isAnswered, counts) = try outcome(after: milliseconds) { cluster in
                for number in crashing { cluster.crash(number, torn: milliseconds * 30) }
            }
            #expect([[0, 0, 0, 0], [1, 1, 1, 1]].contains(counts), "\(counts) after \(milliseconds) ms")
            #expect(!isAnswered || counts == [1, 1, 1, 1], "commit-ok was sent after \(milliseconds) ms")
            seen.insert(counts)
        }
        #expect(seen.count == 2)
    }

    @Test("a crash of a participant at any moment of a commit delays it and no more", arguments: [1, 2])
    func participantCrashes(_ crashing: Int) throws {
        for milliseconds in 0..<14 {
            let (_, counts) = try outcome(after: milliseconds) { $0.crash(crashing, torn: milliseconds * 30) }
            #expect(counts == [1, 1, 1, 1], "after \(milliseconds) ms")
        }
    }

    @Test("a link that is lost at any moment of a commit delays it and no more", arguments: [1, 2])
    func linkIsCut(_ other: Int) throws {
        for milliseconds in 0..<14 {
            let (_, counts) = try outcome(after: milliseconds) { $0.cut(3, other) }
            #expect(counts == [1, 1, 1, 1], "after \(milliseconds) ms")
        }
    }

    @Test("a commit waits for a node that is down, and is answered when that has it")
    func waits() throws {
        let cluster = try cluster()
        cluster.crash(1)
        cluster.run(500)
        let client = try cluster.transactional(3)
        for number in 1...20 { client.publish("\(number)", to: "all", key: "", persistent: true, 1) }
        client.send(TxCommit(), 1)
        cluster.run(3_000)
        #expect(client.names == [])
        // What is elsewhere does not wait for it.
        #expect(try (2...3).map { try cluster.queue("q\($0)", on: $0).readyCount } == [20, 20])
        try cluster.start(1)
        #expect(cluster.run { client.names == ["tx.commit-ok"] })
        #expect(try cluster.counts() == [20, 20, 20, 20])
    }

    @Test("one client's commit that waits for a node holds up no commits to others")
    func othersGoOn() throws {
        let cluster = try cluster()
        cluster.crash(1)
        cluster.run(500)
        let waiting = try cluster.transactional(3)
        waiting.publish("m", to: "", key: "q1", persistent: true, 1)
        waiting.send(TxCommit(), 1)
        cluster.run(100)
        let other = try cluster.transactional(3)
        other.publish("m", to: "", key: "q2", persistent: true, 1)
        #expect(cluster.ask(other, TxCommit()) == "tx.commit-ok")
        #expect(waiting.names == [])
    }

    @Test("the leader of a quorum queue goes in the middle of a commit")
    func leaderGoes() throws {
        for milliseconds in 0..<10 {
            let cluster = try cluster()
            #expect(cluster.run { cluster.leader(of: "k") == 1 })
            let client = try cluster.transactional(3)
            client.publish("m", to: "", key: "k", persistent: true, 1)
            client.publish("m", to: "", key: "q2", persistent: true, 1)
            client.send(TxCommit(), 1)
            cluster.run(milliseconds)
            cluster.crash(1)
            #expect(cluster.run { client.names == ["tx.commit-ok"] }, "\(client.names)")
            try cluster.recover()
            #expect(try cluster.counts() == [0, 1, 0, 1], "after \(milliseconds) ms")
        }
    }

    @Test("a queue that is deleted while its node is down takes nothing, nor does another of its name")
    func deleted() throws {
        let cluster = try cluster()
        cluster.crash(1)
        cluster.run(500)
        let client = try cluster.transactional(3)
        client.publish("m", to: "", key: "q1", persistent: true, 1)
        client.publish("m", to: "", key: "q2", persistent: true, 1)
        client.send(TxCommit(), 1)
        cluster.run(500)
        #expect(client.names == [])
        let admin = try cluster.client(2)
        #expect(cluster.ask(admin, QueueDelete(queue: "q1")) == "queue.delete-ok")
        // Nobody is left to wait for.
        #expect(cluster.run { client.names == ["tx.commit-ok"] })
        client.forgetFrames()
        client.publish("n", to: "all", key: "", persistent: true, 1)
        #expect(cluster.ask(client, TxCommit()) == "tx.commit-ok")
        try cluster.start(1)
        #expect(cluster.settle())
        let other = try cluster.client(1)
        #expect(cluster.ask(other, QueueDeclare(queue: "q1", durable: true)) == "queue.declare-ok")
        try cluster.recover()
        #expect(try cluster.counts() == [0, 2, 1, 1])
    }

    @Test("a quorum queue that is deleted with a commit on its way to it holds nothing up")
    func quorumQueueDeleted() throws {
        let cluster = try cluster()
        let client = try cluster.transactional(3)
        client.publish("m", to: "all", key: "", persistent: true, 1)
        client.send(TxCommit(), 1)
        cluster.cut(1, 2)
        cluster.run(3)
        let admin = try cluster.client(3)
        #expect(cluster.ask(admin, QueueDelete(queue: "k")) == "queue.delete-ok")
        cluster.heal()
        #expect(cluster.run { client.names == ["tx.commit-ok"] })
        try cluster.recover()
        #expect(try (1...3).map { try cluster.queue("q\($0)", on: $0).readyCount } == [1, 1, 1])
    }

    @Test("what is owed lasts through compactions and restarts of the node that owes it")
    func compaction() throws {
        let cluster = try cluster()
        cluster.crash(1)
        cluster.run(500)
        let client = try cluster.transactional(3)
        for number in 1...40 {
            client.publish("\(number)" + String(repeating: "x", count: 500), to: "", key: "q1", persistent: true, 1)
        }
        client.send(TxCommit(), 1)
        cluster.run(100)
        let first = cluster.members[2].disk.segments.keys.min()
        // What comes and goes meanwhile fills the journal many times over.
        var busy = try cluster.client(3)
        for round in 1...60 {
            for _ in 1...10 {
                busy.publish(String(repeating: "y", count: 1_000), to: "", key: "q3", persistent: true, 1)
            }
            #expect(cluster.ask(busy, QueuePurge(queue: "q3")) == "queue.purge-ok")
            cluster.run(30)
            if round % 20 == 0 {
                cluster.crash(3)
                try cluster.start(3)
                #expect(cluster.run(10_000) { (try? cluster.node(3).isServing) == true })
                busy = try cluster.client(3)
            }
        }
        #expect(cluster.members[2].disk.segments.keys.min() != first, "no segment has gone")
        try cluster.recover()
        let found = cluster.drain(try cluster.client(1), "q1").map { $0.prefix { $0 != "x" } }
        #expect(found == (1...40).map { "\($0)" })
    }

    @Test("a node remembers what it has applied through compactions and restarts")
    func marksLast() throws {
        let cluster = try cluster()
        let client = try cluster.transactional(3)
        client.publish("m", to: "", key: "q1", persistent: true, 1)
        client.publish("m", to: "", key: "k", persistent: true, 1)
        #expect(cluster.ask(client, TxCommit()) == "tx.commit-ok")
        cluster.run(100)
        let mark = try cluster.node(1).rollForward.inbox(of: 3, in: cluster.node(1)).mark
        #expect(mark > 0)
        let busy = try cluster.client(1)
        for _ in 1...60 {
            for _ in 1...10 {
                busy.publish(String(repeating: "y", count: 1_000), to: "", key: "q2", persistent: true, 1)
            }
            for _ in 1...10 {
                busy.publish(String(repeating: "y", count: 1_000), to: "", key: "q1", persistent: true, 1)
            }
            #expect(cluster.ask(busy, QueuePurge(queue: "q1")) == "queue.purge-ok")
            cluster.run(30)
        }
        cluster.crash(1)
        try cluster.recover()
        #expect(try cluster.node(1).rollForward.inbox(of: 3, in: cluster.node(1)).mark == mark)
        #expect(cluster.members[0].member("k")?.machine.origin(3)?.lastTransaction ?? 0 > 0)
    }

    @Test(
        "large bodies in a transaction get to every queue whole, also when they must be read back",
        arguments: [false, true])
    func largeBodies(_ restarts: Bool) throws {
        let cluster = try cluster()
        if restarts { cluster.crash(1) }
        cluster.run(500)
        let client = try cluster.transactional(3)
        let body = String((0..<70_000).map { "\($0 % 10_000) " }.joined().prefix(Limits.chunkBytes + 12_345))
        for number in 1...3 { client.publish("\(number) \(body)", to: "all", key: "", persistent: true, 1) }
        client.send(TxCommit(), 1)
        cluster.run(300)
        if restarts {
            #expect(client.names == [])
            cluster.crash(3)
        } else {
            #expect(cluster.run { client.names == ["tx.commit-ok"] })
        }
        try cluster.recover()
        for (queue, number) in [("q1", 1), ("q2", 2), ("q3", 3), ("k", 1)] {
            let found = cluster.drainWhole(try cluster.client(number), queue)
            #expect(found == (1...3).map { "\($0) \(body)" }, "\(queue): \(found.map(\.count))")
        }
    }

    @Test("a large commit of many slices counts as a whole", arguments: [0, 4, 8, 12, 20])
    func manyMessages(_ milliseconds: Int) throws {
        let cluster = try cluster()
        let client = try cluster.transactional(3)
        let count = 3_000
        for number in 1...count { client.publish("\(number)", to: "all", key: "", persistent: true, 1) }
        client.send(TxCommit(), 1)
        cluster.run(milliseconds)
        for number in 1...3 where number != 2 { cluster.crash(number, torn: 1_000) }
        try cluster.recover()
        let counts = try cluster.counts()
        #expect(counts.allSatisfy { $0 == counts[0] } && [0, count].contains(counts[0]), "\(counts)")
    }

    @Test("what a transaction acknowledges elsewhere is acknowledged only when it is durable here")
    func acknowledged() throws {
        for milliseconds in 0..<12 {
            let cluster = try cluster()
            let publisher = try cluster.client(1)
            publisher.publish("old", to: "", key: "q1", persistent: true, 1)
            publisher.publish("old", to: "", key: "k", persistent: true, 1)
            cluster.run(50)
            let client = try cluster.transactional(3)
            for name in ["q1", "k"] { #expect(cluster.ask(client, BasicGet(queue: name)) == "basic.get-ok") }
            cluster.run(10)
            client.forgetFrames()
            client.send(BasicAck(deliveryTag: 2, multiple: true), 1)
            client.publish("new", to: "", key: "q2", persistent: true, 1)
            client.send(TxCommit(), 1)
            cluster.run(milliseconds)
            let isAnswered = client.names == ["tx.commit-ok"]
            cluster.crash(3)
            try cluster.recover()
            #expect(cluster.run { cluster.members[0].member("k")?.machine.unackedCount == 0 })
            let counts = try cluster.counts()
            // An acknowledgement of what went back with the node's connections does nothing; but none without the publish.
            if counts[0] == 0 || counts[3] == 0 { #expect(counts[1] == 1, "\(counts) after \(milliseconds) ms") }
            if isAnswered { #expect(counts == [0, 1, 0, 0], "after \(milliseconds) ms") }
        }
    }

    @Test("on a node alone a transaction takes its quorum queues with it", arguments: 0..<8)
    func alone(_ batches: Int) throws {
        let disk = CrashingDisk()
        let (node, _) = try disk.start()
        let client = try WireClient(node, opening: [1])
        client.send(QueueDeclare(queue: "q", durable: true), 1)
        client.send(QueueDeclare(queue: "k", durable: true, arguments: ["x-queue-type": .string("quorum")]), 1)
        client.settle(disk)
        client.send(TxSelect(), 1)
        for name in ["q", "k"] { client.publish("m", to: "", key: name, persistent: true, 1) }
        client.settle(disk)
        client.forgetFrames()
        disk.crashAfter = disk.batches + batches
        client.send(TxCommit(), 1)
        client.settle(disk)
        let isAnswered = client.names.contains("tx.commit-ok")
        #expect(batches < 7 || isAnswered)
        let copy = disk.afterCrash()
        let (again, _) = try copy.start { $0.incarnation = 2 }
        let other = try WireClient(again, opening: [1])
        other.settle(copy)
        var counts: [Int] = []
        for name in ["q", "k"] { counts.append(other.drain(name, 1).count) }
        #expect(counts == [1, 1] || !isAnswered && counts == [0, 0], "\(counts)")
    }
}
