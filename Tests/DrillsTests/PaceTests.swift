import Testing

@testable import Drills

@Suite("The pace of a load")
struct PaceTests {
    /// One second in nanoseconds.
    private let second: UInt64 = 1_000_000_000

    @Test("messages are due at even intervals, the first at once")
    func intervals() {
        var pace = Pace(rate: 4, from: second, arrearsNanoseconds: second)
        #expect(pace.due(at: second) == 1)
        pace.take(1)
        #expect(pace.due(at: second) == 0)
        #expect(pace.wait(at: second) == second / 4)
        #expect(pace.due(at: second + second / 4) == 1)
    }

    @Test("a rate that no interval of whole nanoseconds makes is kept over a minute")
    func drift() {
        var pace = Pace(rate: 7, from: 0, arrearsNanoseconds: second)
        var count = 0
        for millisecond in 0..<60_000 {
            let due = pace.due(at: UInt64(millisecond) * 1_000_000)
            pace.take(due)
            count += due
        }
        #expect(count == 60 * 7)
    }

    @Test("what was missed is caught up on, up to the arrears that are allowed")
    func arrears() {
        var pace = Pace(rate: 100, from: 0, arrearsNanoseconds: second)
        #expect(pace.due(at: second / 2) == 51)
        #expect(pace.due(at: 100 * second) == 101)
    }
}

@Suite("The queues of a load")
struct LoadQueuesTests {
    private func queues(_ count: Int) -> LoadQueues {
        var plan = LoadPlan()
        plan.queues = count
        return LoadQueues(plan: plan)
    }

    @Test("every queue has a consumer and every consumer its share", arguments: [(10, 3), (1000, 64), (1, 1), (2, 5)])
    func shares(count: Int, consumers: Int) {
        let queues = queues(count)
        let shares = (0..<consumers).map { queues.names(ofConsumer: $0, of: consumers) }
        #expect(Set(shares.joined()) == Set(queues.names))
        let sizes = shares.map(\.count)
        #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
    }

    @Test("publishers begin at different queues, and names are nobody else's")
    func starts() {
        let queues = queues(8)
        #expect((0..<4).map { queues.firstIndex(ofPublisher: $0, of: 4) } == [0, 2, 4, 6])
        #expect(Set(queues.names + self.queues(8).names).count == 16)
    }
}
