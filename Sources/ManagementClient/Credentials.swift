#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Who asks. Neither printing nor dumping it shows the password.
public struct Credentials: Hashable, Sendable {
    /// The environment variable the user's name is taken from.
    public static let userVariable = "WARREN_USER"
    /// The environment variable the password is taken from.
    public static let passwordVariable = "WARREN_PASSWORD"

    /// The user's name.
    public var user: String
    /// The password.
    public var password: String

    /// A user and password.
    public init(user: String, password: String) {
        self.user = user
        self.password = password
    }

    /// The credentials for an address: those in its userinfo, else from the environment, else `guest`/`guest`, the
    /// user every fresh broker accepts on loopback.
    ///
    /// Throws ``ConfigurationError/passwordMissing(user:)`` where a user is named and no password is found.
    public init(for url: EndpointURL, environment: [String: String]) throws(ConfigurationError) {
        let user = url.user ?? environment[Self.userVariable]
        let password = url.password ?? environment[Self.passwordVariable]
        switch (user, password) {
        case (let user?, let password?): self.init(user: user, password: password)
        case (nil, let password): self.init(user: "guest", password: password ?? "guest")
        case ("guest"?, nil): self.init(user: "guest", password: "guest")
        case (let user?, nil): throw .passwordMissing(user: user)
        }
    }

    /// The value of the `Authorization` header (HTTP basic authentication, RFC 7617).
    var authorization: String {
        "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
    }
}

extension Credentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The user alone.
    public var description: String { "\(user):***" }
    /// The user alone.
    public var debugDescription: String { description }
    /// The user alone, so that `dump` shows no password either.
    public var customMirror: Mirror { Mirror(self, children: ["user": user]) }
}
