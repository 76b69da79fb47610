/// An endpoint that records what happens to its cluster, and the confirms of watched queues, closely enough to see a
/// failover: Warren's own cluster.
public protocol TimelineRecording: Sendable {
    /// Chooses the queues whose confirms are recorded, at most ``ClusterTimeline/watchedMax``; those it had before and
    /// are not named are not recorded any more. Throws an ``EndpointError``.
    func watch(_ queues: [QueueID]) async throws(EndpointError)

    /// What was recorded in the last `seconds`, at most ``ClusterTimeline/secondsMax``. Throws an ``EndpointError``.
    func timeline(seconds: Int) async throws(EndpointError) -> ClusterTimeline
}

/// What happened to a cluster, with the confirms of watched queues beside it: the answer to `GET /api/warren/timeline`.
/// Times are milliseconds on one clock of the cluster, which only goes forward.
public struct ClusterTimeline: Hashable, Sendable, Codable {
    /// Most queues that are watched.
    public static let watchedMax = 10
    /// How far back it goes, seconds.
    public static let secondsMax = 30
    /// Width of a bucket, milliseconds.
    public static let bucketMilliseconds = 10

    /// The time of the answer.
    public var now: Double
    /// What the wall clock said then, seconds since 1970.
    public var wallClock: Double
    /// The nodes in their order.
    public var nodes: [Node]
    /// The watched queues, in the order they were named.
    public var queues: [Queue]
    /// What happened, oldest first.
    public var events: [Event]
    /// What Warren's own publishers and consumers have counted; nil where none run.
    public var clients: Clients?

    /// Makes one.
    public init(
        now: Double, wallClock: Double, nodes: [Node] = [], queues: [Queue] = [], events: [Event] = [],
        clients: Clients? = nil
    ) {
        self.now = now
        self.wallClock = wallClock
        self.nodes = nodes
        self.queues = queues
        self.events = events
        self.clients = clients
    }

    /// A node now.
    public struct Node: Hashable, Sendable, Codable {
        /// Its name.
        public var name: String
        /// How it is.
        public var state: FaultState.State

        /// Makes one.
        public init(name: String, state: FaultState.State) {
            self.name = name
            self.state = state
        }
    }

    /// A watched queue: who leads it now, and its confirms in buckets.
    public struct Queue: Hashable, Sendable, Codable {
        /// The vhost it lives in.
        public var vhost: String
        /// Its name.
        public var name: String
        /// "classic", "quorum", or "mirrored" for a classic queue with mirrors.
        public var type: String
        /// The node that leads it, or on which it lives; nil while nobody does.
        public var leader: String?
        /// The nodes that hold its contents.
        public var members: [String]
        /// The members that are up.
        public var online: [String]
        /// Time of the beginning of the first bucket, milliseconds.
        public var start: Double
        /// Publishes confirmed to clients in each bucket of 10 ms, whichever node they publish through.
        public var confirms: [Int]

        /// Makes one.
        public init(
            vhost: String, name: String, type: String, leader: String? = nil, members: [String] = [],
            online: [String] = [], start: Double = 0, confirms: [Int] = []
        ) {
            self.vhost = vhost
            self.name = name
            self.type = type
            self.leader = leader
            self.members = members
            self.online = online
            self.start = start
            self.confirms = confirms
        }
    }

    /// Something that happened.
    public struct Event: Hashable, Sendable, Codable {
        /// What kind of thing.
        public enum Kind: String, Hashable, Sendable, Codable {
            /// A node crashed or lost its power, was paused, or stopped.
            case nodeDown = "node_down"
            /// A node started, or goes on.
            case nodeUp = "node_up"
            /// A node has caught up, and clients may come.
            case nodeServing = "node_serving"
            /// A node cannot reach a majority and closed its clients' connections.
            case minority
            /// A node, or a link, was cut off on purpose.
            case cut
            /// It was mended.
            case healed
            /// The leader of a queue, or of the metadata, is gone.
            case leaderLost = "leader_lost"
            /// A new one was elected.
            case leaderElected = "leader_elected"
            /// A mirror took a mirrored queue over.
            case promoted
            /// A queue that lives on a node that is down.
            case unavailable
            /// It is back.
            case available
            /// A member has what the others have.
            case caughtUp = "caught_up"
            /// A member has lost its data; a new one takes its place.
            case dataLost = "data_lost"
            /// A mirrored queue goes on without a mirror that was in sync and is down: until then its publishes waited.
            case mirrorLost = "mirror_lost"
        }

        /// When, milliseconds.
        public var at: Double
        /// What.
        public var kind: Kind
        /// The node it happened to, or that saw it.
        public var node: String
        /// The queue's vhost, where it is about a queue.
        public var vhost: String?
        /// The queue's name.
        public var queue: String?
        /// The term, where it is about a leader.
        public var term: Int?
        /// Whether a person asked for it.
        public var isInjected: Bool
        /// The rest in words, such as "37 publishes wait"; may be empty.
        public var text: String

        /// Makes one.
        public init(
            at: Double, kind: Kind, node: String, vhost: String? = nil, queue: String? = nil, term: Int? = nil,
            isInjected: Bool = false, text: String = ""
        ) {
            self.at = at
            self.kind = kind
            self.node = node
            self.vhost = vhost
            self.queue = queue
            self.term = term
            self.isInjected = isInjected
            self.text = text
        }

        enum CodingKeys: String, CodingKey {
            case at, kind, node, vhost, queue, term, text
            case isInjected = "injected"
        }
    }

    /// Totals of Warren's own publishers and consumers since they began.
    public struct Clients: Hashable, Sendable, Codable {
        /// Publishes that were confirmed.
        public var confirmed: Int
        /// Confirmed messages that nobody has received and that should have come.
        public var lost: Int
        /// Messages received more than once without being marked as redelivered.
        public var duplicated: Int

        /// Makes one.
        public init(confirmed: Int, lost: Int, duplicated: Int) {
            self.confirmed = confirmed
            self.lost = lost
            self.duplicated = duplicated
        }
    }

    enum CodingKeys: String, CodingKey {
        case now, nodes, queues, events, clients
        case wallClock = "wall_clock"
    }
}
