public import Broker
internal import Dispatch
public import Journal
internal import Management
internal import NIOCore
internal import Synchronization

/// A cluster of nodes running in this process, each with its thread, its AMQP port and its directory, joined by links that
/// can be cut.
///
/// ```swift
/// let cluster = try await RunningCluster.start(ClusterOptions(nodes: 3))
/// print(cluster.amqpAddresses)   // ["127.0.0.1:40001", "127.0.0.1:40002", "127.0.0.1:40003"]
/// try await cluster.inject(.node("warren1@localhost", .crash))
/// try await cluster.stop()
/// ```
///
/// A majority of the nodes must be up and linked for any to serve: a node in a minority closes its clients' connections and
/// its port until it is back among one.
public final class RunningCluster: Sendable {
    let nodes: [ClusterNode]
    let links: ClusterLinks
    let mailboxes: [Mailbox]
    let options: ClusterOptions
    let timeline = ClusterEvents()
    /// One change of the cluster at a time.
    let turnstile = Turnstile()
    let changes = ChangeSignal()
    private let version: String
    private let temporary: TemporaryDirectory?
    private let hasStopped = Mutex(false)
    /// Whether all nodes have served: who starts later does so because somebody wanted it.
    private let hasStarted = Mutex(false)
    private let (nodeChanges, nodeChangesEnd) = AsyncStream<(node: Int, isAlive: Bool)>.makeStream()
    private let trouble: @Sendable (String) -> Void
    /// What counts messages as clients see them.
    let clients = Mutex<(@Sendable () -> ClusterTimeline.Clients)?>(nil)
    private let summaries = Mutex<[RecoverySummary]>([])

    private init(
        _ options: ClusterOptions, _ template: NodeConfiguration, trouble: @escaping @Sendable (String) -> Void
    ) throws {
        self.options = options
        self.trouble = trouble
        version = template.version
        temporary = options.data == nil ? try TemporaryDirectory() : nil
        let data = options.data ?? DataOptions(path: temporary?.path ?? "")
        do {
            var template = template
            if options.data == nil { template.segmentBytes = Self.temporarySegmentBytes }
            let settings = ClusterNodeSettings(
                template: template, names: options.names,
                directory: try ClusterDirectory(
                    path: data.path, members: options.names.map(ClusterNodeSettings.directoryName)), data: data)
            nodes = try options.names.enumerated().map { place, name in
                let port = try ReservedPort(
                    host: options.host, port: options.port == 0 ? 0 : options.port + place)
                return ClusterNode(UInt32(place + 1), name: name, port: port, settings: settings)
            }
        } catch {
            temporary?.remove()
            throw error
        }
        mailboxes = nodes.map { node in Mailbox(nodes: options.nodes) { [unowned node] in node.wake() } }
        links = ClusterLinks(mailboxes)
    }

    /// A throw-away cluster has no use for the room of large segments.
    private static let temporarySegmentBytes = 4 << 20

    /// Starts all nodes and returns once each of them serves. `template` is what each is configured with; names, storage
    /// and seed are its own. `trouble` is told in words when a node fails later on. Throws `ListenError` when a port cannot
    /// be had and `StorageError` when a directory cannot be used; nothing is left running then.
    public static func start(
        _ options: ClusterOptions = ClusterOptions(),
        template: NodeConfiguration = NodeConfiguration(seed: .random(in: .min ... .max)),
        trouble: @escaping @Sendable (String) -> Void = { _ in },
        progress: @escaping @Sendable (DataDirectory.Progress) -> Void = { _ in }
    ) async throws -> RunningCluster {
        precondition((2...ClusterOptions.nodesMax).contains(options.nodes), "a cluster has 2 to 7 nodes")
        let cluster = try RunningCluster(options, template, trouble: trouble)
        do {
            for node in cluster.nodes {
                cluster.watch(node)
                try await cluster.begin(node, progress: progress)
            }
        } catch {
            try? await cluster.stop()
            throw error
        }
        await cluster.changes.wait {
            cluster.nodes.allSatisfy {
                $0.state.isListening || $0.state.listenFailure != nil || $0.state.phase == .dead
            }
        }
        if let failed = cluster.nodes.first(where: { !$0.state.isListening }) {
            let reason = failed.state.listenFailure ?? "the node has ended: its disk has failed"
            try? await cluster.stop()
            throw ListenError(
                host: failed.port.host, port: failed.port.port, isTaken: failed.state.listenFailure != nil,
                reason: reason)
        }
        cluster.hasStarted.withLock { $0 = true }
        return cluster
    }

    /// Has this cluster hear of what happens to a node.
    private func watch(_ node: ClusterNode) {
        node.changed = { [unowned self, unowned node] before, now in noticed(node, before, now) }
        node.diskFailed = { [weak self, unowned node] error in
            guard let self else { return }
            trouble("\(node.name): \(error.description)")
            Task { await self.diskFailed(node) }
        }
    }

