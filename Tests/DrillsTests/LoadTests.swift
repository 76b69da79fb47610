import AMQPClient
import AMQPServer
import Broker
import Management
import Testing

@testable import Drills

@Suite("The load generator")
struct LoadTests {
    @Test("a plan says what is wrong with it")
    func problems() {
        #expect(LoadPlan().problem == nil)
        func problem(_ change: (inout LoadPlan) -> Void) -> String? {
            var plan = LoadPlan()
            change(&plan)
            return plan.problem
        }
        #expect(problem { $0.publishers = 0 } == "publishers: use 1 to 64, not 0")
        #expect(problem { $0.bodyBytes = -1 } == "size: use 0 to 16777216 octets, not -1")
        #expect(problem { $0.seconds = 0 }?.hasPrefix("duration:") == true)
        #expect(problem { $0.queues = 10_001 } == "queues: use 1 to 10000, not 10001")
        #expect(problem { $0.publishRate = -1 }?.hasPrefix("rate: use 0.01 to") == true)
        #expect(
            problem {
                $0.ackBatch = 100
                $0.prefetch = 10
            }?.contains("nothing would ever be acknowledged") == true)
        #expect(problem { $0.consumeRate = 10 }?.contains("needs an ack batch and a prefetch") == true)
    }

    /// Runs a plan on a broker of its own and looks that no queue is left.
    private func run(_ change: (inout LoadPlan) -> Void) async throws -> LoadReport {
        let broker = try await RunningBroker.start()
        var plan = LoadPlan()
        plan.seconds = 0.2
        change(&plan)
        let uri = try AMQPURI("amqp://\(try #require(broker.amqpAddress))")
        let report = try await LoadGenerator(uri: uri, plan: plan).run()
        let left = try await broker.endpoint.overview().objectTotals.queues
        #expect(left == 0)
        try await broker.stop()
        return report
    }

    @Test(
        "sums add up with and without confirms and acks",
        arguments: [(0, 0), (100, 0), (0, 10), (100, 10)])
    func sums(window: Int, ackBatch: Int) async throws {
        let report = try await run {
            $0.confirmWindow = window
            $0.ackBatch = ackBatch
            $0.prefetch = ackBatch == 0 ? 0 : 50
            $0.isPersistent = window > 0
        }
        #expect(report.published > 0)
        #expect(report.consumed == report.published)
        #expect(report.confirmed == (window > 0 ? report.published : 0))
        #expect((report.confirmLatency != nil) == (window > 0))
        #expect(report.deliveryLatency != nil)
        #expect(report.product == "Warren 0.1.0")
    }

    @Test("every publish of a transaction is committed, also of the last one", arguments: [1, 7, 1000])
    func transactions(size: Int) async throws {
        let report = try await run { $0.transactionSize = size }
        #expect(report.published > 0 && report.published % UInt64(size) == 0)
        #expect(report.confirmed == report.published && report.consumed == report.published)
        #expect(report.confirmLatency != nil)
    }

    @Test("bodies of one octet and of a mebibyte come through", arguments: [1, 1 << 20])
    func sizes(octets: Int) async throws {
        let report = try await run {
            $0.bodyBytes = octets
            $0.confirmWindow = 10
        }
        #expect(report.published > 0 && report.consumed == report.published)
        #expect(abs(report.megabytesPerSecond - report.rate * Double(octets) / 1e6) < 0.001)
        // A body too short for a time has no latency.
        #expect((report.deliveryLatency != nil) == (octets >= 8))
    }

    @Test("messages are spread over many queues, whether there are more or fewer than consumers")
    func manyQueues() async throws {
        for (queues, publishers, consumers) in [(1000, 2, 3), (3, 2, 8)] {
            let report = try await run {
                $0.queues = queues
                $0.publishers = publishers
                $0.consumers = consumers
                $0.confirmWindow = 100
            }
            #expect(report.published > 0 && report.consumed == report.published)
        }
    }

    @Test("a rate below a thousand a second is kept, and so is one above", arguments: [50.0, 20_000])
    func rates(rate: Double) async throws {
        let report = try await run {
            $0.publishRate = rate
            $0.publishers = 2
            $0.seconds = 0.5
        }
        // Both publishers begin with a message at once, which half a second counts as four a second.
        #expect(report.publishRate <= 2 * rate * 1.05 + 4)
        // A busy machine may keep them from some of theirs.
        #expect(report.published >= UInt64(rate / 2))
        #expect(report.consumed == report.published)
    }

    @Test("a consumer with a rate lets the queue grow, and takes the rest when publishing has ended")
    func consumeRate() async throws {
        let report = try await run {
            $0.publishRate = 5000
            $0.consumeRate = 1000
            $0.ackBatch = 10
            $0.prefetch = 10
            $0.seconds = 0.5
        }
        #expect(report.consumed == report.published && report.published > 1000)
        #expect(report.consumeRate < 1100 && report.consumeRate < report.publishRate)
        #expect(report.rate == report.consumeRate)
    }

    @Test("a cancelled round ends at once and leaves no queue behind")
    func cancellation() async throws {
        let broker = try await RunningBroker.start()
        let uri = try AMQPURI("amqp://\(try #require(broker.amqpAddress))")
        let (progress, said) = AsyncStream.makeStream(of: LoadProgress.self)
        let work = Task {
            var plan = LoadPlan()
            plan.queues = 100
            plan.seconds = 3600
            let generator = LoadGenerator(uri: uri, plan: plan, progressInterval: .milliseconds(10))
            defer { said.finish() }
            return try await generator.run { said.yield($0) }
        }
        for await progress in progress where progress.consumed > 0 { break }
        #expect(try await broker.endpoint.overview().objectTotals.queues == 100)
        work.cancel()
        await #expect(throws: CancellationError.self) { try await work.value }
        #expect(try await broker.endpoint.overview().objectTotals.queues == 0)
        try await broker.stop()
    }

    @Test("the table compares each broker's median with the first broker's")
    func table() {
        func report(_ broker: String, _ rate: UInt64, cpu: Double?) -> LoadReport {
            var plan = LoadPlan()
            plan.bodyBytes = 10_000
            var report = LoadReport(
                plan: plan, broker: broker, product: "P 1", published: rate, confirmed: 0, refused: 0, consumed: rate,
                seconds: 1)
            report.serverMicrosecondsPerMessage = cpu
            report.deliveryLatency = LoadReport.Latency(median: 10, p99: 20, p999: 25, maximum: 30)
            return report
        }
        let table = LoadReport.table([
            report("a:1", 100, cpu: 13.25), report("b:2", 250, cpu: nil), report("a:1", 90, cpu: 12),
            report("a:1", 400, cpu: 20),
        ])
        #expect(
            table == """
                BROKER  PRODUCT  MSG/S  RATIO  MB/S  CPU us/MSG  CONFIRM us p50/p99/p99.9/max  DELIVER us p50/p99/p99.9/max
                a:1     P 1      100    1.00   1.00  13.25       –                             10/20/25/30
                b:2     P 1      250    2.50   2.50  –           –                             10/20/25/30
                """)
    }
}
