@testable import Raft

/// A cluster in which everything goes wrong that may: messages are lost, late, doubled and reordered, links are cut one
/// way or both, nodes crash with part of their writes, disks are lost, members come and go. A seed is the same world each time.
final class World {
    struct Statistics: Equatable {
        var steps = 0
        var elections = 0
        var committed = 0
        var crashes = 0
        var wipes = 0
        var snapshotsInstalled = 0
        var memberships = 0
        var transfers = 0
        var reads = 0
        var cuts = 0
        var replacedLogs = 0

        /// The rarest thing.
        var lowest: Int {
            [
                elections, committed, crashes, wipes, snapshotsInstalled, memberships, transfers, reads, cuts,
                replacedLogs,
            ].min() ?? 0
        }

        mutating func add(_ other: Statistics) {
            steps += other.steps
            elections += other.elections
            committed += other.committed
            crashes += other.crashes
            wipes += other.wipes
            snapshotsInstalled += other.snapshotsInstalled
            memberships += other.memberships
            transfers += other.transfers
            reads += other.reads
            cuts += other.cuts
            replacedLogs += other.replacedLogs
        }
    }

    static let millisecond: UInt64 = 1_000_000

    let size: Int
    let weather: Weather
    let fault: PlantedFault?
    let settings: RaftSettings
    var dice: Dice
    var now: UInt64 = 0
    let nodes: [SimulatedNode]
    var queue = EventQueue()
    var checker = Checker()
    var trace = TraceHash()
    var statistics = Statistics()
    /// The disks of all members there ever were, lost ones as they were when they were lost.
    var disks: [MemberID: Disk] = [:]
    /// Which links are cut, by sender and receiver, and how often each was reset.
    var isCut: [[Bool]]
    var linkGeneration: [[Int]]
    var isCalm = false
    var output = RaftOutput()
    var peerOutput = PeerOutput()
    var nextProposal: UInt64 = 0

    /// - Parameter size: The members that vote at first; there are two more nodes that may join.
    init(seed: UInt64, size: Int, weather: Weather, fault: PlantedFault? = nil) {
        self.size = size
        self.weather = weather
        self.fault = fault
        dice = Dice(seed: seed)
        var settings = RaftSettings()
        settings.electionTimeout = 60 * Self.millisecond
        settings.failoverDelay = 5 * Self.millisecond
        settings.retryInterval = 15 * Self.millisecond
        settings.maxAppendEntries = 1 + dice.below(weather.isNarrow ? 1 : 4)
        settings.maxInflightAppends = 1 + dice.below(weather.isNarrow ? 1 : 6)
        settings.maxApplyEntries = 1 + dice.below(8)
        settings.commitNoticeDelay = dice.chance(50) ? 0 : 4 * Self.millisecond
        self.settings = settings
        let voters = (1...UInt32(size)).map { MemberID(node: $0) }
        nodes = (1...UInt32(size + 2)).map {
            let isFounder = $0 <= UInt32(size)
            return SimulatedNode(id: $0, snapshot: .beginning(isFounder ? Membership(voters: voters) : .none))
        }
        let row = Array(repeating: false, count: size + 3)
        isCut = Array(repeating: row, count: size + 3)
        linkGeneration = Array(repeating: row.map { _ in 0 }, count: size + 3)
        for node in nodes { disks[node.member] = node.disk }
    }

    func node(_ id: UInt32) -> SimulatedNode { nodes[Int(id) - 1] }

    func start(_ node: SimulatedNode) throws(Checker.Failure) {
        node.start(nodes: nodes.map(\.id), settings: settings, seed: dice.next(), fault: fault, now: now)
        if let group = node.group {
            if group.isLogResetUnwritten { statistics.replacedLogs += 1 }
            try checker.noteStart(group)
        }
        dropEntries(of: node)
        try checker.noteState(node.machine, of: node.member)
        try finish(node)
    }

    // MARK: Steps

