import Management
import Monitor
import Terminal

/// Nodes as rows of a list.
enum NodeRows {
    static let columns: [ObjectColumn] = [
        .name("NODE", 16, "the node's name"),
        .text("STATE", 8, 0, "running, draining (maintenance), starting, minority, paused, crashed, or down"),
        .figure("LEADERS", 7, 1, "queues that it leads, or that live on it; of those loaded"),
        .figure("FOLLOWERS", 9, 2, "replicated queues of which it holds a member behind another leader"),
        .figure("MIRRORS", 7, 3, "mirrors of mirrored queues that it holds; in sync of all, where some are not"),
        .figure("LAG", 5, 5, "entries of the watched quorum queues that it has not written yet"),
        .text("LINKS", 14, 4, "whole, or which of its links are cut or slow"),
        .figure("MEM/LIMIT", 12, 2, "memory in use and the limit above which publishers are blocked"),
        .text("", 6, 8, "memory in use, drawn"),
        .figure("DISK", 6, 6, "free space where the data lies"),
        .figure("UP", 5, 7, "time since it started"),
        .figure("FD%", 4, 9, "file descriptors in use"),
        .figure("SOCK", 5, 10, "sockets in use"),
        .figure("RUNQ", 5, 11, "processes waiting to run"),
        .text("ALARM", 12, 0, "memory, disk, partition; - for none"),
    ]

    static func row(_ node: NodeInfo, _ context: NodeContext = NodeContext()) -> ObjectRow {
        var row = ObjectRow(.node(node.name))
        row.add(text: node.name)
        let state = context.state(of: node)
        let isHurt = state.map { $0 != .running && $0 != .draining } ?? false
        row.add(text: state?.rawValue, isHurt ? .critical : .text)
        let roles = context.roles(of: node.name)
        row.add(roles.map { count($0.leaders, context) } ?? Figures.notProvided, by: roles.map { Double($0.leaders) })
        row.add(
            roles.map { count($0.followers, context) } ?? Figures.notProvided, by: roles.map { Double($0.followers) })
        let isBehind = roles.map { $0.inSync < $0.mirrors } ?? false
        row.add(
            roles.map { isBehind ? "\($0.inSync)/\($0.mirrors)" : count($0.mirrors, context) } ?? Figures.notProvided,
            by: roles.map { Double($0.mirrors) }, isBehind ? .warning : .text)
        row.add(count: context.lag(of: node.name))
        let links = context.hurtLinks(of: node.name)
        row.add(
            text: links.map { $0.isEmpty ? "whole" : $0.joined(separator: ", ") },
            links?.isEmpty == false ? .critical : .text)
        row.add("\(Figures.bytes(node.memUsed))/\(Figures.bytes(node.memLimit))", by: node.memUsed.map(Double.init))
        row.add(text: share(node).map { Bar.text($0, width: 6) } ?? "")
        row.add(Figures.bytes(node.diskFree), by: node.diskFree.map(Double.init))
        row.add(
            node.uptime.map { Figures.age(.milliseconds($0)) } ?? Figures.notProvided, by: node.uptime.map(Double.init))
        let descriptors = both(node.fdUsed, node.fdTotal).flatMap { $1 > 0 ? Double($0) / Double($1) : nil }
        row.add(descriptors.map(Figures.percent) ?? Figures.notProvided, by: descriptors)
        row.add(count: node.socketsUsed)
        row.add(count: node.runQueue)
        let alarms = alarms(node)
        row.add(text: alarms.isEmpty ? "-" : "! " + alarms.joined(separator: " "), alarms.isEmpty ? .text : .critical)
        row.words = "\(node.name): \(NodeWords.text(node, context))"
        row.role = isHurt || !alarms.isEmpty ? .critical : links?.isEmpty == false ? .warning : .dim
        return row
    }

    /// A count of queues; where not all are loaded there may be more.
    private static func count(_ count: Int, _ context: NodeContext) -> String {
        Figures.count(count) + (context.isWhole ? "" : "+")
    }

    static func alarms(_ node: NodeInfo) -> [String] {
        [
            node.memAlarm == true ? "memory" : nil, node.diskFreeAlarm == true ? "disk" : nil,
            node.partitions.isEmpty ? nil : "partition",
        ].compactMap { $0 }
    }

    /// The part of its memory limit that it uses.
    static func share(_ node: NodeInfo) -> Double? {
        both(node.memUsed, node.memLimit).flatMap { $1 > 0 ? Double($0) / Double($1) : nil }
    }
}

/// What a node's row means, in plain words.
enum NodeWords {
    static func text(_ node: NodeInfo, _ context: NodeContext) -> String {
        switch context.state(of: node) {
        case .crashed:
            return "its process is dead: classic queues that live on it cannot be reached until it is restarted."
        case .paused: return "it stands still: to the others it is gone; resume lets it go on and catch up."
        case .minority: return "it runs and reaches no majority: it closed its clients' connections and serves nobody."
        case .starting: return "it starts and has not caught up; clients may come once it has."
        case .down: return "down: classic queues that live on it cannot be reached until it is back."
        case .running, .draining, nil: break
        }
        if let links = context.hurtLinks(of: node.name), !links.isEmpty {
            return "links hurt: \(links.joined(separator: ", ")); heal makes them whole."
        }
        if node.memAlarm == true {
            return "memory is over its limit: publishers are not read until consumers make room."
        }
        if node.diskFreeAlarm == true { return "free disk space is under its limit: publishers are not read." }
        if !node.partitions.isEmpty {
            return "cannot reach \(node.partitions.joined(separator: ", ")): the cluster is partitioned."
        }
        if let share = NodeRows.share(node), share > 0.8 {
            return "memory is at \(Figures.percent(share)) % of the limit at which publishers are blocked."
        }
        if context.state(of: node) == .draining { return "up, in maintenance: it takes no new clients and no leaders." }
        return "up, no alarm."
    }
}
