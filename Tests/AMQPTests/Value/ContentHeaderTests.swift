import AMQP
import Testing

@Suite("Content headers")
struct ContentHeaderTests {
    private static let all = BasicProperties(
        contentType: "text/plain", contentEncoding: "utf-8", headers: ["n": .int32(7)], deliveryMode: 2, priority: 5,
        correlationID: "c-1", replyTo: "r", expiration: "60000", messageID: "m-1", timestamp: 1_577_836_800, type: "t",
        userID: "guest", appID: "app", clusterID: "cl")

    @Test("all fourteen properties are, byte for byte, what pika makes of them")
    func golden() throws {
        let properties = bytes(
            hex: "fffc0a746578742f706c61696e057574662d3800000007016e4900000007020503632d310172053630303030036d2d31"
                + "000000005e0be10001740567756573740361707002636c")
        let header = [0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9] + properties
        #expect(payload(of: ContentHeader(bodySize: 9, properties: Self.all)) == header)
        #expect(try ContentHeader(guarded: header) == ContentHeader(bodySize: 9, properties: Self.all))
        for count in 0..<header.count {
            #expect(throws: WireError.truncated) { try ContentHeader(guarded: Array(header.prefix(count))) }
            let guarded = GuardedBytes(Array(header.prefix(count)))
            #expect(throws: WireError.truncated) { try ContentHeaderScan(payload: guarded.bytes) }
            withExtendedLifetime(guarded) {}
        }
    }

    @Test("any properties survive being written and read, and the scan sees the same")
    func roundTrip() throws {
        var generator = RandomBytes(seed: RandomBytes.seed())
        for _ in 0..<1000 {
            let header = ContentHeader(bodySize: generator.integer(), properties: generator.properties())
            let encoded = payload(of: header)
            #expect(try ContentHeader(guarded: encoded) == header, "WARREN_FUZZ_SEED=\(generator.seed)")
            let guarded = GuardedBytes(encoded)
            defer { withExtendedLifetime(guarded) {} }
            try expectSame(ContentHeaderScan(payload: guarded.bytes), header, "WARREN_FUZZ_SEED=\(generator.seed)")
        }
    }

    @Test("what RabbitMQ refuses is malformed: more flags, a weight, another class, bytes behind the last property")
    func malformed() throws {
        let body = [UInt8](repeating: 0, count: 8)
        for header in [
            [0, 60, 0, 0] + body + [0, 1], [0, 60, 0, 1] + body + [0, 0], [0, 50, 0, 0] + body + [0, 0],
            [0, 60, 0, 0] + body + [0, 0, 0], [0, 60, 0, 0] + body + [0x10, 0, 2, 0],
            [0, 60, 0, 0] + body + [0x08, 0, 2, 0],
        ] as [[UInt8]] {
            let guarded = GuardedBytes(header)
            #expect(throws: WireError.malformed) { try ContentHeaderScan(payload: guarded.bytes) }
            withExtendedLifetime(guarded) {}
        }
        #expect(throws: WireError.malformed) { try ContentHeader(guarded: [0, 60, 0, 0] + body + [0, 0, 0]) }
        #expect(throws: WireError.malformed) { try ContentHeader(guarded: [0, 60, 0, 0] + body + [0, 1]) }
        let foreign = try ContentHeader(guarded: [0, 50, 0, 1] + body + [0, 0])
        #expect(foreign.classID == 50)
        #expect(foreign.weight == 1)
    }
}

/// Compares what the scan found with the whole header.
func expectSame(_ scan: ContentHeaderScan, _ header: ContentHeader, _ hint: Comment) throws {
    let properties = header.properties
    #expect(scan.bodySize == header.bodySize, hint)
    #expect(scan.deliveryMode == properties.deliveryMode ?? 0, hint)
    #expect(scan.priority == properties.priority, hint)
    #expect(scan.expiration.map { String(decoding: $0, as: UTF8.self) } == properties.expiration, hint)
    #expect(scan.userID.map { String(decoding: $0, as: UTF8.self) } == properties.userID, hint)
    let headers = try scan.headers.map { pairs throws(WireError) -> FieldTable in
        var reader = WireReader(pairs)
        return try FieldTable(decodingPairs: &reader)
    }
    // Compared as bytes: a hostile number that is not a number is not equal to itself.
    #expect(
        headers.map { table in written { $0.write(table) } }
            == properties.headers.map { table in written { $0.write(table) } }, hint)
}
