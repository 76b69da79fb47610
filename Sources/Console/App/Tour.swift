import Management
import Monitor

/// The guided tour of the demo: one line at a time that leads to what is worth seeing. A step is over when the person is
/// where it leads, whichever way they went.
enum Tour: Int, CaseIterable, Sendable {
    case queues, stuck, exchanges, clients, crash, restart, done

    /// The steps where the endpoint has what they show: a broker of one node cannot lose one.
    static func steps(_ state: ConsoleState) -> [Tour] {
        allCases.filter { ($0 != .crash && $0 != .restart) || state.hasClusterToHurt }
    }

    /// What to do now.
    func text(_ state: ConsoleState) -> String {
        func key(_ action: Action) -> String { state.keyName(of: action) }
        return switch self {
        case .queues: "press \(key(.showQueues)) to see every queue"
        case .stuck: "choose payments with \(key(.down)) and press \(key(.open)): who holds the deliveries?"
        case .exchanges: "press \(key(.showExchanges)): audit is published to nobody, orders has two queues"
        case .clients: "press \(key(.showChannels)): who publishes with confirms, who does not"
        case .crash: "press \(key(.showNodes)), choose a node, press \(key(.faultMenu)) and crash it"
        case .restart:
            "press \(key(.restartNode)) to restart \(state.downNode ?? "the node") and watch it catch up"
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
        case .crash: state.downNode != nil
        case .restart: state.downNode == nil
        case .done: false
        }
    }

    /// The step after this one.
    func next(_ state: ConsoleState) -> Tour {
        Tour.steps(state).first { $0.rawValue > rawValue } ?? .done
    }

    /// The line, with how far it is.
    func line(_ state: ConsoleState) -> String {
        let steps = Tour.steps(state)
        return "Tour \(steps.count(where: { $0.rawValue <= rawValue }))/\(steps.count): \(text(state))"
    }
}

extension ConsoleState {
    /// Whether there is a node that may be lost.
    fileprivate var hasClusterToHurt: Bool {
        monitor.abilities.injectsFaults && monitor.clusterNodes.count > 1
    }

    /// A node that is down.
    fileprivate var downNode: String? { monitor.clusterNodes.first { !$0.isServing }?.name }
}
