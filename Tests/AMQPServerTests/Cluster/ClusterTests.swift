import AMQP
import AMQPClient
import AMQPServer
import Broker
import Foundation
import Journal
import Management
import TestSupport
import Testing

extension OneAtATime {
    @Suite("A cluster in one process", .timeLimit(.minutes(2)), .serialized)
    struct ClusterTests {
        @Test("what is declared through one node's port is seen through the others'")
        func declared() async throws {
            try await withCluster { cluster in
                #expect(Set(cluster.amqpAddresses).count == 3)
                for number in 1...3 {
                    let connection = try await cluster.connect(number)
                    try await connection.openChannel().call(QueueDeclare(queue: "q\(number)", durable: true))
                    for other in 1...3 {
                        let second = try await cluster.connect(other)
                        try await second.openChannel().call(
                            QueueDeclare(queue: "q\(number)", passive: other == number, durable: true))
                        await second.close()
                    }
                    await connection.close()
                }
            }
        }

        @Test("every number of nodes from two to seven starts and stops", arguments: 2...7)
        func sizes(_ nodes: Int) async throws {
            try await withCluster(ClusterOptions(nodes: nodes)) { cluster in
                let running = try await cluster.endpoint.nodes().map(\.running)
                #expect(running == Array(repeating: true, count: nodes))
            }
        }

        @Test("a cluster that was stopped has its durable queues and their messages again")
        func restarted() async throws {
            try await withFolder { path in
                for round in 0..<3 {
                    try await withCluster(ClusterOptions(data: DataOptions(path: path))) { cluster in
                        for number in 1...3 {
                            if round > 0 {
                                #expect(try await cluster.depth(of: "q\(number)", on: number) == UInt32(round * 10))
                            }
                            try await cluster.fill("q\(number)", with: 10, on: number)
                        }
                    }
                }
                await #expect(throws: StorageError.self) {
                    _ = try await RunningCluster.start(ClusterOptions(nodes: 5, data: DataOptions(path: path)))
                }
                await #expect(throws: StorageError.self) {
                    _ = try await RunningBroker.start(data: DataOptions(path: path))
                }
            }
        }

        @Test("a lone node's directory is refused, with the way out")
        func aloneDirectory() async throws {
            try await withFolder { path in
                try await RunningBroker.start(data: DataOptions(path: path)).stop()
                do {
                    _ = try await RunningCluster.start(ClusterOptions(data: DataOptions(path: path)))
                    Issue.record("it started")
                } catch let error as StorageError {
                    #expect(error.description.contains("--nodes 1"))
                }
                try await RunningBroker.start(data: DataOptions(path: path)).stop()
            }
        }

        @Test("a taken port is an error that names it, and nothing is left running")
        func takenPort() async throws {
            let first = try await RunningBroker.start()
            let port = try #require(first.amqpPort)
            do {
                _ = try await RunningCluster.start(ClusterOptions(port: port - 1))
                Issue.record("two brokers on one port")
            } catch let error as ListenError {
                #expect(error.isTaken && (port - 1...port + 1).contains(error.port))
            }
            try await first.stop()
        }

        /// Threads of this process whose names are those of event loops and journals.
        private var threads: Int {
            (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count) ?? 0
        }

        @Test("it stops in every state, leaves its ports free and its temporary directory removed, and no threads")
        func stops() async throws {
            let temporary = FileManager.default.temporaryDirectory.path
            func directories() throws -> Set<String> {
                Set(try FileManager.default.contentsOfDirectory(atPath: temporary).filter { $0.hasPrefix("warren-") })
            }
            let before = try directories()
            let faults: [[(NodeFault, Int)]] = [
                [], [(.crash, 1)], [(.pause, 2)], [(.powerLoss, 3), (.pause, 1)], [(.isolate, 1), (.isolate, 2)],
                [(.crash, 1), (.crash, 2), (.crash, 3)], [(.pause, 1), (.pause, 2), (.pause, 3)],
            ]
            var port = 0
            var threadsAfterFirst = 0
            for hurt in faults {
                try await withCluster(ClusterOptions(port: port)) { cluster in
                    // The same ports again, while those of the last round are barely closed.
                    if port == 0 { port = try Self.consecutivePort(cluster) }
                    let client = try await cluster.connect(1)
                    let ending = await Ending(of: try await client.openChannel())
                    for (fault, number) in hurt { try await cluster.inject(fault, number) }
                    try await cluster.stop()
                    _ = try await ending.wait()
                }
                if threadsAfterFirst == 0 { threadsAfterFirst = threads }
            }
            try await eventually("threads to end") { threads <= threadsAfterFirst + 2 ? true : nil }
            // Clusters of other suites come and go meanwhile.
            try await eventually("the temporary directories to be removed") {
                try directories().subtracting(before).filter { !$0.contains("-test-") }.isEmpty ? true : nil
            }
        }

        /// A port that is free with the two behind it; 0 where they are not free.
        private static func consecutivePort(_ cluster: RunningCluster) throws -> Int {
            for port in stride(from: 21_000, to: 29_000, by: 97) {
                let ports = (0..<3).map { try? ReservedPort(host: "127.0.0.1", port: port + $0) }
                if !ports.contains(where: { $0 == nil }) { return port }
            }
            return 0
        }
    }
}
