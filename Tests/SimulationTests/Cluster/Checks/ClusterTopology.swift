import AMQP

/// A queue of the simulated cluster, by what its declaration says.
struct ClusterQueue {
    let name: String
    var isQuorum = true
    var isDurable = true
    /// Nobody deletes or purges it.
    var isStable = true
    /// A policy gives it mirrors; see `MirroredQueues`.
    var isMirrored = false
    /// The node that declares a stable one.
    var declaredOn: UInt32 = 1
    var deliveryLimit: Int?
    /// Refuses publishes above this length.
    var lengthMax: Int?
    /// Milliseconds.
    var lifetime: Int?

    /// Messages go by themselves, so that none is ever missed.
    var isForgetful: Bool { lifetime != nil }

    var arguments: FieldTable {
        var arguments = FieldTable()
        if isQuorum { arguments["x-queue-type"] = .bytes(Array("quorum".utf8)) }
        if let deliveryLimit { arguments["x-delivery-limit"] = .int32(Int32(deliveryLimit)) }
        if let lengthMax {
            arguments["x-max-length"] = .int32(Int32(lengthMax))
            arguments["x-overflow"] = .bytes(Array("reject-publish".utf8))
        }
        if let lifetime { arguments["x-message-ttl"] = .int32(Int32(lifetime)) }
        return arguments
    }
}

/// What is declared in the simulated cluster.
enum ClusterTopology {
    static let stable = [
        ClusterQueue(name: "quorum-1"),
        ClusterQueue(name: "quorum-2", declaredOn: 2),
        ClusterQueue(name: "quorum-limit", declaredOn: 3, deliveryLimit: 3),
        ClusterQueue(name: "quorum-short", declaredOn: 2, lengthMax: 6),
        ClusterQueue(name: "quorum-fleeting", declaredOn: 3, lifetime: 700),
        ClusterQueue(name: "classic-1", isQuorum: false),
        ClusterQueue(name: "classic-2", isQuorum: false, declaredOn: 2),
        ClusterQueue(name: "classic-3", isQuorum: false, declaredOn: 3),
        ClusterQueue(name: "mirrored-1", isQuorum: false, isMirrored: true),
        ClusterQueue(name: "mirrored-2", isQuorum: false, isMirrored: true, declaredOn: 2),
    ]
    static let volatile = [
        ClusterQueue(name: "volatile-quorum-1", isStable: false),
        ClusterQueue(name: "volatile-quorum-2", isStable: false, deliveryLimit: 2),
        ClusterQueue(name: "volatile-classic", isQuorum: false, isStable: false),
        ClusterQueue(name: "volatile-transient", isQuorum: false, isDurable: false, isStable: false),
    ]
    static let all = stable + volatile
    static let quorum = stable.filter(\.isQuorum)
    static let mirrored = stable.filter(\.isMirrored)

    /// A fanout exchange, and where its messages go.
    static let fanout = "fan"
    static let fannedOut = ["quorum-1", "quorum-2", "classic-1"]
    static let volatileExchange = "volatile-exchange"

    static func queue(_ name: String) -> ClusterQueue? { all.first { $0.name == name } }
}
