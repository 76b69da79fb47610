extension QueuePageRequest {
    /// The page this request means of a list that is wholly at hand: for endpoints that sort and filter themselves
    /// (the embedded one) or whose broker cannot. O(n log n) for a list sorted by a field.
    ///
    /// Filters as RabbitMQ does: the name contains the text, or matches the expression anywhere, in either case.
    /// A page past the end is empty. Throws ``EndpointError/refused(_:reason:)`` for an expression that is none.
    public func page(of queues: [QueueInfo]) throws(EndpointError) -> Page<QueueInfo> {
        let inVhost = vhost.map { vhost in queues.filter { $0.vhost == vhost } } ?? queues
        var matching = try filtered(inVhost)
        if let sort {
            matching = matching.sorted(by: sort, descending: descending)
        } else if descending {
            matching.reverse()
        }
        return Page(slicing: matching, page: page, pageSize: pageSize, totalCount: inVhost.count)
    }

    private func filtered(_ queues: [QueueInfo]) throws(EndpointError) -> [QueueInfo] {
        if nameFilter.isEmpty { return queues }
        guard usesRegex else {
            let wanted = nameFilter.lowercased()
            return queues.filter { $0.name.lowercased().contains(wanted) }
        }
        guard let expression = try? Regex(nameFilter).ignoresCase() else {
            throw .refused("the name filter", reason: "'\(nameFilter)' is not a regular expression")
        }
        return queues.filter { $0.name.contains(expression) }
    }
}
