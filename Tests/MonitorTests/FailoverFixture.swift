import Management

@testable import Monitor

/// A cluster of three, of which warren2 crashes at 10,000 ms while five queues are published to.
enum FailoverFixture {
    static let loss = 10_000.0
    static let nodes = ["warren1", "warren2", "warren3"]

    /// Confirms of a queue from 5 s on to `now`, one bucket after the other: `count` every `every` milliseconds, none
    /// between the two times.
    static func confirms(
        _ name: String, _ type: String, count: Int = 8, every: Double = 10, silent: ClosedRange<Double>? = nil,
        leader: String?, members: [String]? = nil, online: [String]? = nil, from start: Double = 5_000, now: Double
    ) -> ClusterTimeline.Queue {
        let buckets = Int((now - start) / 10)
        let confirms = (0..<buckets).map { bucket -> Int in
            let time = start + Double(bucket) * 10
            if let silent, silent.contains(time) { return 0 }
            return (time / every).rounded() * every == time ? count : 0
        }
        return ClusterTimeline.Queue(
            vhost: "/", name: name, type: type, leader: leader, members: members ?? nodes,
            online: online ?? members ?? nodes, start: start, confirms: confirms)
    }

    static func event(
        _ offset: Double, _ kind: ClusterTimeline.Event.Kind, _ node: String, queue: String? = nil, term: Int? = nil,
        by person: Bool = false, _ text: String = ""
    ) -> ClusterTimeline.Event {
        ClusterTimeline.Event(
            at: loss + offset, kind: kind, node: node, vhost: queue.map { _ in "/" }, queue: queue, term: term,
            isInjected: person, text: text)
    }

    /// What an endpoint would answer at a time: the crash of warren2 in the middle of it.
    static func answer(now: Double = 17_000, from start: Double = 5_000) -> ClusterTimeline {
        let isBefore = now < loss
        var answer = ClusterTimeline(now: now, wallClock: 1_764_241_334 + (now - loss) / 1_000)
        answer.nodes = nodes.map {
            ClusterTimeline.Node(name: $0, state: $0 == "warren2" && !isBefore ? .crashed : .running)
        }
        let online = isBefore ? nodes : ["warren1", "warren3"]
        answer.queues = [
            confirms(
                "orders.eu", "quorum", silent: 10_000...10_079, leader: isBefore ? "warren2" : "warren1",
                online: online,
                from: start, now: now),
            confirms(
                "payments", "mirrored", count: 3, silent: 10_000...10_139, leader: isBefore ? "warren2" : "warren3",
                online: online, from: start, now: now),
            confirms(
                "mail", "classic", count: 2, silent: 10_000...99_000, leader: isBefore ? "warren2" : nil,
                members: ["warren2"], online: isBefore ? ["warren2"] : [], from: start, now: now),
        ]
        let events = [
            event(0, .nodeDown, "warren2", by: true, "process died, links closed"),
            event(2, .leaderLost, "warren2", queue: "orders.eu", "37 publishes wait"),
            event(61, .leaderElected, "warren1", queue: "orders.eu", term: 8),
            event(141, .promoted, "warren3", queue: "payments", "10 unacked requeued"),
            event(142, .unavailable, "warren2", queue: "mail", "404 until it returns"),
        ]
        answer.events = events.filter { $0.at <= now }
        answer.clients = ClusterTimeline.Clients(confirmed: 24_812, lost: 0, duplicated: 0)
        return answer
    }

    static func recording(now: Double = 17_000) -> FailoverRecording {
        var recording = FailoverRecording()
        recording.take(answer(now: min(now, 9_750)))
        if now > 9_750 { recording.take(answer(now: now)) }
        return recording
    }
}
