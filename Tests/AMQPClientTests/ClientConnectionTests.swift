import AMQP
import AMQPClient
import AMQPServer
import Synchronization
import Testing

@Suite("The client for drills, against the engine")
struct ClientConnectionTests {
    private func withBroker(_ body: (AMQPURI) async throws -> Void) async throws {
        let broker = try await RunningBroker.start()
        let address = try #require(broker.amqpAddress)
        do {
            try await body(AMQPURI("amqp://\(address)"))
        } catch {
            try await broker.stop()
            throw error
        }
        try await broker.stop()
    }

    @Test("what is published is confirmed, delivered with the same bytes and settled by an ack")
    func roundTrip() async throws {
        try await withBroker { uri in
            let connection = try await ClientConnection.open(uri)
            let channel = try await connection.openChannel()
            try await channel.call(QueueDeclare(queue: "q"))
            try await channel.call(ConfirmSelect())
            let (confirms, confirmed) = AsyncStream.makeStream(of: UInt64.self)
            let (bodies, delivered) = AsyncStream.makeStream(of: [UInt8].self)
            let sent = [0, 1, 5000, 131_064, 131_065, 300_000].map { [UInt8](repeating: UInt8($0 % 251), count: $0) }
            channel.onLoop { channel in
                channel.onConfirm = { tag, _, isAck in if isAck { confirmed.yield(tag) } }
                channel.onDelivery = { delivery in
                    delivered.yield(Array(delivery.body))
                    channel.acknowledge(delivery.tag, multiple: false)
                }
                let template = PublishTemplate(routingKey: "q", properties: BasicProperties(deliveryMode: 2))
                for body in sent { body.withUnsafeBytes { channel.publish(template, body: $0) } }
            }
            for await tag in confirms where tag == UInt64(sent.count) { break }
            try await channel.call(BasicConsume(queue: "q"))
            var received: [[UInt8]] = []
            for await body in bodies {
                received.append(body)
                if received.count == sent.count { break }
            }
            #expect(received == sent)
            await connection.close()

            let second = try await ClientConnection.open(uri)
            let reply = try await second.openChannel().call(QueueDeclare(queue: "q", passive: true))
            guard case .queueDeclareOK(let declared) = reply else { throw ClientError.protocolViolation("\(reply)") }
            #expect(declared.messageCount == 0)
            await second.close()
        }
    }

    @Test("a refusal carries the broker's code and text, and ends the channel alone")
    func refusal() async throws {
        try await withBroker { uri in
            let connection = try await ClientConnection.open(uri)
            let channel = try await connection.openChannel()
            let refused = ClientError.refused(code: 404, text: "NOT_FOUND - no queue 'missing' in vhost '/'")
            await #expect(throws: refused) {
                try await channel.call(QueueDeclare(queue: "missing", passive: true))
            }
            await #expect(throws: refused) { try await channel.call(QueueDeclare(queue: "other")) }
            let other = try await connection.openChannel()
            try await other.call(QueueDeclare(queue: "other"))
            await connection.close()
        }
    }

    @Test("many methods are called in one go, and the first refusal is what the caller gets")
    func pipelined() async throws {
        try await withBroker { uri in
            let connection = try await ClientConnection.open(uri)
            let channel = try await connection.openChannel()
            let names = (0..<1000).map { "q\($0)" }
            try await channel.call(all: names.map { QueueDeclare(queue: $0) })
            try await channel.call(all: names.map { QueueDeclare(queue: $0, passive: true) })
            try await channel.call(all: [QueueDelete]())
            await #expect(
                throws: ClientError.refused(code: 404, text: "NOT_FOUND - no queue 'missing' in vhost '/'")
            ) {
                try await channel.call(all: ["q0", "missing", "q1"].map { QueueDeclare(queue: $0, passive: true) })
            }
            await connection.close()
        }
    }

    @Test("a callback gets the reply on the loop, and the end of the connection as well")
    func callbacks() async throws {
        try await withBroker { uri in
            let connection = try await ClientConnection.open(uri)
            let channel = try await connection.openChannel()
            let replies: [Result<Method, ClientError>] = await withCheckedContinuation { continuation in
                channel.onLoop { channel in
                    channel.ask(TxSelect()) { first in
                        channel.ask(TxCommit()) { second in continuation.resume(returning: [first, second]) }
                    }
                }
            }
            #expect(replies.map { try? $0.get().id } == [TxSelectOK.id, TxCommitOK.id])
            await connection.close()
            let late = await withCheckedContinuation { continuation in
                channel.onLoop { $0.ask(TxCommit()) { continuation.resume(returning: $0) } }
            }
            #expect(late == .failure(.disconnected))
        }
    }

    @Test("wrong credentials are refused in the broker's words")
    func credentials() async throws {
        try await withBroker { uri in
            var wrong = uri
            wrong.password = "wrong"
            await #expect(
                throws: ClientError.refused(
                    code: 403,
                    text: "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN. For details see "
                        + "the broker logfile.")
            ) {
                try await ClientConnection.open(wrong)
            }
        }
    }

    @Test("nobody listening is an error that names the address")
    func unreachable() async throws {
        do {
            _ = try await ClientConnection.open(AMQPURI("amqp://127.0.0.1:1"))
            Issue.record("connected to nothing")
        } catch {
            #expect(error.description.contains("127.0.0.1:1"))
        }
    }

    @Test("URIs name host, port, user, password and virtual host; nonsense is refused")
    func uris() throws {
        let full = try AMQPURI("amqp://us%40er:p%2Fw@mq.example:5673/a%2Fb")
        #expect(full.host == "mq.example" && full.port == 5673)
        #expect(full.user == "us@er" && full.password == "p/w" && full.virtualHost == "a/b")
        let short = try AMQPURI("amqp://localhost")
        #expect(short.port == 5672 && short.user == "guest" && short.virtualHost == "/")
        for text in ["", "http://localhost", "amqp://", "localhost:5672", "amqp://h:0"] {
            #expect(throws: ClientError.self) { try AMQPURI(text) }
        }
    }
}
