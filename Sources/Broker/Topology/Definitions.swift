internal import AMQP

/// What a queue was declared with. Declaring it again must name the same (AMQP 0-9-1, `queue.declare`).
struct QueueDefinition: Hashable, Sendable {
    /// Survives a restart of the broker.
    var isDurable: Bool
    /// Goes when its last consumer does.
    var isAutoDelete: Bool
    /// The connection that alone may use it and that it dies with.
    var exclusiveOwner: ConnectionID?
    /// Where its contents live, in a cluster; whoever proposes its declaration says so. Not compared when it is declared
    /// again.
    var home: QueueHome?
    /// The nodes of the members that a quorum queue begins with, ascending; whoever proposes its declaration says so. Not
    /// compared either.
    var members: [UInt32] = []
    /// The mirrors that it begins with, all of them in sync because there is nothing in it; whoever proposes its declaration
    /// says so. Not compared either.
    var mirrors: [QueueHome] = []
    /// Optional arguments, as declared.
    var arguments: FieldTable

    /// Whether it is replicated by Raft.
    var isQuorum: Bool { arguments[QueueArguments.type]?.text == QuorumSettings.type }

    /// A plain queue unless told otherwise.
    init(
        isDurable: Bool = false, isAutoDelete: Bool = false, exclusiveOwner: ConnectionID? = nil,
        arguments: FieldTable = FieldTable()
    ) {
        self.isDurable = isDurable
        self.isAutoDelete = isAutoDelete
        self.exclusiveOwner = exclusiveOwner
        self.arguments = arguments
    }
}

/// What an exchange was declared with.
struct ExchangeDefinition: Hashable, Sendable {
    /// How it routes.
    var kind: ExchangeKind
    /// Survives a restart of the broker.
    var isDurable: Bool
    /// Goes when its last binding does.
    var isAutoDelete: Bool
    /// Takes messages from other exchanges only.
    var isInternal: Bool
    /// Optional arguments, as declared.
    var arguments: FieldTable

    /// A plain exchange of the given kind unless told otherwise.
    init(
        kind: ExchangeKind, isDurable: Bool = false, isAutoDelete: Bool = false, isInternal: Bool = false,
        arguments: FieldTable = FieldTable()
    ) {
        self.kind = kind
        self.isDurable = isDurable
        self.isAutoDelete = isAutoDelete
        self.isInternal = isInternal
        self.arguments = arguments
    }
}

/// Names one connection to a node for as long as the node runs. Never used twice.
public struct ConnectionID: Hashable, Comparable, Sendable {
    /// Counts from 1 in the order in which connections were accepted.
    public let rawValue: UInt64

    init(_ rawValue: UInt64) { self.rawValue = rawValue }

    /// Older connections are smaller.
    public static func < (left: ConnectionID, right: ConnectionID) -> Bool { left.rawValue < right.rawValue }
}
