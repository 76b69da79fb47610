public import Journal

/// What a node is started with.
public struct NodeConfiguration {
    /// Name in the cluster, as in "warren1@localhost".
    public var name: String
    /// Passwords by user name. A client logs in with one of them.
    public var passwords: [String: String]
    /// Memory above which publishers are not read any more, in bytes.
    public var memoryLimit: Int
    /// Memory of messages above which those that the disk has leave it, in bytes; nil for an eighth of the limit.
    public var warmBytes: Int?
    /// Room on the disk below which publishers are not read any more, in bytes (RabbitMQ, `disk_free_limit`: 50 MB). The
    /// room for the journal's next segments is taken ahead, so that writing what was taken before does not fail.
    public var diskFreeLimit = 50_000_000 + 2 * Journal.segmentBytes
    /// How long a client may hold a delivery unacknowledged before its channel is closed, milliseconds; nil for ever
    /// (RabbitMQ, "Consumers": delivery acknowledgement timeout).
    public var deliveryAckTimeout: UInt64?
    /// Most connections at once; nil for no limit (RabbitMQ, `connection_max`).
    public var connectionLimit: Int?
    /// Where the journal's bytes go.
    public var storage: any Storage
    /// Nanoseconds from 1970 to the beginning of the node's clock: what expires must do so after a restart too.
    public var clockOffset: UInt64 = 0
    /// How much a segment of the journal holds before the next one is begun, bytes.
    public var segmentBytes = Journal.segmentBytes
    /// A snapshot of a quorum queue is written in slices of about so many bytes, one a tick, while nothing happens in it.
    public var snapshotSliceBytes = 1 << 19
    /// Which start of a node alone this is: higher than any before, and not 0. Whoever starts the node keeps it.
    public var incarnation: UInt64 = 1
    /// What a member of a cluster is told; nil for a node that is alone.
    public var cluster: ClusterConfiguration?
    /// Seeds what must differ between nodes and between runs: names that the broker makes up.
    public var seed: UInt64
    /// The broker's version, for clients and management.
    public var version: String

    /// RabbitMQ's default user and acknowledgement timeout, one GiB and no durability unless told otherwise.
    public init(
        name: String = "warren1@localhost", passwords: [String: String] = ["guest": "guest"],
        memoryLimit: Int = 1 << 30, deliveryAckTimeout: UInt64? = 1_800_000, connectionLimit: Int? = nil,
        storage: any Storage = VolatileStorage(), seed: UInt64, version: String = "0.1.0"
    ) {
        self.name = name
        self.passwords = passwords
        self.memoryLimit = memoryLimit
        self.deliveryAckTimeout = deliveryAckTimeout
        self.connectionLimit = connectionLimit
        self.storage = storage
        self.seed = seed
        self.version = version
    }

    /// Compares every byte whatever the outcome, so that the time taken tells nothing about the password.
    func accepts(_ credentials: Credentials) -> Bool {
        guard let password = passwords[credentials.user] else { return false }
        let expected = Array(password.utf8)
        let given = Array(credentials.password.utf8)
        var difference = expected.count ^ given.count
        for (index, byte) in given.enumerated() where index < expected.count {
            difference |= Int(byte ^ expected[index])
        }
        return difference == 0
    }
}
