internal import AMQP
internal import Management

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Field tables as the management API writes and reads them.
extension FieldTable {
    /// A table of these arguments, by name: an object has no order of its own.
    init(_ arguments: [String: JSONValue]) {
        self.init()
        for (name, value) in arguments.sorted(by: { $0.key < $1.key }) { self[name] = FieldValue(value) }
    }

    /// The table as an object; of names that come twice the first counts.
    var json: [String: JSONValue] {
        var object: [String: JSONValue] = [:]
        for pair in pairs where object[pair.name] == nil { object[pair.name] = pair.value.json }
        return object
    }
}

extension FieldValue {
    /// The value as AMQP carries it; whole numbers are 64 bits wide.
    init(_ json: JSONValue) {
        switch json {
        case .null: self = .void
        case .bool(let flag): self = .boolean(flag)
        case .integer(let number): self = .int64(Int64(number))
        case .number(let number): self = .double(number)
        case .string(let text): self = .string(text)
        case .array(let values): self = .array(values.map(FieldValue.init))
        case .object(let fields): self = .table(FieldTable(fields))
        }
    }

    /// The value as the management API shows it. Bytes that are not text are shown as base64, numbers that JSON has
    /// not as text.
    var json: JSONValue {
        switch self {
        case .boolean(let flag): return .bool(flag)
        case .bytes(let bytes), .binary(let bytes):
            return .string(String(validating: bytes, as: UTF8.self) ?? Data(bytes).base64EncodedString())
        case .array(let values): return .array(values.map(\.json))
        case .table(let table): return .object(table.json)
        case .void: return .null
        case .float(let value): return .number(ifFinite: Double(value))
        case .double(let value): return .number(ifFinite: value)
        case .timestamp(let seconds): return .integer(Int(clamping: seconds))
        default: return integer.map { .integer(Int(clamping: $0)) } ?? .string(plainText)
        }
    }
}

extension JSONValue {
    fileprivate static func number(ifFinite value: Double) -> JSONValue {
        value.isFinite ? .number(value) : .string("\(value)")
    }
}

extension BasicProperties {
    /// Properties by their AMQP names, as `POST /api/exchanges/…/publish` takes them. Throws
    /// `EndpointError.refused` for a value of the wrong type; what has no property's name is ignored, as RabbitMQ does.
    init(json: [String: JSONValue], about resource: String) throws(EndpointError) {
        func text(_ name: String) throws(EndpointError) -> String? {
            guard let value = json[name] else { return nil }
            guard let text = value.stringValue, text.utf8.count <= 255 else {
                throw .refused(resource, reason: "property '\(name)' is text of up to 255 bytes")
            }
            return text
        }
        func number<Number: FixedWidthInteger>(_ name: String) throws(EndpointError) -> Number? {
            guard let value = json[name] else { return nil }
            guard let number = value.integerValue.flatMap(Number.init(exactly:)) else {
                throw .refused(resource, reason: "property '\(name)' is a whole number up to \(Number.max)")
            }
            return number
        }
        var headers: FieldTable?
        switch json["headers"] {
        case nil: break
        case .object(let fields)? where fields.keys.allSatisfy { $0.utf8.count <= 255 }: headers = FieldTable(fields)
        default: throw .refused(resource, reason: "property 'headers' is an object with names of up to 255 bytes")
        }
        self.init(
            contentType: try text("content_type"), contentEncoding: try text("content_encoding"), headers: headers,
            deliveryMode: try number("delivery_mode"), priority: try number("priority"),
            correlationID: try text("correlation_id"), replyTo: try text("reply_to"),
            expiration: try text("expiration"), messageID: try text("message_id"),
            timestamp: try number("timestamp"), type: try text("type"), userID: try text("user_id"),
            appID: try text("app_id"), clusterID: try text("cluster_id"))
    }

    /// The properties by their AMQP names; those that are not set are not there.
    var json: [String: JSONValue] {
        var object: [String: JSONValue] = [:]
        object["content_type"] = contentType.map(JSONValue.string)
        object["content_encoding"] = contentEncoding.map(JSONValue.string)
        object["headers"] = headers.map { .object($0.json) }
        object["delivery_mode"] = deliveryMode.map { .integer(Int($0)) }
        object["priority"] = priority.map { .integer(Int($0)) }
        object["correlation_id"] = correlationID.map(JSONValue.string)
        object["reply_to"] = replyTo.map(JSONValue.string)
        object["expiration"] = expiration.map(JSONValue.string)
        object["message_id"] = messageID.map(JSONValue.string)
        object["timestamp"] = timestamp.map { .integer(Int(clamping: $0)) }
        object["type"] = type.map(JSONValue.string)
        object["user_id"] = userID.map(JSONValue.string)
        object["app_id"] = appID.map(JSONValue.string)
        object["cluster_id"] = clusterID.map(JSONValue.string)
        return object
    }
}
