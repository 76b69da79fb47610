import Management
public import Monitor
public import Terminal

/// All the console is at one moment. A pure value: ``update(_:at:)`` moves it on, ``render(_:)`` draws it.
public struct ConsoleState: Sendable {
    /// The panels there are.
    public enum Panel: String, CaseIterable, Sendable {
        /// The broker at a glance.
        case overview
        /// Every queue.
        case queues
        /// Every exchange.
        case exchanges
        /// Every client connection.
        case connections
        /// Every channel.
        case channels
        /// Every node.
        case nodes
        /// How the cluster goes through a loss.
        case failover
        /// Every policy.
        case policies

        /// What it lists, where that is one of the plain lists.
        var kind: ObjectKind? { ObjectKind(rawValue: rawValue) }
    }

    /// What it was started with.
    public let settings: ConsoleSettings
    /// What the monitor knows.
    public internal(set) var monitor: MonitorState
    /// The monitor's time.
    public internal(set) var now: Duration = .zero
    /// The terminal's size.
    public internal(set) var size: Size
    /// The panel that is open.
    public internal(set) var panel: Panel
    /// The colours in use.
    public internal(set) var theme: Theme

    /// What the terminal can draw beside letters.
    public var glyphs = GlyphSet.braille

    /// A picture for print: without keys and selection.
    var isSnapshot = false
    /// What lets changes through.
    var gate: Gate
    var queues: QueuesPanel
    /// How the cluster went through a loss.
    var failover = FailoverPanel()
    /// The newest loss that the person was shown, or that was there before the console; nil before the first answer.
    var announcedLoss: Double?
    /// What was last said to be on the screen, where that is more than the panel's own.
    var watchesForFault = false
    private var objects = ObjectKind.allCases.map(ObjectsPanel.init)
    var dialog: Dialog?
    var receipt: Receipt?
    /// Several changes under way.
    var bulkRun: BulkRun?
    /// The queue that is being deleted.
    var deleting: DeletedQueue?
    /// Queues deleted here, the last at the end, for taking it back.
    var deleted: [DeletedQueue] = []
    /// Messages that were read while another dialog was open.
    var unseenMessages: [MessagesView] = []
    /// The commands typed so far.
    var commandHistory = CommandHistory()
    /// The step of the guided tour; nil where there is none or it was put away.
    var tour: Tour?
    /// The panel that was open before this one.
    var lastPanel: Panel?
    /// The panels from which what is open was opened, the last at the end: going back leads there.
    var cameFrom: [Panel] = []
    /// Whether tables keep all their columns and are scrolled sideways.
    var showsAllColumns = false
    /// What is selected of all that needs attention, on the overview.
    var lookedAt: LinkTarget?
    /// What was shown before.
    var past = Past()
    /// The object whose belongings were last asked for.
    var detailOpened: DetailTarget?
    /// When the selection last moved; its detail is asked for once it rests.
    var selectedAt: Duration = .zero
    /// The queue whose detail was last asked for.
    var detailAsked: QueueID?
    private var lastTicket = 0

    /// A console that has heard nothing yet.
    public init(settings: ConsoleSettings, monitor: MonitorState, size: Size, panel: Panel = .overview) {
        self.settings = settings
        gate = Gate(isReadOnly: settings.isReadOnly, lock: settings.lock)
        self.monitor = monitor
        self.size = size
        self.panel = panel
        theme = settings.themes.themes[0]
        queues = QueuesPanel(request: settings.queues)
        now = monitor.time
        queues.arrive(monitor, preview: nil, frozen: false)
        for kind in ObjectKind.allCases { self[kind].arrive(monitor, preview: nil, frozen: false) }
        tour = settings.hasTour ? .queues : nil
        receipt =
            settings.themes.problems.first.map { .note("an own theme is not usable: \($0)") }
            ?? settings.problems.first.map { .note("\($0)") }
    }

    /// Where keys are understood.
    var place: Place {
        func place(_ kind: ObjectKind, _ list: Place, _ detail: Place) -> Place {
            self[kind].opened == nil ? list : detail
        }
        return switch panel {
        case .overview: .overview
        case .queues: queues.opened == nil ? .queueList : .queueDetail
        case .exchanges: place(.exchanges, .exchangeList, .exchangeDetail)
        case .connections: place(.connections, .connectionList, .connectionDetail)
        case .channels: place(.channels, .channelList, .channelDetail)
        case .nodes: place(.nodes, .nodeList, .nodeDetail)
        case .policies: place(.policies, .policyList, .policyDetail)
        case .failover: .failover
        }
    }

    /// The list of one kind of object.
    subscript(kind: ObjectKind) -> ObjectsPanel {
        get { objects[kind.place] }
        set { objects[kind.place] = newValue }
    }

    /// The object that actions of the open panel are about.
    var targetObject: ObjectRef? { panel.kind.flatMap { self[$0].target } }

    /// What belongs to the object that is open, where anything must be asked for.
    var wantedDetail: DetailTarget? {
        if panel == .queues {
            let hasMembers = monitor.abilities.inspectsReplicas && targetRow?.queue.type == "quorum"
            return queues.opened.map { hasMembers ? .quorumQueue($0) : .queue($0) }
        }
        return panel.kind.flatMap { self[$0].opened?.detailTarget(in: queues.request.vhost) }
    }

    /// The queue that is open, or the selected one, as it was last read: its row, or its detail where that is newer
    /// or the queue is not listed.
    var targetRow: QueueRow? {
        guard let id = queues.target else { return nil }
        let row = queues.selection == id ? queues.selectedRow : queues.rows.first { $0.id == id }
        guard let detail = monitor.queue.value, detail.id == id else { return row }
        if let row, let (listed, detailed) = both(monitor.queues.sampledAt, monitor.queue.sampledAt), listed > detailed
        {
            return row
        }
        return QueueRow(detail, seen: monitor.history.queue(id))
    }

    /// Whether the broker runs in this process, so that quitting ends it.
    var isEmbedded: Bool { monitor.capabilities?.isEmbedded == true }

    mutating func nextTicket() -> Ticket {
        lastTicket += 1
        return Ticket(number: lastTicket)
    }
}
