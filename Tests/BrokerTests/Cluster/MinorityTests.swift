import AMQP
import Management
import Testing

@testable import Broker

@Suite("Nodes in a minority")
struct MinorityTests {
    private static let text = "CONNECTION_FORCED - broker forced connection closure with reason 'shutdown'"

    @Test("a node whose links are cut closes its clients' connections at once; the others' go on", arguments: 1...3)
    func isolated(_ number: Int) throws {
        let cluster = try TestCluster()
        let alone = try cluster.client(number)
        let other = try cluster.client(number % 3 + 1)
        alone.forgetFrames()
        cluster.isolate(number)
        cluster.run(2)
        #expect(alone.closing?.code == 320 && alone.closing?.text == Self.text)
        let node = try cluster.node(number)
        #expect(!node.isServing && node.isInMinority)
        #expect(node.accept(peer: "test:1", now: node.now).isFinished)
        #expect(cluster.ask(other, QueueDeclare(queue: "q", durable: true)) == "queue.declare-ok")
    }

    @Test("a node that hears nobody any more is in a minority half a second later", arguments: 1...3)
    func silent(_ number: Int) throws {
        let cluster = try TestCluster()
        let alone = try cluster.client(number)
        alone.forgetFrames()
        cluster.silence(number)
        cluster.run(350)
        #expect(alone.names.isEmpty)
        cluster.run(250)
        #expect(alone.closing?.code == 320)
        #expect(try !cluster.node(number).isServing)
    }

    @Test(
        "it serves again when it is back and knows what was declared meanwhile, by log or snapshot",
        arguments: [4096, 16])
    func back(_ snapshotEntries: Int) throws {
        let cluster = try TestCluster(snapshotEntries: snapshotEntries)
        for number in 1...3 {
            cluster.isolate(number)
            cluster.run(100)
            let client = try cluster.client(number % 3 + 1)
            for declared in 1...40 {
                #expect(
                    cluster.ask(client, QueueDeclare(queue: "q\(number)-\(declared)", durable: true))
                        == "queue.declare-ok")
            }
            cluster.heal()
            let node = try cluster.node(number)
            #expect(!node.isServing)
            #expect(cluster.run { node.isServing })
            #expect(try cluster.queues(number)["q\(number)-40"] != nil)
        }
    }

    @Test("half of an even cluster is a minority, on both sides")
    func half() throws {
        let cluster = try TestCluster(nodes: 4)
        for (one, other) in [(1, 3), (1, 4), (2, 3), (2, 4)] { cluster.cut(one, other) }
        cluster.run(2)
        for number in 1...4 { #expect(try !cluster.node(number).isServing && cluster.node(number).isInMinority) }
        cluster.heal()
        #expect(cluster.run { (1...4).allSatisfy { (try? cluster.node($0).isServing) == true } })
    }

    @Test("of two nodes the one that is left stops serving, and both serve when the other has started again")
    func two() throws {
        let cluster = try TestCluster(nodes: 2)
        let client = try cluster.client(2)
        #expect(cluster.ask(client, QueueDeclare(queue: "q", durable: true)) == "queue.declare-ok")
        client.forgetFrames()
        cluster.crash(1)
        cluster.run(2)
        #expect(client.closing?.code == 320)
        try cluster.start(1)
        #expect(cluster.run { (1...2).allSatisfy { (try? cluster.node($0).isServing) == true } })
        #expect(try cluster.queues(1)["q"] != nil)
    }

    @Test("links that come and go many times leave all nodes serving, and nothing waiting")
    func flapping() throws {
        let cluster = try TestCluster()
        for round in 0..<60 {
            cluster.isolate(round % 3 + 1)
            cluster.run(round % 7)
            cluster.heal()
            cluster.run(round % 11)
        }
        #expect(cluster.run { (1...3).allSatisfy { (try? cluster.node($0).isServing) == true } })
        #expect(cluster.converge())
        let client = try cluster.client(1)
        #expect(cluster.ask(client, QueueDeclare(queue: "q")) == "queue.declare-ok")
    }

    @Test("what the control plane asks of a node in a minority fails at once")
    func control() throws {
        let cluster = try TestCluster()
        let node = try cluster.node(1)
        func change() -> (() -> Answer?) {
            let box = Box()
            node.change(.declareVirtualHost(name: "v")) { box.answer = $0 }
            return { box.answer }
        }
        cluster.isolate(1)
        cluster.run(2)
        let answer = change()
        guard case .failed(let failure)? = answer() else { return #expect(Bool(false), "not answered") }
        #expect(failure.text.contains("node 'warren1@localhost' cannot reach a majority of its cluster"))
    }

    private final class Box { var answer: Answer? }
}
