import Testing

@testable import AMQP

@Suite("Methods")
struct MethodTests {
    @Test("each method is, byte for byte, what pika makes of it, and is read back", arguments: PikaMethods.all)
    func golden(_ golden: Golden) throws {
        #expect(payload(of: golden.method) == golden.payload)
        #expect(try Method(guarded: golden.payload) == golden.method)
    }

    @Test("there is a golden and a random maker for every method of the protocol, and each has a name")
    func complete() {
        let named = Set(MethodNames.all.keys)
        var generator = RandomBytes(seed: 1)
        #expect(named.count == 64)
        #expect(Set(PikaMethods.all.map(\.method.id)) == named)
        #expect(Set(RandomMethods.makers.map { $0(&generator).id }) == named)
        #expect(Set(MethodNames.all.values).count == named.count)
    }

    @Test("any arguments of any method survive being written and read")
    func roundTrip() throws {
        var generator = RandomBytes(seed: RandomBytes.seed())
        for _ in 0..<50 {
            for make in RandomMethods.makers {
                let method = make(&generator)
                #expect(try Method(guarded: payload(of: method)) == method, "WARREN_FUZZ_SEED=\(generator.seed)")
            }
        }
    }

    @Test("each flag has its own bit, in the order of the protocol")
    func flags() {
        func octet(_ method: Method, fromEnd: Int) -> UInt8 { payload(of: method).dropLast(fromEnd).last ?? 0 }
        let queues = [
            QueueDeclare(passive: true), QueueDeclare(durable: true), QueueDeclare(exclusive: true),
            QueueDeclare(autoDelete: true), QueueDeclare(noWait: true),
        ]
        #expect(queues.map { octet(.queueDeclare($0), fromEnd: 4) } == [1, 2, 4, 8, 16])
        let exchanges = [
            ExchangeDeclare(passive: true), ExchangeDeclare(durable: true), ExchangeDeclare(autoDelete: true),
            ExchangeDeclare(internal: true), ExchangeDeclare(noWait: true),
        ]
        #expect(exchanges.map { octet(.exchangeDeclare($0), fromEnd: 4) } == [1, 2, 4, 8, 16])
        let consumers = [
            BasicConsume(noLocal: true), BasicConsume(noAck: true), BasicConsume(exclusive: true),
            BasicConsume(noWait: true),
        ]
        #expect(consumers.map { octet(.basicConsume($0), fromEnd: 4) } == [1, 2, 4, 8])
        let deletions = [QueueDelete(ifUnused: true), QueueDelete(ifEmpty: true), QueueDelete(noWait: true)]
        #expect(deletions.map { octet(.queueDelete($0), fromEnd: 0) } == [1, 2, 4])
        #expect(octet(.exchangeDelete(ExchangeDelete(ifUnused: true)), fromEnd: 0) == 1)
        #expect(octet(.basicPublish(BasicPublish(mandatory: true)), fromEnd: 0) == 1)
        #expect(octet(.basicPublish(BasicPublish(immediate: true)), fromEnd: 0) == 2)
        #expect(octet(.basicNack(BasicNack(deliveryTag: 1, multiple: true, requeue: false)), fromEnd: 0) == 1)
        #expect(octet(.basicNack(BasicNack(deliveryTag: 1)), fromEnd: 0) == 2)
        #expect(octet(.basicReject(BasicReject(deliveryTag: 1)), fromEnd: 0) == 1)
    }

