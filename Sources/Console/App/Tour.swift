import Management

/// The guided tour of the demo: one line at a time that leads to what is worth seeing. A step is over when the person is
/// where it leads, whichever way they went.
enum Tour: Int, CaseIterable, Sendable {
    case queues, stuck, exchanges, clients, done

    /// What to do now.
    func text(_ state: ConsoleState) -> String {
        func key(_ action: Action) -> String { state.keyName(of: action) }
        return switch self {
        case .queues: "press \(key(.showQueues)) to see every queue"
        case .stuck: "choose payments with \(key(.down)) and press \(key(.open)): who holds the deliveries?"
        case .exchanges: "press \(key(.showExchanges)): audit is published to nobody, orders has two queues"
        case .clients: "press \(key(.showChannels)): who publishes with confirms, who does not"
        case .done: "that was it: \(key(.help)) lists every key, \(key(.quit)) leaves"
        }
    }

    /// Whether the person is where this step leads.
    func isReached(by state: ConsoleState) -> Bool {
        switch self {
        case .queues: state.panel == .queues
        case .stuck: state.place == .queueDetail && state.queues.opened?.name == "payments"
        case .exchanges: state.panel == .exchanges
        case .clients: state.panel == .channels
        case .done: false
        }
    }

    /// The step after this one.
    var next: Tour { Tour(rawValue: rawValue + 1) ?? .done }

    /// The line, with how far it is.
    func line(_ state: ConsoleState) -> String { "Tour \(rawValue + 1)/\(Self.allCases.count): \(text(state))" }
}
