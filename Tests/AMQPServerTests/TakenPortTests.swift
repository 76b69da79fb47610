import AMQPServer
import Broker
import Testing

@Suite("The AMQP port")
struct TakenPortTests {
    @Test("a taken port is an error that names it, and nothing is left running")
    func taken() async throws {
        let first = try await RunningBroker.start()
        let port = try #require(first.amqpPort)
        do {
            _ = try await RunningBroker.start(port: port)
            Issue.record("two brokers on one port")
        } catch let error as ListenError {
            #expect(error.isTaken)
            #expect(error.description == "port \(port) on 127.0.0.1 is taken")
        }
        try await first.stop()
    }
}
