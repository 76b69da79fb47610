internal import AMQP
internal import AMQPClient
internal import Dispatch
internal import Synchronization

/// One publishing connection. Everything but the totals happens on its loop.
final class LoadPublisher: @unchecked Sendable {
    /// Publishes written in one go before the loop sees to other things.
    private static let burst = 256
    /// Octets of bodies written in one go, one body at least.
    private static let burstBytes = 262_144
    /// The shortest wait for a message that is not due yet, nanoseconds: above 2000 messages a second those of one wait
    /// go out together.
    private static let shortestWait: UInt64 = 500_000
    /// What a publisher that was held up catches up on, nanoseconds.
    private static let arrears: UInt64 = 1_000_000_000

    private let plan: LoadPlan
    private let channel: ClientChannel
    /// One for each queue.
    private let templates: [PublishTemplate]
    /// The template of the next message.
    private var place: Int
    private let body: UnsafeMutableRawBufferPointer
    private let burst: Int
    private var pace: Pace?
    private var isStopped = false
    private var isScheduled = false
    private var confirmedUpTo: UInt64 = 0
    /// Those confirmed beyond `confirmedUpTo`.
    private var confirmedBeyond: Set<UInt64> = []
    private var times: [UInt64] = []
    /// Publishes of the transaction that is open, when it began, and whether its commit is under way.
    private var openPublishes = 0
    private var transactionBegin: UInt64 = 0
    private var isCommitting = false
    /// Only to be read when the round is over.
    private(set) var latency = LatencyRecorder()

    private let publishedTotal = Atomic<UInt64>(0)
    private let confirmedTotal = Atomic<UInt64>(0)
    private let refusedTotal = Atomic<UInt64>(0)
    private let lastEventTime = Atomic<UInt64>(0)
    private let ending = Mutex<ClientError?>(nil)

    /// A publisher that goes through the queues of `templates` in turn, from the one at `first` on.
    init(plan: LoadPlan, templates: [PublishTemplate], first: Int, channel: ClientChannel) {
        self.plan = plan
        self.channel = channel
        self.templates = templates
        place = first
        burst = max(1, min(Self.burst, Self.burstBytes / max(plan.bodyBytes, 1)))
        body = .allocate(byteCount: max(plan.bodyBytes, 1), alignment: 8)
        body.initializeMemory(as: UInt8.self, repeating: UInt8(ascii: "x"))
        times = Array(repeating: 0, count: max(plan.confirmWindow, 1))
    }

    deinit { body.deallocate() }

    var published: UInt64 { publishedTotal.load(ordering: .relaxed) }
    var confirmed: UInt64 { confirmedTotal.load(ordering: .relaxed) }
    var refused: UInt64 { refusedTotal.load(ordering: .relaxed) }
    var lastEvent: UInt64 { lastEventTime.load(ordering: .relaxed) }
    /// What ended the channel before its time.
    var failure: ClientError? { ending.withLock { $0 } }

    func start() {
        channel.onLoop { [self] channel in
            // A round that failed drops its publishers while their connections still end.
            channel.onConfirm = { [weak self] tag, multiple, isAck in self?.settle(tag, multiple, isAck) }
            channel.onWritable = { [weak self] in self?.publishSome() }
            channel.onEnd = { [weak self] error in self?.ending.withLock { $0 = $0 ?? error } }
            if plan.publishRate > 0 {
                pace = Pace(
                    rate: plan.publishRate, from: DispatchTime.now().uptimeNanoseconds,
                    arrearsNanoseconds: Self.arrears)
            }
            publishSome()
        }
    }

    /// Returns when nothing more will be published, but for the rest of a transaction that is open.
    func stop() async {
        await withCheckedContinuation { continuation in
            channel.onLoop { [self] _ in
                isStopped = true
                publishSome()
                continuation.resume()
            }
        }
    }

    /// How many may be published now.
    private func allowance(at now: UInt64) -> Int {
        guard failure == nil, channel.isWritable, !isCommitting else { return 0 }
        // A transaction that has begun is finished whatever the rate.
        if isStopped { return openPublishes == 0 ? 0 : min(burst, plan.transactionSize - openPublishes) }
        var allowed = burst
        if plan.confirmWindow > 0 { allowed = min(allowed, plan.confirmWindow - Int(published - confirmedUpTo)) }
        if plan.transactionSize > 0 { allowed = min(allowed, plan.transactionSize - openPublishes) }
        if allowed > 0, let due = pace?.due(at: now) { allowed = min(allowed, due) }
        return allowed
    }

