/// The monitor's limits and rates.
///
/// RabbitMQ collects statistics every 5 s and advises against asking faster
/// (https://www.rabbitmq.com/docs/management, "Statistics interval"); a list of 10,000 queues takes it up to a
/// second, so lists are asked for more rarely the longer they take.
public enum PollingLimits {
    /// The refresh interval when nobody chose one.
    public static let defaultInterval: Duration = .seconds(1)
    /// The shortest refresh interval.
    public static let shortestInterval: Duration = .milliseconds(500)
    /// The shortest interval for lists of a remote broker.
    public static let shortestRemoteListInterval: Duration = .seconds(5)
    /// No interval is stretched beyond this.
    public static let longestInterval: Duration = .seconds(60)
    /// A remote list's interval is at least this many times its reply time.
    static let remoteListReplyShare = 10
    /// Every interval is at least this many times the reply time.
    static let replyShare = 2
    /// How often the timeline of the engine in this process is asked for.
    public static let embeddedTimelineInterval: Duration = .milliseconds(250)
    /// How often the timeline of another Warren is asked for.
    public static let remoteTimelineInterval: Duration = .seconds(1)
    /// The timeline of the engine in this process goes on where it is not shown, this much more rarely: what came before
    /// a loss is wanted once it has happened.
    static let hiddenTimelineFactor = 4
    /// Who leads is asked for no more often than this.
    static let leadershipInterval: Duration = .seconds(1)
    /// How much more rarely what is not visible is asked for.
    static let hiddenFactor = 5
    /// How soon an endpoint that could not be reached is tried again, at the earliest.
    static let shortestRetry: Duration = .seconds(1)
    /// How soon an endpoint that refused the user is tried again: not so fast that an account gets locked.
    static let refusedRetry: Duration = .seconds(30)
    /// Requests in flight at once.
    static let requestsInFlight = 2
    /// A sample is stale once it is older than this many intervals.
    static let missedRefreshes = 2
}
