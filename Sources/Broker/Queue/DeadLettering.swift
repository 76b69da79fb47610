internal import AMQP

/// Why a message left a queue without an acknowledgement (RabbitMQ, "Dead Letter Exchanges").
enum DeathReason: String {
    /// A client rejected it and did not want it back.
    case rejected
    case expired
    /// The queue was over its length.
    case maxLength = "maxlen"
    /// It came back to a quorum queue more often than it may.
    case deliveryLimit = "delivery_limit"

    init(_ reason: QuorumDropReason) {
        self =
            switch reason {
            case .rejected: .rejected
            case .expired: .expired
            case .maxLength: .maxLength
            case .deliveryLimit: .deliveryLimit
            }
    }
}

/// Where the messages go that leave a queue without an acknowledgement.
struct DeadLetterTarget: Hashable {
    static let exchangeArgument = "x-dead-letter-exchange"
    static let routingKeyArgument = "x-dead-letter-routing-key"

    let exchange: [UInt8]
    /// Nil for the key that each message came with.
    let routingKey: [UInt8]?

    /// Reads a queue's arguments; nil without an exchange. Throws RabbitMQ's refusals.
    init?(_ arguments: FieldTable, queue: String, virtualHost: String) throws(ProtocolException) {
        func invalid(_ why: String) -> ProtocolException {
            ProtocolException(
                .preconditionFailed,
                "invalid arg '\(Self.routingKeyArgument)' for queue '\(queue)' in vhost '\(virtualHost)': \(why)")
        }
        var exchange: [UInt8]?
        if let value = arguments[Self.exchangeArgument] {
            guard case .bytes(let name) = value else {
                throw ProtocolException(
                    .preconditionFailed,
                    "invalid type '\(value.erlangType)' for arg '\(Self.exchangeArgument)' in queue '\(queue)' in vhost "
                        + "'\(virtualHost)'")
            }
            exchange = name
        }
        var routingKey: [UInt8]?
        if let value = arguments[Self.routingKeyArgument] {
            guard case .bytes(let key) = value else { throw invalid("{unacceptable_type,\(value.erlangType)}") }
            if exchange == nil { throw invalid("routing_key_but_no_dlx_defined") }
            routingKey = key
        }
        guard let exchange else { return nil }
        self.exchange = exchange
        self.routingKey = routingKey
    }

    /// Exchange and routing key as `basic.publish` would carry them; nil where no frame could.
    func key(for routingKey: UnsafeRawBufferPointer) -> [UInt8]? {
        let key = self.routingKey ?? Array(routingKey)
        guard exchange.count <= UInt8.max, key.count <= UInt8.max else { return nil }
        return [UInt8(exchange.count)] + exchange + [UInt8(key.count)] + key
    }
}

/// A content header of a message that has died: its headers tell of all its deaths, and it does not expire any more.
struct DeathHeader {
    let bytes: [UInt8]
    private let deaths: [FieldTable]

    private static let list = "x-death"
    /// What precedes the properties: class, weight, body size, flags.
    private static let flagsOffset = 12

    /// Adds a death to a content header's payload; nil where the bytes make none, or there is no room for it in a frame.
    init?(
        _ header: UnsafeRawBufferPointer, key: PublishMethod, queue: String, reason: DeathReason, seconds: UInt64,
        keepsCopies: Bool
    ) {
        do throws(WireError) {
            let parts = try Parts(header)
            var headers = try parts.headers()
            var routingKeys = [FieldValue.bytes(Array(key.routingKey))]
            // What else it was published with; blind copies are nobody's business.
            if case .array(let copies)? = headers["CC"] {
                for case .bytes(let copy) in copies { routingKeys.append(.bytes(copy)) }
            }
            var death: FieldTable = [
                "count": .int64(1), "reason": .string(reason.rawValue), "queue": .string(queue),
                "time": .timestamp(seconds), "exchange": .bytes(Array(key.exchange)),
                "routing-keys": .array(routingKeys),
            ]
            if let expiration = parts.expiration { death["original-expiration"] = .bytes(Array(expiration)) }
            deaths = Self.add(death, to: &headers)
            if !keepsCopies { headers["CC"] = nil }
            var writer = WireWriter(capacity: header.count + 256)
            parts.write(headers, into: &writer)
            guard writer.count <= Int(Limits.frameMax) - FrameHeader.overhead else { return nil }
            bytes = Array(writer.bytes)
        } catch {
            return nil
        }
    }

