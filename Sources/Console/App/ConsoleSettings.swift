public import Management

/// What a console starts with.
public struct ConsoleSettings: Sendable {
    /// Bars every change of the broker.
    public var isReadOnly: Bool
    /// A word about the endpoint beside its name, such as "ephemeral"; untrusted text is fine.
    public var label: String?
    /// What can be drawn.
    public var themes: ThemeLibrary
    /// The page of queues asked for first.
    public var queues: QueuePageRequest
    /// The lock of the endpoint; by default there is none, as on this machine.
    public var lock = Lock.open
    /// Whether a guided tour leads through the panels.
    public var hasTour = false
    /// The name of the canary queue that a probe may use; nil where no probe can be started.
    public var canary: String?
    /// Whether the Failover panel opens itself when something is lost, as in the demo.
    public var opensFailover = false
    /// How far the person's clock is ahead of UTC, for times of the day.
    public var utcOffset: Duration = .zero
    /// What each key does.
    public var keys = KeyMap.standard
    /// What is wrong with own files that nobody asked for by name: the first is said when the console opens.
    public var problems: [FileError] = []

    /// Settings, by default of a console that may change the broker and lists the fullest queues first.
    public init(
        themes: ThemeLibrary, isReadOnly: Bool = false, label: String? = nil,
        queues: QueuePageRequest = QueuePageRequest(
            pageSize: EndpointCapabilities.largestPage, sort: .messagesReady, descending: true)
    ) {
        self.themes = themes
        self.isReadOnly = isReadOnly
        self.label = label
        self.queues = queues
    }
}
