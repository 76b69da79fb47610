@testable import Broker

/// A command of a node, as tests pass it to the machine and to the model.
enum ModelCommand {
    case enqueue(body: String, lifetime: UInt64?)
    case attach(UInt64, prefetch: UInt32, isExclusive: Bool)
    case detach(UInt64)
    case end(UInt64)
    case settle(UInt64, QuorumSettlement, [ClosedRange<UInt64>])
    case get(UInt64)
    case purge
    case deleteIf(unused: Bool, empty: Bool)
    case transactions([(transaction: UInt64, body: String)], lifetime: UInt64?)

    func write(to batch: inout QuorumBatch) {
        switch self {
        case .enqueue(let body, let lifetime): batch.enqueue(body, lifetime: lifetime)
        case .attach(let id, let prefetch, let isExclusive):
            batch.attach(id, prefetch: prefetch, isExclusive: isExclusive)
        case .detach(let id): batch.detach(id)
        case .end(let id): batch.end(id)
        case .settle(let id, let how, let ranges): batch.settle(id, how, ranges)
        case .get(let id): batch.get(id, isAutomaticAck: false)
        case .purge: batch.purge()
        case .deleteIf(let unused, let empty): batch.deleteIf(unused: unused, empty: empty)
        case .transactions(let messages, let lifetime): batch.transactions(messages, lifetime: lifetime)
        }
    }
}

struct ModelBatch {
    var node: UInt32
    var incarnation: UInt64
    var first: UInt64
    var floor: UInt64
    var commands: [ModelCommand]

    func encoded(time: UInt64) -> [UInt8] {
        var batch = QuorumBatch(node: node, incarnation: incarnation, first: first, floor: floor)
        for command in commands { command.write(to: &batch) }
        var bytes = batch.finish()
        _ = QuorumBatch.stampTime(time, in: &bytes)
        return bytes
    }
}

/// What a quorum queue does, said with plain lists that are searched from their beginnings.
struct QuorumModel {
    struct Message {
        let body: String
        let expiry: UInt64?
        var count = 0
    }

    struct Consumer {
        let node: UInt32
        let id: UInt64
        let prefetch: UInt32
        var isExclusive = false
        var isForGets = false
        var isCancelled = false
        var next: UInt64 = 1
        var held: [(sequence: UInt64, message: Message)] = []

        var isListed: Bool { !isCancelled && !isForGets }
        var isWilling: Bool { isListed && (prefetch == 0 || held.count < prefetch) }
    }

    struct Origin {
        let node: UInt32
        var incarnation: UInt64
        var next: UInt64 = 1
        var floor: UInt64 = 1
        var lastTransaction: UInt64 = 0
        /// By number; "refused" for a refused publish.
        var answers: [UInt64: String] = [:]
    }

    let limits: QuorumLimits
    var now: UInt64 = 0
    var returned: [Message] = []
    var ready: [Message] = []
    var consumers: [Consumer] = []
    /// Those that wait, as (node, id), the next one first.
    var round: [(node: UInt32, id: UInt64)] = []
    var origins: [Origin] = []

    var deliveries: [String] = []
    var answers: [String] = []
    var deadLetters: [String] = []
    var refused: [String] = []
    var confirmed: [String] = []
    var gaps: [String] = []

    init(_ limits: QuorumLimits) { self.limits = limits }

    var readyBytes: Int { (returned + ready).map(\.body.utf8.count).reduce(0, +) }
    var held: [Message] { consumers.flatMap { $0.held.map(\.message) } }

    private func place(_ node: UInt32, _ id: UInt64) -> Int? {
        consumers.firstIndex { $0.node == node && $0.id == id }
    }

    private mutating func begin(_ time: UInt64) {
        (deliveries, answers, deadLetters, refused, confirmed, gaps) = ([], [], [], [], [], [])
        now = max(now, time)
        settleDown()
    }

    mutating func nodeDown(_ node: UInt32, _ incarnation: UInt64, time: UInt64) {
        begin(time)
        guard let place = origins.firstIndex(where: { $0.node == node && $0.incarnation <= incarnation }) else {
            return
        }
        endAll(of: node)
        origins[place].answers = origins[place].answers.filter { $0.value == "refused" }
        settleDown()
    }

    mutating func tick(time: UInt64) { begin(time) }