    /// Starts a node.
    func begin(
        _ node: ClusterNode, progress: @escaping @Sendable (DataDirectory.Progress) -> Void = { _ in }
    ) async throws {
        let summary = try await node.start(links, mailboxes, progress: progress)
        if let summary { summaries.withLock { $0.append(summary) } }
        nodeChangesEnd.yield((node: Int(node.number) - 1, isAlive: true))
    }

    /// A node has ended.
    func hasEnded(_ node: ClusterNode) {
        nodeChangesEnd.yield((node: Int(node.number) - 1, isAlive: false))
    }

    private func noticed(_ node: ClusterNode, _ before: ClusterNode.View, _ now: ClusterNode.View) {
        if let failure = now.listenFailure, failure != before.listenFailure { trouble("\(node.name): \(failure)") }
        if !hasStopped.withLock({ $0 }), now.phase == .running {
            if before.phase == .dead {
                timeline.note(.nodeUp, node.name, isInjected: hasStarted.withLock { $0 }, text: "started")
            }
            if now.isServing, !before.isServing { timeline.note(.nodeServing, node.name) }
            if before.isServing, !now.isServing, now.isInMinority { timeline.note(.minority, node.name) }
        }
        changes.fire()
    }

    /// A node whose disk fails is of no use to the others either.
    private func diskFailed(_ node: ClusterNode) async {
        await turnstile.enter()
        defer { turnstile.leave() }
        guard !hasStopped.withLock({ $0 }), node.state.phase != .dead else { return }
        await end(node, losesPower: false)
        timeline.note(.nodeDown, node.name, text: "its disk failed")
    }

    // MARK: What there is

    /// Where AMQP clients connect, as "HOST:PORT", node by node. A port is closed while its node does not serve.
    public var amqpAddresses: [String] { nodes.map { "\($0.port.host):\($0.port.port)" } }

    /// The names of the nodes, in order.
    public var names: [String] { options.names }

    /// What was found in the directories at the start, and at each start of a node since.
    public var recovered: [RecoverySummary] { summaries.withLock { $0 } }

    /// Which nodes come and go from the start on: the place of each, from 0, and whether it is alive now; a paused one is.
    /// For one reader. It ends with the cluster.
    public func changesOfNodes() -> AsyncStream<(node: Int, isAlive: Bool)> { nodeChanges }

    /// The management endpoint of a node, from 1: it answers while that one runs.
    public func endpoint(of number: Int) -> EmbeddedEndpoint {
        let node = nodes[number - 1]
        return EmbeddedEndpoint(loop: node, address: node.name, version: version, cluster: self)
    }

    /// A management endpoint that asks whichever node is up.
    public var endpoint: EmbeddedEndpoint {
        EmbeddedEndpoint(loop: AnyNodeLoop(nodes: nodes), address: "warren", version: version, cluster: self)
    }

    // MARK: The end

    /// Stops all nodes in order, whatever was done to them, and removes what was to be temporary. Stopping again does
    /// nothing.
    public func stop() async throws {
        await turnstile.enter()
        defer { turnstile.leave() }
        let isFirst = hasStopped.withLock { hasStopped in
            defer { hasStopped = true }
            return !hasStopped
        }
        guard isFirst else { return }
        var failure: (any Error)?
        for node in nodes {
            do { try await stop(node) } catch { failure = failure ?? error }
        }
        for node in nodes { try? await node.group.shutdownGracefully() }
        nodeChangesEnd.finish()
        temporary?.remove()
        if let failure { throw failure }
    }

    /// Stops a node in order, where it runs.
    func stop(_ node: ClusterNode) async throws {
        guard node.state.phase != .dead else { return }
        defer {
            links.ended(node.number, inOrder: true)
            hasEnded(node)
        }
        try await node.stop()
    }

    /// Ends a node as the end of its process does, or that of its machine's power. Returns what its disk said against that.
    @discardableResult
    func end(_ node: ClusterNode, losesPower: Bool) async -> StorageError? {
        let files = await node.crash()
        // The others see it at once; it does not see them go any more.
        links.ended(node.number)
        defer { hasEnded(node) }
        guard let files else { return nil }
        let torn = Int.random(in: 0...Self.tornBytesMax)
        return await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                do throws(StorageError) {
                    if losesPower { try files.losePower(torn: torn) } else { files.crash() }
                    continuation.resume(returning: nil)
                } catch {
                    continuation.resume(returning: error)
                }
            }
        }
    }

    /// Of a batch that a loss of power meets on its way, at most so much is there afterwards.
    private static let tornBytesMax = 8192
}

/// The loop of whichever node can be asked: one that serves, or else one that runs.
struct AnyNodeLoop: NodeLoop {
    let nodes: [ClusterNode]

    private var best: ClusterNode? {
        nodes.first { $0.state.phase == .running && $0.state.isServing } ?? nodes.first { $0.state.phase == .running }
    }

    func perform(_ work: @escaping @Sendable (Node?) -> Void) {
        guard let best else { return work(nil) }
        best.perform(work)
    }

    func ask<Value: Sendable>(
        _ work: @escaping @Sendable (Node, _ reply: @escaping @Sendable (Value?) -> Void) -> Void
    ) async -> Value? {
        await best?.ask(work)
    }
}
