import AMQP
import Testing

@Suite("The AMQP 0-9-1 codec")
struct CodecTests {
    private func encode(_ method: Method) -> [UInt8] {
        var writer = WireWriter()
        method.encode(into: &writer)
        return Array(writer.bytes)
    }

    private func decode(_ payload: [UInt8]) throws -> Method {
        try payload.withUnsafeBytes { try Method.decode($0) }
    }

    @Test("every method is encoded as pika encodes it", arguments: PikaMethods.all)
    func encodesAsPika(golden: Golden) { #expect(encode(golden.method) == golden.payload) }

    @Test("every method of pika's is decoded", arguments: PikaMethods.all)
    func decodesPika(golden: Golden) throws { #expect(try decode(golden.payload) == golden.method) }

    @Test("a method that ends too early is an error at every length", arguments: PikaMethods.all)
    func truncated(golden: Golden) {
        for count in 0..<golden.payload.count {
            #expect(throws: MethodError.self, "\(count) octets") { try decode(Array(golden.payload[..<count])) }
        }
    }

    @Test("random methods come back as they were")
    func roundTrip() throws {
        var random = RandomBytes()
        for round in 0..<RandomBytes.iterations {
            let method = RandomMethods.makers[round % RandomMethods.makers.count](&random)
            #expect(try decode(encode(method)) == method, "WARREN_FUZZ_SEED=\(RandomBytes.seed) round \(round)")
        }
    }

    @Test("what RabbitMQ sent is read, frame by frame and method by method", arguments: RabbitMQSession.frames)
    func rabbitMQ(captured: CapturedFrame) throws {
        try captured.bytes.withUnsafeBytes { bytes in
            let frame = try #require(try FrameParser.next(bytes, maxFrameSize: 131_072))
            #expect(frame.byteCount == bytes.count)
            switch frame.type {
            case .method: _ = try Method.decode(frame.payload)
            case .header:
                let header = try ContentHeader(decoding: frame.payload)
                #expect(try ContentHeaderScan(payload: frame.payload).bodySize == header.bodySize)
            case .body, .heartbeat: break
            }
        }
    }

    @Test("mutated and random bytes are refused or read, and never trap")
    func fuzz() {
        var random = RandomBytes()
        for round in 0..<RandomBytes.iterations {
            var payload: [UInt8]
            if round % 3 == 0 {
                payload = random.bytes()
            } else {
                payload = encode(RandomMethods.makers[round % RandomMethods.makers.count](&random))
            }
            for _ in 0..<(1 + random.count(below: 6)) where !payload.isEmpty {
                payload[random.count(below: payload.count)] = random.integer()
            }
            if random.flag(), !payload.isEmpty { payload.removeLast(random.count(below: payload.count)) }
            payload.withUnsafeBytes { bytes in
                // Whatever comes of it, it comes back.
                _ = try? Method.decode(bytes)
                _ = try? ContentHeader(decoding: bytes)
                _ = try? ContentHeaderScan(payload: bytes)
                _ = try? FrameParser.next(bytes, maxFrameSize: 131_072)
                _ = ProtocolHeader.parse(bytes)
            }
        }
    }

    @Test("a table nested deeper than anybody needs is refused before the stack ends")
    func nesting() {
        var value = FieldValue.void
        for _ in 0..<200 { value = .array([value]) }
        var writer = WireWriter()
        writer.write(["deep": value])
        let encoded = Array(writer.bytes)
        #expect(throws: WireError.self) {
            try encoded.withUnsafeBytes { bytes in
                var reader = WireReader(bytes)
                return try reader.readTable()
            }
        }
    }

    @Test("the fast scan of a content header agrees with the full reading")
    func scan() throws {
        var random = RandomBytes()
        for _ in 0..<RandomBytes.iterations / 4 {
            var properties = BasicProperties()
            if random.flag() { properties.contentType = random.text() }
            if random.flag() { properties.headers = random.table() }
            if random.flag() { properties.deliveryMode = 2 }
            if random.flag() { properties.priority = random.integer() }
            if random.flag() { properties.expiration = "60000" }
            if random.flag() { properties.messageID = random.text() }
            let header = ContentHeader(bodySize: random.integer(), properties: properties)
            var writer = WireWriter()
            header.encode(into: &writer)
            let payload = Array(writer.bytes)
            try payload.withUnsafeBytes { bytes in
                #expect(try ContentHeader(decoding: bytes) == header)
                let scan = try ContentHeaderScan(payload: bytes)
                #expect(scan.bodySize == header.bodySize)
                #expect(scan.deliveryMode == properties.deliveryMode ?? 0)
                #expect(scan.priority == properties.priority)
                #expect(scan.expiration.map { String(decoding: $0, as: UTF8.self) } == properties.expiration)
            }
        }
    }

    @Test("a frame is found when it is whole, and refused when its end octet is wrong or it is too large")
    func frames() throws {
        var writer = WireWriter()
        writer.writeMethodFrame(QueuePurge(queue: "q"), channel: 3)
        let whole = Array(writer.bytes)
        for count in 0..<whole.count {
            try whole.withUnsafeBytes { bytes in
                let part = UnsafeRawBufferPointer(rebasing: bytes[..<count])
                let frame = try FrameParser.next(part, maxFrameSize: 4096)
                #expect(frame == nil)
            }
        }
        var wrong = whole
        wrong[whole.count - 1] = 0
        wrong.withUnsafeBytes { bytes in
            _ = #expect(throws: FrameError.badEnd(0)) { _ = try FrameParser.next(bytes, maxFrameSize: 4096) }
        }
        let large: [UInt8] = [1, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF]
        large.withUnsafeBytes { bytes in
            _ = #expect(throws: FrameError.self) { _ = try FrameParser.next(bytes, maxFrameSize: 4096) }
        }
    }
}