    mutating func apply(_ batch: ModelBatch, time: UInt64) {
        begin(time)
        if !origins.contains(where: { $0.node == batch.node }) {
            origins.append(Origin(node: batch.node, incarnation: batch.incarnation))
        }
        guard let place = origins.firstIndex(where: { $0.node == batch.node }),
            origins[place].incarnation <= batch.incarnation
        else { return }
        if origins[place].incarnation < batch.incarnation {
            endAll(of: batch.node)
            let last = origins[place].lastTransaction
            origins[place] = Origin(node: batch.node, incarnation: batch.incarnation, lastTransaction: last)
            settleDown()
        }
        guard batch.first <= origins[place].next else {
            gaps.append("\(batch.node)/\(origins[place].next)")
            return
        }
        origins[place].floor = max(origins[place].floor, min(batch.floor, origins[place].next))
        for (offset, command) in batch.commands.enumerated() {
            let number = batch.first + UInt64(offset)
            if number < origins[place].next {
                if number >= origins[place].floor { again(command, number, origins[place]) }
            } else {
                let answer = carryOut(command, batch.node, number)
                if let answer {
                    origins[place].answers[number] = answer
                    tell(answer, batch.node, number)
                }
                origins[place].next += 1
                settleDown()
            }
        }
        guard origins[place].next > 1 else { return }
        // A confirm says so of all that is refused, which its node may not have heard.
        let stillRefused = origins[place].answers.filter { $0.value == "refused" && $0.key >= origins[place].floor }
        refused = stillRefused.keys.sorted().map { "\(batch.node)/\($0)" }
        confirmed.append("\(batch.node)/\(origins[place].next - 1)")
    }

    private mutating func tell(_ answer: String, _ node: UInt32, _ number: UInt64) {
        if answer != "refused" { answers.append("\(node)/\(number) \(answer)") }
    }

    private mutating func again(_ command: ModelCommand, _ number: UInt64, _ origin: Origin) {
        if let answer = origin.answers[number] {
            tell(answer, origin.node, number)
            // What it got may have been lost with the answer: as long as it is held it comes with it.
            let words = answer.split(separator: " ")
            guard case .get(let id) = command, words.first == "got", let sequence = UInt64(words[1]),
                let place = place(origin.node, id),
                let found = consumers[place].held.first(where: { $0.sequence == sequence })
            else { return }
            return show(found.message, found.sequence, to: consumers[place])
        }
        switch command {
        case .attach, .get, .purge, .deleteIf: tell("forgotten", origin.node, number)
        case .enqueue, .detach, .end, .settle, .transactions: break
        }
    }

    private mutating func carryOut(_ command: ModelCommand, _ node: UInt32, _ number: UInt64) -> String? {
        switch command {
        case .enqueue(let body, let lifetime):
            if limits.rejectsPublishes, !consumers.contains(where: \.isWilling),
                limits.isOver(count: returned.count + ready.count + 1, bytes: readyBytes + body.utf8.count)
            {
                return "refused"
            }
            append(body, lifetime)
        case .transactions(let messages, let lifetime): commit(messages, lifetime, of: node)
        case .attach(let id, let prefetch, let isExclusive):
            if place(node, id) != nil { return "consumerExists" }
            let listed = consumers.filter(\.isListed)
            if listed.contains(where: \.isExclusive) || isExclusive && !listed.isEmpty { return "inExclusiveUse" }
            consumers.append(Consumer(node: node, id: id, prefetch: prefetch, isExclusive: isExclusive))
            round.append((node, id))
            return "attached"
        case .detach(let id):
            if let place = place(node, id), consumers[place].isListed { consumers[place].isCancelled = true }
        case .end(let id): end(node, id)
        case .settle(let id, let how, let ranges): settle(node, id, how, ranges)
        case .get(let id):
            if place(node, id).map({ !consumers[$0].isForGets }) ?? false { return "consumerExists" }
            guard let message = removeFirst() else { return "empty" }
            if place(node, id) == nil { consumers.append(Consumer(node: node, id: id, prefetch: 0, isForGets: true)) }
            guard let place = place(node, id) else { return nil }
            give(message, to: place)
            return "got \(consumers[place].next - 1) \(returned.count + ready.count)"
        case .purge:
            defer { (returned, ready) = ([], []) }
            return "purged \(returned.count + ready.count)"
        case .deleteIf(let unused, let empty):
            let listed = consumers.count(where: \.isListed)
            let count = returned.count + ready.count
            if unused, listed > 0 { return "inUse \(listed)" }
            return empty && count > 0 ? "notEmpty \(count)" : "mayDelete \(count)"
        }
        return nil
    }

