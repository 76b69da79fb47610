import Management
import Terminal

/// What lies over a panel and takes the keys.
enum Dialog: Sendable {
    /// The help, from this line on.
    case help(top: Int)
    /// A change waits for its confirmation.
    case confirm(ConfirmDialog)
    /// What to sort by.
    case sort(SortMenu)
    /// A change is being described.
    case form(Form)
    /// What can be done to a node.
    case fault(FaultMenu)
    /// What can be done here.
    case actions(ActionMenu)
    /// Several changes wait for their confirmation.
    case bulk(BulkDialog)
    /// Messages that were read.
    case messages(MessagesView)
    /// Which vhost to list.
    case vhosts(VhostMenu)
    /// Whether to quit or to suspend.
    case leave(LeaveQuestion)
    /// The filter is being typed, in the panel's own line.
    case filter(TextField)
    /// A command is being typed, in the footer.
    case command(CommandPrompt)

    /// Whether rows stop moving meanwhile. While a filter is typed they are what is looked at.
    var freezesRows: Bool {
        switch self {
        case .filter: false
        default: true
        }
    }
}

/// The menu of vhosts.
struct VhostMenu: Sendable {
    /// All of them, and each.
    let choices: [String?]
    var cursor: Int

    init(_ vhosts: [String], current: String?) {
        choices = [nil] + vhosts.map(Optional.some)
        cursor = choices.firstIndex(of: current) ?? 0
    }

    /// The vhost chosen; nil for all.
    var vhost: String? { choices[cursor] }

    mutating func move(_ step: Int) { cursor = (cursor + step + choices.count) % choices.count }
}

/// The menu of what to sort by.
struct SortMenu: Sendable {
    /// Something to sort by.
    enum Choice: Hashable, Sendable {
        /// A field that the broker sorts queues by.
        case field(QueueSortField)
        /// A column of a list that is sorted here.
        case column(Int)
    }

    let choices: [(choice: Choice, title: String)]
    /// What the list is sorted by already, and which way.
    let current: (choice: Choice, isDescending: Bool)?
    var cursor: Int

    init(_ state: ConsoleState) {
        if let kind = state.panel.kind {
            choices = kind.columns.enumerated().map { (.column($0.offset), $0.element.title) }
            current = (.column(state[kind].sortColumn), state[kind].isDescending)
        } else {
            choices = QueueSortField.allCases.map { (.field($0), $0.words) }
            current = state.queues.request.sort.map { (.field($0), state.queues.request.descending) }
        }
        let now = current
        cursor = choices.firstIndex { $0.choice == now?.choice } ?? 0
    }

    /// What is chosen.
    var choice: Choice { choices[cursor].choice }

    mutating func move(_ step: Int) { cursor = (cursor + step + choices.count) % choices.count }
}

/// The question before quitting, and before suspending where that stops the broker too.
struct LeaveQuestion: Sendable {
    /// What is asked for.
    enum Way: Hashable, Sendable { case quit, suspend }

    let way: Way
    let openedAt: Duration
    var focusesLeave = false

    /// What leaving does.
    var effect: Effect { way == .quit ? .quit : .suspend }

    /// What a key led to.
    enum Outcome: Hashable { case stays, cancelled, confirmed }

    /// Takes a key. `isHarmless`: nothing is lost, so that `y` is enough.
    mutating func press(_ key: Key, at now: Duration, isHarmless: Bool) -> Outcome {
        guard now - openedAt >= ConfirmDialog.deafTime else { return .stays }
        switch key {
        case .escape, .control("c"): return .cancelled
        case .enter: return focusesLeave ? .confirmed : .cancelled
        case "y" where isHarmless: return .confirmed
        case "n" where isHarmless: return .cancelled
        case .tab, .backTab, .left, .right: focusesLeave.toggle()
        default: break
        }
        return .stays
    }
}
