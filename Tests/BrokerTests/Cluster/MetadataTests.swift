import AMQP
import Raft
import Testing

@testable import Broker

@Suite("The metadata of a cluster")
struct MetadataTests {
    @Test("what is declared on any node is seen on all, with the same ids")
    func declaredOnAny() throws {
        let cluster = try TestCluster()
        for number in 1...3 {
            let client = try cluster.client(number)
            #expect(cluster.ask(client, QueueDeclare(queue: "q\(number)", durable: number > 1)) == "queue.declare-ok")
            #expect(
                cluster.ask(client, ExchangeDeclare(exchange: "e\(number)", type: "topic")) == "exchange.declare-ok")
            #expect(
                cluster.ask(client, QueueBind(queue: "q1", exchange: "e\(number)", routingKey: "k")) == "queue.bind-ok")
        }
        #expect(cluster.converge())
        let ids = try cluster.queues(1)
        #expect(ids.keys.sorted() == ["q1", "q2", "q3"])
        #expect(try cluster.queues(2) == ids && cluster.queues(3) == ids)
        #expect(try cluster.dump(1) == cluster.dump(2) && cluster.dump(2) == cluster.dump(3))
        for number in 1...3 {
            let homes = try (1...3).map { try #require(cluster.node(number).virtualHosts["/"]?.queues["q\($0)"]) }
            #expect(homes.map { $0.settings.home?.node } == [1, 2, 3])
            #expect(homes.map(\.isRemote) == [1, 2, 3].map { $0 != number })
        }
    }

    @Test(
        "before silence tells a node that it is in a minority, it cannot declare and says so; the majority goes on",
        arguments: 1...3)
    func silence(_ isolated: Int) throws {
        let cluster = try TestCluster()
        let alone = try cluster.client(isolated)
        let other = try cluster.client(isolated % 3 + 1)
        cluster.silence(isolated)
        alone.send(QueueDeclare(queue: "lost", durable: true), 1)
        alone.forgetFrames()
        #expect(cluster.run { !alone.names.isEmpty })
        #expect(alone.names == ["connection.close"])
        // A follower finds out that no leader is there before it finds out that nobody is.
        guard alone.closing?.code != 320 else { return }
        // It serves nobody while it is one.
        #expect(alone.closing?.code == 320)
        #expect(alone.closing?.text == "CONNECTION_FORCED - broker forced connection closure with reason 'shutdown'")
        #expect(cluster.ask(other, QueueDeclare(queue: "kept", durable: true)) == "queue.declare-ok")
        #expect(try cluster.queues(isolated)["kept"] == nil)
        cluster.heal()
        #expect(cluster.converge())
        #expect(try (1...3).allSatisfy { try cluster.queues($0)["kept"] == cluster.queues(1)["kept"] })
        #expect(try cluster.dump(1) == cluster.dump(2) && cluster.dump(2) == cluster.dump(3))
    }

    @Test("a node that was down catches up, by the log or by a snapshot", arguments: [4096, 16])
    func catchingUp(_ snapshotEntries: Int) throws {
        let cluster = try TestCluster(snapshotEntries: snapshotEntries)
        let first = try cluster.client(3)
        #expect(cluster.ask(first, QueueDeclare(queue: "old", durable: true)) == "queue.declare-ok")
        #expect(cluster.ask(first, QueueDeclare(queue: "going", durable: true)) == "queue.declare-ok")
        cluster.crash(3)
        let client = try cluster.client(1)
        #expect(cluster.ask(client, QueueDelete(queue: "going")) == "queue.delete-ok")
        for number in 1...40 {
            #expect(cluster.ask(client, QueueDeclare(queue: "q\(number)", durable: true)) == "queue.declare-ok")
        }
        #expect(cluster.ask(client, QueueDelete(queue: "q7")) == "queue.delete-ok")
        let leader = try #require(cluster.leader)
        let base = try #require(cluster.node(leader).cluster).metadata.group.basePosition.index
        #expect((base > 4) == (snapshotEntries == 16), "the log begins behind \(base)")
        try cluster.start(3)
        #expect(cluster.converge())
        #expect(try cluster.queues(3).count == 40)
        #expect(try cluster.dump(1) == cluster.dump(3) && cluster.dump(2) == cluster.dump(3))
        // And it starts from what it has got.
        cluster.crash(3)
        try cluster.start(3)
        #expect(cluster.converge())
        #expect(try cluster.dump(1) == cluster.dump(3))
    }

    @Test("a node that was cut off for long gets a snapshot while it runs", arguments: 1...3)
    func cutOffForLong(_ isolated: Int) throws {
        let cluster = try TestCluster(snapshotEntries: 16)
        let alone = try cluster.client(isolated)
        #expect(cluster.ask(alone, QueueDeclare(queue: "mine", durable: true)) == "queue.declare-ok")
        #expect(cluster.ask(alone, QueueDeclare(queue: "going")) == "queue.declare-ok")
        alone.publish("kept", to: "", key: "mine", persistent: true, 1)
        #expect(cluster.converge())
        cluster.isolate(isolated)
        let client = try cluster.client(isolated % 3 + 1)
        #expect(cluster.ask(client, QueueDelete(queue: "going")) == "queue.delete-ok")
        for number in 1...40 {
            #expect(cluster.ask(client, QueueDeclare(queue: "q\(number)")) == "queue.declare-ok")
        }
        cluster.heal()
        #expect(cluster.converge())
        #expect(try cluster.dump(1) == cluster.dump(2) && cluster.dump(2) == cluster.dump(3))
        #expect(try cluster.queues(isolated)["going"] == nil)
        #expect(try cluster.client(isolated).drain("mine", 1) == ["kept"])
    }

    @Test("after a power loss of all nodes everything is there that was answered", arguments: 0..<12)
    func powerLoss(_ extra: Int) throws {
        let cluster = try TestCluster(snapshotEntries: extra % 3 == 0 ? 16 : 4096)
        var answered: [String] = []
        let clients = try (1...3).map { try cluster.client($0) }
        for number in 0..<30 {
            let client = clients[number % 3]
            if cluster.ask(client, QueueDeclare(queue: "q\(number)", durable: true)) == "queue.declare-ok" {
                answered.append("q\(number)")
            }
        }
        #expect(answered.count == 30)
        clients[extra % 3].send(QueueDeclare(queue: "last", durable: true), 1)
        clients[extra % 3].forgetFrames()
        cluster.run(extra / 3)
        if clients[extra % 3].names == ["queue.declare-ok"] { answered.append("last") }
        for number in 1...3 { cluster.crash(number, torn: extra * 7) }
        for number in 1...3 { try cluster.start(number) }
        #expect(cluster.converge())
        #expect(try Set(cluster.queues(1).keys).isSuperset(of: answered))
        #expect(try cluster.dump(1) == cluster.dump(2) && cluster.dump(2) == cluster.dump(3))
    }

    @Test("a declaration under way when the leader crashes is answered once, and rightly", arguments: 0..<14)
    func leaderCrash(_ milliseconds: Int) throws {
        let cluster = try TestCluster()
        let leader = try #require(cluster.leader)
        let client = try cluster.client(leader % 3 + 1)
        client.send(QueueDeclare(queue: "q", durable: true), 1)
        cluster.run(milliseconds)
        cluster.crash(leader)
        #expect(cluster.run { !client.names.isEmpty })
        cluster.run(1_000)
        #expect(client.names == ["queue.declare-ok"])
        try cluster.start(leader)
        #expect(cluster.converge())
        let ids = try cluster.queues(leader)
        #expect(try ids.count == 1 && (1...3).allSatisfy { try cluster.queues($0) == ids })
    }

    @Test("what was asked for again counts once, even when it was undone meanwhile")
    func askedAgain() throws {
        let cluster = try TestCluster()
        let leader = try #require(cluster.leader)
        let follower = try cluster.client(leader % 3 + 1)
        #expect(cluster.ask(follower, QueueDeclare(queue: "q", durable: true)) == "queue.declare-ok")
        #expect(cluster.ask(try cluster.client(leader), QueueDelete(queue: "q")) == "queue.delete-ok")
        let before = try #require(cluster.node(leader).cluster).metadata.group.lastPosition.index
        cluster.repeatRequests()
        cluster.run(200)
        #expect(try #require(cluster.node(leader).cluster).metadata.group.lastPosition.index > before)
        #expect(cluster.converge())
        #expect(try (1...3).allSatisfy { try cluster.queues($0).isEmpty })
    }

    @Test("an exclusive queue is locked to others on every node, and goes with its connection on all")
    func exclusive() throws {
        let cluster = try TestCluster()
        let owner = try cluster.client(2)
        #expect(cluster.ask(owner, QueueDeclare(queue: "own", exclusive: true)) == "queue.declare-ok")
        #expect(cluster.converge())
        #expect(try (1...3).allSatisfy { try cluster.queues($0)["own"] != nil })
        for number in 1...3 {
            // Another node's first connection has the same number.
            let other = try cluster.client(number)
            #expect(cluster.ask(other, QueueDeclare(queue: "own", exclusive: true)) == "channel.close")
            #expect(other.closing?.code == 405)
        }
        owner.connection.close()
        cluster.run(200)
        #expect(try (1...3).allSatisfy { try cluster.queues($0)["own"] == nil })
    }

    @Test("what does not survive its node goes when the node has started again; the rest stays")
    func lostWithItsNode() throws {
        let cluster = try TestCluster()
        let owner = try cluster.client(2)
        #expect(cluster.ask(owner, QueueDeclare(queue: "own", exclusive: true)) == "queue.declare-ok")
        #expect(cluster.ask(owner, QueueDeclare(queue: "transient")) == "queue.declare-ok")
        #expect(cluster.ask(owner, QueueDeclare(queue: "durable", durable: true)) == "queue.declare-ok")
        let other = try cluster.client(1)
        #expect(cluster.ask(other, QueueDeclare(queue: "elsewhere")) == "queue.declare-ok")
        cluster.crash(2)
        cluster.run(1_000)
        try cluster.start(2)
        #expect(cluster.converge())
        for number in 1...3 { #expect(try cluster.queues(number).keys.sorted() == ["durable", "elsewhere"]) }
    }

    @Test("messages of a durable queue wait until the metadata names it; those of a deleted one are gone")
    func contents() throws {
        let cluster = try TestCluster()
        let client = try cluster.client(1)
        for name in ["kept", "deleted"] {
            #expect(cluster.ask(client, QueueDeclare(queue: name, durable: true)) == "queue.declare-ok")
            client.publish("in \(name)", to: "", key: name, persistent: true, 1)
        }
        cluster.run(50)
        cluster.crash(1)
        let other = try cluster.client(2)
        #expect(cluster.ask(other, QueueDelete(queue: "deleted")) == "queue.delete-ok")
        #expect(cluster.ask(other, QueueDeclare(queue: "deleted", durable: true)) == "queue.declare-ok")
        cluster.isolate(1)
        try cluster.start(1)
        cluster.run(1_000)
        #expect(try !cluster.node(1).isServing)
        cluster.heal()
        #expect(cluster.converge())
        let again = try cluster.client(1)
        #expect(again.drain("kept", 1) == ["in kept"])
        #expect(try cluster.queues(1) == cluster.queues(2))
    }

    @Test("the journal of a member does not grow with messages that are gone", arguments: [true, false])
    func journalSpace(_ isLeader: Bool) throws {
        let cluster = try TestCluster()
        let leader = try #require(cluster.leader)
        let number = isLeader ? leader : leader % 3 + 1
        let client = try cluster.client(number)
        for name in ["q", "r"] {
            #expect(cluster.ask(client, QueueDeclare(queue: name, durable: true)) == "queue.declare-ok")
        }
        client.publish("stays", to: "", key: "r", persistent: true, 1)
        for _ in 1...40 {
            for _ in 1...10 {
                client.publish(String(repeating: "x", count: 1_000), to: "", key: "q", persistent: true, 1)
            }
            #expect(cluster.ask(client, QueuePurge(queue: "q")) == "queue.purge-ok")
            cluster.run(30)
        }
        #expect(cluster.members[number - 1].disk.segments.count <= 5)
        #expect(cluster.ask(client, QueueDeclare(queue: "later", durable: true)) == "queue.declare-ok")
        let dump = try cluster.dump(number)
        for number in 1...3 { cluster.crash(number) }
        for number in 1...3 { try cluster.start(number) }
        #expect(cluster.converge())
        #expect(try (1...3).allSatisfy { try cluster.dump($0) == dump })
        #expect(try cluster.client(number).drain("r", 1) == ["stays"])
    }

    @Test("a member whose journal is damaged does not start unless it is told to go on without what cannot be read")
    func damaged() throws {
        let cluster = try TestCluster()
        let client = try cluster.client(1)
        for number in 1...3 {
            #expect(cluster.ask(client, QueueDeclare(queue: "q\(number)", durable: true)) == "queue.declare-ok")
        }
        cluster.crash(1)
        cluster.members[0].disk.damage(try #require(cluster.members[0].disk.segments.keys.min()), at: 150)
        #expect(throws: (any Error).self) { try cluster.start(1) }
    }

    @Test("clients of a node that has not caught up are turned away")
    func notServing() throws {
        let cluster = try TestCluster()
        for number in 1...3 { cluster.crash(number) }
        try cluster.start(1)
        cluster.run(1_000)
        let node = try cluster.node(1)
        #expect(!node.isServing)
        #expect(node.accept(peer: "test:1", now: node.now).isFinished)
    }
}
