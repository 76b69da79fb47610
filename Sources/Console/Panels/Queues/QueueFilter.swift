import Management

/// Which queues to list, as typed behind `/`: a ``Filter`` with what is wrong with it, if anything is.
struct QueueFilter: Hashable, Sendable {
    /// As typed.
    let text: String
    /// What is wrong with it; then every queue passes.
    let error: FilterError?
    private let filter: Filter<QueueInfo>

    /// The filter of a text.
    init(text: String = "") {
        self.text = text
        do throws(FilterError) {
            filter = try Filter(text)
            error = nil
        } catch {
            filter = Filter()
            self.error = error
        }
    }

    var isEmpty: Bool { filter.isEmpty }

    /// Whether a queue passes; as far as names go, the same answer as the broker's.
    func passes(_ queue: QueueInfo) -> Bool { filter.passes(queue) }

    /// Whether only loaded queues are looked at for some of it.
    var hasLocalPart: Bool { filter.hasLocalPart }

    /// The filter in force, in words: `with "orders"`, `without "test"`, `filter ready>1k`.
    var words: String {
        if filter.terms.count == 1, case .contains(let needle) = filter.terms[0].test {
            return filter.terms[0].isInverse ? "without \"\(needle)\"" : "with \"\(needle)\""
        }
        return "filter \(text)"
    }

    /// Asks the broker for what it can filter itself.
    func apply(to request: inout QueuePageRequest) {
        let part = filter.serverPart
        request.page = 1
        request.usesRegex = part.isRegex
        request.nameFilter = part.text
    }
}
