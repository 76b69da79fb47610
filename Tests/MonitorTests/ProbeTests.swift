import Management
import Testing

@testable import Monitor

private let canary = QueueID(vhost: "/", name: "warren.canary.x")

/// A monitor of a broker that records nothing, which has said what it is.
private func core() -> MonitorCore {
    var core = MonitorCore(
        addresses: ["mq"], interval: .seconds(1), visible: [.overview, .leadership], queues: QueuePageRequest(),
        abilities: [EndpointAbilities(inspectsReplicas: true)])
    _ = core.apply(.started, at: .zero)
    _ = core.apply(
        .finished(0, .success(.capabilities(EndpointCapabilities(product: .rabbitMQ, version: "3.13.0")))), at: .zero)
    return core
}

/// Answers the question who leads, at a time.
private func look(_ core: inout MonitorCore, at time: Duration) throws {
    _ = core.apply(.woken, at: time)
    let request = try #require(core.poller[.leadership].inFlight)
    var seen = QueueLeadership(QueueInfo(vhost: "/", name: canary.name))
    seen.leader = "a"
    _ = core.apply(.finished(request.id, .success(.leadership([seen], wallClock: 0))), at: time)
}

@Test("the confirms of a probe are the canary queue's, bucket by bucket, and an outage is measured on them")
func probeMeasures() throws {
    var core = core()
    _ = core.apply(.probe(canary), at: .seconds(1))
    #expect(core.state.watched == [canary])
    _ = core.apply(.probed(.publishing(through: "mq:5672"), at: .seconds(1)), at: .seconds(1))
    for milliseconds in stride(from: 1_000, to: 9_000, by: 10) where !(5_000..<5_340).contains(milliseconds) {
        let time = Duration.milliseconds(milliseconds)
        _ = core.apply(.probed(.confirmed(at: .now), at: time), at: time)
    }
    try look(&core, at: .seconds(9))
    #expect(core.state.probe?.address == "mq:5672")
    let queue = try #require(core.state.recording.queues.first)
    #expect(queue.id == canary)
    let loss = Loss(cause: .init(at: 5_900, kind: .leaderLost, node: "a", vhost: "/", queue: canary.name))
    // The loss was seen up to a second after it happened.
    #expect(queue.outage(of: loss, now: 9_000, uncertainty: 1_000) == .ended(from: 4_990, to: 5_340))
    #expect(queue.outage(of: loss, now: 9_000) == .none)
}

@Test("a probe says why it is interrupted and why it has ended, and goes with its queue")
func probeTrouble() {
    var core = core()
    _ = core.apply(.probe(canary), at: .seconds(1))
    _ = core.apply(.probed(.interrupted("the broker closed the connection"), at: .seconds(2)), at: .seconds(2))
    #expect(core.state.probe?.trouble == "the broker closed the connection" && core.state.probe?.hasEnded == false)
    _ = core.apply(.probed(.failed("no access"), at: .seconds(3)), at: .seconds(3))
    #expect(core.state.probe?.hasEnded == true)
    _ = core.apply(.probe(nil), at: .seconds(4))
    #expect(core.state.probe == nil && core.state.watched.isEmpty)
}

@Test("what a probe has measured is bounded")
func probeIsBounded() {
    var probe = ProbeState(canary, at: .zero)
    for second in 0..<200 { probe.take(.confirmed(at: .now), at: .seconds(second)) }
    #expect(probe.confirms.count == 6_000)
    #expect(probe.start == 199_010 - 60_000)
    probe.take(.confirmed(at: .now), at: .seconds(10_000))
    #expect(probe.confirms == [1])
}
