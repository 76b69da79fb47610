internal import Management

/// Which page of a list a query asks for (RabbitMQ's HTTP API, "Pagination").
struct Paging {
    let page: Int
    let size: Int
    let name: String

    /// Nil where the query asks for no page. Throws RabbitMQ's refusals of numbers that are none or out of range, and
    /// of expressions: they can be made to take for ever, so this server filters by part of a name only.
    init?(_ query: [String: String]) throws(APIFailure) {
        guard let asked = query["page"] else {
            guard query["page_size"] == nil, query["name"] == nil else {
                throw .bad("Pagination parameters are invalid")
            }
            return nil
        }
        guard let page = Int(asked), let size = Int(query["page_size"] ?? "100") else {
            throw .bad("Pagination parameters are invalid")
        }
        guard page >= 1, (1...EndpointCapabilities.largestPage).contains(size) else {
            throw APIFailure(
                status: 400, error: "invalid_pagination_parameters",
                reason: "Invalid pagination parameters: page number \(page), page size \(size)")
        }
        self.page = page
        self.size = size
        name = query["name"] ?? ""
        if query["use_regex"] == "true", !name.isEmpty {
            throw .bad("use_regex: this server filters by a part of the name only")
        }
    }

    /// Refuses a page past the end.
    func check(_ count: Int) throws(APIFailure) {
        guard page > 1, (page - 1).multipliedReportingOverflow(by: size).overflow || (page - 1) * size >= count else {
            return
        }
        throw APIFailure(
            status: 400, error: "page_out_of_range",
            reason: "Page out of range, page: \(page) page size: \(size), len: \(count)")
    }
}