    /// Whether a message must not go to a queue again: it has died there, and nobody has rejected it since (RabbitMQ,
    /// "Dead Letter Exchanges": automatically dead-lettered message cycles).
    func isCycle(_ queue: String) -> Bool {
        let name = FieldValue.string(queue)
        guard let place = deaths.firstIndex(where: { $0["queue"] == name }) else { return false }
        let rejected = FieldValue.string(DeathReason.rejected.rawValue)
        return deaths[...place].allSatisfy { $0["reason"] != rejected }
    }

    // MARK: The list of deaths

    /// The list is kept as RabbitMQ 3.10 keeps it: the last death first, one for each queue and reason with their
    /// number, the time being that of the first. What was there before turns around with each death.
    private static func add(_ death: FieldTable, to headers: inout FieldTable) -> [FieldTable] {
        var deaths: [FieldTable]
        switch headers[list] {
        case .array(let values)?:
            var others = grouped(values)
            var death = death
            if let known = others.firstIndex(where: { isSame($0, death) }) {
                death = others.remove(at: known)
                death["count"] = .int64((death["count"]?.integer ?? 1) &+ 1)
            }
            death.sort()
            deaths = [death] + others
        case nil:
            headers["x-first-death-reason"] = death["reason"]
            headers["x-first-death-queue"] = death["queue"]
            headers["x-first-death-exchange"] = death["exchange"]
            deaths = [death]
        default:
            // Some clients publish again what they got, with headers that have become text.
            deaths = [death]
        }
        headers[list] = .array(deaths.map { .table($0) })
        headers.sort()
        return deaths
    }

    private static func isSame(_ left: FieldTable, _ right: FieldTable) -> Bool {
        left["queue"] == right["queue"] && left["reason"] == right["reason"]
    }

    /// One death for each queue and reason. What is no table is none.
    private static func grouped(_ values: [FieldValue]) -> [FieldTable] {
        struct Name: Hashable {
            let queue: FieldValue?
            let reason: FieldValue?
        }
        var tables: [FieldTable] = []
        for case .table(let table) in values { tables.append(table) }
        guard tables.count > 1 else { return tables }
        var places: [Name: Int] = [:]
        var counts: [Int64] = []
        var groups: [FieldTable] = []
        for table in tables {
            let name = Name(queue: table["queue"], reason: table["reason"])
            if let place = places[name] {
                counts[place] += 1
            } else {
                places[name] = groups.count
                groups.append(table)
                counts.append(1)
            }
        }
        for place in groups.indices where groups[place]["count"] == nil {
            groups[place]["count"] = .int64(counts[place])
        }
        return groups.reversed()
    }

    // MARK: The rest of the header

    /// A content header's payload around its headers and its expiration.
    private struct Parts {
        let header: UnsafeRawBufferPointer
        let flags: PropertyFlags
        let pairs: UnsafeRawBufferPointer?
        let expiration: UnsafeRawBufferPointer?
        /// What precedes the headers, lies between them and the expiration, and follows.
        private let before: Range<Int>
        private let between: Range<Int>
        private let after: Range<Int>

        init(_ header: UnsafeRawBufferPointer) throws(WireError) {
            self.header = header
            var reader = WireReader(header)
            _ = try reader.readBytes(flagsOffset)
            flags = PropertyFlags(rawValue: try reader.readUInt16())
            func place(_ reader: borrowing WireReader) -> Int { header.count - reader.remaining }
            let start = place(reader)
            if flags.contains(.contentType) { _ = try reader.readShortBytes() }
            if flags.contains(.contentEncoding) { _ = try reader.readShortBytes() }
            before = start..<place(reader)
            pairs = flags.contains(.headers) ? try reader.readLongBytes() : nil
            let behind = place(reader)
            if flags.contains(.deliveryMode) { _ = try reader.readUInt8() }
            if flags.contains(.priority) { _ = try reader.readUInt8() }
            if flags.contains(.correlationID) { _ = try reader.readShortBytes() }
            if flags.contains(.replyTo) { _ = try reader.readShortBytes() }
            between = behind..<place(reader)
            expiration = flags.contains(.expiration) ? try reader.readShortBytes() : nil
            after = place(reader)..<header.count
        }

        func headers() throws(WireError) -> FieldTable {
            guard let pairs else { return FieldTable() }
            var reader = WireReader(pairs)
            return try FieldTable(decodingPairs: &reader)
        }

        func write(_ headers: FieldTable, into writer: inout WireWriter) {
            func copy(_ range: Range<Int>, _ writer: inout WireWriter) {
                writer.write(UnsafeRawBufferPointer(rebasing: header[range]))
            }
            copy(0..<flagsOffset, &writer)
            writer.write(flags.union(.headers).subtracting(.expiration).rawValue)
            copy(before, &writer)
            writer.write(headers)
            copy(between, &writer)
            copy(after, &writer)
        }
    }
}
