import AMQP
import Testing

@testable import Broker

@Suite("Where queues are declared")
struct QueueLocatorTests {
    private func declare(_ name: String, _ locator: String?, exclusive: Bool = false) -> QueueDeclare {
        let arguments: FieldTable = locator.map { ["x-queue-master-locator": .string($0)] } ?? [:]
        return QueueDeclare(queue: name, durable: !exclusive, exclusive: exclusive, arguments: arguments)
    }

    @Test("with min-masters a queue goes to the node with the fewest that is up; else it stays with its client")
    func locators() throws {
        let cluster = try TestCluster()
        let client = try cluster.client(2)
        func home(_ name: String, _ locator: String?, exclusive: Bool = false) throws -> UInt32? {
            #expect(cluster.ask(client, declare(name, locator, exclusive: exclusive)) == "queue.declare-ok")
            return try cluster.queue(name, on: 2).settings.home?.node
        }
        #expect(try home("a", nil) == 2 && home("b", "client-local") == 2 && home("c", "nobody knows") == 2)
        #expect(try home("d", "min-masters") == 1)
        #expect(try home("e", "min-masters") == 3)
        #expect(try home("f", "min-masters") == 1)
        #expect(try home("g", "min-masters", exclusive: true) == 2)
        let drawn = try Set((0..<20).compactMap { try home("r\($0)", "random") })
        #expect(drawn == [1, 2, 3])
        client.publish("m", to: "", key: "e", persistent: true, 1)
        #expect(cluster.drain(try cluster.client(1), "e") == ["m"])
        cluster.crash(3)
        cluster.run(1_000)
        for number in 0..<6 { #expect(try home("up\(number)", "min-masters") != 3) }
        try cluster.start(3)
        #expect(cluster.settle())
        #expect(try cluster.dump(1) == cluster.dump(2) && cluster.dump(2) == cluster.dump(3))
    }
}
