import Management
import Monitor
import Terminal

/// The nodes that hold a queue's contents: who leads, who follows and how far behind, which mirrors are in sync.
struct QueueMembers {
    /// The nodes, the leader first.
    let nodes: [String]
    private let queue: QueueInfo
    private let detail: Detail?

    init(_ queue: QueueInfo, _ detail: Detail? = nil) {
        self.queue = queue
        self.detail = detail
        let leader = queue.leader ?? queue.node
        let others = (queue.members ?? queue.mirrors ?? []).filter { $0 != leader }.sorted()
        nodes = [leader].compactMap { $0 } + others
    }

    /// One line a member, under heads.
    var lines: [ObjectDetail.Line] {
        if nodes.isEmpty { return [.row("the broker does not say which node holds it", .dim, nil)] }
        if queue.mirrors?.isEmpty == false { return mirrorLines }
        if queue.members == nil || (nodes.count == 1 && queue.type != "quorum") {
            return [
                .row(
                    "it lives on \(nodes[0]) alone: while that node is down it cannot be reached", .text, link(nodes[0])
                )
            ]
        }
        let replicas = detail?.replicas ?? []
        if let error = detail?.replicaError { return memberLines + [.empty, .row(error.message, .warning, nil)] }
        return replicas.isEmpty ? memberLines : replicaLines(replicas)
    }

    private var memberLines: [ObjectDetail.Line] {
        let heads = ObjectDetail.Line.row(Self.cells("MEMBER", "ROLE", []), .dim, nil)
        return [heads]
            + nodes.map { node in
                let isOnline = queue.online?.contains(node) ?? true
                let role = node == queue.leader ? "LEADER" : "follower"
                return .row(
                    Self.cells(node, isOnline ? role : "down", []), isOnline ? .text : .critical, link(node))
            }
    }

    private func replicaLines(_ replicas: [ReplicaStatus]) -> [ObjectDetail.Line] {
        let heads = ["TERM", "LOG", "WRITTEN", "COMMIT", "APPLIED", "SNAPSHOT"]
        let newest = replicas.compactMap(\.commitIndex).max()
        return [.row(Self.cells("MEMBER", "ROLE", heads), .dim, nil)]
            + replicas.map { replica in
                let role = replica.state == "leader" ? "LEADER" : replica.state ?? Figures.notProvided
                let isOnline = queue.online?.contains(replica.node) ?? true
                let isBehind = both(newest, replica.commitIndex).map { $0 > $1 } ?? false
                let figures = [
                    replica.term, replica.lastLogIndex, replica.lastWritten, replica.commitIndex, replica.lastApplied,
                    replica.snapshotIndex,
                ].map { $0.map(Self.whole) ?? Figures.notProvided }
                return .row(
                    Self.cells(replica.node, isOnline ? role : "down", figures),
                    !isOnline ? .critical : isBehind ? .warning : .text, link(replica.node))
            }
    }

    private var mirrorLines: [ObjectDetail.Line] {
        [.row(Self.cells("NODE", "ROLE", []), .dim, nil)]
            + nodes.map { node in
                if node == queue.node { return .row(Self.cells(node, "LEADER", []), .text, link(node)) }
                let isInSync = queue.synchronisedMirrors?.contains(node) == true
                return .row(
                    Self.cells(node, isInSync ? "mirror, in sync" : "mirror, NOT in sync", []),
                    isInSync ? .text : .warning, link(node))
            } + [.empty, .row(QueueFinding.mirrored.sentence, .warning, nil)]
    }

    private func link(_ node: String) -> ObjectDetail.Link { ObjectDetail.Link(opens: .object(.node(node))) }

    /// An index as it is up to nine digits, so that members can be compared.
    private static func whole(_ index: Int) -> String { abs(index) < 1_000_000_000 ? "\(index)" : Figures.count(index) }

    private static func cells(_ node: String, _ role: String, _ figures: [String]) -> String {
        let name = TextWidth.padRight(TextWidth.cutMiddle(node, 20), 20)
        if figures.isEmpty { return "\(name) \(role)" }
        return "\(name) \(TextWidth.padRight(role, 9))" + figures.map { " " + TextWidth.padLeft($0, 9) }.joined()
    }
}
