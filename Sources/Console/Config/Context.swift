/// A broker by name: where it is, who asks, and what may be done there.
public struct Context: Hashable, Sendable {
    /// Its name, by which `--context` finds it and `:unlock` asks for it.
    public var name: String
    /// Management URLs of its nodes, without user and password; never empty.
    public var urls: [String]
    /// The user's name; `nil` leaves it to the environment.
    public var user: String?
    /// Where the password comes from; `nil` leaves it to the environment.
    public var password: PasswordSource?
    /// The vhost to list first; `nil` means all.
    public var vhost: String?
    /// Bars every change of the broker.
    public var isReadOnly: Bool
    /// Whether it opens locked; `nil` leaves it to the rule (see ``Lock``).
    public var isLocked: Bool?
    /// Whether the password may go over plain HTTP to another machine.
    public var isInsecure: Bool
    /// The theme to open with, a name or a path.
    public var theme: String?
    /// How often to refresh.
    public var refresh: Duration?
}

/// Where a password comes from.
public enum PasswordSource: Hashable, Sendable {
    /// The first line of a file, by its absolute path.
    case file(String)
    /// The first line that a command prints: program and arguments, or with a single text what a shell makes of it.
    case command([String])
    /// A variable of the environment, by its name.
    case environment(String)
    /// The password itself, from a file of mode 0600.
    case plain(String)
}

extension PasswordSource: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The source; of a plain password nothing.
    public var description: String {
        switch self {
        case .file(let path): "password_file \(path)"
        case .command(let words): "password_command \(words.first ?? "")"
        case .environment(let name): "password_env \(name)"
        case .plain: "password ***"
        }
    }

    /// The source; of a plain password nothing.
    public var debugDescription: String { description }
    /// The source, so that `dump` shows no password either.
    public var customMirror: Mirror { Mirror(self, children: ["source": description]) }
}
