/// Something a person can ask for with a key. The raw value is its name, by which a key file will rebind it.
enum Action: String, CaseIterable, Sendable {
    // Panels.
    case showOverview = "overview"
    case showQueues = "queues"
    // Moving.
    case up, down, pageUp = "page-up", pageDown = "page-down", first, last
    case columnsLeft = "columns-left", columnsRight = "columns-right"
    case open, back
    // Arranging a list.
    case filter
    case problemsOnly = "problems"
    case sortMenu = "sort"
    case sortLeft = "sort-left", sortRight = "sort-right", sortInvert = "sort-invert"
    case allVhosts = "all-vhosts", thisVhost = "this-vhost"
    // Changing the broker.
    case declareQueue = "declare", purgeQueue = "purge", deleteQueue = "delete"
    // Time.
    case pause, refresh, interval
    // The console itself.
    case command, help, nextTheme = "theme", redraw, suspend, quit
}

/// Where an action applies. A key may mean something else in another place.
enum Place: String, CaseIterable, Sendable {
    /// The overview panel.
    case overview
    /// The list of queues.
    case queueList = "queues"
    /// One queue.
    case queueDetail = "queue"

    /// Its name for a person.
    var title: String {
        switch self {
        case .overview: "Overview"
        case .queueList: "Queues"
        case .queueDetail: "One queue"
        }
    }
}
