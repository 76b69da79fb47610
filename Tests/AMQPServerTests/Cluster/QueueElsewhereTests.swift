import AMQP
import AMQPServer
import Broker
import Management
import TestSupport
import Testing

extension OneAtATime {
    @Suite("A quorum queue, asked of a node without a member of it", .timeLimit(.minutes(2)), .serialized)
    struct QueueElsewhereTests {
        private let id = QueueID(vhost: "/", name: "wide")

        /// Five nodes, and a queue with messages whose members are others than the first node.
        private func withQueue(_ body: (RunningCluster) async throws -> Void) async throws {
            try await withCluster(ClusterOptions(nodes: 5, allowsFaults: true)) { cluster in
                // Members go to the nodes that have the fewest.
                for name in ["one", "two"] { try await cluster.fill(name, with: 0, on: 1, type: "quorum") }
                try await cluster.fill(id.name, with: 20, on: 2, type: "quorum")
                try await body(cluster)
            }
        }

        private func queue(_ cluster: RunningCluster) async throws -> QueueInfo {
            try await cluster.endpoint(of: 1).queue(vhost: id.vhost, name: id.name)
        }

        /// The same from the list of all queues.
        private func listed(_ cluster: RunningCluster) async throws -> QueueInfo? {
            try await cluster.endpoint(of: 1).queues(QueuePageRequest()).items.first { $0.id == id }
        }

        @Test("it is shown as its leader has it, and without one as a member does")
        func shown() async throws {
            try await withQueue { cluster in
                let members = [2, 3, 4].map { cluster.names[$0 - 1] }
                let leader = try await eventually("a leader") { try await queue(cluster).leader }
                for info in [try await queue(cluster), try #require(try await listed(cluster))] {
                    #expect(info.messages == 20 && info.state == "running" && info.members == members)
                    #expect(info.leader == leader && info.node == leader)
                }
                try await cluster.endpoint.watch([id])
                let watched = try await cluster.endpoint(of: 1).timeline(seconds: 1).queues
                #expect(watched.map(\.leader) == [leader] && watched.map(\.members) == [members])

                try await cluster.inject(.node(leader, .crash))
                let next = try await eventually("the next leader") {
                    let next = try await queue(cluster).leader
                    return next == leader ? nil : next
                }
                #expect(members.contains(next))
                #expect(try await queue(cluster).messages == 20)
                try await cluster.inject(.node(next, .crash))
                try await eventually("no leader") { try await queue(cluster).state == "minority" ? true : nil }
                #expect(try await queue(cluster).messages == 20)
                #expect(try await listed(cluster)?.state == "minority")
                for last in members where last != leader && last != next {
                    try await cluster.inject(.node(last, .crash))
                }
                for info in [try await queue(cluster), try #require(try await listed(cluster))] {
                    #expect(info.state == "down" && info.messages == nil && info.node == nil)
                }
            }
        }

        @Test("its members are changed, its leader is moved, and it is emptied")
        func changed() async throws {
            try await withQueue { cluster in
                let endpoint = cluster.endpoint(of: 1)
                try await endpoint.transferLeader(vhost: id.vhost, queue: id.name, to: cluster.names[3])
                try await eventually("another leader") {
                    try await queue(cluster).leader == cluster.names[3] ? true : nil
                }
                try await endpoint.addReplica(vhost: id.vhost, queue: id.name, node: cluster.names[4])
                try await eventually("four members") { try await queue(cluster).members?.count == 4 ? true : nil }
                #expect(try await endpoint.replicas(vhost: id.vhost, queue: id.name).count == 4)
                #expect(try await endpoint.purgeQueue(vhost: id.vhost, name: id.name) == 20)

                // One node leads all: the leaders are spread, also those of queues without a member here.
                let other = cluster.endpoint(of: 5)
                func others() async throws -> [String?] {
                    try await other.queues(QueuePageRequest()).items.filter { $0.name != id.name }.map(\.leader)
                }
                try await eventually("a leader of each") { try await others().contains(nil) ? nil : true }
                for name in ["one", "two"] {
                    try await endpoint.transferLeader(vhost: id.vhost, queue: name, to: cluster.names[0])
                }
                try await eventually("one leader of two") {
                    try await others() == [cluster.names[0], cluster.names[0]] ? true : nil
                }
                try await other.rebalanceLeaders()
                try await eventually("three leaders") {
                    let leaders = try await other.queues(QueuePageRequest()).items.compactMap(\.leader)
                    return Set(leaders).count == 3 ? true : nil
                }
            }
        }
    }
}
