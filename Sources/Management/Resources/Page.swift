/// One page of a list, in the shape RabbitMQ gives when `page` is asked for.
public struct Page<Item> {
    /// The items of this page, in the order asked for.
    public var items: [Item]
    /// Which page this is, from 1.
    public var page: Int
    /// How many pages the filtered list has; at least 1.
    public var pageCount: Int
    /// How many items a page holds at most.
    public var pageSize: Int
    /// How many there are without the filter.
    public var totalCount: Int
    /// How many pass the filter.
    public var filteredCount: Int
    /// How many are on this page.
    public var itemCount: Int

    /// Whether this page is the whole (filtered) list, so that sorting it here sorts all of it.
    public var isWhole: Bool { itemCount >= filteredCount }

    /// A page with its counts.
    public init(items: [Item], page: Int, pageSize: Int, filteredCount: Int, totalCount: Int) {
        self.items = items
        self.page = page
        self.pageSize = pageSize
        self.filteredCount = filteredCount
        self.totalCount = totalCount
        itemCount = items.count
        pageCount = pageSize > 0 && filteredCount > 0 ? (filteredCount - 1) / pageSize + 1 : 1
    }

    /// One page of a list that is wholly at hand; a page past the end is empty.
    init(slicing filtered: [Item], page: Int, pageSize: Int, totalCount: Int) {
        let size = max(1, pageSize)
        let (start, overflow) = (max(1, page) - 1).multipliedReportingOverflow(by: size)
        self.init(
            items: overflow ? [] : Array(filtered.dropFirst(start).prefix(size)), page: max(1, page), pageSize: size,
            filteredCount: filtered.count, totalCount: totalCount)
    }

    /// A page that is the whole list.
    public init(whole items: [Item]) {
        self.init(
            items: items, page: 1, pageSize: items.count, filteredCount: items.count, totalCount: items.count)
    }
}

extension Page: Sendable where Item: Sendable {}
extension Page: Equatable where Item: Equatable {}
extension Page: Hashable where Item: Hashable {}

private enum PageKeys: String, CodingKey {
    case items, page
    case pageCount = "page_count"
    case pageSize = "page_size"
    case totalCount = "total_count"
    case filteredCount = "filtered_count"
    case itemCount = "item_count"
}

extension Page: Decodable where Item: Decodable {
    /// Reads a page. A bare list, which brokers without paging give, is a page that holds everything.
    public init(from decoder: any Decoder) throws {
        guard let container = try? decoder.container(keyedBy: PageKeys.self) else {
            self.init(whole: try [Item](from: decoder))
            return
        }
        let items = try container.decode([Item].self, forKey: .items)
        // Whatever a broker says, these are reckoned with.
        func count(_ key: PageKeys, least: Int) -> Int? {
            container.count(key).map { min(max($0, least), 1_000_000_000) }
        }
        let filtered = count(.filteredCount, least: 0) ?? items.count
        self.init(
            items: items, page: count(.page, least: 1) ?? 1, pageSize: count(.pageSize, least: 1) ?? items.count,
            filteredCount: filtered, totalCount: count(.totalCount, least: 0) ?? filtered)
        if let given = count(.pageCount, least: 1) { pageCount = given }
    }
}

extension Page: Encodable where Item: Encodable {
    /// Writes the page in RabbitMQ's shape.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: PageKeys.self)
        try container.encode(items, forKey: .items)
        try container.encode(page, forKey: .page)
        try container.encode(pageCount, forKey: .pageCount)
        try container.encode(pageSize, forKey: .pageSize)
        try container.encode(totalCount, forKey: .totalCount)
        try container.encode(filteredCount, forKey: .filteredCount)
        try container.encode(itemCount, forKey: .itemCount)
    }
}
