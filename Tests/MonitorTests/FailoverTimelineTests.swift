import Management
import Testing

@testable import Monitor

private typealias Fixture = FailoverFixture

/// The outage of a queue that is silent between two times around the loss at 10,000 ms, seen at `now`.
private func outage(
    silent: ClosedRange<Double>?, every: Double = 10, now: Double = 12_000, from start: Double = 5_000
) -> Outage {
    var recording = FailoverRecording()
    var answer = ClusterTimeline(now: now, wallClock: 0)
    answer.queues = [
        Fixture.confirms("q", "quorum", every: every, silent: silent, leader: nil, from: start, now: now)
    ]
    answer.events = [Fixture.event(0, .nodeDown, "warren2")]
    recording.take(answer)
    return FailoverTimeline(recording, width: 43).queues[0].outage
}

@Test("an outage of 84 ms is measured as 84 ms, give or take a bucket")
func shortOutage() throws {
    let measured = try #require(outage(silent: 10_000...10_079).milliseconds)
    #expect(abs(measured - 84) <= 10)
}

@Test("an outage that lasts grows with the time, and is not over")
func lastingOutage() {
    #expect(outage(silent: 10_000...99_000, now: 12_000) == .lasting(from: 9_990, to: 12_000))
    #expect(outage(silent: 10_000...99_000, now: 17_000).milliseconds == 7_010)
    #expect(!outage(silent: 10_000...99_000).isOver)
}

@Test("a pause that is not longer than pauses are on this queue is no outage")
func usualPauses() {
    #expect(outage(silent: nil) == .none)
    // A message every 200 ms: one is late by the crash of a follower.
    #expect(outage(silent: nil, every: 200) == .none)
    #expect(outage(silent: 10_100...10_290, every: 200).milliseconds == 400)
}

@Test("confirms that were under way still come after the loss: the outage is the pause behind them")
func lateConfirms() {
    #expect(outage(silent: 10_030...10_329) == .ended(from: 10_020, to: 10_330))
}

@Test("a queue that nobody published to before has no outage, nor one that was not recorded then")
func nothingToMeasure() {
    #expect(outage(silent: 0...10_500) == .idle)
    #expect(outage(silent: nil, from: 10_100) == .notMeasured)
    var recording = FailoverRecording()
    recording.take(ClusterTimeline(now: 1, wallClock: 0, queues: [.init(vhost: "/", name: "q", type: "quorum")]))
    #expect(FailoverTimeline(recording, width: 10).queues[0].outage == .notMeasured)
}

@Test("without a loss the picture is the last two seconds")
func noLoss() {
    let picture = FailoverTimeline(Fixture.recording(now: 9_700), width: 50)
    #expect(picture.loss == nil)
    #expect(picture.window.end == 9_700 && picture.window.start == 7_200)
    #expect(picture.queues.allSatisfy { $0.confirms.allSatisfy { ($0 ?? 0) > 0 } })
    #expect(picture.queues.allSatisfy { $0.gap == nil })
}

@Test("the window is around the loss, and its cells are as narrow as the outage allows")
func zoom() {
    let picture = FailoverTimeline(Fixture.recording(), width: 43)
    #expect(picture.loss?.cause.node == "warren2")
    #expect(picture.window.cell == 20)
    #expect(picture.window.place(of: Fixture.loss) == 12)
    #expect(FailoverTimeline(Fixture.recording(), width: 150).window.cell == 10)
    #expect(FailoverWindow(around: 10_000, outage: 1_200, count: 43, precision: 10).cell == 50)
    #expect(FailoverWindow(around: 10_000, outage: 20_000, count: 43, precision: 10).cell == 1_000)
    // Times known to a second only are not drawn finer.
    #expect(FailoverWindow(around: 10_000, outage: 100, count: 43, precision: 1_000).cell == 1_000)
}

@Test("the cells of the gap are those without a confirm")
func gapCells() throws {
    let lines = FailoverTimeline(Fixture.recording(), width: 43).queues
    for line in lines {
        let gap = try #require(line.gap)
        #expect(gap.allSatisfy { line.confirms[$0] == 0 })
        #expect((line.confirms[gap.lowerBound - 1] ?? 0) > 0)
    }
    #expect(lines[0].gap == 12..<16)
    #expect(lines[2].gap?.upperBound == 43)
}

