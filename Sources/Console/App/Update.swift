import Management
import Monitor
import Terminal

extension ConsoleState {
    /// How long the selection must rest before its detail is asked for, so that running through a list of a remote
    /// broker does not ask for every queue passed.
    static let restTime: Duration = .milliseconds(250)
    /// How often ages on the screen are brought up to date.
    static let ageStep: Duration = .milliseconds(500)

    /// Takes in what happened at a time of the monitor's clock, and says what is to be done.
    public mutating func update(_ event: ConsoleEvent, at now: Duration) -> [Effect] {
        self.now = max(self.now, now)
        var effects: [Effect] = []
        switch event {
        case .key(let key): effects += press(key)
        case .paste(let text): paste(text)
        case .mouse(let mouse): effects += use(mouse)
        case .suspendAsked: effects += leave(.suspend)
        case .resize(let size):
            self.size = size
            if isTooSmall, case .confirm? = dialog { closeDialog() }
        case .monitor(let monitor):
            take(monitor)
        case .reread(let ticket, let result): reread(ticket, result)
        case .performed(let mutation, let result): effects += performed(mutation, result)
        case .trouble(let text): receipt = Receipt(outcome: .failed, text: text)
        case .done(let text): receipt = .note(text)
        case .tick: break
        }
        effects += settle()
        if let step = tour, step.isReached(by: self) {
            tour = step.next(self)
            receipt = nil
        }
        return effects
    }

    /// The queue whose detail is wanted: the selected or open one, while queues are on the screen.
    private var wantedQueue: QueueID? { panel == .queues ? queues.target : nil }

    /// When something changes by itself: the runner sends a tick no later than then.
    public var nextTick: Duration {
        var next = now + Self.ageStep
        if wantedQueue != detailAsked { next = min(next, max(now, selectedAt + Self.restTime)) }
        return next
    }

    /// The endpoint in use is another one: what was about to be changed there is not changed here.
    mutating func leaveChange(of endpoint: String, for other: String) {
        switch dialog {
        case .confirm, .form, .bulk, .fault:
            closeDialog()
            receipt = Receipt(
                outcome: .failed, text: "nothing was sent: \(other) answers now, not \(endpoint)")
        default: break
        }
    }

    /// Brings the rows up to date with the monitor.
    mutating func arrive() {
        var typed: String?
        if case .filter(let field) = dialog { typed = field.text }
        let frozen = dialog?.freezesRows == true
        queues.arrive(
            monitor, preview: panel == .queues ? typed.map { QueueFilter(text: $0) } : nil, frozen: frozen)
        if past.shownTime == nil { failover.arrive(monitor, width: FailoverView.cellCount(size)) }
        guard let kind = panel.kind else { return }
        self[kind].arrive(monitor, preview: typed, frozen: frozen)
        if let ref = self[kind].opened, let detail = ObjectDetail(ref, monitor) {
            self[kind].detail.settle(detail.lines)
        }
    }

    /// What follows from any event.
    private mutating func settle() -> [Effect] {
        var effects = followLoss() + followFaultDialog()
        queues.settleWindow(height: QueueListLayout(size).rowCount)
        if let kind = panel.kind { self[kind].settleWindow(height: QueueListLayout(size).rowCount) }
        if wantedDetail != detailOpened {
            detailOpened = wantedDetail
            effects.append(.open(wantedDetail))
        }
        if wantedQueue != detailAsked,
            panel != .queues || queues.opened != nil || now - selectedAt >= Self.restTime
        {
            detailAsked = wantedQueue
            effects.append(.select(wantedQueue))
        }
        if case .confirm(var confirmation) = dialog {
            let ticket = nextTicket()
            if confirmation.wantsReading(at: now, as: ticket) {
                dialog = .confirm(confirmation)
                effects.append(.reread(ticket, confirmation.mutation))
            }
        }
        return effects
    }

    // MARK: Answers

    private mutating func reread(_ ticket: Ticket, _ result: Result<ReadObject, EndpointError>) {
        guard case .confirm(var confirmation) = dialog, confirmation.ticket == ticket else { return }
        let interval = monitor.capabilities?.statisticsInterval ?? .zero
        confirmation.read(
            result.map { read in
                var radius = BlastRadius(read.object, readAt: now, statisticsInterval: interval)
                radius.bindings = read.bindings
                return radius
            })
        dialog = .confirm(confirmation)
    }

    private mutating func performed(_ mutation: Mutation, _ result: Result<MutationResult, EndpointError>) -> [Effect] {
        if bulkRun != nil {
            bulkRun?.took(result)
            return nextOfBulk()
        }
        receipt = .finished(mutation, result)
        guard case .success(let outcome) = result else { return [] }
        switch mutation {
        case .deleteQueue(let id, _, _):
            if queues.opened == id { queues.opened = nil }
            if let last = deleting, last.queue.id == id {
                deleted.append(last)
                deleting = nil
                let key = keyName(of: .undo)
                receipt?.text += "; \(key) declares it again"
            }
        case .inject(let fault): return opens(after: fault) + [.refresh]
        case .deleteExchange(let id): if self[.exchanges].opened == .exchange(id) { self[.exchanges].opened = nil }
        case .clearPolicy(let id): if self[.policies].opened == .policy(id) { self[.policies].opened = nil }
        default: break
        }
        if case .messages(let messages) = outcome, !messages.isEmpty {
            let view = MessagesView(mutation.target, messages)
            // They may be gone from the queue: whatever is open now, they are shown after it.
            if dialog == nil { dialog = .messages(view) } else { unseenMessages.append(view) }
        }
        return [.refresh]
    }

    // MARK: Paste

    private mutating func paste(_ text: String) {
        // One line: a field has no other, and what follows a line end was meant for a shell.
        let line = String(text.prefix { !$0.isNewline })
        switch dialog {
        case .filter(var field):
            field.insert(line)
            dialog = .filter(field)
            arrive()
        case .command(var prompt):
            prompt.paste(line)
            dialog = .command(prompt)
        case .confirm(var confirmation):
            confirmation.paste()
            dialog = .confirm(confirmation)
        case .form(var form):
            form.paste(line)
            dialog = .form(form)
        case .help, .sort, .leave, .vhosts, .messages, .bulk, .actions, .fault: break
        case nil: receipt = .note("pasted text is not taken for keys; / filters, : takes a command")
        }
    }
}