    /// Lets the next thing happen.
    func step() throws(Checker.Failure) {
        statistics.steps += 1
        var deadline = UInt64.max
        var overdue: SimulatedNode?
        for node in nodes {
            for candidate in [node.group?.nextDeadline, node.monitor?.nextDeadline] {
                if let candidate, candidate < deadline {
                    deadline = candidate
                    overdue = node
                }
            }
        }
        if let time = queue.nextTime, time <= deadline {
            now = max(now, time)
            if let event = queue.removeFirst() { try happen(event) }
        } else if let node = overdue {
            now = max(now, deadline)
            trace.add(UInt64(node.id))
            node.monitor?.tick(now: now, into: &peerOutput)
            node.group?.tick(now: now, into: &output)
            try finish(node)
        }
        trace.add(now)
    }

    private func happen(_ event: EventQueue.Event) throws(Checker.Failure) {
        switch event {
        case .message(let bytes, let sender, let receiver, let link):
            guard linkGeneration[Int(sender)][Int(receiver)] == link, node(receiver).group != nil else { return }
            trace.add(bytes)
            guard let message = try? RaftMessage(decoding: bytes[...]) else {
                throw Checker.Failure(description: "a message cannot be read back")
            }
            node(receiver).group?.step(message, now: now, into: &output)
            try finish(node(receiver))
        case .heartbeat(let heartbeat, let link):
            guard linkGeneration[Int(heartbeat.from)][Int(heartbeat.to)] == link else { return }
            node(heartbeat.to).monitor?.received(heartbeat, now: now, into: &peerOutput)
            try finish(node(heartbeat.to))
        case .synced(let id, let incarnation, let ticket):
            guard node(id).incarnation == incarnation, node(id).group != nil else { return }
            node(id).disk.sync(through: ticket)
            node(id).group?.persisted(ticket, now: now, into: &output)
            try finish(node(id))
        case .supply(let id, let incarnation, let request):
            guard node(id).incarnation == incarnation, node(id).group != nil else { return }
            supply(request, from: node(id))
            try finish(node(id))
        case .installed(let id, let incarnation, let mark):
            guard node(id).incarnation == incarnation, node(id).group != nil else { return }
            try install(mark, on: node(id))
        case .relief(let id): if !isCalm { try relieve(node(id)) }
        case .restart(let id): if node(id).group == nil { try start(node(id)) }
        case .action: try act()
        }
    }

    private func supply(_ request: SnapshotRead, from node: SimulatedNode) {
        guard let bytes = node.disk.snapshots[request.index] else { return }
        let end = min(Int(request.offset) + 10, bytes.count)
        node.group?.supplySnapshot(
            request, payload: RaftPayload(Array(bytes[min(Int(request.offset), end)..<end])),
            isLast: end == bytes.count, now: now, into: &output)
    }

    private func install(_ mark: SnapshotMark, on node: SimulatedNode) throws(Checker.Failure) {
        guard node.installing == mark, let machine = Machine(node.pieces), machine.index == mark.position.index else {
            throw Checker.Failure(description: "\(node.member) was given a damaged snapshot")
        }
        node.disk.store(mark, bytes: node.pieces)
        if !isCalm, dice.chance(weather.tornSnapshotPercent) { return try crash(node) }
        node.installing = nil
        node.machine = machine
        try checker.noteState(machine, of: node.member)
        node.group?.snapshotInstalled(mark, now: now, into: &output)
        statistics.snapshotsInstalled += 1
        dropEntries(of: node)
        try finish(node)
    }

    // MARK: Outputs

    /// Does what a node's group and monitor want done, until they want nothing more.
    func finish(_ node: SimulatedNode) throws(Checker.Failure) {
        repeat {
            for event in peerOutput.events {
                switch event {
                case .down(let other): node.group?.peerDown(other, now: now, into: &output)
                case .up(let other, _): node.group?.peerUp(other, now: now, into: &output)
                }
            }
            for heartbeat in peerOutput.heartbeats { send(heartbeat) }
            peerOutput.removeAll()
            node.group?.flush(now: now, into: &output)
            try carryOut(node)
        } while node.group?.needsFlush == true
        if let group = node.group {
            try checker.noteLeader(group)
            if group.role == .leader, group.commitIndex > node.lastCommit {
                try checker.noteCommit(group) { disks[$0] }
            }
            node.lastCommit = group.commitIndex
        }
    }

