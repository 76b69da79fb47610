import Synchronization
import Testing

@testable import AMQPServer

@Suite("Mailboxes between nodes")
struct MailboxTests {
    private final class Wakes: Sendable {
        let count = Atomic(0)
    }

    private let wakes = [Wakes(), Wakes()]
    private let boxes: [Mailbox]
    private var ends: ((UInt32, Mailbox), (UInt32, Mailbox)) { ((1, boxes[0]), (2, boxes[1])) }

    init() { boxes = wakes.map { wakes in Mailbox(nodes: 2) { wakes.count.add(1, ordering: .relaxed) } } }

    private func post(_ bytes: [UInt8], _ opening: UInt64, now: UInt64 = 0) -> Mailbox.Outcome {
        bytes.withUnsafeBytes { boxes[1].post($0, from: 1, opening: opening, now: now) }
    }

    /// What node 2 takes, in words.
    private func take(now: UInt64 = 0) -> [String] {
        boxes[1].take(now: now).parcels.map { parcel in
            switch parcel.content {
            case .bytes(let bytes): bytes.count < 10 ? "\(bytes)" : "\(bytes.count) bytes"
            case .opened(let opening): "opened \(opening)"
            case .reset: "reset"
            case .stopped: "stopped"
            }
        }
    }

    @Test("bytes come in order, behind the opening of their link, with one wake-up for all that was not taken")
    func order() {
        #expect(post([1], 1) == .lost)
        Mailbox.open(ends.0, ends.1, opening: 7, delay: 0)
        #expect(post([1], 7) == .taken && post([2], 7) == .taken && post([3], 6) == .lost)
        #expect(wakes[1].count.load(ordering: .relaxed) == 1)
        #expect(take() == ["opened 7", "[1]", "[2]"])
        #expect(take().isEmpty)
        #expect(post([4], 7) == .taken)
        #expect(wakes[1].count.load(ordering: .relaxed) == 2)
        #expect(take() == ["[4]"])
    }

    @Test("a link that is lost loses what was on its way, and both ends are told, also when it is back at once")
    func reset() {
        Mailbox.open(ends.0, ends.1, opening: 1, delay: 0)
        _ = post([1], 1)
        Mailbox.close(ends.0, ends.1)
        #expect(post([2], 1) == .lost)
        Mailbox.open(ends.0, ends.1, opening: 2, delay: 0)
        #expect(post([3], 1) == .lost)
        #expect(post([4], 2) == .taken)
        #expect(take() == ["reset", "opened 2", "[4]"])
        #expect(boxes[0].take(now: 0).parcels.count == 2)
    }

    @Test("a node that was stopped in order is known to have been, by the others alone")
    func stopped() {
        Mailbox.open(ends.0, ends.1, opening: 1, delay: 0)
        _ = boxes[0].take(now: 0)
        Mailbox.close(ends.0, ends.1, stopped: 1)
        #expect(take() == ["stopped"])
        #expect(boxes[0].take(now: 0).parcels.count { if case .reset = $0.content { true } else { false } } == 1)
    }

    @Test("what waits is bounded; one parcel may be as large as it likes")
    func bound() {
        Mailbox.open(ends.0, ends.1, opening: 1, delay: 0)
        let large = [UInt8](repeating: 0, count: Mailbox.laneBytesMax + 1)
        #expect(post(large, 1) == .taken)
        #expect(post([1], 1) == .full)
        #expect(take() == ["opened 1", "\(large.count) bytes"])
        #expect(post([1], 1) == .taken)
    }

    @Test("a slow link delays everything by as much and keeps the order, also when it is made fast again")
    func delay() {
        Mailbox.open(ends.0, ends.1, opening: 1, delay: 100)
        #expect(take() == ["opened 1"])
        _ = post([1], 1, now: 10)
        #expect(boxes[1].take(now: 50).next == 110)
        _ = post([2], 1, now: 60)
        Mailbox.delay(ends.0, ends.1, by: 0)
        _ = post([3], 1, now: 70)
        #expect(take(now: 110) == ["[1]"])
        #expect(boxes[1].take(now: 120).next == 160)
        #expect(take(now: 160) == ["[2]", "[3]"])
    }

    @Test("a full link is reset and opened again")
    func overflow() {
        let links = ClusterLinks(boxes)
        links.started(1)
        links.started(2)
        #expect(take() == ["opened 1"])
        let large = [UInt8](repeating: 0, count: Mailbox.laneBytesMax)
        #expect(post(large, 1) == .taken && post([1], 1) == .full)
        links.overflowed(1, 2)
        #expect(take() == ["reset", "opened 2"])
        links.ended(1)
        #expect(take() == ["reset"])
        #expect(boxes[0].take(now: 0).parcels.isEmpty)
    }
}
