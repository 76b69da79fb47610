import Testing

@testable import Drills

@Suite("The audit of deliveries")
struct DeliveryAuditTests {
    /// Publishes so many messages that are confirmed at a time, from the next number on.
    private func publish(_ count: Int, _ audit: inout DeliveryAudit, at now: UInt64, by publisher: Int = 0) {
        for _ in 0..<count {
            let number = audit.published(by: publisher)
            audit.settled(number, by: publisher, isConfirmed: true, at: now)
        }
    }

    private func receive(_ numbers: ClosedRange<UInt64>, _ audit: inout DeliveryAudit, again: Bool = false) {
        for number in numbers { audit.received(number, from: 0, isRedelivered: again) }
    }

    @Test("what is confirmed and comes, before its confirm or after, is neither lost nor twice")
    func complete() {
        var audit = DeliveryAudit(publishers: 2)
        audit.attached(at: 0)
        for publisher in 0...1 {
            for _ in 1...100 { _ = audit.published(by: publisher) }
            for number in (1...50).reversed() {
                audit.received(UInt64(number), from: publisher, isRedelivered: false)
            }
            audit.settled(through: 100, by: publisher, isConfirmed: true, at: 10)
            for number in 51...100 { audit.received(UInt64(number), from: publisher, isRedelivered: number > 90) }
        }
        audit.look(at: 1_000_000)
        audit.close()
        #expect(audit.counts == DeliveryAudit.Counts(confirmed: 200))
        #expect(audit.awaited == 0)
    }

    @Test("a gap is lost once somebody has listened for so long since its confirm, and not before")
    func gap() {
        var audit = DeliveryAudit(publishers: 1)
        audit.attached(at: 0)
        publish(10, &audit, at: 1000)
        receive(1...4, &audit)
        receive(7...10, &audit)
        audit.look(at: 1000 + DeliveryAudit.patience - 1)
        #expect(audit.counts.lost == 0 && audit.awaited == 2)
        audit.look(at: 1000 + DeliveryAudit.patience)
        #expect(audit.counts.lost == 2 && audit.awaited == 0)
        // It comes after all: late is not lost.
        receive(5...5, &audit)
        #expect(audit.counts == DeliveryAudit.Counts(confirmed: 10, lost: 1))
        receive(5...5, &audit)
        #expect(audit.counts == DeliveryAudit.Counts(confirmed: 10, lost: 1, duplicated: 1))
    }

    @Test("time in which nobody listens does not count")
    func away() {
        var audit = DeliveryAudit(publishers: 1)
        audit.attached(at: 0)
        audit.attached(at: 0)
        publish(3, &audit, at: 1000)
        audit.detached(at: 2000)
        audit.detached(at: 3000)
        receive(3...3, &audit)
        audit.look(at: 100_000)
        #expect(audit.counts.lost == 0)
        audit.attached(at: 100_000)
        audit.look(at: 102_999)
        #expect(audit.counts.lost == 0)
        audit.look(at: 103_000)
        #expect(audit.counts.lost == 2)
    }

    @Test("messages behind which nothing comes are lost after a longer time, when later ones were confirmed")
    func silence() {
        var audit = DeliveryAudit(publishers: 1)
        audit.attached(at: 0)
        publish(5, &audit, at: 0)
        audit.look(at: DeliveryAudit.drainPatience - 1)
        #expect(audit.counts.lost == 0)
        audit.look(at: DeliveryAudit.drainPatience)
        #expect(audit.counts.lost == 4, "the last has no later one that says the queue can be used")
        audit.close()
        #expect(audit.counts.lost == 5)
    }

    @Test("what was not confirmed may come, once or not at all, and late")
    func unconfirmed() {
        var audit = DeliveryAudit(publishers: 1)
        audit.attached(at: 0)
        for _ in 1...4 { _ = audit.published(by: 0) }
        audit.settled(2, by: 0, isConfirmed: false, at: 0)
        audit.disconnected(0)
        publish(2, &audit, at: 0)
        receive(5...6, &audit)
        audit.look(at: 1_000_000)
        #expect(audit.counts == DeliveryAudit.Counts(confirmed: 2, refused: 1, unknown: 3))
        receive(1...3, &audit)
        #expect(audit.counts.duplicated == 0)
        receive(3...3, &audit)
        #expect(audit.counts.duplicated == 1)
        receive(2...2, &audit, again: true)
        #expect(audit.counts.duplicated == 1, "marked as redelivered")
    }

    @Test("a message that comes twice unmarked is counted, also after it was done with")
    func twice() {
        var audit = DeliveryAudit(publishers: 1)
        audit.attached(at: 0)
        _ = audit.published(by: 0)
        receive(1...1, &audit)
        receive(1...1, &audit, again: true)
        receive(1...1, &audit)
        #expect(audit.counts.duplicated == 1)
        audit.settled(through: 1, by: 0, isConfirmed: true, at: 0)
        receive(1...1, &audit)
        #expect(audit.counts == DeliveryAudit.Counts(confirmed: 1, duplicated: 2))
    }

    @Test("what a deleted queue had is not lost, and numbers that nobody gave are nobody's")
    func deleted() {
        var audit = DeliveryAudit(publishers: 1)
        audit.attached(at: 0)
        publish(5, &audit, at: 0)
        audit.queueDeleted()
        publish(5, &audit, at: 0)
        receive(6...10, &audit)
        receive(11...12, &audit)
        receive(0...0, &audit)
        audit.received(1, from: 7, isRedelivered: false)
        audit.look(at: 1_000_000)
        audit.close()
        #expect(audit.counts == DeliveryAudit.Counts(confirmed: 10))
    }

    @Test("memory is bounded: what lies too far back is not judged")
    func bounded() {
        var ledger = DeliveryLedger()
        ledger.entriesMax = 100
        ledger.straysMax = 20
        var audit = DeliveryAudit(publishers: 1, ledger: ledger)
        audit.attached(at: 0)
        publish(110, &audit, at: 0)
        #expect(audit.awaited == 100)
        receive(1...10, &audit)
        #expect(audit.counts.duplicated == 0 && audit.awaited == 100)
        receive(110...110, &audit)
        audit.look(at: DeliveryAudit.patience)
        #expect(audit.counts == DeliveryAudit.Counts(confirmed: 110, lost: 99))
        // Of those that did not come it remembers the last: they are not lost when they come, the others nobody knows.
        receive(11...109, &audit)
        #expect(audit.counts == DeliveryAudit.Counts(confirmed: 110, lost: 79))
    }

    @Test("a message says which it is, and others say nothing")
    func message() {
        let message = DemoMessage(run: 0x5f3a_90c1, publisher: 1, number: 12_345)
        var body = [UInt8](repeating: UInt8(ascii: "."), count: 40)
        message.write(to: &body)
        #expect(String(decoding: body, as: UTF8.self) == "5f3a90c1-01-000000012345................")
        #expect(body.withUnsafeBytes(DemoMessage.init) == message)
        for place in 0..<DemoMessage.byteCount {
            var other = body
            other[place] = UInt8(ascii: "x")
            #expect(other.withUnsafeBytes(DemoMessage.init) == nil, "place \(place)")
        }
        #expect(body[..<23].withUnsafeBytes(DemoMessage.init) == nil)
    }
}
