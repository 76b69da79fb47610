import AMQP
import Testing

@Suite("Frames")
struct FrameParserTests {
    private static let ack = written { $0.writeMethodFrame(BasicAck(deliveryTag: 7), channel: 3) }

    private func next(_ bytes: [UInt8], limit: UInt32 = 0) throws -> (FrameType, UInt16, [UInt8], Int)? {
        let guarded = GuardedBytes(bytes)
        defer { withExtendedLifetime(guarded) {} }
        return try FrameParser.next(guarded.bytes, maxFrameSize: limit).map {
            ($0.type, $0.channel, Array($0.payload), $0.byteCount)
        }
    }

    @Test("a whole frame gives its type, channel and payload, and what follows is left alone")
    func whole() throws {
        let frame = try #require(try next(Self.ack + [1, 2, 3]))
        #expect(frame.0 == .method)
        #expect(frame.1 == 3)
        #expect(frame.2 == payload(of: .basicAck(BasicAck(deliveryTag: 7))))
        #expect(frame.3 == Self.ack.count)
    }

    @Test("a frame that has not come whole is waited for, wherever it is cut", arguments: 0..<ack.count)
    func incomplete(count: Int) throws {
        #expect(try next(Array(Self.ack.prefix(count)), limit: 4096) == nil)
    }

    @Test("each type of the protocol is known, and all others are refused once the frame is whole")
    func types() throws {
        for type in UInt8.min...UInt8.max {
            let frame = [type, 0, 1, 0, 0, 0, 0, FrameEnd.octet]
            #expect(try next(Array(frame.dropLast())) == nil)
            if let known = FrameType(rawValue: type) {
                #expect(try next(frame)?.0 == known)
            } else {
                #expect(throws: FrameError.unknownType(type)) { try next(frame) }
            }
        }
        #expect(["\(FrameType.method.rawValue)", "\(FrameType.header.rawValue)"] == ["1", "2"])
        #expect(["\(FrameType.body.rawValue)", "\(FrameType.heartbeat.rawValue)"] == ["3", "8"])
    }

    @Test("a wrong end octet is refused before an unknown type is")
    func endOctet() {
        #expect(throws: FrameError.badEnd(0)) { try next([1, 0, 0, 0, 0, 0, 1, 0xAA, 0]) }
        #expect(throws: FrameError.badEnd(0xCF)) { try next([9, 0, 0, 0, 0, 0, 0, 0xCF]) }
    }

    @Test("a payload may be as large as the frame limit, as in RabbitMQ, and one octet more is refused from the header")
    func tooLarge() throws {
        #expect(try next([3, 0, 1, 0, 0, 0x10, 0x00], limit: 4096) == nil)
        #expect(throws: FrameError.tooLarge(4097)) { try next([3, 0, 1, 0, 0, 0x10, 0x01], limit: 4096) }
        #expect(throws: FrameError.tooLarge(.max)) { try next([3, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF], limit: 131_072) }
    }

    @Test("without a limit the largest size there is waits for its payload")
    func noLimit() throws {
        #expect(try next([3, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0xCE]) == nil)
    }

    @Test("all frames of one read come out one after the other")
    func several() throws {
        var rest = Self.ack + written { $0.writeHeartbeat() } + Self.ack
        var types: [FrameType] = []
        while let frame = try next(rest) {
            types.append(frame.0)
            rest.removeFirst(frame.3)
        }
        #expect(types == [.method, .heartbeat, .method])
        #expect(rest.isEmpty)
    }

    @Test("a header shows what came even if the type does not exist")
    func header() throws {
        try ([9, 1, 2, 3, 4, 5, 6] as [UInt8]).withUnsafeBytes { bytes in
            let header = try #require(FrameHeader(bytes))
            #expect(header.type == 9)
            #expect(header.channel == 0x0102)
            #expect(header.size == 0x0304_0506)
            #expect(FrameHeader(UnsafeRawBufferPointer(rebasing: bytes[..<6])) == nil)
        }
    }
}

@Suite("The protocol header")
struct ProtocolHeaderTests {
    private func parse(_ bytes: [UInt8]) -> ProtocolHeader.Outcome {
        let guarded = GuardedBytes(bytes)
        defer { withExtendedLifetime(guarded) {} }
        return ProtocolHeader.parse(guarded.bytes)
    }

    @Test("the eight octets of AMQP 0-9-1 are known, and any part of them is waited for")
    func known() {
        let header = Array("AMQP".utf8) + [0, 0, 9, 1]
        #expect(ProtocolHeader.bytes == header)
        for count in 0..<8 { #expect(parse(Array(header.prefix(count))) == .incomplete) }
        #expect(parse(header) == .amqp091)
        #expect(parse(header + [1, 2]) == .amqp091)
    }

    @Test("another version or protocol is known by its first octet that differs")
    func other() {
        #expect(parse(Array("AMQP".utf8) + [0, 1, 0, 0]) == .other)
        #expect(parse(Array("AMQP".utf8) + [1, 1, 8]) == .other)
        #expect(parse(Array("GET / HTTP/1.1\r\n".utf8)) == .other)
        #expect(parse([0x16]) == .other)
    }
}
