import Management
import Terminal

@testable import Console
@testable import Monitor

/// A cluster of three on the embedded engine, of which warren2 crashes at 10,000 ms by the hand of a person.
enum FailoverFixture {
    static let loss = 10_000.0
    static let nodes = ["warren1", "warren2", "warren3"]

    static func queue(
        _ name: String, _ type: String, _ pattern: [Int], silent: Range<Double>?, leader: String?, members: [String],
        online: [String], now: Double
    ) -> ClusterTimeline.Queue {
        let start = max(4_000, now - 8_000)
        let confirms = (0..<Int((now - start) / 10)).map { bucket -> Int in
            let time = start + Double(bucket) * 10
            return silent?.contains(time) == true ? 0 : pattern[Int(time / 10) % pattern.count]
        }
        return ClusterTimeline.Queue(
            vhost: "/", name: name, type: type, leader: leader, members: members, online: online, start: start,
            confirms: confirms)
    }

    static func event(
        _ offset: Double, _ kind: ClusterTimeline.Event.Kind, _ node: String, queue: String? = nil, term: Int? = nil,
        by person: Bool = false, _ text: String = ""
    ) -> ClusterTimeline.Event {
        ClusterTimeline.Event(
            at: loss + offset, kind: kind, node: node, vhost: queue.map { _ in "/" }, queue: queue, term: term,
            isInjected: person, text: text)
    }

    /// The queues as a list gives them before the crash.
    static var infos: [QueueInfo] {
        var orders = Fixture.queue("orders.eu", "quorum", ready: 1, unacked: 0, rates: (1, 1, 1), consumers: 1)
        orders.leader = "warren2"
        orders.members = nodes
        orders.online = nodes
        var payments = Fixture.queue("payments", "classic", ready: 1, unacked: 0, rates: (1, 1, 1), consumers: 1)
        payments.node = "warren2"
        payments.mirrors = ["warren1", "warren3"]
        payments.synchronisedMirrors = ["warren3"]
        var mail = Fixture.queue("mail", "classic", ready: 1, unacked: 0, rates: (1, 1, 1), consumers: 1)
        mail.node = "warren2"
        return [orders, payments, mail]
    }

    /// What the recorder answers at a time.
    static func answer(now: Double) -> ClusterTimeline {
        let isBefore = now < loss
        // 2025-11-27 11:02:14 UTC.
        var answer = ClusterTimeline(now: now, wallClock: 1_764_241_334 + (now - loss) / 1_000)
        answer.nodes = nodes.map { .init(name: $0, state: $0 == "warren2" && !isBefore ? .crashed : .running) }
        let online = isBefore ? nodes : ["warren1", "warren3"]
        answer.queues = [
            queue(
                "orders.eu", "quorum", [8, 9, 8, 10, 8], silent: 10_000..<10_080,
                leader: isBefore || now < loss + 61 ? (isBefore ? "warren2" : nil) : "warren1", members: nodes,
                online: online, now: now),
            queue(
                "payments", "mirrored", [3, 3, 4], silent: 10_000..<10_140, leader: isBefore ? "warren2" : "warren3",
                members: nodes, online: online, now: now),
            queue(
                "mail", "classic", [2, 3, 2], silent: 10_000..<99_000, leader: isBefore ? "warren2" : nil,
                members: ["warren2"], online: isBefore ? ["warren2"] : [], now: now),
        ]
        answer.events = [
            event(0, .nodeDown, "warren2", by: true, "process died, links closed"),
            event(2, .leaderLost, "warren2", queue: "orders.eu", "37 publishes wait"),
            event(61, .leaderElected, "warren1", queue: "orders.eu", term: 8),
            event(84, .caughtUp, "warren3", queue: "orders.eu", "the 37 confirmed, none twice"),
            event(141, .promoted, "warren3", queue: "payments", "10 unacked requeued"),
            event(142, .unavailable, "warren2", queue: "mail", "404 until it returns"),
        ].filter { $0.at <= now }
        answer.clients = .init(confirmed: 24_812, lost: 0, duplicated: 0)
        return answer
    }

    /// The monitor of the embedded engine at a time of the recorder; its own time is so many seconds.
    static func monitor(
        now: Double = 17_000, _ change: (inout MonitorState) -> Void = { _ in }
    ) -> MonitorState {
        var capabilities = EndpointCapabilities.embedded(version: "1")
        capabilities.injectsFaults = true
        capabilities.recordsTimeline = true
        let time = Duration.milliseconds(Int(50_000 + now))
        return Fixture.monitor(
            { monitor in
                monitor.endpoint = "demo@local"
                monitor.endpoints = ["demo@local"]
                monitor.abilities = .init(injectsFaults: true, recordsTimeline: true, inspectsReplicas: true)
                monitor.nodes.value = nodes.map { name in
                    var node = Fixture.nodes[0]
                    node.name = name
                    node.running = name != "warren2" || now < loss
                    return node
                }
                monitor.faults = Sample(value: faults(isCrashed: now >= loss), sampledAt: time)
                if now >= loss { monitor.downSince["warren2"] = .milliseconds(60_000) }
                monitor.recording.take(answer(now: min(now, 9_750)))
                if now > 9_750 { monitor.recording.take(answer(now: now)) }
                monitor.timeline = Sample(value: answer(now: now), sampledAt: time)
                monitor.timeline.interval = .milliseconds(250)
                monitor.watched = monitor.recording.queues.map(\.id)
                monitor.queues.value?.items.removeAll { $0.name == "reports" }
                monitor.time = time
                change(&monitor)
            }, capabilities: capabilities)
    }

    /// What a confirmation reads anew, as long as all is well.
    static func reading(_ state: ConsoleState) -> ClusterReading {
        ClusterReading(
            queues: infos, queueCount: infos.count, nodes: state.monitor.clusterNodes,
            links: faults(isCrashed: false).links)
    }

    static func faults(isCrashed: Bool) -> FaultState {
        FaultState(
            nodes: nodes.map { .init(name: $0, state: $0 == "warren2" && isCrashed ? .crashed : .running) },
            links: [["warren1", "warren2"], ["warren1", "warren3"], ["warren2", "warren3"]].map { .init(between: $0) })
    }

    /// A console that has watched it up to a time, a quarter of a second after the other.
    static func console(
        now: Double = 17_000, columns: Int = 80, rows: Int = 24, isReadOnly: Bool = false,
        panel: ConsoleState.Panel = .failover, opens: Bool = false,
        _ change: (inout MonitorState) -> Void = { _ in }
    ) throws -> ConsoleState {
        var settings = ConsoleSettings(themes: try ThemeLibrary(wanted: nil, environment: [:]), isReadOnly: isReadOnly)
        settings.opensFailover = opens
        let first = monitor(now: 9_500, change)
        var state = ConsoleState(
            settings: settings, monitor: first, size: Size(columns: columns, rows: rows), panel: panel)
        for time in stride(from: 9_500, through: now, by: 250) {
            var next = monitor(now: time, change)
            next.recording = state.monitor.recording
            if time > 9_500 { next.recording.take(answer(now: time)) }
            change(&next)
            _ = state.update(.monitor(next), at: next.time)
        }
        return state
    }
}
