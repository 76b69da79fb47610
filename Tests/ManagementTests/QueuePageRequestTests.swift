import Management
import Testing

/// Sorting, filtering and paging of a list that is wholly at hand.
@Suite struct QueuePageRequestTests {
    private let queues: [QueueInfo] = [("b", "/", 3), ("Alpha", "/", nil), ("c", "other", 3), ("d.alpha", "/", 9)]
        .map { (name: String, vhost: String, ready: Int?) in
            var queue = QueueInfo(vhost: vhost, name: name)
            queue.messagesReady = ready
            return queue
        }

    @Test("a descending sort puts the largest first, ties by identity, and what is not provided last")
    func sorting() throws {
        let down = QueuePageRequest(sort: .messagesReady, descending: true)
        #expect(try down.page(of: queues).items.map(\.name) == ["d.alpha", "b", "c", "Alpha"])
        let up = QueuePageRequest(sort: .messagesReady)
        #expect(try up.page(of: queues).items.map(\.name) == ["b", "c", "d.alpha", "Alpha"])
        let byName = QueuePageRequest(sort: .name, descending: true)
        #expect(try byName.page(of: queues).items.map(\.name) == ["d.alpha", "c", "b", "Alpha"])
    }

    @Test("a name filter finds the text anywhere in either case, as RabbitMQ's does")
    func filtering() throws {
        let page = try QueuePageRequest(nameFilter: "ALPHA").page(of: queues)
        #expect(page.items.map(\.name) == ["Alpha", "d.alpha"])
        #expect(page.totalCount == 4 && page.filteredCount == 2)
        #expect(try QueuePageRequest(nameFilter: "^alpha", usesRegex: true).page(of: queues).items.count == 1)
        #expect(try QueuePageRequest(nameFilter: "^alpha").page(of: queues).items.isEmpty)
    }

    @Test("an expression that is none is refused with its text")
    func badExpression() {
        #expect(throws: EndpointError.refused("the name filter", reason: "'((' is not a regular expression")) {
            try QueuePageRequest(nameFilter: "((", usesRegex: true).page(of: queues)
        }
    }

    @Test("pages cut the list and one past the end is empty")
    func paging() throws {
        let second = try QueuePageRequest(page: 2, pageSize: 3, sort: .name).page(of: queues)
        #expect(second.items.map(\.name) == ["d.alpha"] && second.pageCount == 2 && !second.isWhole)
        #expect(try QueuePageRequest(page: .max, pageSize: 500).page(of: queues).items.isEmpty)
        #expect(try QueuePageRequest(vhost: "other").page(of: queues).totalCount == 1)
    }

    @Test("sizes and pages out of range are brought into it")
    func ranges() {
        let request = QueuePageRequest(page: -3, pageSize: 10_000)
        #expect(request.page == 1 && request.pageSize == 500)
        #expect(QueuePageRequest(pageSize: 0).pageSize == 1)
    }
}