    private func publishSome() {
        let now = DispatchTime.now().uptimeNanoseconds
        let count = allowance(at: now)
        if count > 0 { publish(count, at: now) }
        goOn(at: now)
    }

    private func publish(_ count: Int, at now: UInt64) {
        if plan.bodyBytes >= 8 { body.storeBytes(of: now, as: UInt64.self) }
        let payload = UnsafeRawBufferPointer(rebasing: body[..<plan.bodyBytes])
        var number = published
        for _ in 0..<count {
            if plan.confirmWindow > 0 { times[Int(number % UInt64(plan.confirmWindow))] = now }
            channel.publish(templates[place], body: payload)
            place = place + 1 == templates.count ? 0 : place + 1
            number += 1
        }
        pace?.take(count)
        publishedTotal.store(number, ordering: .relaxed)
        lastEventTime.store(now, ordering: .relaxed)
        guard plan.transactionSize > 0 else { return }
        if openPublishes == 0 { transactionBegin = now }
        openPublishes += count
        if openPublishes == plan.transactionSize { commit() }
    }

    /// Asks for the next turn. With no room in the window or in the socket, or while a commit is under way, an event
    /// goes on instead.
    private func goOn(at now: UInt64) {
        guard !isScheduled, failure == nil, channel.isWritable, !isCommitting else { return }
        if isStopped, openPublishes == 0 { return }
        if plan.confirmWindow > 0, published - confirmedUpTo >= UInt64(plan.confirmWindow) { return }
        isScheduled = true
        let wait = isStopped ? 0 : pace?.wait(at: now) ?? 0
        let turn: @Sendable (ClientChannel) -> Void = { [weak self] _ in
            guard let self else { return }
            isScheduled = false
            publishSome()
        }
        if wait == 0 {
            channel.onLoop(turn)
        } else {
            channel.onLoop(afterNanoseconds: max(wait, Self.shortestWait), turn)
        }
    }

    /// Commits the transaction; the next begins when the broker has answered. It stays on the loop: with one publish in
    /// each a hop between threads would cost more than the broker.
    private func commit() {
        isCommitting = true
        channel.ask(TxCommit()) { [weak self] reply in
            guard let self else { return }
            switch reply {
            case .failure(let error):
                ending.withLock { $0 = $0 ?? error }
            case .success:
                let now = DispatchTime.now().uptimeNanoseconds
                latency.record(nanoseconds: now - transactionBegin)
                openPublishes = 0
                isCommitting = false
                confirmedTotal.add(UInt64(plan.transactionSize), ordering: .relaxed)
                lastEventTime.store(now, ordering: .relaxed)
                publishSome()
            }
        }
    }

    private func settle(_ tag: UInt64, _ multiple: Bool, _ isAck: Bool) {
        guard plan.confirmWindow > 0 else { return }
        let now = DispatchTime.now().uptimeNanoseconds
        let first = multiple ? confirmedUpTo + 1 : tag
        guard tag > confirmedUpTo, tag <= published else { return }
        var count: UInt64 = 0
        for number in first...tag where !confirmedBeyond.contains(number) {
            count += 1
            let sent = times[Int((number - 1) % UInt64(plan.confirmWindow))]
            latency.record(nanoseconds: now > sent ? now - sent : 0)
        }
        if multiple || tag == confirmedUpTo + 1 {
            confirmedUpTo = tag
            if !confirmedBeyond.isEmpty {
                confirmedBeyond = confirmedBeyond.filter { $0 > tag }
                while confirmedBeyond.remove(confirmedUpTo + 1) != nil { confirmedUpTo += 1 }
            }
        } else {
            confirmedBeyond.insert(tag)
        }
        if isAck {
            confirmedTotal.add(count, ordering: .relaxed)
        } else {
            refusedTotal.add(count, ordering: .relaxed)
        }
        lastEventTime.store(now, ordering: .relaxed)
        publishSome()
    }
}
