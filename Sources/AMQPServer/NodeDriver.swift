internal import Broker
internal import Dispatch
internal import Foundation
internal import Journal
internal import NIOConcurrencyHelpers
internal import NIOCore

/// Drives one node on one event loop: passes the time in, ticks after every batch of bytes, sleeps until the node's
/// next deadline.
///
/// Everything but `perform` and `start` happens on the loop.
final class NodeDriver: NodeLoop, @unchecked Sendable {
    let eventLoop: any EventLoop
    /// Only touched on the loop. It stays until everything that speaks to it has gone: sockets close later.
    private(set) var node: Node?
    /// Whether the node takes nothing any more; only touched on the loop.
    private(set) var hasEnded = false
    private var isTickScheduled = false
    private var alarm: Scheduled<Void>?
    private var alarmDeadline: Instant?
    /// Whether the loop takes no more work; guarded, because anybody may ask.
    private let isStopped = NIOLockedValueBox(false)
    /// The node's files, where it has any.
    private var storage: FileStorage?
    private let storageFailure = NIOLockedValueBox(FailureWatch())
    /// The sockets whose connections the node has; only touched on the loop.
    private var handlers: [ObjectIdentifier: ConnectionHandler] = [:]
    /// Called on the loop before every tick, with what may have come from other nodes, and after it.
    var beforeTick: ((Node, Instant) -> Void)?
    var afterTick: ((Node) -> Void)?
    /// The longest tick so far, in nanoseconds.
    private(set) var longestTick: UInt64 = 0

    init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// Makes the node, on the loop, with what its directory holds, where it has one. `membership` makes it a member of a
    /// cluster, given which of its starts this is; `isJournalGone`: it had a journal in its directory, which holds none any
    /// more. Throws `StorageError` where the directory cannot be used or read.
    func start(
        _ configuration: NodeConfiguration, data: DataOptions?,
        membership: ((_ incarnation: UInt64) -> ClusterConfiguration)? = nil, isJournalGone: Bool = false,
        progress: (DataDirectory.Progress) -> Void
    ) throws -> RecoverySummary? {
        eventLoop.preconditionInEventLoop()
        var configuration = configuration
        var summary: RecoverySummary?
        let node: Node
        if let data {
            let directory = try DataDirectory(path: data.path, isMember: membership != nil)
            guard !isJournalGone || data.salvages else { throw directory.isGone }
            if let membership {
                let floor = isJournalGone ? UInt64(Date().timeIntervalSince1970) : 0
                configuration.cluster = membership(try directory.raiseIncarnation(above: floor))
            }
            let files = FileStorage(
                directory, sync: data.sync, roomBytes: configuration.segmentBytes + (1 << 20)
            ) { [eventLoop] in eventLoop.execute($0) }
            configuration.storage = files
            let wall = Date().timeIntervalSince1970 * 1_000_000_000
            configuration.clockOffset = UInt64(wall) - now.nanoseconds
            // Of a cluster's node it is kept beside its journal; alone, the wall clock goes on from start to start.
            if configuration.cluster == nil { configuration.incarnation = UInt64(wall) }
            node = Node(configuration, now: now)
            summary = try node.recover { visit throws(StorageError) in
                var recovered = try directory.recover(salvages: data.salvages, progress: progress, visit)
                if isJournalGone { recovered.damage = [.gone] }
                return recovered
            }
            storage = files
        } else {
            node = Node(configuration, now: now)
        }
        node.wake = { [unowned self] in scheduleTick() }
        node.onStorageFailure = { [storageFailure] error in storageFailure.withLockedValue { $0.fail(error) } }
        self.node = node
        return summary
    }

    /// Waits for the disk to fail, for ever where it does not; nil when the node ends.
    func awaitStorageFailure() async -> StorageError? {
        await withCheckedContinuation { continuation in
            storageFailure.withLockedValue { $0.wait(continuation) }
        }
    }

