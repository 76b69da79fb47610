import Terminal

/// The last line: the keys that matter here, derived from the action table, as many as fit.
struct Footer {
    /// A key with what it does.
    struct Item: Hashable { var key: String; var label: String }

    var left: [Item]
    var right: [Item]

    /// The footer of a state in a width.
    init(_ state: ConsoleState, width: Int) {
        if let dialog = state.dialog {
            left = dialog.keys
            right = []
        } else {
            let entries = state.settings.keys.entries.filter { $0.places.contains(state.place) && !$0.keys.isEmpty }
            right = entries.filter { $0.footerRank == 0 }.map(Item.init)
            if state.place.isDetail { right = [Item(key: state.keyName(of: .back), label: "back")] + right }
            left = entries.filter { ($0.footerRank ?? 0) > 0 && state.barred($0) == nil && !state.isOpen($0.action) }
                .sorted { ($0.footerRank ?? 0) < ($1.footerRank ?? 0) }.map(Item.init)
        }
        var room = width - 2 - right.reduce(0) { $0 + $1.width + 2 }
        left = Array(
            left.prefix { item in
                room -= item.width + 2
                return room >= 0
            })
    }
}

extension Footer.Item {
    fileprivate init(_ entry: ActionTable.Entry) {
        key = entry.keys.first?.shortName ?? ""
        label = entry.label
    }

    /// Its width in cells.
    var width: Int { TextWidth.of(key) + 1 + TextWidth.of(label) }
}

extension Dialog {
    /// The keys a dialog understands.
    fileprivate var keys: [Footer.Item] {
        func items(_ pairs: [(String, String)]) -> [Footer.Item] {
            pairs.map { Footer.Item(key: $0.0, label: $0.1) }
        }
        switch self {
        case .help: return items([("esc", "close"), ("↑↓", "scroll")])
        case .confirm: return items([("esc", "cancel"), ("tab", "next"), ("enter", "choose")])
        case .sort: return items([("↑↓", "choose"), ("enter", "sort by it"), ("esc", "cancel")])
        case .form: return items([("esc", "cancel"), ("tab", "next"), ("space", "change"), ("enter", "done")])
        case .bulk: return items([("esc", "cancel"), ("tab", "next"), ("enter", "choose")])
        case .messages: return items([("esc", "close"), ("↑↓", "scroll")])
        case .fault: return items([("↑↓", "choose"), ("←→", "node"), ("enter", "do it"), ("esc", "cancel")])
        case .actions: return items([("↑↓", "choose"), ("enter", "do it"), ("esc", "cancel")])
        case .vhosts: return items([("↑↓", "choose"), ("enter", "list it"), ("esc", "cancel")])
        case .leave: return items([("esc", "stay"), ("tab", "next"), ("enter", "choose")])
        case .filter:
            return items([
                ("enter", "ask the broker"), ("esc", "cancel"), ("!text", "not"), ("~regex", "match"),
                ("ready>1k", "field"),
            ])
        case .command: return items([("enter", "run"), ("esc", "cancel")])
        }
    }
}

extension ConsoleState {
    /// Whether an action would open what is open already.
    fileprivate func isOpen(_ action: Action) -> Bool {
        switch action {
        case .showOverview: panel == .overview
        case .showQueues: panel == .queues
        case .showExchanges: panel == .exchanges
        case .showConnections: panel == .connections
        case .showChannels: panel == .channels
        case .showNodes: panel == .nodes
        case .showFailover: panel == .failover
        case .showPolicies: panel == .policies
        default: false
        }
    }
}
