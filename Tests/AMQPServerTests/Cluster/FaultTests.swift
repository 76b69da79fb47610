import AMQP
import AMQPClient
import AMQPServer
import Broker
import Foundation
import Management
import TestSupport
import Testing

extension OneAtATime {
    @Suite("Nodes that are hurt on purpose", .timeLimit(.minutes(2)), .serialized)
    struct FaultTests {
        @Test(
            "a node that dies resets its clients, the others go on, and after a restart all that was confirmed is there",
            arguments: [NodeFault.crash, .powerLoss], 1...3)
        func death(_ fault: NodeFault, _ number: Int) async throws {
            try await withCluster { cluster in
                try await cluster.fill("q", with: 300, on: number)
                let client = try await cluster.connect(number)
                let channel = try await client.openChannel()
                let ending = await Ending(of: channel)
                let other = try await cluster.connect(number % 3 + 1).openChannel()
                try await cluster.inject(fault, number)
                #expect(try await ending.wait() != .refused(code: 320, text: ""))
                #expect(try await cluster.state(of: number) == .crashed)
                await #expect(throws: ClientError.self) { _ = try await cluster.connect(number) }
                try await other.call(QueueDeclare(queue: "meanwhile", durable: true))
                try await cluster.inject(.restart, number)
                #expect(try await cluster.depth(of: "q", on: number) == 300)
                #expect(try await cluster.depth(of: "meanwhile", on: number % 3 + 1) == 0)
            }
        }

        @Test(
            "a node that dies again and again under load loses nothing that was confirmed",
            arguments: [NodeFault.crash, .powerLoss])
        func underLoad(_ fault: NodeFault) async throws {
            try await withCluster { cluster in
                var least: UInt32 = 0
                for round in 1...5 {
                    let connection = try await cluster.connectWhenServing(2)
                    let channel = try await connection.openChannel()
                    try await channel.call(QueueDeclare(queue: "q", durable: true))
                    try await channel.call(ConfirmSelect())
                    let confirmed = Counted()
                    publish(20_000, to: "q", on: channel, confirmed)
                    try await eventually("some confirms", every: .milliseconds(1)) {
                        confirmed.count > UInt64(round * 200) ? true : nil
                    }
                    try await cluster.inject(fault, 2)
                    let count = UInt32(confirmed.count)
                    try await cluster.inject(.restart, 2)
                    let depth = try await cluster.depth(of: "q", on: 2)
                    #expect(depth >= least + count, "of \(least) + \(count)")
                    least = depth
                }
            }
        }

        @Test("a paused node answers nobody and keeps its connections; it goes on when it is resumed")
        func pause() async throws {
            try await withCluster { cluster in
                let client = try await cluster.connect(3)
                let channel = try await client.openChannel()
                try await cluster.inject(.pause, 3)
                #expect(try await cluster.state(of: 3) == .paused)
                let declaring = Task { try await channel.call(QueueDeclare(queue: "q", durable: true)) }
                #expect(try await cluster.endpoint.nodes().map(\.running) == [true, true, false])
                // It may have led what has to agree to this.
                try await eventually("a declaration") {
                    let others = try await cluster.connectWhenServing(1).openChannel()
                    return try? await others.call(QueueDeclare(queue: "other"))
                }
                // Before the others miss it, nothing has happened; later it finds itself left out and closes its connections.
                try await cluster.inject(.resume, 3)
                _ = try? await declaring.value
                try await cluster.wait(for: 3, toBe: .running)
                let again = try await cluster.connectWhenServing(3)
                try await again.openChannel().call(QueueDeclare(queue: "q", durable: true))
                // Not heard for longer than the others wait: they miss it, here because the one that is left is in a minority.
                try await cluster.inject(.pause, 3)
                try await cluster.inject(.pause, 2)
                try await cluster.wait(for: 1, toBe: .minority)
                for number in 2...3 { try await cluster.inject(.resume, number) }
                for number in 1...3 { try await cluster.wait(for: number, toBe: .running) }
                let last = try await cluster.connectWhenServing(3)
                try await last.openChannel().call(QueueDeclare(queue: "q", passive: true, durable: true))
            }
        }

        @Test(
            "an isolated node closes its connections with 320 and its port, and is back when it is healed",
            arguments: 1...3)
        func isolate(_ number: Int) async throws {
            try await withCluster { cluster in
                let ending = await Ending(of: try await cluster.connect(number).openChannel())
                try await cluster.inject(.isolate, number)
                #expect(
                    try await ending.wait()
                        == .refused(
                            code: 320,
                            text: "CONNECTION_FORCED - broker forced connection closure with reason 'shutdown'"))
                try await cluster.wait(for: number, toBe: .minority)
                try await eventually("its port to be closed") { () -> Bool? in
                    do {
                        try await cluster.connect(number).close()
                        return nil
                    } catch { return true }
                }
                let links = try await cluster.faults().links
                #expect(links.filter(\.isCut).count == 2 && links.count == 3)
                let other = try await cluster.connect(number % 3 + 1).openChannel()
                try await other.call(QueueDeclare(queue: "meanwhile", durable: true))
                try await cluster.inject(.heal, number)
                let back = try await cluster.connectWhenServing(number)
                try await back.openChannel().call(QueueDeclare(queue: "meanwhile", durable: true))
            }
        }

