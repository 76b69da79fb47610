import Management
import Terminal

/// The question before several changes at once: what they hit together, from the figures as they were listed.
struct BulkDialog: Sendable {
    enum Focus: Hashable, Sendable { case cancel, field, confirm }

    let title: String
    let sentences: [String]
    let button: String
    let mutations: [Mutation]
    /// What must be typed where so much goes that a keystroke is not enough.
    let mustType: String?
    let openedAt: Duration
    private(set) var focus = Focus.cancel
    private(set) var field = TextField()

    init(
        _ title: String, sentences: [String], button: String, mutations: [Mutation], mustType: String? = nil,
        at now: Duration
    ) {
        self.title = title
        self.sentences = sentences
        self.button = button
        self.mutations = mutations
        self.mustType = mustType
        openedAt = now
    }

    var canConfirm: Bool { mustType.map { $0 == field.text } ?? true }

    private var stops: [Focus] { mustType == nil ? [.cancel, .confirm] : [.cancel, .field, .confirm] }

    /// Takes a key; the input of the first moments is dropped.
    mutating func press(_ key: Key, at now: Duration) -> ConfirmDialog.Outcome {
        guard now - openedAt >= ConfirmDialog.deafTime else { return .stays }
        switch (key, focus) {
        case (.escape, _), (.control("c"), _), (.enter, .cancel): return .cancelled
        case (.tab, _), (.down, _), (.right, .cancel): move(1)
        case (.backTab, _), (.up, _), (.left, .confirm): move(-1)
        case (.enter, _): return canConfirm ? .confirmed : .stays
        case (_, .field): field.handle(key)
        default: break
        }
        return .stays
    }

    private mutating func move(_ step: Int) {
        let place = stops.firstIndex(of: focus) ?? 0
        focus = stops[(place + step + stops.count) % stops.count]
    }
}

/// Several changes under way, one after the other.
struct BulkRun: Sendable {
    let verb: String
    let total: Int
    /// Whether these are the parts of one move.
    let moves: Bool
    /// Those not sent yet.
    var waiting: ArraySlice<Mutation>
    var done = 0
    var removed = 0
    var moved = 0
    var twice = 0
    var failed = 0
    var firstError: String?

    init(_ mutations: [Mutation], verb: String) {
        self.verb = verb
        total = mutations.count
        moves = if case .move? = mutations.first { true } else { false }
        waiting = mutations[...]
    }

    /// Takes in how one of them ended.
    mutating func took(_ result: Result<MutationResult, EndpointError>) {
        done += 1
        switch result {
        case .success(.removed(let count)): removed += count
        case .success(.moved(let count, let again)):
            moved += count
            twice += again
            // The queue is empty: there is nothing left to move.
            if count == 0 { waiting = [] }
        case .success: break
        case .failure(let error):
            failed += 1
            firstError = firstError ?? error.message
            // What could not be moved would be tried again and again, and might be there twice each time.
            if case .move? = waiting.first { waiting = [] }
        }
    }

    /// How far it is, or how it ended.
    var receipt: Receipt {
        var gone = removed > 0 ? ", \(Figures.exact(removed)) messages gone" : ""
        if moves { gone = ", \(Figures.exact(moved)) messages moved" }
        if twice > 0 { gone += ", \(Figures.exact(twice)) of them consumed meanwhile and there twice" }
        if moves, waiting.isEmpty {
            return Receipt(
                outcome: failed > 0 ? .failed : .accepted, text: "\(verb)\(gone)" + (firstError.map { ": \($0)" } ?? "")
            )
        }
        if !waiting.isEmpty || done < total {
            return Receipt(outcome: .pending, text: "\(verb): \(done) of \(total)\(gone); esc stops it")
        }
        guard failed > 0 else {
            return Receipt(outcome: .accepted, text: "\(verb): \(total) of \(total) accepted\(gone)")
        }
        return Receipt(
            outcome: .failed, text: "\(verb): \(failed) of \(total) failed\(gone): \(firstError ?? "")")
    }
}

/// A queue that was deleted, as far as it can be declared again.
struct DeletedQueue: Hashable, Sendable {
    let queue: QueueInfo
    let bindings: [BindingInfo]

    /// What brings it back: its declaration, then its bindings.
    var restoring: [Mutation] {
        let settings = QueueSettings(
            durable: queue.durable ?? true, autoDelete: queue.autoDelete ?? false, type: queue.type,
            arguments: queue.arguments)
        return [.declareQueue(queue.id, settings)] + bindings.filter { !$0.source.isEmpty }.map(Mutation.bind)
    }
}
