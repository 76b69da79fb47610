import Management
import Monitor
import Terminal

/// Nodes as rows of a list.
enum NodeRows {
    static let columns: [ObjectColumn] = [
        .name("NODE", 16, "the node's name"),
        .text("STATE", 8, 0, "up, down, or draining (maintenance)"),
        .figure("UP", 5, 3, "time since it started"),
        .figure("MEM/LIMIT", 12, 1, "memory in use and the limit above which publishers are blocked"),
        .text("", 6, 4, "memory in use, drawn"),
        .figure("DISK", 6, 2, "free space where the data lies"),
        .figure("FD%", 4, 6, "file descriptors in use"),
        .figure("SOCK", 5, 7, "sockets in use"),
        .figure("RUNQ", 5, 8, "processes waiting to run"),
        .text("ALARM", 18, 0, "memory, disk, partition; - for none"),
    ]

    static func row(_ node: NodeInfo) -> ObjectRow {
        var row = ObjectRow(.node(node.name))
        row.add(text: node.name)
        let state = node.running.map { $0 ? node.beingDrained == true ? "draining" : "up" : "down" }
        row.add(text: state, node.running == false ? .critical : .text)
        row.add(
            node.uptime.map { Figures.age(.milliseconds($0)) } ?? Figures.notProvided, by: node.uptime.map(Double.init))
        row.add("\(Figures.bytes(node.memUsed))/\(Figures.bytes(node.memLimit))", by: node.memUsed.map(Double.init))
        row.add(text: share(node).map { Bar.text($0, width: 6) } ?? "")
        row.add(Figures.bytes(node.diskFree), by: node.diskFree.map(Double.init))
        let descriptors = both(node.fdUsed, node.fdTotal).flatMap { $1 > 0 ? Double($0) / Double($1) : nil }
        row.add(descriptors.map(Figures.percent) ?? Figures.notProvided, by: descriptors)
        row.add(count: node.socketsUsed)
        row.add(count: node.runQueue)
        let alarms = alarms(node)
        row.add(text: alarms.isEmpty ? "-" : "! " + alarms.joined(separator: " "), alarms.isEmpty ? .text : .critical)
        row.words = "\(node.name): \(words(node))"
        row.role = node.running == false || !alarms.isEmpty ? .critical : .dim
        return row
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

    private static func words(_ node: NodeInfo) -> String {
        if node.running == false { return "down: classic queues that live on it cannot be reached until it is back." }
        if node.memAlarm == true {
            return "memory is over its limit: publishers are not read until consumers make room."
        }
        if node.diskFreeAlarm == true { return "free disk space is under its limit: publishers are not read." }
        if !node.partitions.isEmpty {
            return "cannot reach \(node.partitions.joined(separator: ", ")): the cluster is partitioned."
        }
        if let share = share(node), share > 0.8 {
            return "memory is at \(Figures.percent(share)) % of the limit at which publishers are blocked."
        }
        return "up, no alarm."
    }
}

extension ObjectDetail {
    init(_ node: NodeInfo) {
        self.init()
        add("state", node.running.map { $0 ? "up" : "down" }, node.running == false ? .critical : .text)
        add("maintenance", flag: node.beingDrained)
        add("type", node.type)
        add("up for", node.uptime.map { Figures.age(.milliseconds($0)) })
        add("memory", Figures.bytes(node.memUsed))
        add("memory limit", Figures.bytes(node.memLimit))
        add("memory alarm", flag: node.memAlarm)
        add("disk free", Figures.bytes(node.diskFree))
        add("disk limit", Figures.bytes(node.diskFreeLimit))
        add("disk alarm", flag: node.diskFreeAlarm)
        add("file descriptors", both(node.fdUsed, node.fdTotal).map { "\(Figures.exact($0)) of \(Figures.exact($1))" })
        add("sockets", node.socketsUsed.map(Figures.exact))
        add("run queue", node.runQueue.map(Figures.exact))
        add("processors", node.processors.map(Figures.exact))
        add(
            "partitioned from", node.partitions.isEmpty ? "none" : node.partitions.joined(separator: ", "),
            node.partitions.isEmpty ? .text : .critical)
    }
}
