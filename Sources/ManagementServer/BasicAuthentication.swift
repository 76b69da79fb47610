#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Who may use the API: basic authentication (RFC 7617) against passwords by user name.
struct BasicAuthentication: Sendable {
    private let passwords: [String: String]

    init(passwords: [String: String]) { self.passwords = passwords }

    /// The user that the header names, if its password is right.
    ///
    /// Compares every byte, and against an empty password where there is no such user, so that the time taken tells
    /// neither.
    func user(_ authorization: String?) -> String? {
        guard let authorization, authorization.lowercased().hasPrefix("basic "),
            let decoded = Data(base64Encoded: String(authorization.dropFirst("basic ".count))),
            let colon = decoded.firstIndex(of: UInt8(ascii: ":")),
            let name = String(validating: decoded[..<colon], as: UTF8.self)
        else { return nil }
        let given = Array(decoded[decoded.index(after: colon)...])
        let expected = Array((passwords[name] ?? "").utf8)
        var difference = given.count ^ expected.count
        for (index, byte) in given.enumerated() {
            difference |= Int(byte ^ (expected.isEmpty ? 255 : expected[index % expected.count]))
        }
        return difference == 0 && passwords[name] != nil ? name : nil
    }
}
