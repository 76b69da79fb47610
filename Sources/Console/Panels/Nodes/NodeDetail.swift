import Management
import Monitor

extension ObjectDetail {
    init(_ node: NodeInfo, _ context: NodeContext = NodeContext()) {
        self.init()
        let state = context.state(of: node)
        let isUp = state == nil || state == .running || state == .draining
        add("state", state?.rawValue, isUp ? .text : .critical)
        add("maintenance", flag: node.beingDrained)
        add("type", node.type)
        add("up for", node.uptime.map { Figures.age(.milliseconds($0)) })
        let roles = context.roles(of: node.name)
        let scope = context.isWhole ? "" : " of those loaded"
        add("leads queues", roles.map { Figures.exact($0.leaders) + scope })
        add("follows queues", roles.map { Figures.exact($0.followers) + scope })
        add("mirrors", roles.map { "\(Figures.exact($0.mirrors)), \(Figures.exact($0.inSync)) in sync\(scope)" })
        add(
            "behind its leaders",
            context.lag(of: node.name).map { $0 == 1 ? "1 entry" : "\(Figures.exact($0)) entries" })
        let links = context.hurtLinks(of: node.name)
        add(
            "links", links.map { $0.isEmpty ? "whole" : $0.joined(separator: ", ") },
            links?.isEmpty == false ? .critical : .text)
        add(
            "partitioned from", node.partitions.isEmpty ? "none" : node.partitions.joined(separator: ", "),
            node.partitions.isEmpty ? .text : .critical)
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
    }
}
