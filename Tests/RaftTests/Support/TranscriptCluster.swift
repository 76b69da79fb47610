@testable import Raft

/// A few members whose messages, disks and clock a transcript moves by hand.
///
/// A command is a line; what it causes is printed below it. Messages lie between the members until `deliver` takes them,
/// and writes lie before the disks until `sync` does.
final class TranscriptCluster {
    private var hands: [UInt32: Hand] = [:]
    private var inFlight: [RaftMessage] = []
    /// Members whose messages are lost.
    private var cut: [UInt32] = []
    private var now: UInt64 = 0
    private var lines: [String] = []
    /// What was printed of each already.
    private var shown: [UInt32: (applied: Int, notices: Int, reads: Int, pieces: Int, requests: Int)] = [:]

    /// Carries out one command; what it printed.
    func run(_ line: String) -> String {
        lines = []
        let words = line.split(separator: " ").map(String.init)
        guard let command = words.first else { return "" }
        let arguments = Array(words.dropFirst())
        let numbers = arguments.compactMap { UInt32($0) }
        do {
            try run(command, arguments, numbers)
        } catch {
            lines.append("refused: \(error)")
        }
        return lines.isEmpty ? "nothing" : lines.joined(separator: "\n")
    }

    private func run(_ command: String, _ arguments: [String], _ numbers: [UInt32]) throws {
        switch command {
        case "members":
            for node in numbers { hands[node] = Hand(node, of: numbers, seed: UInt64(node)) }
            lines.append("\(numbers.count) members")
        case "log":
            // log 1 of 1 2 3 : 1 1 2
            let colon = arguments.firstIndex(of: ":") ?? arguments.count
            let voters = arguments[2..<colon].compactMap { UInt32($0) }
            let terms = arguments[min(colon + 1, arguments.count)...].compactMap { UInt64($0) }
            hands[numbers[0]] = Hand(numbers[0], of: voters, terms: terms, seed: UInt64(numbers[0]))
            lines.append("\(numbers[0]) has terms \(terms)")
        case "join":
            let hand = Hand(numbers[0], of: [], seed: UInt64(numbers[0]))
            hands[numbers[0]] = hand
            for node in numbers.dropFirst() { each(numbers[0]) { $0.peerUp(node) } }
            for node in numbers.dropFirst() { each(node) { $0.peerUp(numbers[0]) } }
        case "campaign":
            each(numbers[0]) {
                $0.group.campaign(now: now, into: &$0.output)
                $0.flush()
            }
        case "lead":
            // An election whose details are of no interest.
            try run("campaign", arguments, numbers)
            settle()
            lines = ["\(numbers[0]) leads term \(hands[numbers[0]]?.group.term ?? 0)"]
        case "cut": cut += numbers
        case "heal": cut.removeAll { numbers.contains($0) }
        case "timeout":
            guard let hand = hands[numbers[0]] else { return }
            hand.now = max(hand.now, now)
            if !hand.timeOut() { lines.append("\(numbers[0]) waits for nothing") }
            now = max(now, hand.now)
            show(numbers[0])
        case "sync": for node in numbers.isEmpty ? order : numbers { each(node) { $0.sync() } }
        case "deliver": deliver(numbers)
        case "drop":
            let count = inFlight.count
            inFlight.removeAll { numbers.isEmpty || $0.to.node == numbers[0] || $0.from.node == numbers[0] }
            lines.append("\(count - inFlight.count) messages lost")
        case "settle": settle()
        case "propose": try propose(numbers[0], arguments.dropFirst().map { Array($0.utf8) })
        case "down": for node in numbers.dropFirst() { each(node) { $0.peerDown(numbers[0]) } }
        case "up": for node in numbers.dropFirst() { each(node) { $0.peerUp(numbers[0]) } }
        case "crash":
            hands[numbers[0]]?.restart()
            lines.append("\(numbers[0]) has lost what its disk did not have")
        case "transfer":
            try change(numbers[0]) { try $0.group.transferLeadership(to: MemberID(node: numbers[1]), now: now) }
        case "add": try change(numbers[0], .addLearner(MemberID(node: numbers[1])))
        case "promote": try change(numbers[0], .promote(MemberID(node: numbers[1])))
        case "remove": try change(numbers[0], .remove(MemberID(node: numbers[1])))
        case "read": try change(numbers[0]) { try $0.group.read(UInt64(numbers[1])) }
        case "snapshot":
            each(numbers[0]) { $0.group.snapshotTaken(at: $0.group.appliedIndex) }
            if let hand = hands[numbers[0]] {
                lines.append("\(numbers[0]) log begins behind \(hand.group.basePosition)")
            }
        case "supply": supply(numbers[0])
        case "install": install(numbers[0])
        case "state": for node in order { lines.append(state(node)) }
        default: lines.append("no such command")
        }
    }

    private var order: [UInt32] { hands.keys.sorted() }

    private func each(_ node: UInt32, _ body: (Hand) throws -> Void) rethrows {
        guard let hand = hands[node] else { return }
        hand.now = now
        try body(hand)
        show(node)
    }

    private func change(_ node: UInt32, _ body: (Hand) throws -> Void) throws {
        try each(node) { hand in
            try body(hand)
            hand.flush()
        }
    }

    private func change(_ node: UInt32, _ change: MembershipChange) throws {
        try self.change(node) { _ = try $0.group.changeMembership(change, now: now) }
    }

    private func propose(_ node: UInt32, _ payloads: [[UInt8]]) throws {
        try change(node) { hand in
            for payload in payloads { _ = try hand.group.propose(RaftPayload(payload)) }
        }
    }

