import Management
import Monitor
import Terminal

/// Hurting a cluster on purpose, and watching it.
extension ConsoleState {
    /// The picture of the Failover panel at a size.
    func failoverPicture(_ size: Size) -> FailoverTimeline {
        failover.picture(monitor, width: FailoverView.cellCount(size))
    }

    /// The age of what the Failover panel shows.
    var failoverAge: (age: Duration?, isStale: Bool) {
        monitor.abilities.recordsTimeline
            ? (monitor.timeline.age(at: now), monitor.timeline.isStale)
            : (monitor.leadership.age(at: now), monitor.leadership.isStale)
    }

    /// Nodes that are not up, each with how long: "warren2 down 7.0s".
    var downNodes: [String] {
        monitor.clusterNodes.filter { !$0.isServing }.map { node in
            let word = node.state == .crashed ? "down" : node.state.rawValue
            let since = monitor.downSince[node.name].map { " " + Figures.age(max(.zero, viewedAt - $0)) } ?? ""
            return "\(node.name) \(word)\(since)"
        }
    }

    // MARK: What can be done

    /// Why no fault can be injected; nil where it can.
    var barredFaults: String? {
        if let refusal = gate.refusal(at: now) { return refusal }
        return barredByEndpoint(.faultMenu)
    }

    /// Why the endpoint cannot do an action; nil where it can.
    func barredByEndpoint(_ action: Action) -> String? {
        switch action {
        case .faultMenu, .restartNode:
            return monitor.abilities.injectsFaults
                ? nil : "only Warren's own cluster can be hurt on purpose (warren demo, or serve with --faults)"
        case .probe:
            if monitor.abilities.recordsTimeline {
                return "the confirms of every watched queue are recorded here already"
            }
            return settings.canary == nil ? "no AMQP address is known; name one with --amqp" : nil
        case .rebalance:
            return monitor.abilities.inspectsReplicas ? nil : "this endpoint does not move leaders"
        case .addReplica, .removeReplica, .transferLeader:
            if !monitor.abilities.inspectsReplicas { return "this endpoint does not change the members of a queue" }
            let isQuorum = targetRow?.queue.type == "quorum"
            return isQuorum ? nil : "only a quorum queue has members"
        case .showPolicies, .setPolicy, .clearPolicy:
            return monitor.capabilities?.hasPolicies == false ? "this endpoint has no policies" : nil
        default: return nil
        }
    }

    // MARK: Actions

    mutating func disturb(_ action: Action) -> [Effect] {
        switch action {
        case .faultMenu:
            guard let menu = FaultMenu(monitor, node: faultTarget, at: now) else {
                receipt = .note("fault: no node is known yet")
                return []
            }
            dialog = .fault(menu)
        case .restartNode: return mend()
        case .rebalance: return confirm(.rebalance)
        case .probe:
            if let probe = monitor.probe, !probe.hasEnded { return confirm(.stopProbe(probe.queue)) }
            guard let name = settings.canary else { return [] }
            return confirm(.startProbe(QueueID(vhost: queues.request.vhost ?? "/", name: name)))
        case .watch:
            guard let queues = failover.toggled(monitor) else {
                receipt = .note("watch: at most \(ClusterTimeline.watchedMax) queues; take one away first")
                return []
            }
            if let id = failover.target(monitor) { failover.select(id) }
            return [.watch(queues)]
        default: break
        }
        return []
    }

    /// The node that a fault is about: the selected one, or on Failover the one that was lost.
    private var faultTarget: String? {
        if panel == .nodes, case .node(let name)? = targetObject { return name }
        let loss = failover.frozen?.loss ?? monitor.recording.losses.last
        guard let name = loss?.cause.node, panel == .failover else { return nil }
        // What was lost and is back is not what a person wants to hurt again; the menu chooses.
        return monitor.clusterNodes.contains { $0.name == name && !$0.isServing } ? name : leaderInFocus ?? name
    }

    /// The node that leads the queue which is looked at: the one worth hurting.
    private var leaderInFocus: String? {
        let id = failover.target(monitor)
        return monitor.recording.queues.first { $0.id == id }?.leader
    }

    /// Asks for what undoes the hurt of a node.
    private mutating func mend() -> [Effect] {
        let nodes = monitor.clusterNodes
        let links = (monitor.faults.value?.links ?? []).filter { $0.isCut || $0.slowMilliseconds > 0 }
        let isHurt = { (name: String) in
            nodes.contains { $0.name == name && !$0.isServing } || links.contains { $0.between.contains(name) }
        }
        var name = faultTarget
        if panel == .failover, name.map({ !isHurt($0) }) ?? true { name = nodes.map(\.name).first(where: isHurt) }
        guard let name, let node = nodes.first(where: { $0.name == name }) else {
            receipt = .note("restart: every node is up and every link is whole")
            return []
        }
        let isLinkHurt = links.contains { $0.between.contains(name) }
        switch node.state {
        case .paused: return confirm(.inject(.node(name, .resume)))
        case .running, .draining, .minority, .starting:
            return confirm(.inject(.node(name, isLinkHurt ? .heal : .restart)))
        case .crashed, .down: return confirm(.inject(.node(name, .restart)))
        }
    }

