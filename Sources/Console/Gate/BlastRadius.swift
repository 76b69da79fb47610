public import Management

/// An object as it was read for a confirmation.
public struct ReadObject: Hashable, Sendable {
    let object: BlastRadius.Object
    /// A queue's bindings, where it may be deleted.
    var bindings: [BindingInfo] = []

    init(_ object: BlastRadius.Object) { self.object = object }

    /// A queue that was read.
    public init(_ queue: QueueInfo) { object = .queue(queue) }
}

/// What a change would hit, read from the broker again just before it is confirmed.
struct BlastRadius: Hashable, Sendable {
    /// Above so many messages the queue's name must be typed.
    static let typedNameLimit = 10_000

    /// An object as it was read.
    enum Object: Hashable, Sendable {
        case queue(QueueInfo)
        case exchange(ExchangeInfo, bindings: Int)
        case binding(BindingInfo)
        case connection(ConnectionInfo)
        case cluster(ClusterReading)
        case policy(PolicyReading)
        /// A queue that is there for the probe alone.
        case canary
    }

    /// What was read.
    var object: Object
    /// A queue's bindings, which a deletion takes along.
    var bindings: [BindingInfo] = []
    /// When it was read, in the monitor's time.
    var readAt: Duration
    /// How much older the broker's own figures may be.
    var statisticsInterval: Duration = .zero

    /// What a change of a queue would hit.
    init(queue: QueueInfo, readAt: Duration, statisticsInterval: Duration = .zero) {
        self.init(.queue(queue), readAt: readAt, statisticsInterval: statisticsInterval)
    }

    /// What a change would hit.
    init(_ object: Object, readAt: Duration, statisticsInterval: Duration = .zero) {
        self.object = object
        self.readAt = readAt
        self.statisticsInterval = statisticsInterval
    }

    /// The queue, where it is one.
    var queue: QueueInfo? {
        if case .queue(let queue) = object { queue } else { nil }
    }

    /// Whether so much goes that a keystroke is not enough. A figure that is not provided counts as much.
    func needsTypedName(for mutation: Mutation) -> Bool {
        switch mutation {
        case .purgeQueue: queue?.messagesReady.map { $0 > Self.typedNameLimit } ?? true
        case .deleteQueue:
            both(queue?.messagesReady, queue?.messagesUnacknowledged)
                .map { $0.addingReportingOverflow($1).partialValue > Self.typedNameLimit } ?? true
        default: false
        }
    }

    /// How old the reading is, for a person.
    func age(at now: Duration) -> String {
        let age = "\(Figures.age(max(.zero, now - readAt))) old"
        guard statisticsInterval > .zero else { return age }
        return "\(age), the broker counts every \(Figures.age(statisticsInterval))"
    }

    /// What will happen, in whole sentences.
    func sentences(for mutation: Mutation, at now: Duration) -> [String] {
        switch object {
        case .queue(let queue): return sentences(queue, for: mutation, at: now)
        case .exchange(let exchange, let bindings):
            var sentences = [
                bindings == 0
                    ? "Nothing is bound to it (\(age(at: now)))."
                    : "\(bindings == 1 ? "1 binding" : "\(Figures.exact(bindings)) bindings") go with it (\(age(at: now)))."
            ]
            if let rate = exchange.publishIn?.rate, rate > 0 {
                sentences.append("\(Figures.rate(rate))/s are published to it: their channels will be closed.")
            }
            return sentences
        case .binding(let binding):
            let key = binding.routingKey.isEmpty ? "without a key" : "with key \(binding.routingKey)"
            let arguments = binding.arguments.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            let with = arguments.isEmpty ? "" : " and \(arguments.joined(separator: " "))"
            return ["Messages \(key)\(with) no longer go from \(binding.source) to \(binding.destination)."]
        case .canary:
            if case .stopProbe = mutation { return ["Nothing more is published, and its queue is deleted."] }
            return [
                "A quorum queue of this name is declared, and 100 small persistent messages a second are published to it "
                    + "with confirms; it keeps one of them.",
                "It is deleted when the probe stops or the console is left.",
            ]
        case .policy(let policy): return policy.sentences(age: age(at: now))
        case .cluster(let cluster):
            guard case .inject(let fault) = mutation else { return cluster.leaderSentences(age: age(at: now)) }
            return cluster.sentences(for: fault, age: age(at: now))
        case .connection(let connection):
            let channels = connection.channels.map { $0 == 1 ? "1 channel" : "\(Figures.exact($0)) channels" }
            return [
                "The client of user \(connection.user ?? "–") loses \(channels ?? "its channels") (\(age(at: now))).",
                "Its unacknowledged deliveries go back to their queues; most clients connect again.",
            ]
        }
    }

    private func sentences(_ queue: QueueInfo, for mutation: Mutation, at now: Duration) -> [String] {
        let ready = queue.messagesReady.map(Figures.exact) ?? "an unknown number of"
        let unacked = queue.messagesUnacknowledged.map(Figures.exact) ?? "an unknown number of"
        switch mutation {
        case .purgeQueue:
            var sentences = ["\(ready) ready will go (\(age(at: now)))."]
            if queue.messagesUnacknowledged != 0 {
                sentences.append("\(unacked) unacked stay with their consumers and may return.")
            }
            return sentences
        case .deleteQueue:
            var sentences = ["The queue goes with \(ready) ready and \(unacked) unacked (\(age(at: now)))."]
            if let consumers = queue.consumers, consumers > 0 {
                sentences.append(consumers == 1 ? "1 consumer is cancelled." : "\(consumers) consumers are cancelled.")
            }
            if queue.durable == true { sentences.append("Its bindings go too; its messages cannot be brought back.") }
            return sentences
        default:
            return []
        }
    }
}

extension Mutation {
    /// Reads what it would hit from the broker. Throws the endpoint's error where it is not there any more.
    func readTarget(
        _ endpoint: any Inspecting
    ) async throws(EndpointError) -> BlastRadius.Object {
        switch self {
        case .deleteExchange(let id):
            // Says so itself where there is none.
            let bindings =
                try await endpoint.bindings(.fromExchange(id)).count + endpoint.bindings(.toExchange(id)).count
            let page = try await endpoint.exchanges(ListRequest(nameFilter: id.name, vhost: id.vhost))
            return .exchange(
                page.items.first { $0.id == id } ?? ExchangeInfo(vhost: id.vhost, name: id.name), bindings: bindings)
        case .unbind(let binding):
            let source = ObjectID(vhost: binding.vhost, name: binding.source)
            guard try await endpoint.bindings(.fromExchange(source)).contains(binding) else {
                throw .notFound("the binding from '\(binding.source)' to '\(binding.destination)'")
            }
            return .binding(binding)
        case .clearPolicy(let id): return .policy(try await PolicyReading.read(endpoint, id))
        case .inject(let fault): return .cluster(try await ClusterReading.read(endpoint, for: fault))
        case .rebalance: return .cluster(try await ClusterReading.read(endpoint))
        case .startProbe, .stopProbe: return .canary
        case .closeConnection(let name, _):
            let page = try await endpoint.connections(ListRequest(nameFilter: name))
            guard let connection = page.items.first(where: { $0.name == name }) else {
                throw .notFound("connection '\(name)'")
            }
            return .connection(connection)
        default:
            return .queue(try await endpoint.queue(vhost: target.vhost, name: target.name))
        }
    }
}