    /// Delivers what is on its way now: all of it, or what is for one member.
    private func deliver(_ numbers: [UInt32]) {
        let due = inFlight.filter { numbers.isEmpty || $0.to.node == numbers[0] }
        inFlight.removeAll { numbers.isEmpty || $0.to.node == numbers[0] }
        for message in due {
            each(message.to.node) {
                $0.group.step(message, now: now, into: &$0.output)
                $0.flush()
            }
        }
    }

    /// Delivers and syncs until there is nothing left to do.
    private func settle() {
        for _ in 0..<100 {
            for node in order { each(node) { $0.sync() } }
            if inFlight.isEmpty { return }
            deliver([])
        }
        lines.append("this never ends")
    }

    private func supply(_ node: UInt32) {
        each(node) { hand in
            guard let request = hand.snapshotReads.last else { return }
            let whole = Array("snapshot".utf8)
            let end = min(Int(request.offset) + 5, whole.count)
            hand.group.supplySnapshot(
                request, payload: RaftPayload(Array(whole[Int(request.offset)..<end])), isLast: end == whole.count,
                now: now, into: &hand.output)
            hand.flush()
        }
    }

    private func install(_ node: UInt32) {
        each(node) { hand in
            guard let piece = hand.pieces.last, piece.isLast else { return }
            hand.group.snapshotInstalled(piece.mark, now: now, into: &hand.output)
            hand.flush()
        }
    }

    // MARK: Printing

    private func show(_ node: UInt32) {
        guard let hand = hands[node] else { return }
        var seen = shown[node] ?? (0, 0, 0, 0, 0)
        for notice in hand.notices.dropFirst(seen.notices) { lines.append("  \(node) \(Self.text(notice))") }
        for message in hand.take() {
            let isLost = cut.contains(message.from.node) || cut.contains(message.to.node)
            if !isLost { inFlight.append(message) }
            lines.append("  " + Self.text(message) + (isLost ? " (lost)" : ""))
        }
        let applied = hand.applied.dropFirst(seen.applied).map(Self.text)
        if !applied.isEmpty { lines.append("  \(node) applies " + applied.joined(separator: " ")) }
        for read in hand.reads.dropFirst(seen.reads) {
            lines.append("  \(node) read \(read.context) " + (read.index.map { "at \($0)" } ?? "lost"))
        }
        for request in hand.snapshotReads.dropFirst(seen.requests) {
            lines.append("  \(node) wants snapshot \(request.index) from \(request.offset) for \(request.member)")
        }
        for piece in hand.pieces.dropFirst(seen.pieces) {
            lines.append(
                "  \(node) takes \(piece.payload.size) bytes at \(piece.offset)\(piece.isLast ? ", the last" : "")")
        }
        seen = (hand.applied.count, hand.notices.count, hand.reads.count, hand.pieces.count, hand.snapshotReads.count)
        shown[node] = seen
    }

    private func state(_ node: UInt32) -> String {
        guard let group = hands[node]?.group else { return "" }
        let leader = group.leader.map { "of \($0)" } ?? "of nobody"
        let timer = group.nextDeadline == nil ? "idle" : "waiting"
        return "\(node): \(group.role) \(leader), term \(group.term), members \(group.membership), last "
            + "\(group.lastPosition), durable \(group.durableIndex), commit \(group.commitIndex), \(timer)"
    }

    private static func text(_ notice: RaftNotice.Kind) -> String {
        switch notice {
        case .leader(let leader, let term): "follows \(leader?.description ?? "nobody") in term \(term)"
        case .membership(let membership): "sees members \(membership) committed"
        case .removed: "is removed"
        case .transferAborted(let target): "gives up the transfer to \(target)"
        }
    }

    private static func text(_ entry: RaftEntry) -> String {
        let content =
            switch entry.kind {
            case .termStart: "start"
            case .membership: Membership(decoding: entry.payload.bytes)?.description ?? "?"
            case .command: String(decoding: entry.payload.bytes, as: UTF8.self)
            }
        return "\(entry.index)@\(entry.term)[\(content)]"
    }

    private static func text(_ message: RaftMessage) -> String {
        "\(message.from)->\(message.to) term \(message.term) " + text(message.body)
    }

    private static func text(_ body: RaftMessage.Body) -> String {
        switch body {
        case .append(let append):
            let round = append.round == 0 ? "" : " round \(append.round)"
            let entries = append.entries.map { " " + text($0) }.joined()
            return "append after \(append.previous) commit \(append.commit)\(round)\(entries)"
        case .appendReply(let reply):
            let round = reply.round == 0 ? "" : " round \(reply.round)"
            let received = reply.received == reply.match ? "" : " received \(reply.received)"
            return "has \(reply.match)\(received) commit \(reply.commit)\(round)"
        case .appendRefusal(let refusal): return "lacks \(refusal.previousIndex), may agree at \(refusal.hint)"
        case .vote(let request):
            let kind = request.isPreVote ? "pre-vote?" : request.isTransfer ? "vote (transfer)?" : "vote?"
            return "\(kind) last \(request.last)"
        case .voteReply(let reply):
            return "\(reply.isPreVote ? "pre-vote" : "vote") \(reply.candidacy) \(reply.isGranted ? "yes" : "no")"
        case .timeoutNow: return "timeout now"
        case .status(let status):
            return
                "status: follows \(status.leader?.description ?? "nobody"), last \(status.last), commit \(status.commit)"
        case .snapshotChunk(let chunk):
            return "snapshot \(chunk.mark.position) bytes \(chunk.payload.size) at \(chunk.offset)"
                + (chunk.isLast ? ", the last" : "")
        case .snapshotReply(let reply):
            return "snapshot \(reply.index) wants \(reply.nextOffset)" + (reply.isComplete ? ", complete" : "")
        }
    }
}
