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
        #expect(
            problem {
                $0.ackBatch = 100
                $0.prefetch = 10
            }?.contains("nothing would ever be acknowledged") == true)
    }

    @Test(
        "sums add up with and without confirms and acks",
        arguments: [(0, 0), (100, 0), (0, 10), (100, 10)])
    func sums(window: Int, ackBatch: Int) async throws {
        let broker = try await RunningBroker.start()
        var plan = LoadPlan()
        plan.seconds = 0.2
        plan.confirmWindow = window
        plan.ackBatch = ackBatch
        plan.prefetch = ackBatch == 0 ? 0 : 50
        plan.isPersistent = window > 0
        let uri = try AMQPURI("amqp://\(try #require(broker.amqpAddress))")
        let report = try await LoadGenerator(uri: uri, plan: plan).run()
        #expect(report.published > 0)
        #expect(report.consumed == report.published)
        #expect(report.confirmed == (window > 0 ? report.published : 0))
        #expect((report.confirmLatency != nil) == (window > 0))
        #expect(report.deliveryLatency != nil)
        #expect(report.product == "Warren 0.1.0")
        let left = try await broker.endpoint.overview().objectTotals.queues
        #expect(left == 0)
        try await broker.stop()
    }

    @Test("the table compares each broker's median with the first broker's")
    func table() {
        func report(_ broker: String, _ rate: UInt64, cpu: Double?) -> LoadReport {
            var report = LoadReport(
                broker: broker, product: "P 1", published: rate, confirmed: 0, refused: 0, consumed: rate, seconds: 1)
            report.serverMicrosecondsPerMessage = cpu
            report.deliveryLatency = LoadReport.Latency(median: 10, p99: 20, maximum: 30)
            return report
        }
        let table = LoadReport.table([
            report("a:1", 100, cpu: 13.25), report("b:2", 250, cpu: nil), report("a:1", 90, cpu: 12),
            report("a:1", 400, cpu: 20),
        ])
        #expect(
            table == """
                BROKER  PRODUCT  MSG/S  RATIO  CPU us/MSG  CONFIRM p50/p99 us  DELIVER p50/p99 us
                a:1     P 1      100    1.00   13.25       –                   10/20
                b:2     P 1      250    2.50   –           –                   10/20
                """)
    }
}
