import Management
import Testing

@testable import Monitor

/// What is kept when another address answers: a cluster whose nodes record nothing, looked at through one and then
/// through another.
@Suite struct MovingTests {
    private static let orders = QueueID(vhost: "/", name: "orders")

    /// What every request is answered with.
    private struct Cluster {
        var names = ["rabbit1", "rabbit2", "rabbit3"]
        var leader = "rabbit1"
        var down: String?
        /// Where nobody answers any more.
        var deadAddress: String?

        func answer(_ resource: Resource) -> MonitorCore.Answer? {
            switch resource {
            case .capabilities: return .capabilities(EndpointCapabilities(product: .rabbitMQ, version: "3.10.8"))
            case .overview: return .overview(Overview())
            case .nodes:
                return .nodes(
                    names.map { name in
                        var node = NodeInfo(name: name)
                        node.running = name != down
                        return node
                    })
            case .leadership:
                var info = QueueInfo(vhost: "/", name: "orders")
                info.type = "quorum"
                info.leader = leader
                info.members = names
                return .leadership([QueueLeadership(info)], wallClock: 0)
            case .queues: return .queues(Page(whole: []))
            default: return nil
            }
        }
    }

    /// A core that has looked at a cluster through the first of two addresses until the tenth second.
    private func core(_ cluster: Cluster) -> MonitorCore {
        var core = MonitorCore(
            addresses: ["a", "b"], interval: .seconds(1), visible: [.overview, .nodes, .timeline, .leadership],
            queues: QueuePageRequest())
        answer(&core, core.apply(.started, at: .zero), cluster, at: .zero)
        answer(&core, core.apply(.watch([Self.orders]), at: .zero), cluster, at: .zero)
        look(&core, cluster, from: 1, to: 10)
        return core
    }

    private func look(_ core: inout MonitorCore, _ cluster: Cluster, from: Int, to: Int) {
        for second in from...to {
            answer(&core, core.apply(.woken, at: .seconds(second)), cluster, at: .seconds(second))
        }
    }

    private func answer(_ core: inout MonitorCore, _ actions: [Poller.Action], _ cluster: Cluster, at now: Duration) {
        var open = actions.fetches
        while !open.isEmpty {
            let request = open.removeFirst()
            if core.state.endpoint == cluster.deadAddress {
                let error = EndpointError.unreachable(core.state.endpoint, reason: "connection refused")
                open = core.apply(.finished(request.id, .failure(error)), at: now).fetches
                continue
            }
            guard let answer = cluster.answer(request.resource) else { continue }
            open += core.apply(.finished(request.id, .success(answer)), at: now).fetches
        }
    }

    @Test("a leader that dies with the node that was asked is a loss, seen through the next address")
    func leaderDies() throws {
        var core = core(Cluster())
        #expect(core.state.endpoint == "a" && core.state.recording.losses.isEmpty)
        look(&core, Cluster(leader: "rabbit3", down: "rabbit1", deadAddress: "a"), from: 13, to: 25)
        #expect(core.state.endpoint == "b")
        let recording = core.state.recording
        #expect(Set(recording.events.map(\.kind)) == [.leaderLost, .leaderElected, .nodeDown])
        #expect(recording.losses.count == 1)
        // It may have happened any time since the last look.
        #expect(recording.uncertainty >= 3_000)
        #expect((recording.losses.first?.at ?? 0) - recording.uncertainty <= 10_000)
        let lanes = FailoverTimeline(recording, width: 40).lanes
        #expect(lanes[0].phases.contains(.leader) && lanes[0].phase == .down && lanes[2].phase == .leader)
    }

    @Test("another address that names other nodes is another cluster: nothing of the first is kept")
    func otherCluster() {
        var core = core(Cluster())
        let other = ["hare1", "hare2", "hare3"]
        look(&core, Cluster(names: other, leader: "hare1", deadAddress: "a"), from: 13, to: 25)
        #expect(core.state.recording.nodes.map(\.name) == other)
        #expect(core.state.recording.losses.isEmpty)
    }
}
