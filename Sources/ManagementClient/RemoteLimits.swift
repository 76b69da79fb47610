/// How long a remote endpoint may take and how much it may send.
public struct RemoteLimits: Hashable, Sendable {
    /// Time for the connection to stand, TLS included.
    public var connectTimeout: Duration
    /// Time for one whole request, from the first byte sent to the last received, waiting for a free connection
    /// included.
    public var requestTimeout: Duration
    /// The largest reply read, bytes. RabbitMQ's list of 10,000 queues has 14 MB.
    public var largestReply: Int

    /// The largest reply unless told otherwise: 64 MiB.
    public static let defaultLargestReply = 64 << 20
    /// Requests in flight at once on one endpoint; more wait for their turn.
    public static let requestsInFlight = 2
    /// How much of an error's body is read, bytes.
    static let largestErrorBody = 64 << 10
    /// How much of a broker's reason is repeated, characters.
    static let longestReason = 300

    /// Limits for a person who waits.
    public init(
        connectTimeout: Duration = .seconds(5), requestTimeout: Duration = .seconds(20),
        largestReply: Int = RemoteLimits.defaultLargestReply
    ) {
        self.connectTimeout = connectTimeout
        self.requestTimeout = requestTimeout
        self.largestReply = largestReply
    }
}
