import Management
import Testing

@testable import Monitor

/// What is remembered, how rates come about, and what is forgotten.
@Suite struct HistoryTests {
    private func queue(_ name: String, published: Int, rate: Double? = nil) -> QueueInfo {
        var queue = QueueInfo(vhost: "/", name: name)
        queue.messagesReady = published
        queue.messageStats = MessageStats()
        queue.messageStats?.publish = Measured(published, rate: rate)
        return queue
    }

    @Test("a ring keeps the newest, oldest first")
    func ring() {
        var ring = Ring<Int>(capacity: 3)
        #expect(ring.isEmpty)
        for value in 1...5 { ring.append(value) }
        #expect(Array(ring) == [3, 4, 5])
        #expect(ring.last == 5)
    }

    @Test("where only counters are given, the rate is their difference over the time")
    func ratesFromCounters() {
        var history = History()
        let first = history.record([queue("q", published: 100)], at: .zero)
        #expect(first[0].messageStats?.publish?.rate == nil, "one sample is no rate")
        let second = history.record([queue("q", published: 350)], at: .milliseconds(500))
        #expect(second[0].messageStats?.publish == Measured(350, rate: 500))
        #expect(history.queue(QueueID(vhost: "/", name: "q")).map(\.publish) == [nil, 500])
    }

    @Test("a rate the broker gives is used as it is")
    func givenRates() {
        var history = History()
        _ = history.record([queue("q", published: 100, rate: 3)], at: .zero)
        let second = history.record([queue("q", published: 900, rate: 4)], at: .seconds(5))
        #expect(second[0].messageStats?.publish?.rate == 4)
    }

    @Test("a counter that went down was reset and gives no rate; extremes do not trap")
    func reset() {
        var history = History()
        _ = history.record([queue("q", published: 100)], at: .zero)
        #expect(history.record([queue("q", published: 5)], at: .seconds(1))[0].messageStats?.publish?.rate == nil)
        _ = history.record([queue("q", published: .min)], at: .seconds(2))
        let top = history.record([queue("q", published: .max)], at: .seconds(3))
        #expect(top[0].messageStats?.publish?.rate ?? 0 > 1e18)
    }

    @Test("two samples at nearly the same time keep the rate there was")
    func closeSamples() {
        var history = History()
        _ = history.record([queue("q", published: 0)], at: .zero)
        _ = history.record([queue("q", published: 100)], at: .seconds(1))
        let detail = history.record(detail: queue("q", published: 101), at: .milliseconds(1010), asPoint: false)
        #expect(detail.messageStats?.publish?.rate == 100)
        #expect(history.queue(detail.id).count == 2, "a detail between pages is no point of its own")
    }

    @Test("queues not seen for longest are forgotten first, those of the same page never")
    func eviction() {
        var history = History()
        let old = (0..<History.queueLimit - 1).map { queue("old\($0)", published: 1) }
        _ = history.record(old, at: .zero)
        _ = history.record([old[0]], at: .seconds(1))
        _ = history.record((0..<3).map { queue("new\($0)", published: 1) }, at: .seconds(2))
        #expect(history.queueCount == History.queueLimit)
        #expect(history.queue(old[0].id).count == 2)
        #expect(history.queue(old[1].id).isEmpty && history.queue(old[10].id).isEmpty)
        #expect(!history.queue(old[2].id).isEmpty)
        #expect(!history.queue(QueueID(vhost: "/", name: "new2")).isEmpty)
        let huge = (0..<History.queueLimit + 5).map { queue("huge\($0)", published: 1) }
        #expect(history.record(huge, at: .seconds(3)).count == huge.count)
        #expect(history.queueCount == History.queueLimit)
    }

    @Test("the overview's history has totals, rates and what reached no queue")
    func overview() {
        var history = History()
        var overview = Overview()
        overview.queueTotals.messagesReady = Measured(40)
        overview.messageStats.dropUnroutable = Measured(10)
        overview.messageStats.returnUnroutable = Measured(0)
        _ = history.record(overview, at: .zero)
        overview.messageStats.dropUnroutable = Measured(20)
        overview.messageStats.returnUnroutable = Measured(2)
        _ = history.record(overview, at: .seconds(2))
        #expect(history.overview.map(\.ready) == [40, 40])
        #expect(history.overview.map(\.unroutable) == [nil, 6])
        #expect(history.overview.last?.confirm == nil)
    }
}