@Test("a lane says who led the queue that is looked at, and who was down")
func lanes() {
    let lanes = FailoverTimeline(Fixture.recording(), width: 43).lanes
    #expect(lanes.map(\.node) == Fixture.nodes)
    #expect(lanes[0].phases.prefix(15).allSatisfy { $0 == .follower })
    #expect(lanes[0].phases.dropFirst(15).allSatisfy { $0 == .leader })
    #expect(lanes[1].phases.prefix(12).allSatisfy { $0 == .leader })
    #expect(lanes[1].phases.dropFirst(12).allSatisfy { $0 == .down })
    #expect(lanes[2].phases.allSatisfy { $0 == .follower })
    let mail = FailoverTimeline(Fixture.recording(), width: 43, focus: QueueID(vhost: "/", name: "mail")).lanes
    #expect(mail[0].phases.allSatisfy { $0 == .other })
    #expect(mail[1].phases[0] == .leader)
}

@Test("cells that have not come yet are empty")
func future() {
    let picture = FailoverTimeline(Fixture.recording(now: 10_100), width: 43)
    #expect(picture.lanes[0].phases.last == .some(nil))
    #expect(picture.queues[0].confirms.last == .some(nil))
}

@Test("of several losses the newest is shown, and an older one where it is asked for")
func severalLosses() {
    var recording = Fixture.recording()
    var answer = Fixture.answer(now: 24_000, from: 12_000)
    answer.events.append(Fixture.event(3_000, .nodeUp, "warren2", by: true))
    answer.events.append(Fixture.event(3_500, .nodeServing, "warren2"))
    answer.events.append(Fixture.event(12_000, .nodeDown, "warren1", by: true, "power lost"))
    answer.events.append(Fixture.event(12_050, .leaderLost, "warren1", queue: "orders.eu"))
    recording.take(answer)
    #expect(recording.losses.map(\.at) == [10_000, 22_000])
    #expect(FailoverTimeline(recording, width: 43).loss?.cause.node == "warren1")
    let older = FailoverTimeline(recording, width: 43, loss: recording.losses[0])
    #expect(older.loss?.cause.node == "warren2")
    #expect(older.queues[0].outage == .ended(from: 9_990, to: 10_080))
}

@Test("an isolated node is one loss, whatever it leads to")
func isolate() {
    var answer = ClusterTimeline(now: 12_000, wallClock: 0)
    answer.nodes = [.init(name: "warren1", state: .running), .init(name: "warren2", state: .minority)]
    answer.events = [
        Fixture.event(0, .cut, "warren2", by: true), Fixture.event(1, .cut, "warren1", by: true, "link to warren2"),
        Fixture.event(320, .leaderLost, "warren1", queue: "q"), Fixture.event(700, .minority, "warren2"),
    ]
    var recording = FailoverRecording()
    recording.take(answer)
    let picture = FailoverTimeline(recording, width: 43)
    #expect(recording.losses.count == 1)
    #expect(picture.loss?.verb(.minority) == "was cut off")
    #expect(picture.lanes[0].phases.allSatisfy { $0 == .other || $0 == nil })
    #expect(picture.lanes[1].phases.contains(.cutOff) && picture.lanes[1].phase == .minority)
}

@Test("a leader that is lost with no node down is a loss of its own")
func leaderTransfer() {
    var recording = FailoverRecording()
    recording.take(
        ClusterTimeline(now: 10_500, wallClock: 0, events: [Fixture.event(0, .leaderLost, "warren2", queue: "q")]))
    #expect(recording.losses.first?.verb(.running) == "lost its leader")
}

@Test("a node that is restarted is down, then starting, then back")
func restart() {
    var recording = Fixture.recording()
    var answer = Fixture.answer(now: 10_900)
    answer.nodes[1].state = .running
    answer.events += [Fixture.event(300, .nodeUp, "warren2"), Fixture.event(600, .nodeServing, "warren2")]
    recording = FailoverRecording()
    recording.take(Fixture.answer(now: 9_000))
    recording.take(answer)
    let lane = FailoverTimeline(recording, width: 150).lanes[1]
    #expect(Set(lane.phases.compactMap { $0 }) == [.leader, .down, .starting, .follower])
    #expect(lane.phase == .follower)
}

@Test("answers that overlap are one recording, and the newer one counts")
func overlap() {
    var parts = FailoverRecording()
    for now in stride(from: 6_000.0, through: 17_000, by: 250) {
        parts.take(Fixture.answer(now: now, from: max(5_000, now - 2_000)))
    }
    let whole = Fixture.recording()
    #expect(parts.queues.map(\.track) == whole.queues.map(\.track))
    #expect(parts.events == whole.events)
}