    @Test("a method that is cut off anywhere is refused by its name", arguments: PikaMethods.all)
    func truncated(_ golden: Golden) {
        for count in 0..<golden.payload.count {
            let id = count < 4 ? MethodID(rawValue: 0) : golden.method.id
            #expect(throws: MethodError.malformed(id, .truncated)) {
                try Method(guarded: Array(golden.payload.prefix(count)))
            }
        }
    }

    @Test("bytes behind the last argument are refused", arguments: PikaMethods.all)
    func trailing(_ golden: Golden) {
        #expect(throws: MethodError.malformed(golden.method.id, .malformed)) {
            try Method(guarded: golden.payload + [0])
        }
    }

    @Test("a method that does not exist is told from one that cannot be read")
    func unknown() {
        let unknown = MethodID(classID: 50, methodID: 99)
        #expect(throws: MethodError.unknown(unknown)) { try Method(guarded: [0, 50, 0, 99]) }
        #expect(throws: MethodError.unknown(MethodID(classID: 99, methodID: 10))) {
            try Method(guarded: [0, 99, 0, 10, 1, 2])
        }
        #expect(unknown.name == "50.99")
    }

    @Test("a name that is not UTF-8 is told apart, for RabbitMQ has a text of its own for it")
    func notText() {
        #expect(throws: MethodError.malformed(QueueDeclare.id, .notText)) {
            try Method(guarded: [0, 50, 0, 10, 0, 0, 2, 0xFF, 0xFE, 0, 0, 0, 0, 0])
        }
    }

    @Test("an id holds class, method and the name that the field writes")
    func identity() {
        #expect(QueueDeclare.id.rawValue == 0x0032_000A)
        #expect(QueueDeclare.id.name == "queue.declare")
        #expect(BasicRecoverAsync.id.name == "basic.recover-async")
        #expect(ConnectionUpdateSecretOK.id.name == "connection.update-secret-ok")
        #expect(MethodID(rawValue: 0x003C_0050) == BasicAck.id)
    }

    @Test(
        "each frame that RabbitMQ sent is read, and written again as the same bytes", arguments: RabbitMQSession.frames)
    func captured(_ captured: CapturedFrame) throws {
        let guarded = GuardedBytes(captured.bytes)
        defer { withExtendedLifetime(guarded) {} }
        let frame = try #require(try FrameParser.next(guarded.bytes, maxFrameSize: 131_072))
        #expect(frame.byteCount == captured.bytes.count)
        switch frame.type {
        case .method:
            let method = try Method.decode(frame.payload)
            #expect(captured.name == method.id.name)
            #expect(payload(of: method) == Array(frame.payload))
        case .header:
            let header = try ContentHeader(decoding: frame.payload)
            #expect(payload(of: header) == Array(frame.payload))
            #expect(try ContentHeaderScan(payload: frame.payload).bodySize == header.bodySize)
        case .body:
            #expect(String(decoding: frame.payload, as: UTF8.self) == "hello")
        case .heartbeat:
            Issue.record("no heartbeat was captured")
        }
    }

    @Test("RabbitMQ's own words arrive")
    func meaning() throws {
        let start = try RabbitMQSession.frame("connection.start").bytes
        guard case .connectionStart(let method) = try Method(guarded: Array(start.dropFirst(7).dropLast())) else {
            Issue.record("not connection.start")
            return
        }
        #expect(method.serverProperties["product"]?.text == "RabbitMQ")
        #expect(method.serverProperties["version"]?.text == "3.10.8")
        #expect(method.mechanisms == Array("PLAIN AMQPLAIN".utf8))
        guard case .table(let capabilities)? = method.serverProperties["capabilities"] else {
            Issue.record("no capabilities")
            return
        }
        #expect(capabilities["publisher_confirms"] == .boolean(true))
    }
}

@Suite("Reply codes")
struct ReplyCodeTests {
    @Test("codes have RabbitMQ's names, and close what its protocol definition says")
    func names() {
        let soft = ReplyCode.allCases.filter { !$0.closesConnection }.map { "\($0.rawValue) \($0.name)" }
        #expect(
            soft == [
                "200 REPLY_SUCCESS", "311 CONTENT_TOO_LARGE", "312 NO_ROUTE", "313 NO_CONSUMERS", "403 ACCESS_REFUSED",
                "404 NOT_FOUND", "405 RESOURCE_LOCKED", "406 PRECONDITION_FAILED",
            ])
        let hard = ReplyCode.allCases.filter(\.closesConnection).map { "\($0.rawValue) \($0.name)" }
        #expect(
            hard == [
                "320 CONNECTION_FORCED", "402 INVALID_PATH", "501 FRAME_ERROR", "502 SYNTAX_ERROR",
                "503 COMMAND_INVALID", "504 CHANNEL_ERROR", "505 UNEXPECTED_FRAME", "506 RESOURCE_ERROR",
                "530 NOT_ALLOWED", "540 NOT_IMPLEMENTED", "541 INTERNAL_ERROR",
            ])
    }
}
