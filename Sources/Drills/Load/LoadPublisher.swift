internal import AMQP
internal import AMQPClient
internal import Dispatch
internal import Synchronization

/// One publishing connection. Everything but the totals happens on its loop.
final class LoadPublisher: @unchecked Sendable {
    /// Publishes written in one go before the loop sees to other things.
    private static let burst = 256
    private let plan: LoadPlan
    private let channel: ClientChannel
    private let template: PublishTemplate
    private let body: UnsafeMutableRawBufferPointer
    private var isStopped = false
    private var isScheduled = false
    private var confirmedUpTo: UInt64 = 0
    /// Those confirmed beyond `confirmedUpTo`.
    private var confirmedBeyond: Set<UInt64> = []
    private var times: [UInt64] = []
    /// Only to be read when the round is over.
    private(set) var latency = LatencyRecorder()

    private let publishedTotal = Atomic<UInt64>(0)
    private let confirmedTotal = Atomic<UInt64>(0)
    private let refusedTotal = Atomic<UInt64>(0)
    private let lastEventTime = Atomic<UInt64>(0)
    private let ending = Mutex<ClientError?>(nil)

    init(plan: LoadPlan, queue: String, channel: ClientChannel) {
        self.plan = plan
        self.channel = channel
        template = PublishTemplate(
            routingKey: queue, properties: BasicProperties(deliveryMode: plan.isPersistent ? 2 : nil))
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
            if plan.transactionSize == 0 { channel.onWritable = { [weak self] in self?.publishSome() } }
            channel.onEnd = { [weak self] error in self?.ending.withLock { $0 = error } }
            if plan.transactionSize > 0 { Task { await commitAll() } } else { publishSome() }
        }
    }

    /// Publishes in transactions, each committed before the next begins.
    private func commitAll() async {
        while failure == nil {
            let begin = DispatchTime.now().uptimeNanoseconds
            let goesOn = await withCheckedContinuation { continuation in
                channel.onLoop { [self] _ in continuation.resume(returning: publishTransaction(begin)) }
            }
            guard goesOn else { return }
            do throws(ClientError) {
                _ = try await channel.call(TxCommit())
            } catch {
                return ending.withLock { $0 = $0 ?? error }
            }
            let end = DispatchTime.now().uptimeNanoseconds
            channel.onLoop { [self] _ in latency.record(nanoseconds: end - begin) }
            confirmedTotal.add(UInt64(plan.transactionSize), ordering: .relaxed)
            lastEventTime.store(end, ordering: .relaxed)
        }
    }

    private func publishTransaction(_ now: UInt64) -> Bool {
        guard !isStopped else { return false }
        if plan.bodyBytes >= 8 { body.storeBytes(of: now, as: UInt64.self) }
        for _ in 0..<plan.transactionSize {
            channel.publish(template, body: UnsafeRawBufferPointer(rebasing: body[..<plan.bodyBytes]))
        }
        publishedTotal.add(UInt64(plan.transactionSize), ordering: .relaxed)
        return true
    }

    func stop() { channel.onLoop { [self] _ in isStopped = true } }

    private func publishSome() {
        guard !isStopped, failure == nil else { return }
        var number = published
        let now = DispatchTime.now().uptimeNanoseconds
        if plan.bodyBytes >= 8 { body.storeBytes(of: now, as: UInt64.self) }
        let window = UInt64(plan.confirmWindow)
        var room = channel.isWritable ? Self.burst : 0
        while room > 0, window == 0 || number - confirmedUpTo < window {
            if window > 0 { times[Int(number % window)] = now }
            channel.publish(template, body: UnsafeRawBufferPointer(rebasing: body[..<plan.bodyBytes]))
            number += 1
            room -= 1
        }
        publishedTotal.store(number, ordering: .relaxed)
        lastEventTime.store(now, ordering: .relaxed)
        // With no room in the window or in the socket, a confirm or a writable socket goes on.
        if room == 0, channel.isWritable, !isScheduled {
            isScheduled = true
            channel.onLoop { [self] _ in
                isScheduled = false
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
