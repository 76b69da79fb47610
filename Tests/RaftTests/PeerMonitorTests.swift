import Testing

@testable import Raft

@Suite("Nodes that watch each other")
struct PeerMonitorTests {
    private static let second: UInt64 = 1_000_000_000

    private func monitor(_ node: UInt32, incarnation: UInt64 = 1, now: UInt64 = 0) -> PeerMonitor {
        PeerMonitor(node: node, incarnation: incarnation, peers: [1, 2], now: now)
    }

    /// Carries heartbeats between the two until there are none; events of each.
    private func talk(
        _ one: inout PeerMonitor, _ other: inout PeerMonitor, from output: PeerOutput, now: UInt64
    ) -> [UInt32: [PeerEvent]] {
        var events: [UInt32: [PeerEvent]] = [:]
        var heartbeats = output.heartbeats
        while !heartbeats.isEmpty {
            let heartbeat = heartbeats.removeFirst()
            var output = PeerOutput()
            if heartbeat.to == one.node {
                one.received(heartbeat, now: now, into: &output)
            } else {
                other.received(heartbeat, now: now, into: &output)
            }
            events[heartbeat.to, default: []] += output.events
            heartbeats += output.heartbeats
        }
        return events
    }

    private func pair() -> (PeerMonitor, PeerMonitor) {
        var one = monitor(1)
        var other = monitor(2)
        var output = PeerOutput()
        one.tick(now: 0, into: &output)
        _ = talk(&one, &other, from: output, now: 0)
        return (one, other)
    }

    @Test("a peer is up when each side hears the other, after one exchange")
    func up() {
        var one = monitor(1)
        var other = monitor(2, incarnation: 7)
        var output = PeerOutput()
        one.tick(now: 0, into: &output)
        #expect(output.heartbeats == [Heartbeat(from: 1, to: 2, incarnation: 1, heard: 0)])
        let events = talk(&one, &other, from: output, now: 0)
        #expect(events[1] == [.up(node: 2, incarnation: 7)])
        #expect(events[2] == [.up(node: 1, incarnation: 1)])
    }

    @Test("one that is heard but does not hear is not up")
    func oneWay() {
        var one = monitor(1)
        var output = PeerOutput()
        for time in 0..<20 {
            one.received(
                Heartbeat(from: 2, to: 1, incarnation: 1, heard: 0), now: UInt64(time) * 100_000_000, into: &output)
        }
        #expect(output.events.isEmpty)
        #expect(!one.isUp(2))
    }

    @Test("a peer that stops hearing takes itself down here")
    func stopsHearing() {
        var (one, _) = pair()
        var output = PeerOutput()
        one.received(Heartbeat(from: 2, to: 1, incarnation: 1, heard: 0), now: 1, into: &output)
        #expect(output.events == [.down(node: 2)])
    }

    @Test("silence for the time-out is down, and not before")
    func silence() {
        var (one, _) = pair()
        var output = PeerOutput()
        one.tick(now: one.timeout - 1, into: &output)
        #expect(output.events.isEmpty)
        one.tick(now: one.timeout, into: &output)
        #expect(output.events == [.down(node: 2)])
        #expect(one.upNodes.isEmpty)
    }

    @Test("a reset link is down at once, and up again with the next heartbeat")
    func linkReset() {
        var (one, other) = pair()
        var output = PeerOutput()
        one.linkReset(2, into: &output)
        #expect(output.events == [.down(node: 2)])
        output.removeAll()
        other.tick(now: Self.second / 10, into: &output)
        let events = talk(&one, &other, from: output, now: Self.second / 10)
        #expect(events[1] == [.up(node: 2, incarnation: 1)])
    }

    @Test("a link that is opened makes its node up after one exchange")
    func linkOpened() {
        var (one, other) = pair()
        var output = PeerOutput()
        one.linkReset(2, into: &output)
        other.linkReset(1, into: &output)
        output.removeAll()
        one.linkOpened(2, into: &output)
        let events = talk(&one, &other, from: output, now: 5)
        #expect(events == [1: [.up(node: 2, incarnation: 1)], 2: [.up(node: 1, incarnation: 1)]])
    }

    @Test("a new incarnation is down and then up, however short the time between")
    func newIncarnation() {
        var (one, _) = pair()
        var reborn = monitor(2, incarnation: 2, now: 1)
        var output = PeerOutput()
        reborn.tick(now: 1, into: &output)
        let events = talk(&one, &reborn, from: output, now: 1)
        #expect(events[1] == [.down(node: 2), .up(node: 2, incarnation: 2)])
        #expect(events[2] == [.up(node: 1, incarnation: 1)])
    }

    @Test("a heartbeat of an earlier incarnation is ignored")
    func ghosts() {
        var (one, _) = pair()
        var output = PeerOutput()
        one.received(Heartbeat(from: 2, to: 1, incarnation: 3, heard: 1), now: 1, into: &output)
        output.removeAll()
        one.received(Heartbeat(from: 2, to: 1, incarnation: 1, heard: 0), now: 2, into: &output)
        one.received(Heartbeat(from: 9, to: 1, incarnation: 9, heard: 0), now: 2, into: &output)
        #expect(output.events.isEmpty && output.heartbeats.isEmpty)
        #expect(one.isUp(2))
    }

    @Test("other traffic is as good as heartbeats")
    func otherTraffic() {
        var (one, _) = pair()
        var output = PeerOutput()
        one.heard(from: 2, now: one.timeout - 1)
        one.tick(now: one.timeout + 10, into: &output)
        #expect(output.events.isEmpty)
    }

    @Test("the deadline is the next heartbeat or the next silence, and without peers there is none")
    func deadlines() {
        var (one, _) = pair()
        #expect(one.nextDeadline == one.interval)
        var output = PeerOutput()
        one.remove(2, into: &output)
        #expect(output.events == [.down(node: 2)])
        #expect(one.nextDeadline == nil)
    }
}
