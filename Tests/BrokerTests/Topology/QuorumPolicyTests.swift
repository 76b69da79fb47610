import AMQP
import Testing

@testable import Broker

@Suite("Policies of quorum queues")
struct QuorumPolicyTests {
    private static let type: FieldTable = ["x-queue-type": .string("quorum")]

    private func cluster(_ more: [(String, FieldValue)] = []) throws -> (TestCluster, WireClient) {
        let cluster = try TestCluster()
        let client = try cluster.client(1)
        var arguments = Self.type
        for (name, value) in more { arguments[name] = value }
        let declare = QueueDeclare(queue: "q", durable: true, arguments: arguments)
        #expect(cluster.ask(client, declare) == "queue.declare-ok")
        #expect(cluster.settle())
        return (cluster, client)
    }

    private func set(_ definition: FieldTable, on number: Int = 1, of cluster: TestCluster) throws {
        try cluster.change(
            number, .setPolicy(virtualHost: "/", Policy(name: "p", pattern: "^q$", definition: definition)))
    }

    private func publish(_ bodies: ClosedRange<Int>, _ client: WireClient, in cluster: TestCluster) {
        for body in bodies { client.publish("\(body)", to: "", key: "q", persistent: true, 1) }
        cluster.run(200)
    }

    /// The limits that the members on all nodes have.
    private func limits(_ cluster: TestCluster) throws -> [QuorumLimits] {
        try (1...3).map { try #require(cluster.node($0).quorum.member(cluster.queue("q", on: $0).id)).machine.limits }
    }

    @Test("a limit holds at once on all members, the smaller of two, and goes with the policy", arguments: 1...3)
    func length(_ setting: Int) throws {
        let (cluster, client) = try cluster([("x-max-length", .int64(4))])
        publish(1...6, client, in: cluster)
        try set(["max-length": .int64(2), "delivery-limit": .int64(7)], on: setting, of: cluster)
        #expect(cluster.run { (try? limits(cluster).allSatisfy { $0.maxLength == 2 }) == true })
        #expect(try limits(cluster).map(\.deliveryLimit) == [7, 7, 7])
        #expect(cluster.drain(client, "q") == ["5", "6"])
        try set(["max-length": .int64(9)], on: setting, of: cluster)
        #expect(cluster.run { (try? limits(cluster).allSatisfy { $0.maxLength == 4 }) == true })
        #expect(try limits(cluster).allSatisfy { $0.deliveryLimit == nil })
        try cluster.change(setting, .clearPolicy(virtualHost: "/", name: "p"))
        publish(7...12, client, in: cluster)
        #expect(cluster.drain(client, "q") == ["9", "10", "11", "12"])
    }

    @Test("a queue that is declared under a policy has its limits before its first message")
    func declaredLater() throws {
        let cluster = try TestCluster()
        try set(["max-length": .int64(2), "overflow": .string("reject-publish")], of: cluster)
        let client = try cluster.client(2)
        #expect(cluster.ask(client, ConfirmSelect()) == "confirm.select-ok")
        let declare = QueueDeclare(queue: "q", durable: true, arguments: Self.type)
        #expect(cluster.ask(client, declare) == "queue.declare-ok")
        publish(1...4, client, in: cluster)
        #expect(client.confirmed.nacks == [3, 4])
        #expect(cluster.drain(client, "q") == ["1", "2"])
    }

    @Test("the limits stay through a change of leaders and a restart of all nodes, from the log or a snapshot")
    func restarts() throws {
        let (cluster, _) = try cluster()
        try set(["max-length": .int64(3)], of: cluster)
        #expect(cluster.run { (try? limits(cluster).allSatisfy { $0.maxLength == 3 }) == true })
        let leader = try #require(cluster.leader(of: "q"))
        cluster.crash(leader)
        #expect(cluster.run { cluster.leader(of: "q") != nil })
        // What is changed while a member is down reaches it too.
        try set(["max-length": .int64(2)], on: leader % 3 + 1, of: cluster)
        try cluster.start(leader)
        #expect(cluster.settle())
        #expect(cluster.run { (try? limits(cluster).allSatisfy { $0.maxLength == 2 }) == true })
        for number in 1...3 { cluster.crash(number) }
        for number in 1...3 { try cluster.start(number) }
        #expect(cluster.settle())
        // A member knows again what it has applied when it hears what is committed.
        #expect(cluster.run { (try? limits(cluster).allSatisfy { $0.maxLength == 2 }) == true })
        let client = try cluster.client(leader)
        publish(1...4, client, in: cluster)
        #expect(cluster.drain(client, "q") == ["3", "4"])
        let machine = try #require(cluster.node(1).quorum.member(cluster.queue("q", on: 1).id)).machine.snapshot()
        #expect(try QuorumMachine(snapshot: machine, limits: QuorumLimits()).limits.maxLength == 2)
    }

    @Test("a policy's dead-letter exchange takes what a quorum queue drops")
    func deadLetters() throws {
        let (cluster, client) = try cluster()
        #expect(cluster.ask(client, QueueDeclare(queue: "dead", durable: true)) == "queue.declare-ok")
        try set(
            [
                "max-length": .int64(1), "dead-letter-exchange": .string(""),
                "dead-letter-routing-key": .string("dead"),
            ], on: 2, of: cluster)
        #expect(cluster.run { (try? limits(cluster).allSatisfy(\.deadLetters)) == true })
        publish(1...3, client, in: cluster)
        #expect(cluster.drain(client, "dead") == ["1", "2"])
        #expect(cluster.drain(client, "q") == ["3"])
    }

    @Test("limits are written and read as they are, and nothing else is taken for limits")
    func bytes() throws {
        let all = QuorumLimits(
            maxLength: .max, maxBytes: 0, rejectsPublishes: true, messageTTL: .max, deliveryLimit: .max,
            deadLetters: true)
        for limits in [QuorumLimits(), all, QuorumLimits(maxBytes: 5), QuorumLimits(deliveryLimit: 0)] {
            var bytes: [UInt8] = []
            limits.append(to: &bytes)
            #expect(bytes.withUnsafeBytes { QuorumLimits($0) } == limits)
            #expect(bytes.dropLast().withUnsafeBytes { QuorumLimits($0) } == nil)
            bytes[1] = 1
            #expect(bytes.withUnsafeBytes { QuorumLimits($0) } == nil)
        }
    }
}
