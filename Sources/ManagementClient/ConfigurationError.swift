/// Why an endpoint cannot be made from what was given. No case carries a password.
public enum ConfigurationError: Error, Hashable, Sendable {
    /// The text is not an http or https URL with a host; the text itself may hold a password and is not repeated.
    case notAnAddress
    /// A user is named, but no password was found.
    case passwordMissing(user: String)
    /// A password would go over plain HTTP to another machine.
    case insecure(address: String)
}

extension ConfigurationError: CustomStringConvertible {
    /// One sentence for a person: what is wrong and what to do.
    public var description: String {
        switch self {
        case .notAnAddress:
            "this is not a management address; give one such as http://localhost:15672 or https://mq.example"
        case .passwordMissing(let user):
            "no password for user '\(user)'; set \(Credentials.passwordVariable)"
        case .insecure(let address):
            "\(address) is plain http to another machine, which would show the password to the network; "
                + "use https, or allow it with --insecure"
        }
    }
}
