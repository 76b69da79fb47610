import AMQP

/// A message that a client published.
final class MessageModel {
    /// What its client says with it.
    struct Route {
        let host: String
        let exchange: String
        let key: String
        let isPersistent: Bool
        let isMandatory: Bool
        /// Milliseconds in the `expiration` property.
        let expiration: UInt64?
    }

    let id: Int
    let publisher: ChannelModel
    let route: Route
    let body: [UInt8]
    /// The step and the moment in which its client began to send it.
    let begun: Int
    let begunTime: UInt64
    /// Queues that it reaches whatever happens meanwhile, as far as purges, deletions and limits let it.
    let certainQueues: [QueuePlace]
    /// Queues that it may reach.
    let possibleQueues: [QueuePlace]
    /// It counts when this is committed.
    let transaction: TransactionModel?

    /// Position in its channel, from 0.
    var index = 0
    /// Where it ends in what its client has sent; in a transaction, where the commit does.
    var endOffset: Int?
    /// The step in which the last byte of it, or of its commit, reached the node.
    var arrivedAt: Int?
    var isConfirmed = false
    /// A queue refused it.
    var isRefused = false
    var isReturned = false
    /// When it was known to be handled by the node, because of its confirm or because a later request on its channel was
    /// answered: step and moment.
    private(set) var handledAt: Int?
    private(set) var handledTime: UInt64?
    var placements: [Placement] = []

    init(
        id: Int, publisher: ChannelModel, route: Route, body: [UInt8], begun: Int, begunTime: UInt64,
        transaction: TransactionModel?
    ) {
        self.id = id
        self.publisher = publisher
        self.route = route
        self.body = body
        self.begun = begun
        self.begunTime = begunTime
        self.transaction = transaction
        certainQueues = Topology.certainQueues(route.host, route.exchange, route.key)
        possibleQueues = Topology.possibleQueues(route.host, route.exchange, route.key)
    }

    /// Whether the node has told its client that it is there.
    var isPromised: Bool { isConfirmed || transaction?.state == .committed }

    var mustBeDurable: Bool {
        route.isPersistent
            && certainQueues.contains {
                // A commit has no way to say that one of its messages was refused.
                Topology.isDurable($0) && (transaction == nil || $0.name != Topology.rejecting)
            }
    }
    var mustBeReturned: Bool { route.isMandatory && possibleQueues.isEmpty }

    /// Whether its client has been answered in confirm mode.
    var isSettled: Bool { isConfirmed || isRefused }

    func handled(in simulation: Simulation) { handled(step: simulation.step, time: simulation.time) }

    func handled(step: Int, time: UInt64) {
        guard handledAt == nil else { return }
        handledAt = step
        handledTime = time
    }

    func placement(in place: QueuePlace) -> Placement {
        if let known = placements.first(where: { $0.place == place }) { return known }
        let fresh = Placement(message: self, place: place)
        placements.append(fresh)
        return fresh
    }
}