    private func carryOut(_ node: SimulatedNode) throws(Checker.Failure) {
        guard let group = node.group else { return output.removeAll() }
        for write in output.writes {
            let entries = Array(output.entries(of: write))
            for entry in entries {
                try checker.noteWritten(entry, previousTerm: group.term(at: entry.index - 1), by: node.member)
            }
            node.disk.append(
                Disk.Write(
                    ticket: write.ticket, hardState: write.hardState, firstIndex: write.firstIndex, entries: entries))
            let delay = dice.chance(10) ? dice.time(0...40_000_000) : dice.time(50_000...2_000_000)
            queue.add(
                .synced(node: node.id, incarnation: node.incarnation, ticket: write.ticket),
                at: now + (isCalm ? 100_000 : delay))
        }
        for message in output.messages {
            try checker.noteMessage(message, disk: node.disk)
            send(message)
        }
        for apply in output.applies {
            for entry in output.entries(of: apply) {
                guard entry.index == node.machine.index + 1 else {
                    throw Checker.Failure(
                        description: "\(node.member) applies \(entry.index) after \(node.machine.index)")
                }
                node.machine.apply(entry)
                try checker.noteApplied(entry, machine: node.machine, by: node.member)
            }
        }
        for read in output.reads {
            let asked = node.reads.removeValue(forKey: read.context) ?? 0
            guard let index = read.index else { continue }
            statistics.reads += 1
            try checker.noteRead(index: index, asked: asked, by: node.member)
        }
        for request in output.snapshotReads {
            let event = EventQueue.Event.supply(node: node.id, incarnation: node.incarnation, request)
            queue.add(event, at: now + dice.time(0...1_000_000))
        }
        for piece in output.snapshotPieces { take(piece, on: node) }
        for notice in output.notices {
            if case .membership = notice.kind { statistics.memberships += 1 }
        }
        output.removeAll()
    }

    private func take(_ piece: SnapshotPiece, on node: SimulatedNode) {
        if piece.offset == 0 { node.pieces = [] }
        node.pieces += piece.payload.bytes
        guard piece.isLast else { return }
        node.installing = piece.mark
        let event = EventQueue.Event.installed(node: node.id, incarnation: node.incarnation, piece.mark)
        queue.add(event, at: now + dice.time(0...10_000_000))
    }

    // MARK: Links

    private func send(_ message: RaftMessage) {
        let bytes = message.encoded()
        let from = message.from.node
        let to = message.to.node
        trace.add(bytes)
        carry(from: from, to: to) { .message(bytes: bytes, from: from, to: to, link: $0) }
    }

    private func send(_ heartbeat: Heartbeat) {
        carry(from: heartbeat.from, to: heartbeat.to) { .heartbeat(heartbeat, link: $0) }
    }

    private func carry(from: UInt32, to: UInt32, _ event: (Int) -> EventQueue.Event) {
        guard to >= 1, to <= UInt32(nodes.count), !isCut[Int(from)][Int(to)] else { return }
        let link = linkGeneration[Int(from)][Int(to)]
        if isCalm { return queue.add(event(link), at: now + 200_000) }
        if dice.chance(weather.lostPercent) { return }
        let copies = dice.chance(4) ? 2 : 1
        for _ in 0..<copies {
            let delay = dice.chance(weather.latePercent) ? dice.time(0...60_000_000) : dice.time(50_000...1_500_000)
            queue.add(event(link), at: now + delay)
        }
    }

    /// Both ends find out that whatever was on its way may be lost.
    func resetLink(_ one: SimulatedNode, _ other: SimulatedNode) throws(Checker.Failure) {
        for (from, to) in [(one, other), (other, one)] {
            linkGeneration[Int(from.id)][Int(to.id)] += 1
        }
        one.monitor?.linkReset(other.id, into: &peerOutput)
        try finish(one)
        other.monitor?.linkReset(one.id, into: &peerOutput)
        try finish(other)
    }
}
