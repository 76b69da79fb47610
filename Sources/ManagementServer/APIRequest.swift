internal import Management

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// One request to the API, free of the HTTP library: what the routes work on.
struct APIRequest: Sendable {
    enum Method: String, Sendable {
        case get = "GET"
        case head = "HEAD"
        case put = "PUT"
        case post = "POST"
        case delete = "DELETE"
        case options = "OPTIONS"
    }

    let method: Method
    /// The path behind "/api/", each part percent-decoded, so that a vhost "/" is one part.
    let path: [String]
    let query: [String: String]
    let authorization: String?
    /// What a connection's client is told when it is closed (`X-Reason`).
    let reason: String?
    let body: [UInt8]
    /// Whether whoever asks is on the broker's own machine.
    let isFromThisMachine: Bool

    /// Reads a request line's target. Nil where the path is not below "/api/" or is not percent-encoded UTF-8.
    init?(
        method: Method, target: String, authorization: String? = nil, reason: String? = nil, body: [UInt8] = [],
        isFromThisMachine: Bool = true
    ) {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard let path = parts.first, path.hasPrefix("/api/") else { return nil }
        var segments: [String] = []
        for part in path.dropFirst("/api/".count).split(separator: "/", omittingEmptySubsequences: false) {
            guard let decoded = String(part).percentDecoded else { return nil }
            segments.append(decoded)
        }
        // "/api/queues/" is "/api/queues".
        if segments.last == "", segments.count > 1 { segments.removeLast() }
        var query: [String: String] = [:]
        for pair in parts.dropFirst().first?.split(separator: "&") ?? [] {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = sides.count > 1 ? String(sides[1]).replacingPlus : ""
            guard let name = String(sides[0]).percentDecoded, let value = value.percentDecoded else { return nil }
            query[name] = value
        }
        self.method = method
        self.path = segments
        self.query = query
        self.authorization = authorization
        self.reason = reason
        self.body = body
        self.isFromThisMachine = isFromThisMachine
    }

    /// The body as JSON. Throws `not_json`, as RabbitMQ does, and what is wrong with a field.
    func json<Value: Decodable>(_ type: Value.Type) throws(APIFailure) -> Value {
        do {
            // An empty body means no settings.
            return try JSONDecoder().decode(type, from: Data(body.isEmpty ? Array("{}".utf8) : body))
        } catch DecodingError.keyNotFound(let key, _) {
            throw .bad("[{key_missing,\(key.stringValue)}]")
        } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
            throw .bad("'\(context.codingPath.map(\.stringValue).joined(separator: "."))' has the wrong type")
        } catch {
            throw .bad("not_json")
        }
    }
}

extension String {
    /// The text behind percent-encoding; nil where that is broken or not UTF-8.
    var percentDecoded: String? {
        guard utf8.contains(UInt8(ascii: "%")) else { return self }
        var bytes: [UInt8] = []
        var rest = Substring(self).utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst()?.hexDigit, let low = rest.popFirst()?.hexDigit else { return nil }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    fileprivate var replacingPlus: String { String(map { $0 == "+" ? " " : $0 }) }

    /// The text with everything but letters, digits and `-._` percent-encoded, a space as `+`
    /// (`mochiweb_util:quote_plus`, which RabbitMQ names bindings with).
    var quotedPlus: String {
        var text = ""
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            case UInt8(ascii: " "):
                text += "+"
            default:
                let digits = Array("0123456789ABCDEF")
                text += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            }
        }
        return text
    }
}

extension UInt8 {
    fileprivate var hexDigit: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