    private mutating func append(_ body: String, _ lifetime: UInt64?) {
        let lifetimes = [lifetime, limits.messageTTL].compactMap { $0 }
        ready.append(Message(body: body, expiry: lifetimes.min().map { now + max($0, 1) }))
    }

    private mutating func commit(
        _ messages: [(transaction: UInt64, body: String)], _ lifetime: UInt64?, of node: UInt32
    ) {
        guard let place = origins.firstIndex(where: { $0.node == node }) else { return }
        let last = origins[place].lastTransaction
        var left = 0
        for (transaction, body) in messages where transaction > last {
            append(body, lifetime)
            origins[place].lastTransaction = transaction
            left += 1
        }
        guard limits.rejectsPublishes else { return }
        settleDown()
        while left > 0, limits.isOver(count: returned.count + ready.count, bytes: readyBytes),
            let message = removeFirst()
        {
            drop(message, "maxLength")
            left -= 1
        }
    }

    private mutating func settle(
        _ node: UInt32, _ id: UInt64, _ how: QuorumSettlement, _ ranges: [ClosedRange<UInt64>]
    ) {
        guard let place = place(node, id) else { return }
        for range in ranges {
            for (sequence, message) in consumers[place].held where range.contains(sequence) {
                consumers[place].held.removeAll { $0.sequence == sequence }
                switch how {
                case .ack: break
                case .discard: drop(message, "rejected")
                case .requeue: takeBack(message, toEnd: limits.deliveryLimit == nil)
                }
            }
        }
        if consumers[place].isWilling, !round.contains(where: { $0 == (node, id) }) { round.append((node, id)) }
    }

    private mutating func takeBack(_ message: Message, toEnd: Bool) {
        var message = message
        message.count += 1
        if let limit = limits.deliveryLimit, message.count > limit { return drop(message, "deliveryLimit") }
        if toEnd { ready.append(message) } else { returned.append(message) }
    }

    private mutating func end(_ node: UInt32, _ id: UInt64) {
        guard let place = place(node, id) else { return }
        let gone = consumers.remove(at: place)
        for (_, message) in gone.held { takeBack(message, toEnd: false) }
    }

    private mutating func endAll(of node: UInt32) {
        for id in consumers.filter({ $0.node == node }).map(\.id).sorted() { end(node, id) }
    }

    private mutating func drop(_ message: Message, _ reason: String) {
        if limits.deadLetters { deadLetters.append("\(message.body) \(reason)") }
    }

    private mutating func removeFirst() -> Message? {
        if !returned.isEmpty { return returned.removeFirst() }
        return ready.isEmpty ? nil : ready.removeFirst()
    }

    private mutating func give(_ message: Message, to place: Int) {
        let consumer = consumers[place]
        consumers[place].held.append((consumer.next, message))
        consumers[place].next += 1
        show(message, consumer.next, to: consumer)
    }

    private mutating func show(_ message: Message, _ sequence: UInt64, to consumer: Consumer) {
        let count = message.count > 0 ? " (\(message.count))" : ""
        deliveries.append("\(consumer.node).\(consumer.id)#\(sequence) \(message.body)\(count)")
    }

    private mutating func expire() {
        while let first = returned.first ?? ready.first, let expiry = first.expiry, expiry <= now {
            if let message = removeFirst() { drop(message, "expired") }
        }
    }

    private mutating func settleDown() {
        expire()
        let listed = consumers.filter(\.isListed)
        round.removeAll { entry in !listed.contains { $0.node == entry.node && $0.id == entry.id } }
        while !(returned + ready).isEmpty, let next = round.first {
            round.removeFirst()
            guard let place = place(next.node, next.id), consumers[place].isWilling, let message = removeFirst() else {
                continue
            }
            give(message, to: place)
            if consumers[place].isWilling { round.append(next) }
            expire()
        }
        while !limits.rejectsPublishes, limits.isOver(count: returned.count + ready.count, bytes: readyBytes),
            let message = removeFirst()
        {
            drop(message, "maxLength")
        }
        expire()
    }
}