        @Test("a cut link leaves both its ends serving through the third node or not at all; a slow one loses nothing")
        func links() async throws {
            try await withCluster { cluster in
                let names = cluster.names
                try await cluster.inject(.link(names[0], names[1], .slow))
                #expect(try await cluster.faults().links.map(\.slowMilliseconds) == [50, 0, 0])
                for number in 1...3 {
                    let channel = try await cluster.connectWhenServing(number).openChannel()
                    for declared in 1...5 { try await channel.call(QueueDeclare(queue: "s\(number)-\(declared)")) }
                }
                try await cluster.inject(.link(names[0], names[1], .heal))
                try await cluster.inject(.link(names[2], names[1], .cut))
                #expect(try await cluster.faults().links.map(\.isCut) == [false, false, true])
                try await eventually("a declaration") {
                    let channel = try await cluster.connectWhenServing(1).openChannel()
                    return try? await channel.call(QueueDeclare(queue: "q", durable: true))
                }
                try await cluster.inject(.link(names[1], names[2], .heal))
                for number in 1...3 { try await cluster.wait(for: number, toBe: .running) }
                #expect(try await cluster.endpoint.queues(QueuePageRequest()).totalCount == 16)
            }
        }

        @Test("where a majority needs a slow link the leader stays, and confirms later")
        func slowMajority() async throws {
            try await withCluster(ClusterOptions(nodes: 2, allowsFaults: true)) { cluster in
                try await cluster.fill("q", with: 1, on: 1, type: "quorum")
                let before = try await cluster.endpoint.replicas(vhost: "/", queue: "q").map(\.term)
                try await cluster.inject(.link(cluster.names[0], cluster.names[1], .slow))
                for _ in 1...5 { try await cluster.fill("q", with: 10, on: 1, type: "quorum") }
                #expect(try await cluster.endpoint.queue(vhost: "/", name: "q").messages == 51)
                #expect(try await cluster.endpoint.replicas(vhost: "/", queue: "q").map(\.term) == before)
            }
        }

        @Test("a running node, and a paused one, is stopped in order and started again", arguments: [false, true])
        func restart(isPaused: Bool) async throws {
            try await withCluster { cluster in
                try await cluster.fill("q", with: 20, on: 1)
                if isPaused { try await cluster.inject(.pause, 1) }
                try await cluster.inject(.restart, 1)
                #expect(try await cluster.depth(of: "q", on: 1) == 20)
            }
        }

        @Test("nodes that were alone serve when a second one comes, and never in between")
        func majorityLost() async throws {
            try await withCluster { cluster in
                try await cluster.inject(.crash, 1)
                try await cluster.inject(.powerLoss, 2)
                try await cluster.wait(for: 3, toBe: .minority)
                try await cluster.inject(.restart, 2)
                try await cluster.wait(for: 3, toBe: .running)
                try await cluster.wait(for: 2, toBe: .running)
                let channel = try await cluster.connectWhenServing(3).openChannel()
                try await channel.call(QueueDeclare(queue: "q", durable: true))
            }
        }

        @Test("what cannot be done to a node in its state is refused with the reason")
        func refused() async throws {
            try await withCluster { cluster in
                func reason(_ fault: Fault) async -> String {
                    do throws(EndpointError) {
                        try await cluster.inject(fault)
                        return "done"
                    } catch {
                        return error.message
                    }
                }
                let names = cluster.names
                #expect(await reason(.node(names[0], .resume)).contains("it is not paused"))
                #expect(await reason(.node("warren9@localhost", .crash)).contains("'warren9@localhost' does not exist"))
                #expect(await reason(.link(names[0], names[0], .cut)).contains("a link has two ends"))
                #expect(await reason(.node(names[0], .crash)) == "done")
                #expect(await reason(.node(names[0], .crash)).contains("it is dead already; restart it"))
                #expect(await reason(.node(names[0], .powerLoss)).contains("it is dead already; restart it"))
                #expect(await reason(.node(names[0], .pause)).contains("it is dead; restart it"))
                #expect(await reason(.node(names[0], .resume)).contains("it is dead; restart it"))
                #expect(await reason(.node(names[0], .isolate)) == "done")
                #expect(await reason(.node(names[1], .pause)) == "done")
                #expect(await reason(.node(names[1], .pause)).contains("it is paused already"))
                #expect(await reason(.node(names[1], .crash)) == "done")
            }
        }
    }
}