    /// Refuses further work, then ends the node after the work that was taken before.
    func stop() async throws {
        isStopped.withLockedValue { $0 = true }
        try await eventLoop.submit { [self] in
            node?.shutDown(now: now)
            hasEnded = true
            alarm?.cancel()
        }.get()
        // What was written down is on the disk before the directory is given up.
        await withCheckedContinuation { continuation in
            eventLoop.execute { [self] in
                guard let node else { return continuation.resume() }
                node.whenWritten { continuation.resume() }
            }
        }
        storage?.close()
        storageFailure.withLockedValue { $0.end() }
    }

    /// Ends the node as the end of its process would, on the loop: its sockets are reset, and nothing is written any more.
    /// Returns its files, which somebody has to close who may wait for it.
    func crash() -> FileStorage? {
        eventLoop.preconditionInEventLoop()
        isStopped.withLockedValue { $0 = true }
        hasEnded = true
        alarm?.cancel()
        storage?.abandon()
        let closing = handlers.values
        handlers = [:]
        for handler in closing { handler.abort() }  // order-free: each by itself
        node?.abandon(now: now)
        node = nil
        (beforeTick, afterTick) = (nil, nil)
        storageFailure.withLockedValue { $0.end() }
        defer { storage = nil }
        return storage
    }

    func opened(_ handler: ConnectionHandler) { handlers[ObjectIdentifier(handler)] = handler }

    func closed(_ handler: ConnectionHandler) { handlers[ObjectIdentifier(handler)] = nil }

    var now: Instant { Instant(nanoseconds: DispatchTime.now().uptimeNanoseconds) }

    /// Between two ticks of a node that has more to do. The event loop carries out everything that is due before it looks
    /// at its sockets again, so a tick that follows "at once" would keep all clients waiting until the last one.
    private static let pauseNanoseconds: UInt64 = 10_000

    /// Runs a tick, and sees to it that the next one comes when it is due.
    func tick() {
        guard let node, !hasEnded else { return }
        let begin = now
        beforeTick?(node, begin)
        let outcome = node.tick(now: begin)
        longestTick = max(longestTick, now.nanoseconds - begin.nanoseconds)
        if outcome.hasMore { setAlarm(Instant(nanoseconds: now.nanoseconds + Self.pauseNanoseconds)) }
        if let deadline = outcome.nextDeadline { setAlarm(deadline) }
        afterTick?(node)
    }

    func scheduleTick() {
        guard !isTickScheduled else { return }
        isTickScheduled = true
        eventLoop.execute { [self] in
            isTickScheduled = false
            tick()
        }
    }

    private func setAlarm(_ deadline: Instant) {
        if let alarmDeadline, alarmDeadline <= deadline { return }
        alarm?.cancel()
        alarmDeadline = deadline
        alarm = eventLoop.scheduleTask(deadline: NIODeadline.uptimeNanoseconds(deadline.nanoseconds)) { [self] in
            alarmDeadline = nil
            tick()
        }
    }

    func resetLongestTick() { longestTick = 0 }

    func perform(_ work: @escaping @Sendable (Node?) -> Void) {
        let isTaken = isStopped.withLockedValue { isStopped in
            if !isStopped {
                eventLoop.execute { [self] in
                    // An idle node has not seen the time pass.
                    node?.advance(to: now)
                    work(hasEnded ? nil : node)
                    tick()
                }
            }
            return !isStopped
        }
        if !isTaken { work(nil) }
    }
}

/// Whoever waits for the disk to fail.
private struct FailureWatch {
    private var error: StorageError?
    private var hasEnded = false
    private var waiting: [CheckedContinuation<StorageError?, Never>] = []

    mutating func wait(_ continuation: CheckedContinuation<StorageError?, Never>) {
        if error != nil || hasEnded { return continuation.resume(returning: error) }
        waiting.append(continuation)
    }

    mutating func fail(_ error: StorageError) {
        self.error = error
        end()
    }

    mutating func end() {
        hasEnded = true
        for continuation in waiting { continuation.resume(returning: error) }
        waiting = []
    }
}
