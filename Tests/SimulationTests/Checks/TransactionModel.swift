/// What a channel in transaction mode asked for between two ends (AMQP 0-9-1 §1.9): all of it happens or nothing.
final class TransactionModel {
    enum State {
        /// Neither committed nor rolled back.
        case open
        /// `tx.commit` is on its way.
        case committing
        /// `tx.commit-ok` came.
        case committed
        /// The channel ended with the commit on its way, or the node crashed before its answer.
        case unknown
        /// It never happened.
        case undone
    }

    let id: Int
    var state = State.open
    var messages: [MessageModel] = []
    /// Deliveries that it settles.
    var settlements: [DeliveryModel] = []
    /// A delivery that shows that it happened, and one that shows that it did not.
    private var applied: String?
    private var notApplied: String?

    init(id: Int) { self.id = id }

    /// Its commit takes more than one tick.
    var isLarge: Bool { messages.count > 500 }

    /// It happened although nobody was told.
    var isFoundApplied: Bool { applied != nil }

    /// One of its messages was delivered. Returns what is wrong with that.
    func messageSeen(_ placement: Placement) -> String? {
        guard state == .unknown else { return nil }
        applied = applied ?? placement.name
        return contradiction
    }

    /// Something that it acknowledged was delivered again. Returns what is wrong with that.
    func settledReturned(_ placement: Placement) -> String? {
        guard state == .unknown else { return nil }
        notApplied = notApplied ?? placement.name
        return contradiction
    }

    private var contradiction: String? {
        guard let applied, let notApplied else { return nil }
        return "half of transaction \(id): \(applied) is there, and \(notApplied), which it acknowledged, is back"
    }

    /// The channel has ended.
    func channelEnded() {
        switch state {
        case .open: state = .undone
        case .committing: state = .unknown
        default: break
        }
    }

    /// What had happened in memory may not have reached the disk.
    func crashed() {
        if state == .unknown { applied = nil }
    }
}
