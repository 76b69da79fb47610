internal import AMQP

/// How the home of a queue is chosen that is declared with `x-queue-master-locator` (RabbitMQ, "Classic Queue Mirroring":
/// queue leader location). Whoever proposes the declaration chooses.
enum QueueLocator: String {
    /// The node that the client is connected to.
    case clientLocal = "client-local"
    /// The node with the fewest queues; of several the one with the lowest number.
    case minMasters = "min-masters"
    /// Any node.
    case random

    static let argument = "x-queue-master-locator"

    /// What a queue was declared with. RabbitMQ takes a value that it does not know for none at all
    /// (`rabbit_queue_master_location_misc:get_location`, `rabbit_classic_queue:declare`), and an exclusive queue is always
    /// where its connection is.
    init(_ settings: QueueDefinition) {
        let text = settings.arguments[Self.argument]?.text
        self = settings.exclusiveOwner == nil ? text.flatMap(QueueLocator.init) ?? .clientLocal : .clientLocal
    }
}

extension ClusterMember {
    /// Where a quorum queue's first leader is to be (RabbitMQ, "Quorum Queues": queue leader location): on the node that the
    /// client is connected to, or with "balanced" on the member's node that leads the fewest.
    func firstLeader(of settings: QueueDefinition, in node: Node) -> QueueHome {
        guard settings.arguments[QuorumSettings.leaderLocator]?.text == "balanced" else { return home }
        var counts: [UInt32: Int] = [:]
        for queue in node.quorum.sorted {
            if let leader = queue.member?.leader { counts[leader, default: 0] += 1 }
        }
        let homes = (upHomes + [home]).filter { settings.members.contains($0.node) }
        return homes.min { (counts[$0.node] ?? 0, $0.node) < (counts[$1.node] ?? 0, $1.node) } ?? home
    }

    /// Where a queue is to live that is declared here now: on a node that is up.
    func home(of settings: QueueDefinition, in node: Node) -> QueueHome {
        let homes = (upHomes + [home]).sorted { $0.node < $1.node }
        switch QueueLocator(settings) {
        case .clientLocal: return home
        case .random: return homes[node.randomNumber(below: homes.count)]
        case .minMasters:
            var counts: [UInt32: Int] = [:]
            for queue in node.queueList.slots {
                if let home = queue?.home { counts[home.node, default: 0] += 1 }
            }
            return homes.min { counts[$0.node, default: 0] < counts[$1.node, default: 0] } ?? home
        }
    }
}
