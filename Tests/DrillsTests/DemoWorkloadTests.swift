import AMQPClient
import AMQPServer
import Broker
import Foundation
import Management
import Testing

@testable import Drills

@Suite("The demo's workload", .timeLimit(.minutes(1)), .serialized)
struct DemoWorkloadTests {
    /// Runs the workload on a cluster of its own while something is done to that; returns what was counted after all that
    /// was confirmed had its time to come.
    private func run(
        nodes: Int = 3, publishing span: Duration, _ body: @Sendable (RunningCluster, DemoWorkload) async throws -> Void
    ) async throws -> DeliveryAudit.Counts {
        let cluster = try await RunningCluster.start(ClusterOptions(nodes: nodes, allowsFaults: true))
        let workload = DemoWorkload(uris: try cluster.amqpAddresses.map { try AMQPURI("amqp://\($0)") })
        cluster.countClients { workload.counts }
        let traffic = Task { await workload.run(publishing: span, draining: .seconds(8)) }
        do {
            try await body(cluster, workload)
        } catch {
            traffic.cancel()
            await traffic.value
            try await cluster.stop()
            throw error
        }
        await traffic.value
        try await cluster.stop()
        return workload.books.counts
    }

    /// Waits until more has been confirmed of a queue than before, or a deadline.
    private func confirmsGoOn(
        of queue: String, in workload: DemoWorkload, within limit: Duration = .seconds(5)
    ) async throws -> Bool {
        let before = workload.books.counts(of: queue)?.confirmed ?? 0
        let end = ContinuousClock.now + limit
        while workload.books.counts(of: queue)?.confirmed ?? 0 <= before {
            guard ContinuousClock.now < end else { return false }
            try await Task.sleep(for: .milliseconds(5))
        }
        return true
    }

    @Test(
        "confirms go on through crashes, a loss of power and restarts, nothing confirmed is lost and nothing comes twice"
    )
    func crashes() async throws {
        let counts = try await run(publishing: .seconds(6)) { cluster, workload in
            let orders = ["orders.eu", "orders.us"]
            for queue in orders + ["mail", "audit.tx"] {
                #expect(try await confirmsGoOn(of: queue, in: workload), "\(queue) begins")
            }
            for (place, fault) in [(1, NodeFault.crash), (0, .powerLoss), (2, .crash)] {
                try await cluster.inject(.node(cluster.names[place], fault))
                for queue in orders {
                    #expect(try await confirmsGoOn(of: queue, in: workload), "\(queue) without node \(place + 1)")
                }
                try await cluster.inject(.node(cluster.names[place], .restart))
                #expect(try await confirmsGoOn(of: "mail", in: workload))
                #expect(try await confirmsGoOn(of: "audit.tx", in: workload))
            }
            let clients = try #require(try await cluster.timeline(seconds: 1).clients)
            #expect(clients.confirmed > 0 && clients.lost == 0)
        }
        #expect(counts.confirmed > 1000)
        #expect(counts.lost == 0 && counts.duplicated == 0, "\(counts)")
    }

    @Test("a node that is paused or cut off is left for another one, and what it had is not lost")
    func away() async throws {
        let counts = try await run(publishing: .seconds(7)) { cluster, workload in
            #expect(try await confirmsGoOn(of: "orders.eu", in: workload))
            for (fault, end) in [(NodeFault.pause, NodeFault.resume), (.isolate, .heal)] {
                try await cluster.inject(.node(cluster.names[1], fault))
                #expect(try await confirmsGoOn(of: "orders.eu", in: workload))
                #expect(try await confirmsGoOn(of: "orders.us", in: workload))
                try await cluster.inject(.node(cluster.names[1], end))
                #expect(try await confirmsGoOn(of: "mail", in: workload))
            }
        }
        #expect(counts.lost == 0 && counts.duplicated == 0, "\(counts)")
    }

    @Test("a queue that a person deletes is there again, and what it had does not count as lost")
    func deleted() async throws {
        let counts = try await run(publishing: .seconds(2)) { cluster, workload in
            #expect(try await confirmsGoOn(of: "orders.us", in: workload))
            try await cluster.endpoint.deleteQueue(
                vhost: "/", name: "orders.us", ifEmpty: false, ifUnused: false)
            #expect(try await confirmsGoOn(of: "orders.us", in: workload))
        }
        #expect(counts.lost == 0 && counts.duplicated == 0, "\(counts)")
    }

    @Test("its queues live and are led where they are meant to")
    func homes() async throws {
        _ = try await run(publishing: .seconds(1)) { cluster, workload in
            #expect(try await confirmsGoOn(of: "audit.tx", in: workload))
            let queues = try await cluster.endpoint.queues(QueuePageRequest()).items
            for flow in DemoFlow.all {
                let queue = try #require(queues.first { $0.name == flow.queue })
                #expect(queue.node == cluster.names[flow.home], "\(flow.queue)")
                #expect(queue.type == (flow.kind == .quorum ? "quorum" : "classic"))
            }
        }
    }

    @Test("it runs on a node alone as well")
    func alone() async throws {
        let broker = try await RunningBroker.start()
        let workload = DemoWorkload(uris: [try AMQPURI("amqp://\(try #require(broker.amqpAddress))")])
        await workload.run(publishing: .seconds(1), draining: .seconds(5))
        for flow in DemoFlow.all where flow.isAudited {
            #expect(workload.books.counts(of: flow.queue)?.confirmed ?? 0 > 10, "\(flow.queue)")
        }
        #expect(workload.counts.lost == 0 && workload.counts.duplicated == 0)
        try await broker.stop()
    }
}
