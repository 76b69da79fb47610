import Management
import Terminal

/// The dialog between asking for a change and making it.
///
/// The focus starts on Cancel, so confirming is Tab Enter; above a limit the queue's name must be typed. A pasted
/// text never confirms, and the input of the first 300 ms is dropped, the key that opened the dialog among it.
struct ConfirmDialog: Sendable {
    /// So long a dialog ignores all input after it has appeared.
    static let deafTime: Duration = .milliseconds(300)
    /// A reading of the object older than this is taken again.
    static let longestReadingAge: Duration = .seconds(5)

    /// What can have the focus.
    enum Focus: Hashable, Sendable { case cancel, ifEmpty, ifUnused, name, confirm }

    /// What is known of the object.
    enum Reading: Hashable, Sendable {
        /// It is being read.
        case pending
        /// It was read.
        case known(BlastRadius)
        /// It could not be read: nothing can be confirmed.
        case failed(EndpointError)
    }

    /// What would be done.
    private(set) var mutation: Mutation
    /// When the dialog appeared.
    let openedAt: Duration
    /// Names the request that reads the object.
    var ticket: Ticket
    private(set) var reading = Reading.pending
    private(set) var isReadingAgain = false
    private(set) var focus = Focus.cancel
    private(set) var typedName = TextField()
    /// Whether the name had to be typed at any reading so far; a falling figure does not take that back.
    private(set) var needsTypedName = false
    /// A pasted text was refused: say so.
    private(set) var refusedPaste = false

    init(_ mutation: Mutation, at now: Duration, ticket: Ticket) {
        self.mutation = mutation
        openedAt = now
        self.ticket = ticket
    }

    /// Whether a deletion may be bound to conditions: RabbitMQ knows `if-empty` and `if-unused` for classic queues
    /// only.
    var offersConditions: Bool {
        guard case .deleteQueue = mutation, case .known(let radius) = reading else { return false }
        return radius.queue?.type == nil || radius.queue?.type == "classic"
    }

    /// What can have the focus now, in the order of Tab.
    var stops: [Focus] {
        var stops: [Focus] = [.cancel]
        guard case .known = reading else { return stops }
        if needsTypedName { stops.append(.name) }
        stops.append(.confirm)
        if offersConditions { stops += [.ifEmpty, .ifUnused] }
        return stops
    }

    /// Whether everything is there that confirming needs.
    var canConfirm: Bool {
        guard case .known = reading else { return false }
        // What cannot be typed is left out of both.
        let name = String(mutation.target.name.unicodeScalars.filter { $0.properties.generalCategory != .control })
        return !needsTypedName || typedName.text == name
    }

    /// The object was read.
    mutating func read(_ result: Result<BlastRadius, EndpointError>) {
        isReadingAgain = false
        switch result {
        case .success(let radius):
            reading = .known(radius)
            if radius.needsTypedName(for: mutation) { needsTypedName = true }
        case .failure(let error):
            reading = .failed(error)
            focus = .cancel
        }
    }

    /// Whether the reading should be taken again; it counts as under way from then on.
    mutating func wantsReading(at now: Duration, as ticket: Ticket) -> Bool {
        guard case .known(let radius) = reading, !isReadingAgain, now - radius.readAt > Self.longestReadingAge
        else { return false }
        isReadingAgain = true
        self.ticket = ticket
        return true
    }

    /// What a key led to.
    enum Outcome: Hashable { case stays, cancelled, confirmed }

    /// Takes a key.
    mutating func press(_ key: Key, at now: Duration) -> Outcome {
        guard now - openedAt >= Self.deafTime else { return .stays }
        refusedPaste = false
        switch (key, focus) {
        case (.escape, _), (.control("c"), _), (.enter, .cancel): return .cancelled
        case (.tab, _), (.down, _): move(1)
        case (.backTab, _), (.up, _): move(-1)
        case (.enter, .confirm), (.enter, .name): return canConfirm ? .confirmed : .stays
        case (_, .name): typedName.handle(key)
        case (.right, .cancel), (.left, .confirm): move(focus == .cancel ? 1 : -1)
        case (" ", .ifEmpty), (.enter, .ifEmpty): toggle(ifEmpty: true)
        case (" ", .ifUnused), (.enter, .ifUnused): toggle(ifEmpty: false)
        default: break
        }
        return .stays
    }

    /// Takes a pasted text, which goes nowhere.
    mutating func paste() { refusedPaste = true }

    private mutating func move(_ step: Int) {
        let stops = stops
        let place = stops.firstIndex(of: focus) ?? 0
        focus = stops[(place + step + stops.count) % stops.count]
    }

    private mutating func toggle(ifEmpty: Bool) {
        guard case .deleteQueue(let id, let empty, let unused) = mutation else { return }
        mutation = .deleteQueue(
            id, ifEmpty: ifEmpty ? !empty : empty, ifUnused: ifEmpty ? unused : !unused)
    }
}

/// Names one request of the console, so that its answer finds what asked for it.
public struct Ticket: Hashable, Sendable {
    var number: Int
}
