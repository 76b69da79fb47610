import Management

/// What became of a change: one line above the footer, until the next one.
struct Receipt: Hashable, Sendable {
    /// How it ended.
    enum Outcome: Hashable, Sendable {
        /// It has not ended yet.
        case pending
        /// The broker accepted it.
        case accepted
        /// It did not happen, or it is not known whether it did.
        case failed
        /// Not about a change: something to know.
        case note
    }

    var outcome: Outcome
    var text: String

    /// Something to know.
    static func note(_ text: String) -> Receipt { Receipt(outcome: .note, text: text) }

    /// A change is under way.
    static func pending(_ mutation: Mutation) -> Receipt {
        Receipt(outcome: .pending, text: "\(mutation.inProgress) \(mutation.title) …")
    }

    /// A change has ended. It says "accepted" unless the broker said more.
    static func finished(_ mutation: Mutation, _ result: Result<MutationResult, EndpointError>) -> Receipt {
        let what = "\(mutation.verb) \(mutation.title)"
        func count(_ count: Int) -> String { count == 1 ? "1 message" : "\(Figures.exact(count)) messages" }
        switch result {
        case .success(.removed(let removed)):
            return Receipt(outcome: .accepted, text: "\(what): \(count(removed)) gone")
        case .success(.messages(let messages)):
            return Receipt(outcome: .accepted, text: "\(what): \(count(messages.count)) read")
        case .success(.published(routed: true)):
            return Receipt(outcome: .accepted, text: "\(what): taken by at least one queue")
        case .success(.published(routed: false)):
            return Receipt(outcome: .failed, text: "\(what): no queue took it, the message is dropped")
        case .success(.moved(let moved, let twice)):
            guard case .move(_, _, _, let keeps) = mutation, !keeps else {
                return Receipt(outcome: .accepted, text: "\(what): \(count(moved)) copied")
            }
            let again = twice == 0 ? "" : "; \(Figures.exact(twice)) were consumed meanwhile and are there twice"
            return Receipt(outcome: .accepted, text: "\(what): \(count(moved)) moved\(again)")
        case .success(.accepted):
            return Receipt(outcome: .accepted, text: "\(what): accepted")
        case .failure(.timedOut(let address, let limit)):
            let timeout = EndpointError.timedOut(address, after: limit).message
            return Receipt(outcome: .failed, text: "\(what): not known whether it happened: \(timeout)")
        case .failure(let error):
            return Receipt(outcome: .failed, text: "\(what): \(error.message)")
        }
    }
}
