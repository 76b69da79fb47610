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
