import AMQP
import Testing

@testable import Broker

@Suite("Transactions over several nodes")
struct RemoteTransactionTests {
    /// Queues q1 and q2, each on the node of its number.
    private func cluster() throws -> TestCluster {
        let cluster = try TestCluster()
        for number in 1...2 {
            let declare = QueueDeclare(queue: "q\(number)", durable: true)
            #expect(cluster.ask(try cluster.client(number), declare) == "queue.declare-ok")
        }
        #expect(cluster.settle())
        return cluster
    }

    @Test("publishes and acknowledgements take effect with the commit, wherever their queues are")
    func commit() throws {
        let cluster = try cluster()
        let client = try cluster.client(2)
        #expect(cluster.ask(client, TxSelect()) == "tx.select-ok")
        for name in ["q1", "q2"] { client.publish("in \(name)", to: "", key: name, persistent: true, 1) }
        cluster.run(50)
        let (far, near) = try (cluster.queue("q1", on: 1), cluster.queue("q2", on: 2))
        #expect(far.readyCount == 0 && near.readyCount == 0)
        #expect(cluster.ask(client, TxCommit()) == "tx.commit-ok")
        #expect(far.readyCount == 1 && near.readyCount == 1)
        #expect(cluster.ask(client, BasicGet(queue: "q1")) == "basic.get-ok")
        cluster.run(10)
        client.send(BasicAck(deliveryTag: 1), 1)
        client.publish("never", to: "", key: "q1", persistent: true, 1)
        #expect(cluster.ask(client, TxRollback()) == "tx.rollback-ok")
        #expect(far.unackedCount == 1 && far.readyCount == 0)
        client.send(BasicAck(deliveryTag: 1), 1)
        cluster.run(50)
        #expect(far.unackedCount == 1)
        #expect(cluster.ask(client, TxCommit()) == "tx.commit-ok")
        #expect(far.unackedCount == 0)
        cluster.crash(1)
        try cluster.start(1)
        #expect(cluster.settle())
        #expect(cluster.ask(client, BasicGet(queue: "q1")) == "basic.get-empty")
    }

    @Test("recovering in a transaction is at once, as for a queue here")
    func recover() throws {
        let cluster = try cluster()
        let client = try cluster.client(2)
        client.publish("m", to: "", key: "q1", persistent: true, 1)
        #expect(cluster.ask(client, TxSelect()) == "tx.select-ok")
        #expect(cluster.ask(client, BasicGet(queue: "q1")) == "basic.get-ok")
        cluster.run(10)
        #expect(cluster.ask(client, BasicRecover(requeue: true)) == "basic.recover-ok")
        let queue = try cluster.queue("q1", on: 1)
        #expect(cluster.run { queue.readyCount == 1 && queue.unackedCount == 0 })
        client.publish("n", to: "", key: "q1", persistent: true, 1)
        #expect(cluster.ask(client, TxCommit()) == "tx.commit-ok")
        #expect(queue.readyCount == 2)
    }

    @Test("a commit is durable on every node when it is answered")
    func durable() throws {
        let cluster = try cluster()
        let client = try cluster.client(3)
        #expect(cluster.ask(client, TxSelect()) == "tx.select-ok")
        for number in 0..<30 { client.publish("\(number)", to: "", key: "q\(number % 2 + 1)", persistent: true, 1) }
        #expect(cluster.ask(client, TxCommit()) == "tx.commit-ok")
        for number in 1...2 { cluster.crash(number) }
        for number in 1...2 { try cluster.start(number) }
        #expect(cluster.settle())
        for number in 1...2 { #expect(try cluster.queue("q\(number)", on: number).readyCount == 15) }
    }

    @Test("a transaction whose queue's node goes is committed when that is back, and not before", arguments: 0..<8)
    func homeGoes(_ milliseconds: Int) throws {
        let cluster = try cluster()
        let client = try cluster.client(3)
        #expect(cluster.ask(client, TxSelect()) == "tx.select-ok")
        client.forgetFrames()
        client.publish("m", to: "", key: "q1", persistent: true, 1)
        if milliseconds == 0 { cluster.crash(1) }
        client.send(TxCommit(), 1)
        cluster.run(milliseconds)
        if milliseconds > 0 { cluster.crash(1) }
        cluster.run(1_000)
        if milliseconds < 2 { #expect(client.names == []) }
        try cluster.start(1)
        #expect(cluster.settle())
        #expect(cluster.run { client.names == ["tx.commit-ok"] })
        #expect(try cluster.queue("q1", on: 1).readyCount == 1)
    }

    @Test("an acknowledgement in a transaction that the queue's node has forgotten fails the commit")
    func forgotten() throws {
        let cluster = try cluster()
        let client = try cluster.client(3)
        client.publish("m", to: "", key: "q1", persistent: true, 1)
        #expect(cluster.ask(client, TxSelect()) == "tx.select-ok")
        #expect(cluster.ask(client, BasicGet(queue: "q1")) == "basic.get-ok")
        cluster.run(10)
        client.send(BasicAck(deliveryTag: 1), 1)
        cluster.crash(1)
        try cluster.start(1)
        #expect(cluster.settle())
        #expect(cluster.ask(client, TxCommit()) == "channel.close")
        #expect(try cluster.queue("q1", on: 1).readyCount == 1)
    }

    @Test("a channel whose commit fails goes on after its close, whatever it had asked for meanwhile")
    func heldBack() throws {
        let cluster = try cluster()
        let client = try cluster.client(2)
        #expect(cluster.ask(client, TxSelect()) == "tx.select-ok")
        client.publish("m", to: "", key: "q1", persistent: true, 1)
        #expect(cluster.ask(client, TxCommit()) == "tx.commit-ok")
        #expect(cluster.ask(client, BasicGet(queue: "q1")) == "basic.get-ok")
        cluster.run(10)
        client.send(BasicAck(deliveryTag: 1), 1)
        client.forgetFrames()
        client.send(TxCommit(), 1)
        client.send(BasicQos(prefetchCount: 1), 1)
        cluster.cut(1, 2)
        #expect(cluster.run { client.names == ["channel.close"] }, "\(client.names)")
        client.send(ChannelCloseOK(), 1)
        #expect(cluster.ask(client, ChannelOpen()) == "channel.open-ok")
        client.forgetFrames()
        client.send(ConnectionClose(replyCode: 200), 0)
        #expect(cluster.run { client.names == ["connection.close-ok"] })
    }
}
