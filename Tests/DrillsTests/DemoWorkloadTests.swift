import AMQP
import AMQPClient
import AMQPServer
import Broker
import Foundation
import Management
import TestSupport
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

    /// Waits until more has been confirmed of each of some queues than before.
    private func confirmsGoOn(of queues: String..., in workload: DemoWorkload) async throws {
        for queue in queues {
            let before = workload.books.counts(of: queue)?.confirmed ?? 0
            try await eventually("confirms of \(queue)", every: .milliseconds(5)) {
                workload.books.counts(of: queue)?.confirmed ?? 0 > before ? true : nil
            }
        }
    }

    @Test(
        "confirms go on through crashes, a loss of power and restarts, nothing confirmed is lost and nothing comes twice"
    )
    func crashes() async throws {
        let counts = try await run { cluster, workload in
            try await confirmsGoOn(of: "orders.eu", "orders.us", "mail", "audit.tx", in: workload)
            for (place, fault) in [(1, NodeFault.crash), (0, .powerLoss), (2, .crash)] {
                try await cluster.inject(.node(cluster.names[place], fault))
                try await confirmsGoOn(of: "orders.eu", "orders.us", in: workload)
                try await cluster.inject(.node(cluster.names[place], .restart))
                try await confirmsGoOn(of: "mail", "audit.tx", in: workload)
            }
            let clients = try #require(try await cluster.timeline(seconds: 1).clients)
            #expect(clients.confirmed > 0 && clients.lost == 0)
            try await eventually("more than 300 confirms") { workload.books.counts.confirmed > 300 ? true : nil }
        }
        #expect(counts.confirmed > 300)
        #expect(counts.lost == 0 && counts.duplicated == 0, "\(counts)")
    }

    @Test("a node that is paused or cut off is left for another one, and what it had is not lost")
    func away() async throws {
        let counts = try await run { cluster, workload in
            try await confirmsGoOn(of: "orders.eu", in: workload)
            for (fault, end) in [(NodeFault.pause, NodeFault.resume), (.isolate, .heal)] {
                try await cluster.inject(.node(cluster.names[1], fault))
                try await confirmsGoOn(of: "orders.eu", "orders.us", in: workload)
                try await cluster.inject(.node(cluster.names[1], end))
                try await confirmsGoOn(of: "mail", in: workload)
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
        let quiet = ContinuousClock.now + .milliseconds(2500)
        try await eventually("2.5 s to pass") { ContinuousClock.now > quiet ? true : nil }
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
            try await confirmsGoOn(of: "orders.us", in: workload)
            try await cluster.endpoint.deleteQueue(
                vhost: "/", name: "orders.us", ifEmpty: false, ifUnused: false)
            try await confirmsGoOn(of: "orders.us", in: workload)
        }
        #expect(counts.lost == 0 && counts.duplicated == 0, "\(counts)")
    }

    @Test("its queues are what they are meant to be, and live where they are meant to")
    func homes() async throws {
        _ = try await run { cluster, workload in
            try await confirmsGoOn(of: "audit.tx", in: workload)
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
        let traffic = Task { await workload.run() }
        try await confirmsGoOn(of: "orders.eu", "orders.us", "mail", "audit.tx", in: workload)
        traffic.cancel()
        await traffic.value
        #expect(workload.counts.lost == 0 && workload.counts.duplicated == 0)
        try await broker.stop()
    }
}