@Test("what was not recorded between two answers is not taken for silence")
func hole() {
    var recording = FailoverRecording()
    recording.take(Fixture.answer(now: 9_990))
    recording.take(Fixture.answer(now: 17_000, from: 10_500))
    let line = FailoverTimeline(recording, width: 43).queues[0]
    #expect(line.confirms.contains(nil))
    #expect(line.outage == .none)
}

@Test("a recording is bounded, and a silence longer than it lasts on")
func bounded() {
    var recording = FailoverRecording()
    for now in stride(from: 9_000.0, through: 95_000, by: 5_000) {
        recording.take(Fixture.answer(now: now, from: max(5_000, now - 6_000)))
    }
    let mail = recording.queues[2]
    #expect(mail.track?.buckets.count == 6_000)
    #expect(FailoverTimeline(recording, width: 43).queues[2].outage == .lasting(from: 9_990, to: recording.now))
}

@Test("a picture that is kept goes on with the confirms, and learns when a silent queue came back")
func follow() throws {
    var kept = Fixture.recording(now: 12_000)
    let track = try #require(kept.queues[2].track)
    var live = kept
    var answer = Fixture.answer(now: 20_000, from: 11_000)
    answer.queues[2] = Fixture.confirms(
        "mail", "classic", silent: 10_000...18_000, leader: "warren2", members: ["warren2"], from: 11_000, now: 20_000)
    live.take(answer)
    kept.follow(live)
    let now = try #require(kept.queues[2].track)
    #expect(now.start == track.start && now.buckets.starts(with: track.buckets))
    #expect(now.sum(from: 12_000, to: 18_000) == 0 && now.sum(from: 18_020, to: 18_030) == 8)
    #expect(kept.queues[0].track?.end == 20_000)
    #expect(FailoverTimeline(kept, width: 43).queues[2].outage == .ended(from: 9_990, to: 18_010))
}

@Test("a picture that is kept for very long takes no more confirms, and still learns when a silent queue came back")
func followForLong() {
    var kept = Fixture.recording(now: 12_000)
    var live = kept
    let end = 12_000 + 3 * FailoverRecording.span
    for now in stride(from: 20_000, through: end, by: 8_000) {
        var answer = Fixture.answer(now: now, from: now - 9_000)
        answer.queues[2] = Fixture.confirms(
            "mail", "classic", silent: 10_000...(end - 10_000), leader: "warren2", members: ["warren2"],
            from: now - 9_000, now: now)
        live.take(answer)
        kept.follow(live)
    }
    #expect(kept.queues.allSatisfy { $0.track?.end ?? 0 < 12_000 + 2 * FailoverRecording.span })
    #expect(FailoverTimeline(kept, width: 43).queues[2].outage == .ended(from: 9_990, to: end - 9_990))
}

@Test("a clock that goes back is another cluster's")
func newClock() {
    var recording = Fixture.recording()
    recording.take(ClusterTimeline(now: 10, wallClock: 0, nodes: [.init(name: "a", state: .running)]))
    #expect(recording.losses.isEmpty && recording.queues.isEmpty && recording.nodes.count == 1)
}

@Test("what is still safe is said in a sentence")
func stillSafe() {
    #expect(
        StillSafe(Fixture.recording()).sentence
            == "Still safe: 2 of 3 is a majority. Stopped: mail. One more down: orders.eu stops, 0 lost.")
    #expect(
        StillSafe(Fixture.recording(now: 9_000)).sentence
            == "Still safe: 3 of 3 is a majority. One may fail and nothing replicated stops. mail lives on warren2 alone."
    )
    var recording = FailoverRecording()
    var answer = Fixture.answer()
    answer.nodes[0].state = .minority
    recording.take(answer)
    #expect(StillSafe(recording).sentence.hasPrefix("1 of 3 is no majority"))
}

@Test(
    "a link that was slowed down is not called lost",
    arguments: [
        ("the link to b: slow", "has a slow link"), ("the link to b", "lost a link"), ("", "was cut off"),
    ])
func linkWords(text: String, words: String) {
    let loss = Loss(cause: .init(at: 10, kind: .cut, node: "a", text: text))
    #expect(loss.verb(.running) == words)
}
