import Management
import Monitor
import Terminal

/// Moving, opening, going back.
extension ConsoleState {
    /// How many lines of the open detail are on the screen.
    private var detailHeight: Int {
        guard let ref = panel.kind.flatMap({ self[$0].opened }) else { return QueueDetailView.paneRows(self) }
        return ObjectDetailView.lineCount(
            ref, size, lines: detailLines.count, hasCharts: ObjectCharts(ref, self) != nil)
    }

    /// The lines of the open detail in which the keys move.
    var detailLines: [ObjectDetail.Line] {
        if panel == .queues { return QueuePane.lines(queues.pane, self) }
        return panel.kind.flatMap { self[$0].opened }.flatMap { ObjectDetail($0, monitor) }?.lines ?? []
    }

    mutating func move(_ action: Action) -> [Effect] {
        if place == .failover {
            moveFailover(action)
            return []
        }
        let height = place.isDetail ? detailHeight : QueueListLayout(size).rowCount
        let page = max(1, height - 1)
        let step =
            switch action {
            case .up: -1
            case .down: 1
            case .pageUp: -page
            case .pageDown: page
            case .first: -Int(Int32.max)
            case .last: Int(Int32.max)
            default: 0
            }
        if place.isDetail {
            let lines = detailLines
            moveDetail { $0.move(by: step, in: lines, height: height) }
        } else if let kind = panel.kind {
            self[kind].move(by: step)
        } else if panel == .overview {
            lookAt(by: step)
        } else {
            return moveQueue(by: step)
        }
        return []
    }

    private mutating func moveDetail(_ change: (inout DetailCursor) -> Void) {
        if let kind = panel.kind { change(&self[kind].detail) } else { change(&queues.detail) }
    }

    private mutating func moveQueue(by step: Int) -> [Effect] {
        let before = queues.selection
        let isLast = queues.cursor >= queues.rows.count - 1
        if abs(step) == 1, step > 0 ? isLast : queues.cursor == 0, queues.turnPage(step, of: monitor.queues.value) {
            return [.list(queues.request)]
        }
        queues.move(by: step)
        if queues.selection != before { selectedAt = now }
        return []
    }

    /// Turns to the next part of a detail.
    mutating func turnPane(_ step: Int) {
        if panel == .failover {
            failover.part = failover.part == .queues ? .events : .queues
        } else if panel == .queues {
            queues.turnPane(step)
        } else {
            let (lines, height) = (detailLines, detailHeight)
            moveDetail { $0.turn(step, in: lines, height: height) }
        }
    }

    mutating func scrollColumns(_ step: Int) {
        if let kind = panel.kind {
            let layout = self[kind].table(theme, width: size.columns, all: showsAllColumns).layout(
                width: size.columns, scrolledBy: self[kind].firstColumn)
            if step > 0, layout.dropped == 0 { return }
            self[kind].firstColumn = max(0, self[kind].firstColumn + step)
        } else if step < 0 || QueueTable(self, width: size.columns).hasMore {
            queues.firstColumn = max(0, queues.firstColumn + step)
        }
    }

    // MARK: Overview

    /// Selects another of the things that need attention.
    private mutating func lookAt(by step: Int) {
        let targets = Attention(self).items.map(\.opens)
        guard !targets.isEmpty else { return }
        let here = lookedAt.flatMap(targets.firstIndex(of:)) ?? 0
        lookedAt = targets[min(max(0, here + step), targets.count - 1)]
    }

    /// What is selected on the overview; the first thing that needs attention where nothing was chosen.
    var attentionTarget: LinkTarget? {
        let targets = Attention(self).items.map(\.opens)
        return lookedAt.flatMap { targets.contains($0) ? $0 : nil } ?? targets.first
    }

    // MARK: Opening and going back

    /// Opens what is selected.
    mutating func openSelected() -> [Effect] {
        if place.isDetail {
            let cursor = panel.kind.map { self[$0].detail } ?? queues.detail
            guard let opens = cursor.target(in: detailLines)?.opens else {
                receipt = .note("this line leads nowhere; ↑↓ choose one that does")
                return []
            }
            return open(opens)
        }
        switch panel {
        case .overview: return attentionTarget.map { open($0) } ?? []
        case .queues: queues.open(queues.selection)
        case .failover: return openFromFailover()
        default: if let kind = panel.kind { self[kind].open(self[kind].selection) }
        }
        return []
    }

    /// Opens an object in its own panel; going back leads here again.
    mutating func open(_ destination: LinkTarget) -> [Effect] {
        let from = panel
        switch destination {
        case .queue(let id):
            queues.open(id)
            return show(.queues, from: from)
        case .object(let ref):
            self[ref.kind].open(ref)
            return show(ref.kind.panel, from: from)
        }
    }

    private mutating func show(_ panel: Panel, from: Panel) -> [Effect] {
        guard panel != from else { return [] }
        let way = cameFrom + [from]
        let effects = show(panel)
        cameFrom = way
        return effects
    }

    /// Closes the innermost thing there is: the open object, then the filter. Never quits.
    mutating func back() -> [Effect] {
        if bulkRun != nil {
            stopBulk()
        } else if leavePast() {
        } else if place.isDetail {
            if let kind = panel.kind { self[kind].opened = nil } else { queues.opened = nil }
            if let from = cameFrom.popLast() {
                let way = cameFrom
                let effects = show(from)
                cameFrom = way
                return effects
            }
        } else if place == .failover, failover.part == .events {
            failover.part = .queues
        } else if place == .queueList, !queues.marks.isEmpty {
            queues.clearMarks()
        } else if let kind = panel.kind, !self[kind].filter.isEmpty || self[kind].problemsOnly {
            self[kind].filter = ""
            self[kind].problemsOnly = false
            arrive()
        } else if panel == .queues, !queues.filter.isEmpty {
            queues.setFilter(QueueFilter())
            return [.list(queues.request)]
        } else if panel == .queues, queues.problemsOnly {
            queues.problemsOnly = false
            arrive()
        } else {
            receipt = nil
        }
        return []
    }
}
