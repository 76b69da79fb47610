#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The address of a management API, taken apart: where it is, apart from who asks.
public struct EndpointURL: Hashable, Sendable {
    /// The address without userinfo, query and trailing slash, such as `http://localhost:15672`. Safe to show.
    public let address: String
    /// Whether the connection is encrypted.
    public let isEncrypted: Bool
    /// The host.
    public let host: String
    /// The user named in the URL.
    public let user: String?
    /// The password in the URL: whoever can list processes can read it, so warn about it.
    let password: String?

    /// Whether the URL holds a password, which the caller should warn about.
    public var hasPassword: Bool { password != nil }

    /// Takes an http or https URL apart. Without a port, 15672 is meant for http (RabbitMQ's management port) and
    /// 443 for https. Throws ``ConfigurationError/notAnAddress`` for anything else.
    public init(_ text: String) throws(ConfigurationError) {
        guard let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
            scheme == "http" || scheme == "https", let host = parts.encodedHost, !host.isEmpty,
            parts.port.map({ (1...65535).contains($0) }) ?? true
        else { throw .notAnAddress }
        isEncrypted = scheme == "https"
        self.host = host
        user = parts.user.flatMap { $0.isEmpty ? nil : $0 }
        password = parts.password
        var path = parts.percentEncodedPath
        while path.hasSuffix("/") { path.removeLast() }
        let port = parts.port ?? (isEncrypted ? 443 : 15672)
        address = "\(scheme)://\(host):\(port)\(path)"
    }

    /// Whether the host is this machine, as far as its name tells: `localhost`, 127.0.0.0/8 or ::1.
    public var isLoopback: Bool {
        let name = host.lowercased()
        if name == "localhost" || name == "[::1]" || name == "::1" { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}

extension EndpointURL: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The address alone.
    public var description: String { address }
    /// The address alone.
    public var debugDescription: String { address }
    /// The address and user, so that `dump` shows no password.
    public var customMirror: Mirror { Mirror(self, children: ["address": address, "user": user as Any]) }
}

extension String {
    /// The text as one segment of a path or one value of a query: everything but the unreserved characters of
    /// RFC 3986 §2.3 is encoded, so the vhost "/" becomes "%2F".
    var percentEncoded: String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            default:
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
