import AMQPServer
import Broker
import Foundation
import Testing

#if canImport(Glibc)
    import Glibc
#endif

@Suite("Stopping a broker", .timeLimit(.minutes(1)))
struct StoppingTests {
    @Test("a broker stops with clients connected, and they see it")
    func clientsConnected() async throws {
        let broker = try await RunningBroker.start()
        let port = try #require(broker.amqpPort)
        let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(client) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let isConnected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(client, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        #expect(isConnected)
        #expect(send(client, "AMQP\u{0}\u{0}\u{9}\u{1}", 8, 0) == 8)
        var bytes = [UInt8](repeating: 0, count: 65_536)
        #expect(recv(client, &bytes, bytes.count, 0) > 0, "connection.start")
        try await broker.stop()
        while true {
            let count = recv(client, &bytes, bytes.count, 0)
            if count <= 0 { break }
        }
    }

    @Test("embedded callers that wait are told when the broker stops")
    func embeddedCallers() async throws {
        let broker = try await RunningBroker.start(port: nil)
        let connection = try await EmbeddedConnection.open(on: broker.loop)
        try await connection.declareQueue("q")
        let deliveries = try await connection.consume("q", prefetch: 1)
        let consuming = Task {
            var count = 0
            for try await _ in deliveries { count += 1 }
            return count
        }
        try await broker.stop()
        #expect(try await consuming.value == 0)
        await #expect(throws: BrokerError.stopped) { try await connection.declareQueue("again") }
    }
}
