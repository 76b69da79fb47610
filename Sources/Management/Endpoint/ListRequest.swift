/// Which exchanges, connections or channels to list, and which page of them; queues have their own
/// ``QueuePageRequest``, because only they come in such numbers that the broker must sort them.
public struct ListRequest: Hashable, Sendable {
    /// The page, from 1.
    public var page: Int
    /// Items on a page, 1 to ``EndpointCapabilities/largestPage``.
    public var pageSize: Int
    /// Only what has this in its name, in either case; empty means all.
    public var nameFilter: String
    /// Only this vhost; `nil` means all that the user may see.
    public var vhost: String?

    /// A request, by default for the first 500. Page and size are brought into their ranges.
    public init(
        page: Int = 1, pageSize: Int = EndpointCapabilities.largestPage, nameFilter: String = "",
        vhost: String? = nil
    ) {
        self.page = max(1, page)
        self.pageSize = min(max(1, pageSize), EndpointCapabilities.largestPage)
        self.nameFilter = nameFilter
        self.vhost = vhost
    }

    /// The page this request means of a list that is wholly at hand. A page past the end is empty.
    public func page<Item>(
        of items: [Item], name: (Item) -> String, vhost vhostOf: (Item) -> String?
    ) -> Page<Item> {
        let inVhost = vhost.map { wanted in items.filter { vhostOf($0) == wanted } } ?? items
        let wanted = nameFilter.lowercased()
        let matching = wanted.isEmpty ? inVhost : inVhost.filter { name($0).lowercased().contains(wanted) }
        return Page(slicing: matching, page: page, pageSize: pageSize, totalCount: inVhost.count)
    }
}
