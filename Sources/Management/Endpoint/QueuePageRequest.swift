/// Which queues to list, in which order, and which page of them.
public struct QueuePageRequest: Hashable, Sendable {
    /// The page, from 1.
    public var page: Int
    /// Queues on a page, 1 to ``EndpointCapabilities/largestPage``.
    public var pageSize: Int
    /// What to sort by; `nil` leaves the broker's own order, which is the cheapest.
    public var sort: QueueSortField?
    /// Largest first.
    public var descending: Bool
    /// Only queues whose name contains this (or matches it, with `usesRegex`); empty means all.
    public var nameFilter: String
    /// Whether the filter is a regular expression.
    public var usesRegex: Bool
    /// Only this vhost; `nil` means all that the user may see.
    public var vhost: String?
    /// False asks for names, states and depths only, where the endpoint can do so.
    public var withStatistics: Bool

    /// A request, by default for the first 100 queues in the broker's own order.
    /// Page and size are brought into their ranges.
    public init(
        page: Int = 1, pageSize: Int = 100, sort: QueueSortField? = nil, descending: Bool = false,
        nameFilter: String = "", usesRegex: Bool = false, vhost: String? = nil, withStatistics: Bool = true
    ) {
        self.page = max(1, page)
        self.pageSize = min(max(1, pageSize), EndpointCapabilities.largestPage)
        self.sort = sort
        self.descending = descending
        self.nameFilter = nameFilter
        self.usesRegex = usesRegex
        self.vhost = vhost
        self.withStatistics = withStatistics
    }
}
