import Management
import Monitor
import Terminal

/// The menu of what can be done to a node: the node is chosen by ←→, what is done by its key or ↑↓ and Enter.
struct FaultMenu: Sendable {
    /// Something that can be done.
    struct Choice: Hashable, Sendable {
        var key: Key
        var words: String
        var fault: Fault
        /// Why it cannot be done now.
        var reason: String?
    }

    /// The nodes, in their order.
    let nodes: [ClusterNode]
    let links: [FaultState.Link]
    private(set) var place: Int
    var cursor = 0
    let openedAt: Duration

    /// A menu about a node, else the first one that is hurt, else the first; nil where there is none.
    init?(_ monitor: MonitorState, node: String?, at now: Duration) {
        nodes = monitor.clusterNodes
        guard !nodes.isEmpty else { return nil }
        links = monitor.faults.value?.links ?? []
        place = nodes.firstIndex { $0.name == node } ?? nodes.firstIndex { !$0.isServing } ?? 0
        openedAt = now
        restCursor()
    }

    /// Puts the cursor on the first thing that can be done.
    private mutating func restCursor() { cursor = choices.firstIndex { $0.reason == nil } ?? 0 }

    var node: ClusterNode { nodes[place] }
    var title: String { "Fault: ‹ \(node.name) ›  \(node.state.rawValue)" }

    /// Goes to another node.
    mutating func turn(_ step: Int) {
        place = (place + step + nodes.count) % nodes.count
        restCursor()
    }

    mutating func move(_ step: Int) { cursor = (cursor + step + choices.count) % choices.count }

    /// All that can be done to the node, what cannot now among it.
    var choices: [Choice] {
        let name = node.name
        let isDown = node.state == .crashed || node.state == .down
        let isPaused = node.state == .paused
        let down = isDown ? "it is down" : nil
        let hurtLinks = links.filter { $0.between.contains(name) && ($0.isCut || $0.slowMilliseconds > 0) }
        let others = nodes.filter { $0.name != name }.map(\.name)
        let alone = others.isEmpty ? "there is no other node" : nil
        var choices = [
            Choice(key: "c", words: "crash: its process dies", fault: .node(name, .crash), reason: down),
            Choice(
                key: "w", words: "power loss: all that was not synced is gone too", fault: .node(name, .powerLoss),
                reason: down),
            Choice(
                key: "p", words: "pause: it stands still, as under SIGSTOP", fault: .node(name, .pause),
                reason: down ?? (isPaused ? "it is paused" : nil)),
            Choice(
                key: "u", words: "resume: it goes on", fault: .node(name, .resume),
                reason: isPaused ? nil : "it is not paused"),
            Choice(key: "i", words: "isolate: cut all its links", fault: .node(name, .isolate), reason: down ?? alone),
            Choice(
                key: "h", words: "heal: all its links whole again", fault: .node(name, .heal),
                reason: hurtLinks.isEmpty ? "its links are whole" : nil),
            Choice(key: "r", words: "restart", fault: .node(name, .restart)),
        ]
        // Keys of rows: 1, 2 … cut the link to the first, second … other node; 5, 6 … slow it.
        for (place, other) in others.prefix(Self.cutKeys.count).enumerated() {
            let link = hurtLinks.first { $0.between.contains(other) }
            let isCut = link?.isCut == true
            choices.append(
                Choice(
                    key: Self.cutKeys[place], words: "\(isCut ? "heal" : "cut") the link to \(other)",
                    fault: .link(name, other, isCut ? .heal : .cut), reason: isCut ? nil : down))
        }
        for (place, other) in others.prefix(Self.slowKeys.count).enumerated() {
            let link = hurtLinks.first { $0.between.contains(other) }
            let isSlow = (link?.slowMilliseconds ?? 0) > 0
            let words =
                isSlow ? "heal the link to \(other)" : "slow the link to \(other) by \(LinkFault.slowMilliseconds) ms"
            choices.append(
                Choice(
                    key: Self.slowKeys[place], words: words,
                    fault: .link(name, other, isSlow ? .heal : .slow), reason: isSlow ? nil : down))
        }
        return choices
    }

    private static let cutKeys: [Key] = ["1", "2", "3", "4"]
    private static let slowKeys: [Key] = ["5", "6", "7", "8"]

    /// The lines of the menu.
    func lines(_ state: ConsoleState) -> [DialogView.Line] {
        choices.enumerated().map { place, choice in
            let reason = choice.reason.map { "  (not now: \($0))" } ?? ""
            return .choice(choice.key.shortName, choice.words + reason, isFocused: place == cursor)
        }
    }

    /// What a key led to.
    enum Outcome: Hashable { case stays, cancelled, chosen(Choice) }

    /// Takes a key. The key that opened it does nothing more in its first moments.
    mutating func press(_ key: Key, at now: Duration) -> Outcome {
        switch key {
        case .escape, "q", .control("c"): return .cancelled
        case .left: turn(-1)
        case .right, .tab: turn(1)
        case .up, "k": move(-1)
        case .down, "j": move(1)
        case .enter where now - openedAt >= ConfirmDialog.deafTime: return .chosen(choices[cursor])
        default:
            if let choice = choices.first(where: { $0.key == key }), now - openedAt >= ConfirmDialog.deafTime {
                return .chosen(choice)
            }
        }
        return .stays
    }
}
