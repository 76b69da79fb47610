/// What the leader of a quorum queue tells a node, in one frame: the incarnation it is meant for 8, then items, each its
/// kind 1 and
///
///     confirmed, refused, gap, gone, resumed, more   number 8
///     redirect                        node 4, 0 for nobody known
///     answer                          number 8, kind 1, value 8, second value 8
///     delivery                        consumer 8, sequence 8, delivery count 4, size 4, message
///
/// Numbers are little-endian.
struct QuorumReply {
    enum Kind: UInt8 {
        case confirmed = 1
        case refused, gap, gone, resumed, more, redirect, answer, delivery
    }

    let node: UInt32
    let incarnation: UInt64
    private(set) var bytes: [UInt8] = []

    init(to node: UInt32, incarnation: UInt64) {
        self.node = node
        self.incarnation = incarnation
        bytes.appendNumber(incarnation)
    }

    /// All commands up to the number are applied.
    mutating func confirmed(_ number: UInt64) { write(.confirmed, number) }
    /// A publish was not taken.
    mutating func refused(_ number: UInt64) { write(.refused, number) }
    /// Commands are missing from this one on.
    mutating func gap(_ number: UInt64) { write(.gap, number) }
    /// There is no such consumer: what it held has gone back.
    mutating func gone(_ consumer: UInt64) { write(.gone, consumer) }
    /// What the consumer may have missed has been said.
    mutating func resumed(_ consumer: UInt64) { write(.resumed, consumer) }

    /// The consumer has deliveries that were too many to be sent now: it asks for them when it has room.
    mutating func more(_ consumer: UInt64) { write(.more, consumer) }

    private mutating func write(_ kind: Kind, _ number: UInt64) {
        bytes.append(kind.rawValue)
        bytes.appendNumber(number)
    }

    /// Another node leads, or nobody is known to.
    mutating func redirect(to leader: UInt32?) {
        bytes.append(Kind.redirect.rawValue)
        bytes.appendNumber(leader ?? 0)
    }

    mutating func answer(_ answer: QuorumEffects.Answer) {
        write(.answer, answer.place.number)
        bytes.append(answer.kind.rawValue)
        bytes.appendNumber(answer.value)
        bytes.appendNumber(answer.second)
    }

    mutating func delivery(_ delivery: QuorumEffects.Delivery, _ message: UnsafeRawBufferPointer) {
        write(.delivery, delivery.consumer)
        bytes.appendNumber(delivery.sequence)
        bytes.appendNumber(delivery.deliveryCount)
        bytes.appendNumber(UInt32(truncatingIfNeeded: message.count))
        bytes.append(contentsOf: message)
    }
}

/// Takes items off a reply; any bytes will do, and nothing is read past them.
struct QuorumReplyReader {
    enum Item {
        case confirmed(UInt64)
        case refused(UInt64)
        case gap(UInt64)
        case gone(consumer: UInt64)
        case resumed(consumer: UInt64)
        case more(consumer: UInt64)
        case redirect(UInt32)
        case answer(number: UInt64, QuorumAnswer, value: UInt64, second: UInt64)
        case delivery(consumer: UInt64, sequence: UInt64, count: UInt32, UnsafeRawBufferPointer)
    }

    let incarnation: UInt64
    private var rest: UnsafeRawBufferPointer
    /// Something made no sense: what follows is not read.
    private(set) var isMalformed = false

    /// Nil where the bytes are none.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard let incarnation = bytes.number(at: 0) else { return nil }
        self.incarnation = incarnation
        rest = bytes.dropFirst(8).rebased
    }

    /// The next item; nil at the end, or where the rest makes no sense.
    mutating func next() -> Item? {
        guard let kind = rest.first else { return nil }
        isMalformed = true
        let body = rest.dropFirst().rebased
        guard let kind = QuorumReply.Kind(rawValue: kind), let item = read(kind, body) else { return nil }
        isMalformed = false
        return item
    }

    private mutating func read(_ kind: QuorumReply.Kind, _ body: UnsafeRawBufferPointer) -> Item? {
        if kind == .redirect {
            guard body.count >= 4 else { return nil }
            rest = body.dropFirst(4).rebased
            return .redirect(UInt32(littleEndian: body.loadUnaligned(as: UInt32.self)))
        }
        guard let number = body.number(at: 0) else { return nil }
        switch kind {
        case .confirmed, .refused, .gap, .gone, .resumed, .more: rest = body.dropFirst(8).rebased
        case .answer:
            guard body.count >= 25, let answer = QuorumAnswer(rawValue: body[8]), let value = body.number(at: 9),
                let second = body.number(at: 17)
            else { return nil }
            rest = body.dropFirst(25).rebased
            return .answer(number: number, answer, value: value, second: second)
        case .delivery:
            guard body.count >= 24, let sequence = body.number(at: 8) else { return nil }
            let count = UInt32(littleEndian: body.loadUnaligned(fromByteOffset: 16, as: UInt32.self))
            let size = Int(UInt32(littleEndian: body.loadUnaligned(fromByteOffset: 20, as: UInt32.self)))
            guard body.count - 24 >= size else { return nil }
            rest = body.dropFirst(24 + size).rebased
            return .delivery(
                consumer: number, sequence: sequence, count: count,
                UnsafeRawBufferPointer(rebasing: body[24..<24 + size]))
        case .redirect: return nil
        }
        return
            switch kind
        {
        case .confirmed: .confirmed(number)
        case .refused: .refused(number)
        case .gap: .gap(number)
        case .gone: .gone(consumer: number)
        case .more: .more(consumer: number)
        default: .resumed(consumer: number)
        }
    }
}

/// A consumer wants what it holds and may not have got: node 4, incarnation 8, consumer 8, the last sequence it got 8.
struct QuorumResume {
    let node: UInt32
    let incarnation: UInt64
    let consumer: UInt64
    let after: UInt64

    init(node: UInt32, incarnation: UInt64, consumer: UInt64, after: UInt64) {
        self.node = node
        self.incarnation = incarnation
        self.consumer = consumer
        self.after = after
    }

    /// Nil where the bytes make none.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 28, let incarnation = bytes.number(at: 4), let consumer = bytes.number(at: 12),
            let after = bytes.number(at: 20)
        else { return nil }
        self.init(
            node: UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)), incarnation: incarnation,
            consumer: consumer, after: after)
    }

    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendNumber(node)
        bytes.appendNumber(incarnation)
        bytes.appendNumber(consumer)
        bytes.appendNumber(after)
        return bytes
    }
}

extension Slice<UnsafeRawBufferPointer> {
    fileprivate var rebased: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: self) }
}