    /// Takes a key of the menu of faults.
    mutating func press(_ key: Key, in menu: FaultMenu) -> [Effect] {
        var menu = menu
        switch menu.press(key, at: now) {
        case .stays: dialog = .fault(menu)
        case .cancelled: closeDialog()
        case .chosen(let choice):
            if let reason = choice.reason {
                dialog = .fault(menu)
                receipt = .note("\(choice.fault.description): not now, \(reason)")
                return []
            }
            closeDialog()
            return confirm(.inject(choice.fault))
        }
        return []
    }

    /// After something was hurt the Failover panel opens, where that is wanted.
    mutating func opens(after fault: Fault) -> [Effect] {
        guard settings.opensFailover, !fault.mends, panel != .failover, dialog == nil else { return [] }
        return show(.failover)
    }

    /// Opens the Failover panel when something is lost, where that is wanted; nobody is interrupted in a dialog.
    mutating func followLoss() -> [Effect] {
        let newest = monitor.recording.losses.last?.at ?? -.infinity
        guard let announced = announcedLoss else {
            if !monitor.recording.isEmpty { announcedLoss = newest }
            return []
        }
        // A recording that began anew has another clock.
        if newest < announced { announcedLoss = newest }
        guard newest > announced, dialog == nil, past.shownTime == nil else { return [] }
        announcedLoss = newest
        return settings.opensFailover && panel != .failover ? show(.failover) : []
    }

    /// While a fault is being chosen the timeline is wanted already: what came before the loss is part of the picture.
    mutating func followFaultDialog() -> [Effect] {
        let isChoosing =
            switch dialog {
            case .fault: true
            case .confirm(let confirmation): if case .inject = confirmation.mutation { true } else { false }
            default: false
            }
        guard isChoosing != watchesForFault else { return [] }
        watchesForFault = isChoosing
        guard panel != .failover else { return [] }
        return [.show(isChoosing ? panel.resources.union([.timeline]) : panel.resources)]
    }

    // MARK: Time and moving

    /// Pauses, goes on, goes back or forward; on the Failover panel it is the picture that stands still.
    mutating func turnTime(_ action: Action) -> [Effect] {
        guard place == .failover, past.shownTime == nil, !monitor.isPaused else {
            switch action {
            case .past: travel(-1)
            case .future: travel(1)
            default: return leavePast() ? [] : [.pause(!monitor.isPaused)]
            }
            return []
        }
        let keys = "\(keyName(of: .past)) earlier, \(keyName(of: .future)) later, \(keyName(of: .pause)) live"
        switch action {
        case .past, .future:
            let moved = failover.step(action == .past ? -1 : 1, monitor, width: FailoverView.cellCount(size))
            receipt = .note(moved ? keys : action == .past ? "nothing older is kept" : "this is now")
        default: receipt = .note(failover.toggleFrozen(monitor) ? "this picture is kept; \(keys)" : "live again")
        }
        return []
    }

    mutating func moveFailover(_ action: Action) {
        let picture = failoverPicture(size)
        let rows = FailoverView.shownRows(failover.rows(monitor), self)
        let height = FailoverView.layout(self, size, picture, rows.count).events.count
        let step =
            switch action {
            case .up: -1
            case .down: 1
            case .pageUp: -max(1, height - 1)
            case .pageDown: max(1, height - 1)
            case .first: -Int(Int32.max)
            case .last: Int(Int32.max)
            default: 0
            }
        // There are few queues: whole pages are for what happened.
        if action == .pageUp || action == .pageDown { failover.part = .events }
        failover.move(by: step, monitor, events: picture.events, height: height)
    }

    /// Opens the selected queue, or what the selected event is about; a loss is shown.
    mutating func openFromFailover() -> [Effect] {
        guard failover.part == .events else { return failover.target(monitor).map { open(.queue($0)) } ?? [] }
        let events = failoverPicture(size).events
        guard !events.isEmpty else { return [] }
        let event = events[failover.place(in: events)].event
        let recording = failover.frozen?.recording ?? monitor.recording
        if let loss = recording.losses.first(where: { $0.cause == event }) {
            failover.show(loss, monitor)
            receipt = .note("the picture is around this loss; \(keyName(of: .pause)) live")
            return []
        }
        if let queue = event.queue { return open(.queue(QueueID(vhost: event.vhost ?? "/", name: queue))) }
        return open(.object(.node(event.node)))
    }
}
