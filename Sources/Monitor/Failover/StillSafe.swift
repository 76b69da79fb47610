internal import Management

/// What is still safe: whether a majority of the nodes is there, and what one more failure would stop.
public struct StillSafe: Sendable {
    /// Nodes that serve.
    public var up: Int
    /// All nodes.
    public var total: Int
    /// Replicated queues that nobody leads, or that have no majority.
    public var stopped: [String]
    /// Replicated queues that one more failure would stop.
    public var next: [String]
    /// Queues that one node alone holds, and on which one.
    public var alone: [(queue: String, node: String)]
    /// Messages lost so far, where anybody counts.
    public var lost: Int?

    /// Whether the nodes that serve are a majority.
    public var hasMajority: Bool { up * 2 > total }

    /// What follows from a recording.
    public init(_ recording: FailoverRecording) {
        total = recording.nodes.count
        let serving = recording.nodes.filter { $0.state == .running }.map(\.name)
        up = serving.count
        stopped = []
        next = []
        alone = []
        lost = recording.clients?.lost
        for queue in recording.queues {
            let online = queue.online.count
            switch queue.type {
            case "quorum", "stream":
                let needed = queue.members.count / 2 + 1
                if online < needed {
                    stopped.append(queue.id.name)
                } else if online == needed {
                    next.append(queue.id.name)
                }
            case "mirrored":
                if online == 0 { stopped.append(queue.id.name) } else if online == 1 { next.append(queue.id.name) }
            default:
                guard let node = queue.leader ?? queue.members.first else { continue }
                if !serving.contains(node) {
                    stopped.append(queue.id.name)
                } else {
                    alone.append((queue.id.name, node))
                }
            }
        }
    }

    /// All of it.
    public var sentence: String { text(withStopped: true) }

    /// The same without the queues that stand still already, which the panel shows anyway.
    public var shortSentence: String { text(withStopped: false) }

    private func text(withStopped: Bool) -> String {
        guard total > 0 else { return "Nothing is known of the nodes yet." }
        guard total > 1 else {
            return "One node: while it is down everything waits. A cluster of three survives the loss of one."
        }
        guard hasMajority else {
            return "\(up) of \(total) is no majority: quorum queues and declarations stand still"
                + (lost.map { ", \($0) lost." } ?? "; what was confirmed is kept.")
        }
        var sentence = "Still safe: \(up) of \(total) is a majority."
        if withStopped, !stopped.isEmpty { sentence += " Stopped: \(Self.list(stopped))." }
        let losesMajority = (up - 1) * 2 <= total
        if losesMajority || !next.isEmpty {
            sentence += " One more down: " + (next.isEmpty ? "the cluster" : Self.list(next))
            sentence += next.count > 1 ? " stop" : " stops"
            sentence += lost.map { ", \($0) lost." } ?? "."
        } else {
            sentence += " One may fail and nothing replicated stops."
            if withStopped, let first = alone.first { sentence += " \(first.queue) lives on \(first.node) alone." }
        }
        return sentence
    }

    private static func list(_ names: [String]) -> String {
        names.prefix(2).joined(separator: ", ") + (names.count > 2 ? " and \(names.count - 2) more" : "")
    }
}
