internal import AMQP

/// The whole metadata at one place in the log: what has been applied of each node's proposals, and the changes that make
/// the topology, with the index of each, in an order in which they can be applied.
///
/// Its bytes, in network byte order: index 8, origins 4, for each node 4, incarnation 8, floor 8, numbers 4 and each 8;
/// changes 4, for each its size 4 and a `MetadataCommand`; mirrored queues 4, for each its id 8 and a `QueueMirroring`.
struct MetadataSnapshot {
    var index: UInt64
    var applied: AppliedProposals
    var changes: [IndexedChange]
    /// Who holds mirrored queues, by their ids.
    var mirrorings: [(queue: UInt64, mirroring: QueueMirroring)] = []

    func encoded() -> [UInt8] {
        var writer = WireWriter()
        writer.write(index)
        writer.write(UInt32(applied.origins.count))
        for origin in applied.origins {
            writer.write(origin.node)
            writer.write(origin.incarnation)
            writer.write(origin.floor)
            writer.write(UInt32(origin.numbers.count))
            for number in origin.numbers { writer.write(number) }
        }
        writer.write(UInt32(changes.count))
        for (index, change) in changes {
            let bytes = MetadataCommand.change(change).encoded(index: index)
            bytes.withUnsafeBytes { writer.writeLongBytes($0) }
        }
        writer.write(UInt32(mirrorings.count))
        // order-free: an array
        for (queue, mirroring) in mirrorings {
            writer.write(queue)
            mirroring.encode(into: &writer)
        }
        return Array(writer.bytes)
    }

    init(
        index: UInt64, applied: AppliedProposals, changes: [IndexedChange],
        mirrorings: [(queue: UInt64, mirroring: QueueMirroring)] = []
    ) {
        self.mirrorings = mirrorings
        self.index = index
        self.applied = applied
        self.changes = changes
    }

    /// Throws where the bytes make none.
    init(_ bytes: [UInt8]) throws(WireError) {
        self = try bytes.withUnsafeBufferPointer { bytes throws(WireError) in
            try MetadataSnapshot(UnsafeRawBufferPointer(bytes))
        }
    }

    private init(_ bytes: UnsafeRawBufferPointer) throws(WireError) {
        var reader = WireReader(bytes)
        index = try reader.readUInt64()
        var origins: [AppliedProposals.Origin] = []
        for _ in 0..<(try reader.readUInt32()) {
            let node = try reader.readUInt32()
            let incarnation = try reader.readUInt64()
            var origin = AppliedProposals.Origin(
                node: node, incarnation: incarnation, floor: try reader.readUInt64(), numbers: [])
            for _ in 0..<(try reader.readUInt32()) { origin.numbers.append(try reader.readUInt64()) }
            origins.append(origin)
        }
        applied = AppliedProposals(origins)
        changes = []
        for _ in 0..<(try reader.readUInt32()) {
            let (index, command) = try MetadataCommand.decode(try reader.readLongBytes())
            guard case .change(let change) = command else { throw .malformed }
            changes.append((index, change))
        }
        for _ in 0..<(try reader.readUInt32()) {
            let queue = try reader.readUInt64()
            mirrorings.append((queue, try QueueMirroring(from: &reader)))
        }
        guard reader.remaining == 0 else { throw .malformed }
    }
}

/// The topology as a list of changes, and back.
extension Node {
    /// The changes that make the whole topology, in an order in which they can be applied.
    var wholeTopology: [IndexedChange] {
        var changes: [IndexedChange] = []
        if virtualHosts["/"] == nil { changes.append((topologyIndex, .deleteVirtualHost(name: "/"))) }
        for host in sortedVirtualHosts {
            changes.append((topologyIndex, .declareVirtualHost(name: host.name)))
            // Before what they are for, which then has them from the beginning.
            for policy in host.policies.sorted {
                changes.append((topologyIndex, .setPolicy(virtualHost: host.name, policy)))
            }
            let exchanges = host.sortedExchanges
            for exchange in exchanges where !exchange.isSystem {
                changes.append(
                    (
                        topologyIndex,
                        .declareExchange(virtualHost: host.name, name: exchange.name, settings: exchange.settings)
                    ))
            }
            for queue in host.queues.values.sorted(by: { $0.id < $1.id }) {
                changes.append(
                    (queue.id, .declareQueue(virtualHost: host.name, name: queue.name, settings: queue.settings)))
            }
            for exchange in exchanges {
                for binding in exchange.bindings {
                    changes.append(
                        (topologyIndex, .bind(virtualHost: host.name, exchange: exchange.name, binding)))
                }
            }
        }
        return changes
    }

    /// Makes the topology what a snapshot says, whatever it was before. What is in both stays, with its contents.
    func install(_ snapshot: MetadataSnapshot) {
        var keptHosts: Set<String> = []
        var keptExchanges: [String: [String: ExchangeDefinition]] = [:]
        var keptQueues: Set<UInt64> = []
        var keptPolicies: [String: [Policy]] = [:]
        var keptBindings: [String: [String: Set<Binding>]] = [:]
        for (index, change) in snapshot.changes {
            switch change {
            case .declareVirtualHost(let name): keptHosts.insert(name)
            case .declareExchange(let host, let name, let settings): keptExchanges[host, default: [:]][name] = settings
            case .declareQueue: keptQueues.insert(index)
            case .bind(let host, let exchange, let binding):
                keptBindings[host, default: [:]][exchange, default: []].insert(binding)
            case .setPolicy(let host, let policy): keptPolicies[host, default: []].append(policy)
            case .deleteVirtualHost, .deleteExchange, .deleteQueue, .unbind, .clearPolicy: break
            }
        }
        for host in sortedVirtualHosts {
            guard keptHosts.contains(host.name) else {
                _ = apply(.deleteVirtualHost(name: host.name))
                continue
            }
            // All at once: no queue is told of one that was cleared and not yet of the one that counts instead.
            replacePolicies(keptPolicies[host.name] ?? [], in: host)
            for queue in host.queues.values.sorted(by: { $0.id < $1.id }) where !keptQueues.contains(queue.id) {
                host.removeQueue(queue.name)
                _ = retire(queue)
            }
            for exchange in host.sortedExchanges {
                if !exchange.isSystem, keptExchanges[host.name]?[exchange.name] != exchange.settings {
                    host.removeExchange(exchange)
                    continue
                }
                let kept = keptBindings[host.name]?[exchange.name] ?? []
                for binding in exchange.bindings where !kept.contains(binding) { host.unbind(exchange, binding) }
            }
        }
        // Whatever went with its last binding and should not have is declared again.
        for (index, change) in snapshot.changes {
            topologyIndex = index &- 1
            _ = apply(change)
        }
        // order-free: an array
        for (id, mirroring) in snapshot.mirrorings { queue(id: id)?.mirroringChanged(to: mirroring) }
        topologyIndex = snapshot.index
        topologyVersion += 1
        forgetCascade()
    }

    /// What went with what it was bound to is written down with the log in a cluster.
    func forgetCascade() {
        for host in virtualHosts.values where !host.gone.isEmpty { host.gone = [] }  // order-free: each is emptied
    }
}
