import Management
import Monitor

/// What is known of one object, as lines under heads: everything the broker reports, and what belongs to it.
struct ObjectDetail: Sendable {
    /// A line.
    enum Line: Hashable, Sendable {
        /// A head.
        case head(String)
        /// A label and its value.
        case figure(String, String, ThemeRole)
        /// A line of a table, which may lead somewhere.
        case row(String, ThemeRole, Link?)
        case empty

        /// Where it leads, where it leads anywhere.
        var link: Link? { if case .row(_, _, let link) = self { link } else { nil } }
    }

    /// What a line leads to.
    struct Link: Hashable, Sendable {
        /// The binding that it stands for.
        var binding: BindingInfo?
        /// What is opened from it.
        var opens: LinkTarget?
    }

    var lines: [Line] = []

    mutating func head(_ text: String) {
        if !lines.isEmpty { lines.append(.empty) }
        lines.append(.head(text))
    }

    /// Adds a figure; what is not provided is shown as such.
    mutating func add(_ label: String, _ value: String?, _ role: ThemeRole = .text) {
        lines.append(.figure(label, value ?? Figures.notProvided, value == nil ? .dim : role))
    }

    /// Adds yes or no.
    mutating func add(_ label: String, flag: Bool?) { add(label, flag.map { $0 ? "yes" : "no" }) }

    /// Adds a counter with its rate.
    mutating func add(_ label: String, _ measured: Measured?, _ role: ThemeRole = .text) {
        add(label, measured.map { "\(Figures.exact($0.value))  \(Figures.rate($0.rate))/s" }, role)
    }

    /// Adds every argument on a line of its own, by name.
    mutating func add(arguments: [String: JSONValue], _ title: String) {
        guard !arguments.isEmpty else { return }
        head(title)
        for (name, value) in arguments.sorted(by: { $0.key < $1.key }) { add(name, "\(value)") }
    }

    /// Adds what clients did.
    mutating func add(_ stats: MessageStats?) {
        guard let stats else { return }
        head("MESSAGES")
        for (label, measured) in [
            ("published", stats.publish), ("confirmed", stats.confirm), ("delivered", stats.deliver),
            ("delivered, no ack", stats.deliverNoAck), ("got", stats.get), ("got, no ack", stats.getNoAck),
            ("got nothing", stats.getEmpty), ("acknowledged", stats.ack), ("redelivered", stats.redeliver),
            ("returned", stats.returnUnroutable), ("dropped, unroutable", stats.dropUnroutable),
        ] where measured != nil {
            add(label, measured)
        }
    }

    /// Adds consumers, one a line.
    mutating func add(consumers: [ConsumerInfo]?) {
        guard let consumers else { return }
        head("CONSUMERS \(consumers.count)")
        for consumer in consumers {
            let prefetch = consumer.prefetchCount.map { $0 == 0 ? "∞" : "\($0)" } ?? Figures.notProvided
            let place = consumer.queue.map { "of \($0.name)" } ?? ""
            let acks = consumer.ackRequired == false ? "auto ack" : "acks"
            let link = consumer.queue.map { Link(opens: .queue($0)) }
            lines.append(.row("\(consumer.consumerTag)  \(place)  prefetch \(prefetch)  \(acks)", .text, link))
        }
    }

    /// Adds bindings, one a line, each something to act on.
    mutating func add(bindings: [BindingInfo], _ title: String, _ end: BindingInfo.End) {
        head("\(title) \(bindings.count)")
        for binding in bindings { lines.append(.row(binding.line(to: end), .text, binding.link(to: end))) }
    }

    /// What is known of an object; nil where it is not, or not any more.
    init?(_ ref: ObjectRef, _ monitor: MonitorState) {
        switch ref {
        case .exchange(let id):
            guard let exchange = monitor.exchanges.value?.items.first(where: { $0.id == id }) else { return nil }
            self.init(exchange, monitor.detail.value)
        case .connection(let name):
            guard let found = monitor.connections.value?.items.first(where: { $0.name == name }) else { return nil }
            self.init(found, monitor.channels.value?.items ?? [])
        case .channel(let name):
            guard var channel = monitor.channels.value?.items.first(where: { $0.name == name }) else { return nil }
            if let detail = monitor.detail.value?.channel, detail.name == name { channel = detail }
            self.init(channel)
        case .node(let name):
            guard let node = monitor.nodes.value?.first(where: { $0.name == name }) else { return nil }
            self.init(node, NodeContext(monitor))
        case .policy(let id):
            guard let policy = monitor.policies.value?.first(where: { $0.id == id }) else { return nil }
            self.init(policy, monitor.queues.value?.items ?? [])
        case .tree(let root):
            guard let exchanges = monitor.exchanges.value, case .topology? = monitor.detail.value?.target,
                let bindings = monitor.detail.value?.outgoing
            else { return nil }
            self.init(treeFrom: root, exchanges.items, bindings)
        }
    }

    init() {}
}

extension ObjectRef {
    /// What must be asked for beside the list, where anything must.
    func detailTarget(in vhost: String?) -> DetailTarget? {
        switch self {
        case .tree(let root): .topology(vhost: root?.vhost ?? vhost)
        case .exchange(let id): .exchange(id)
        case .channel(let name): .channel(name)
        case .connection, .node, .policy: nil
        }
    }
}

/// Something that can be opened.
enum LinkTarget: Hashable, Sendable {
    case queue(QueueID)
    case object(ObjectRef)
}

extension BindingInfo {
    /// One of the two ends of a binding: the other one is looked at.
    enum End { case source, destination }

    /// What it says, seen from the other end.
    func line(to end: End) -> String {
        let arguments = arguments.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let key = routingKey.isEmpty ? "" : "  key \(routingKey)"
        let name =
            switch end {
            case .destination: "→ \(destinationType.rawValue) \(destination)"
            case .source: source.isEmpty ? "← the default exchange" : "← exchange \(source)"
            }
        return name + key + (arguments.isEmpty ? "" : "  " + arguments.joined(separator: " "))
    }

    /// What its line leads to. The default exchange's bindings cannot be removed.
    func link(to end: End) -> ObjectDetail.Link {
        let opens: LinkTarget =
            switch end {
            case .source: .object(.exchange(ObjectID(vhost: vhost, name: source)))
            case .destination where destinationType == .exchange:
                .object(.exchange(ObjectID(vhost: vhost, name: destination)))
            case .destination: .queue(QueueID(vhost: vhost, name: destination))
            }
        return ObjectDetail.Link(binding: source.isEmpty ? nil : self, opens: opens)
    }
}
