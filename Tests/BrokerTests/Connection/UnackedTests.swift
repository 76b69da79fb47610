import Testing

@testable import Broker
@testable import Journal

@Suite("A channel's unacknowledged deliveries")
struct UnackedTests {
    private let queue: ClassicQueue

    init() throws {
        let node = Node(NodeConfiguration(seed: 1), now: Instant(nanoseconds: 0))
        queue = ClassicQueue(
            id: 1, name: "q", virtualHost: node.defaultVirtualHost, settings: QueueDefinition(), node: node)
    }

    private func delivery(_ tag: UInt64) -> UnackedDelivery {
        UnackedDelivery(
            tag: tag,
            entry: QueueEntry(
                sequence: tag, record: RecordPosition(segment: 0, offset: 0), bodyBytes: 0, flags: 0,
                expiry: QueueEntry.never),
            queue: Unmanaged.passUnretained(queue), consumer: nil, deliveredAt: 0)
    }

    @Test("it behaves as a dictionary by tag, with gaps between the tags, transactions and settling in any order")
    func model() {
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix64(seed: seed)
        var unacked = Unacked()
        var model: [UInt64: UnackedDelivery.State] = [:]
        var last: UInt64 = 0
        for round in 0..<300 {
            for _ in 0..<(random.next() % 60) {
                // Now and then deliveries that need no acknowledgement take tags as well.
                last += random.next() % 20 == 0 ? 1 + random.next() % 1000 : 1
                unacked.append(delivery(last))
                model[last] = .held
            }
            for _ in 0..<(random.next() % 80) {
                let tag = random.next() % 4 == 0 ? random.next() % (last + 2) : model.keys.min() ?? 0
                switch random.next() % 6 {
                case 0:
                    let suspended = unacked.suspend(tag) != nil
                    #expect(suspended == (model[tag] == .held), "seed \(seed)")
                    if suspended { model[tag] = .pending }
                case 1:
                    unacked.resume(tag)
                    if model[tag] == .pending { model[tag] = .held }
                case 2:
                    let settled = unacked.settle(tag, from: .pending)?.tag
                    #expect(settled == (model[tag] == .pending ? tag : nil), "seed \(seed)")
                    if settled != nil { model[tag] = nil }
                case 3:
                    let contains = unacked.contains(tag)
                    #expect(contains == (model[tag] == .held), "seed \(seed)")
                default:
                    let settled = unacked.settle(tag)?.tag
                    #expect(settled == (model[tag] == .held ? tag : nil), "seed \(seed)")
                    if settled != nil { model[tag] = nil }
                }
            }
            guard round % 50 == 0 else { continue }
            let (count, oldest) = (unacked.count, unacked.oldest?.tag)
            #expect(count == model.count && oldest == model.keys.min(), "seed \(seed)")
            let limit = random.next() % (last + 1)
            let firstHeld = unacked.firstHeld(upTo: limit)
            #expect(
                firstHeld == model.filter { $0.value == .held && $0.key <= limit }.keys.min(), "seed \(seed)")
        }
        for tag in model.keys.sorted() {
            let popped = unacked.popFirst()?.tag
            #expect(popped == tag, "seed \(seed)")
        }
        let isEmpty = unacked.popFirst() == nil
        #expect(isEmpty)
    }

    @Test("one old delivery does not keep the memory of a million newer ones")
    func oneOld() {
        var unacked = Unacked()
        unacked.append(delivery(1))
        for tag: UInt64 in 2...1_000_000 {
            unacked.append(delivery(tag))
            _ = unacked.settle(tag)
        }
        let (bytes, count) = (unacked.residentBytes, unacked.count)
        #expect(count == 1)
        #expect(bytes < 200_000)
    }
}
