internal import Broker
internal import Dispatch
internal import Journal
internal import Management
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// A place for one node of a cluster: its thread, port, directory and name, which stay while its node comes and goes.
final class ClusterNode: NodeLoop, @unchecked Sendable {
    /// What others see of it.
    struct View: Sendable {
        enum Phase: Sendable { case dead, running, paused }

        var phase = Phase.dead
        var isServing = false
        var isInMinority = false
        /// Whether its AMQP port is open.
        var isListening = false
        /// Why its port could not be opened.
        var listenFailure: String?
    }

    let number: UInt32
    let name: String
    let port: ReservedPort
    let recorder = TimelineRecorder()
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let eventLoop: any EventLoop
    private let settings: ClusterNodeSettings
    private let view = Mutex(View())
    private let asks = PendingAsks()
    private let gate = PauseGate()

    // Only touched on the loop.
    private var driver: NodeDriver?
    private let listener: ClusterListener
    private var deliveryAlarm: Scheduled<Void>?

    /// Called on the loop whenever what others see has changed, with how it was.
    var changed: @Sendable (_ before: View, _ now: View) -> Void = { _, _ in }
    /// Called once when the disk of its node fails.
    var diskFailed: @Sendable (StorageError) -> Void = { _ in }

    init(_ number: UInt32, name: String, port: ReservedPort, settings: ClusterNodeSettings) {
        self.number = number
        self.name = name
        self.port = port
        self.settings = settings
        eventLoop = group.any()
        listener = ClusterListener(port, on: eventLoop)
        listener.changed = { [unowned self] result in
            switch result {
            case .success(let isOpen):
                update {
                    $0.isListening = isOpen
                    $0.listenFailure = nil
                }
            case .failure(let error): update { $0.listenFailure = "\(error)" }
            }
        }
    }

    /// How it is now.
    var state: View { view.withLock { $0 } }

    private func update(_ body: (inout View) -> Void) {
        let (before, now) = view.withLock { view in
            let before = view
            body(&view)
            return (before, view)
        }
        changed(before, now)
    }

    /// Comes from other nodes: something is in the mailbox.
    func wake() {
        eventLoop.execute { [self] in driver?.tick() }
    }

    // MARK: Lives

    /// Starts its node with what its directory holds. Throws `StorageError` where that cannot be used or read.
    func start(
        _ links: ClusterLinks, _ mailboxes: [Mailbox], progress: @escaping @Sendable (DataDirectory.Progress) -> Void
    ) async throws -> RecoverySummary? {
        let summary = try await eventLoop.submit { [self] in try begin(links, mailboxes, progress) }.get()
        links.started(number)
        return summary
    }

    private func begin(
        _ links: ClusterLinks, _ mailboxes: [Mailbox], _ progress: (DataDirectory.Progress) -> Void
    ) throws -> RecoverySummary? {
        let driver = NodeDriver(eventLoop: eventLoop)
        let ends = LinkEnds(number, mailboxes, links) { [unowned driver] in driver.now }
        driver.beforeTick = { [unowned self, ends] node, now in
            if let next = ends.deliver(to: node, now: now) { deliverLater(at: next) }
        }
        driver.afterTick = { [unowned self] node in look(at: node) }
        let summary = try driver.start(
            settings.configuration(of: number), data: settings.data(of: number),
            membership: { [self] incarnation in
                var cluster = ClusterConfiguration(
                    node: number, names: settings.names, incarnation: incarnation, transport: ends)
                cluster.recorder = recorder
                return cluster
            }, isJournalGone: try settings.hasLostJournal(number), progress: progress)
        recorder.watch(watched.withLock { $0 }, in: driver.node)
        self.driver = driver
        update { $0.phase = .running }
        let failed = diskFailed
        Task {
            if let error = await driver.awaitStorageFailure() { failed(error) }
        }
        driver.tick()
        return summary
    }

    private func deliverLater(at moment: Instant) {
        deliveryAlarm?.cancel()
        deliveryAlarm = eventLoop.scheduleTask(deadline: .uptimeNanoseconds(moment.nanoseconds)) { [self] in
            driver?.tick()
        }
    }

    /// After a tick: whether it serves decides whether its port is open.
    private func look(at node: Node) {
        let (isServing, isInMinority) = (node.isServing, node.isInMinority)
        let before = view.withLock { $0 }
        guard isServing != before.isServing || isInMinority != before.isInMinority else { return }
        if isServing != before.isServing { listener.serve(isServing ? driver : nil) }
        update {
            $0.isServing = isServing
            $0.isInMinority = isInMinority
        }
    }

    /// Ends its node as `driver.crash` does; wakes it for that where it is paused. Returns its files.
    func crash() async -> FileStorage? {
        await onLoop(leavesPause: true) { [self] in
            listener.serve(nil)
            let files = driver?.crash()
            ended()
            return files
        }
    }

    /// Stops its node in order: clients are told, and what was written down is on the disk afterwards.
    func stop() async throws {
        if state.phase == .paused { await resume() }
        await onLoop { [self] in listener.serve(nil) }
        if let driver = await onLoop({ [self] in driver }) { try await driver.stop() }
        await onLoop { [self] in
            driver?.beforeTick = nil
            driver?.afterTick = nil
            ended()
        }
    }

    private func ended() {
        driver = nil
        deliveryAlarm?.cancel()
        update { view in
            let failure = view.listenFailure
            view = View()
            view.listenFailure = failure
        }
        asks.giveUp()
    }

    // MARK: Pausing

    /// Stops everything that happens on its loop, as a signal that stops a process does.
    func pause() async {
        await withCheckedContinuation { continuation in
            view.withLock { view in
                view.phase = .paused
                eventLoop.execute { [self] in
                    continuation.resume()
                    gate.hold()
                }
            }
        }
        asks.giveUp()
    }

    /// Goes on.
    func resume() async {
        await onLoop(leavesPause: true) { [self] in update { $0.phase = .running } }
    }

    /// Does something on the loop, also where it is paused.
    @discardableResult
    func onLoop<Value>(leavesPause: Bool = false, _ work: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { (continuation: CheckedContinuation<Carried<Value>, Never>) in
            // Under the lock, so that it is not paused in between.
            view.withLock { view in
                if view.phase == .paused {
                    gate.letDo {
                        continuation.resume(returning: Carried(work()))
                        return leavesPause
                    }
                } else {
                    eventLoop.execute { continuation.resume(returning: Carried(work())) }
                }
            }
        }.value
    }

    // MARK: The control plane

    /// The queues whose confirms are recorded, for its next life too.
    let watched = Mutex<[QueueID]>([])

    /// Records the confirms of these queues from now on.
    func watch(_ queues: [QueueID]) async {
        watched.withLock { $0 = queues }
        await onLoop { [self] in recorder.watch(queues, in: driver?.node) }
    }

    func perform(_ work: @escaping @Sendable (Node?) -> Void) {
        eventLoop.execute { [self] in
            guard let driver else { return work(nil) }
            driver.perform(work)
        }
    }

    /// A node that dies or is paused answers nobody: whoever has asked then is told.
    func ask<Value: Sendable>(
        _ work: @escaping @Sendable (Node, _ reply: @escaping @Sendable (Value?) -> Void) -> Void
    ) async -> Value? {
        await withCheckedContinuation { continuation in
            let reply = asks.begin(continuation)
            guard state.phase == .running else { return reply(nil) }
            perform { node in
                guard let node else { return reply(nil) }
                work(node, reply)
            }
        }
    }
}

/// What comes from a node's loop and belongs to whoever asked.
private struct Carried<Value>: @unchecked Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
}
