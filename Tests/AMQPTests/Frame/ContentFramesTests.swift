import AMQP
import Testing

@Suite("Writing a content")
struct ContentFramesTests {
    private func frames(body: Int, frameMax: UInt32) throws -> [(FrameType, Int)] {
        let header = payload(of: ContentHeader(bodySize: UInt64(body)))
        let content = (0..<body).map { UInt8(truncatingIfNeeded: $0) }
        let bytes = written { writer in
            header.withUnsafeBytes { header in
                content.withUnsafeBytes { body in
                    writer.writeContent(header: header, body: body, channel: 9, frameMax: frameMax)
                }
            }
        }
        var found: [(FrameType, Int)] = []
        var joined: [UInt8] = []
        try bytes.withUnsafeBytes { bytes in
            var rest = bytes
            while let frame = try FrameParser.next(rest, maxFrameSize: frameMax) {
                #expect(frame.channel == 9)
                found.append((frame.type, frame.byteCount))
                if frame.type == .header { #expect(Array(frame.payload) == header) }
                if frame.type == .body { joined += frame.payload }
                rest = UnsafeRawBufferPointer(rebasing: rest[frame.byteCount...])
            }
            #expect(rest.isEmpty)
        }
        #expect(joined == content)
        return found
    }

    @Test("a body is cut into frames of at most the limit, and nothing is lost or reordered")
    func cut() throws {
        let found = try frames(body: 10_000, frameMax: 4096)
        #expect(found.map(\.0) == [.header, .body, .body, .body])
        #expect(found.map(\.1) == [22, 4096, 4096, 10_000 - 2 * 4088 + 8])
    }

    @Test("a body that just fits takes one frame, and one octet more takes two")
    func boundary() throws {
        #expect(try frames(body: 4088, frameMax: 4096).map(\.1) == [22, 4096])
        #expect(try frames(body: 4089, frameMax: 4096).map(\.1) == [22, 4096, 9])
    }

    @Test("an empty body has no frame: RabbitMQ closes the connection on one")
    func empty() throws {
        #expect(try frames(body: 0, frameMax: 4096).map(\.0) == [.header])
    }

    @Test("no limit means one frame")
    func unlimited() throws {
        #expect(try frames(body: 300_000, frameMax: 0).map(\.1) == [22, 300_008])
    }

    @Test("a limit below any payload still makes progress")
    func tiny() throws {
        let content: [UInt8] = [1, 2, 3]
        let bytes = written { writer in
            content.withUnsafeBytes { body in
                writer.writeContent(header: body, body: body, channel: 1, frameMax: 4)
            }
        }
        #expect(bytes.count == 11 + 3 * 9)
    }
}
