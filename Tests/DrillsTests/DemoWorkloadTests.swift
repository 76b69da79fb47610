import AMQP
import AMQPClient
import AMQPServer
import Broker
import Foundation
import Management
import Testing

@testable import Drills

@Suite("The demo's workload", .timeLimit(.minutes(2)), .serialized)
struct DemoWorkloadTests {
    /// Runs the workload on a cluster of its own while something is done to that; returns what was counted after all that
    /// was confirmed had its time to come.
    private func run(
        _ body: @Sendable (RunningCluster, DemoWorkload) async throws -> Void
    ) async throws -> DeliveryAudit.Counts {
        let cluster = try await RunningCluster.start(ClusterOptions(nodes: 3, allowsFaults: true))
        let workload = DemoWorkload(uris: try cluster.amqpAddresses.map { try AMQPURI("amqp://\($0)") }, rate: 0.2)
        cluster.countClients { workload.counts }
        let (goesOn, end) = AsyncStream.makeStream(of: Never.self)
        let traffic = Task { await workload.run(until: { for await _ in goesOn {} }, draining: .seconds(20)) }
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await body(cluster, workload))
        } catch {
            outcome = .failure(error)
            traffic.cancel()
        }
        end.finish()
        await traffic.value
        try await cluster.stop()
        try outcome.get()
        return workload.books.counts
    }

    /// Waits until more has been confirmed of a queue than before, or a deadline.
    private func confirmsGoOn(
        of queue: String, in workload: DemoWorkload, within limit: Duration = .seconds(15)
    ) async -> Bool {
        let before = workload.books.counts(of: queue)?.confirmed ?? 0
        let end = ContinuousClock.now + limit
        while workload.books.counts(of: queue)?.confirmed ?? 0 <= before {
            guard ContinuousClock.now < end else { return false }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return true
    }

    @Test(
        "confirms go on through crashes, a loss of power and restarts, nothing confirmed is lost and nothing comes twice"
    )
    func crashes() async throws {
        let counts = try await run { cluster, workload in
            let orders = ["orders.eu", "orders.us"]
            for queue in orders + ["mail", "audit.tx"] {
                #expect(await confirmsGoOn(of: queue, in: workload), "\(queue) begins")
            }
            for (place, fault) in [(1, NodeFault.crash), (0, .powerLoss), (2, .crash)] {
                try await cluster.inject(.node(cluster.names[place], fault))
                for queue in orders {
                    #expect(await confirmsGoOn(of: queue, in: workload), "\(queue) without node \(place + 1)")
                }
                try await cluster.inject(.node(cluster.names[place], .restart))
                #expect(await confirmsGoOn(of: "mail", in: workload))
                #expect(await confirmsGoOn(of: "audit.tx", in: workload))
            }
            let clients = try #require(try await cluster.timeline(seconds: 1).clients)
            #expect(clients.confirmed > 0 && clients.lost == 0)
        }
        #expect(counts.confirmed > 300)
        #expect(counts.lost == 0 && counts.duplicated == 0, "\(counts)")
    }

    @Test("a node that is paused or cut off is left for another one, and what it had is not lost")
    func away() async throws {
        let counts = try await run { cluster, workload in
            #expect(await confirmsGoOn(of: "orders.eu", in: workload))
            for (fault, end) in [(NodeFault.pause, NodeFault.resume), (.isolate, .heal)] {
                try await cluster.inject(.node(cluster.names[1], fault))
                #expect(await confirmsGoOn(of: "orders.eu", in: workload))
                #expect(await confirmsGoOn(of: "orders.us", in: workload))
                try await cluster.inject(.node(cluster.names[1], end))
                #expect(await confirmsGoOn(of: "mail", in: workload))
            }
        }
        #expect(counts.lost == 0 && counts.duplicated == 0, "\(counts)")
    }

    @Test("with heartbeats a client leaves a node that stands still, also while it logs in; without it waits")
    func heartbeats() async throws {
        let cluster = try await RunningCluster.start(ClusterOptions(nodes: 3, allowsFaults: true))
        let uri = try AMQPURI("amqp://\(cluster.amqpAddresses[2])")
        let (ends, end) = AsyncStream.makeStream(of: ClientError.self)
        let channel = try await ClientConnection.open(uri, heartbeatSeconds: 1).openChannel()
        channel.onLoop { $0.onEnd = { end.yield($0) } }
        // Nothing is said for a while, and yet it lasts.
        try await Task.sleep(for: .milliseconds(2500))
        try await channel.call(BasicQos())
        try await cluster.inject(.node(cluster.names[2], .pause))
        await #expect(throws: ClientError.unreachable("\(uri): nothing is heard of it")) {
            _ = try await ClientConnection.open(uri, heartbeatSeconds: 1)
        }
        #expect(await ends.first { _ in true } == .unreachable("\(uri): nothing is heard of it"))
        try await cluster.stop()
    }

    @Test("a queue that a person deletes is there again, and what it had does not count as lost")
    func deleted() async throws {
        let counts = try await run { cluster, workload in
            #expect(await confirmsGoOn(of: "orders.us", in: workload))
            try await cluster.endpoint.deleteQueue(
                vhost: "/", name: "orders.us", ifEmpty: false, ifUnused: false)
            #expect(await confirmsGoOn(of: "orders.us", in: workload))
        }
        #expect(counts.lost == 0 && counts.duplicated == 0, "\(counts)")
    }

    @Test("its queues are what they are meant to be, and live where they are meant to")
    func homes() async throws {
        _ = try await run { cluster, workload in
            #expect(await confirmsGoOn(of: "audit.tx", in: workload))
            let queues = try await cluster.endpoint.queues(QueuePageRequest()).items
            for flow in DemoFlow.all {
                let queue = try #require(queues.first { $0.name == flow.queue })
                #expect(queue.type == (flow.kind == .quorum ? "quorum" : "classic"))
                // The leader of a quorum queue may have changed meanwhile.
                if flow.kind == .classic { #expect(queue.node == cluster.names[flow.home], "\(flow.queue)") }
            }
        }
    }

    @Test("it runs on a node alone as well")
    func alone() async throws {
        let broker = try await RunningBroker.start()
        let workload = DemoWorkload(uris: [try AMQPURI("amqp://\(try #require(broker.amqpAddress))")])
        await workload.run(
            until: {
                for flow in DemoFlow.all where flow.isAudited {
                    #expect(await confirmsGoOn(of: flow.queue, in: workload), "\(flow.queue)")
                }
            }, draining: .seconds(20))
        #expect(workload.counts.lost == 0 && workload.counts.duplicated == 0)
        try await broker.stop()
    }
}
