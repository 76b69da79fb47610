/// One broker node: an entry of `/api/nodes`.
///
/// A node that is down is listed with its name and `running: false` and nothing else. LavinMQ lists only the
/// node that answers.
public struct NodeInfo: Hashable, Sendable, Codable {
    /// Its name, such as `rabbit@host`.
    public var name: String
    /// Whether it runs; `nil` where the broker does not say.
    public var running: Bool?
    /// "disc" or "ram".
    public var type: String?
    /// Memory in use, bytes.
    public var memUsed: Int?
    /// The memory high watermark, bytes.
    public var memLimit: Int?
    /// True while publishers are blocked for memory.
    public var memAlarm: Bool?
    /// Free space where the data lies, bytes; `nil` too where disk monitoring is off.
    public var diskFree: Int?
    /// The least free space before publishers are blocked, bytes.
    public var diskFreeLimit: Int?
    /// True while publishers are blocked for disk space.
    public var diskFreeAlarm: Bool?
    /// File descriptors in use.
    public var fdUsed: Int?
    /// File descriptors there may be.
    public var fdTotal: Int?
    /// Sockets in use.
    public var socketsUsed: Int?
    /// Processes (Erlang) waiting to run.
    public var runQueue: Int?
    /// Logical processors.
    public var processors: Int?
    /// Time since start, milliseconds.
    public var uptime: Int?
    /// Nodes this one believes itself partitioned from.
    public var partitions: [String]
    /// True while the node is put into maintenance mode.
    public var beingDrained: Bool?

    /// A node of which only the name is known.
    public init(name: String) {
        self.name = name
        partitions = []
    }

    enum CodingKeys: String, CodingKey {
        case name, running, type, processors, uptime, partitions
        case memUsed = "mem_used"
        case memLimit = "mem_limit"
        case memAlarm = "mem_alarm"
        case diskFree = "disk_free"
        case diskFreeLimit = "disk_free_limit"
        case diskFreeAlarm = "disk_free_alarm"
        case fdUsed = "fd_used"
        case fdTotal = "fd_total"
        case socketsUsed = "sockets_used"
        case runQueue = "run_queue"
        case beingDrained = "being_drained"
    }

    /// Reads the entry leniently; only the name must be there.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        running = container.lenient(.running)
        type = container.text(.type)
        memUsed = container.count(.memUsed)
        memLimit = container.count(.memLimit)
        memAlarm = container.lenient(.memAlarm)
        diskFree = container.count(.diskFree)
        diskFreeLimit = container.count(.diskFreeLimit)
        diskFreeAlarm = container.lenient(.diskFreeAlarm)
        fdUsed = container.count(.fdUsed)
        fdTotal = container.count(.fdTotal)
        socketsUsed = container.count(.socketsUsed)
        runQueue = container.count(.runQueue)
        processors = container.count(.processors)
        uptime = container.count(.uptime)
        partitions = container.lenient(.partitions) ?? []
        beingDrained = container.lenient(.beingDrained)
    }
}
