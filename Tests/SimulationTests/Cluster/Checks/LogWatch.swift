import Raft

@testable import Broker

/// Looks on at the logs of all Raft groups: one leader a term (Raft §5.2), and at each index one committed entry,
/// whoever applies it and however often it starts again (Raft §5.4.3).
final class LogWatch {
    private struct Place: Hashable {
        let group: UInt64
        let index: UInt64
    }
    private struct Reign: Hashable {
        let group: UInt64
        let term: UInt64
    }
    private struct Member: Hashable {
        let group: UInt64
        let node: UInt32
    }

    private var committed: [Place: (term: UInt64, hash: UInt64, by: UInt32)] = [:]
    private var leaders: [Reign: UInt32] = [:]
    private var seen: [Member: UInt64] = [:]
    /// When the log of a queue last said that a node was gone, by queue and node.
    private var burials: [Member: UInt64] = [:]
    private(set) var burialCounts: [UInt64: Int] = [:]
    var elections: Int { leaders.count }

    /// A node's members apply their logs again after the next start.
    func crashed(_ node: UInt32) {
        for key in seen.keys.filter({ $0.node == node }) { seen[key] = nil }  // order-free: all of them go
    }

    /// When a queue's log last said that a node was gone; 0 if never.
    func buried(_ node: UInt32, in queue: UInt64) -> UInt64 {
        burials[Member(group: QuorumMember.group(of: queue), node: node)] ?? 0
    }

    func look(
        at node: Node, number: UInt32, life: Int, time: UInt64, _ trace: inout Trace, _ clock: @autoclosure () -> String
    ) -> String? {
        for replica in node.replicas.all {
            let group = replica.group
            if group.role == .leader {
                let reign = Reign(group: group.id, term: group.term)
                if let other = leaders[reign], other != number {
                    return "nodes \(other) and \(number) both lead \(FrameText.group(group.id)) in term \(group.term)"
                }
                if leaders[reign] == nil {
                    leaders[reign] = number
                    let line = "\(clock()) node \(number) leads \(FrameText.group(group.id)) in term \(group.term)"
                    trace.say { line }
                }
            }
            let member = Member(group: group.id, node: number)
            let before = seen[member] ?? 0
            guard group.appliedIndex > before else { continue }
            seen[member] = group.appliedIndex
            for index in before + 1...group.appliedIndex {
                guard let entry = group.entry(at: index) else { continue }
                if let wrong = note(entry, group.id, by: number, time, &trace, clock()) { return wrong }
            }
        }
        return nil
    }

    private func note(
        _ entry: RaftEntry, _ group: UInt64, by node: UInt32, _ time: UInt64, _ trace: inout Trace, _ clock: String
    ) -> String? {
        let place = Place(group: group, index: entry.index)
        let hash = Self.hash(entry.payload.bytes)
        if let known = committed[place] {
            if known.term == entry.term, known.hash == hash { return nil }
            return "node \(node) applies another entry \(entry.index) of \(FrameText.group(group)) (term \(entry.term))"
                + " than node \(known.by) (term \(known.term))"
        }
        committed[place] = (entry.term, hash, node)
        trace.add(hash)
        trace.say {
            "\(clock) \(FrameText.group(group)): entry \(entry.index) of term \(entry.term) is applied first by \(node)"
        }
        if entry.kind == .command, group != RaftRecord.metadata { noteBurials(entry, group, time, &trace, clock) }
        return nil
    }

    private func noteBurials(
        _ entry: RaftEntry, _ group: UInt64, _ time: UInt64, _ trace: inout Trace, _ clock: String
    ) {
        entry.payload.bytes.withUnsafeBytes { bytes in
            guard let header = QuorumBatchHeader(bytes), header.node == 0 else { return }
            var place = QuorumBatch.headerBytes
            for _ in 0..<header.count {
                guard let command = QuorumCommand(bytes, at: place) else { return }
                place = command.end
                guard command.kind == .nodeDown else { continue }
                burials[Member(group: group, node: command.size)] = time
                burialCounts[group, default: 0] += 1
                trace.say { "\(clock) \(FrameText.group(group)): node \(command.size) is said to be gone" }
            }
        }
    }

    private static func hash(_ bytes: [UInt8]) -> UInt64 {
        var trace = Trace(isReadable: false)
        trace.add(bytes)
        return trace.hash
    }
}
