import Management
import Testing

@testable import Monitor

private let nodes = ["a", "b", "c"].map { ClusterNode(name: $0, state: .running) }

private func queue(
    _ name: String, _ type: String, leader: String, members: [String]? = nil, mirrors: [String]? = nil,
    inSync: [String]? = nil
) -> QueueInfo {
    var queue = QueueInfo(vhost: "/", name: name)
    queue.type = type
    queue.node = leader
    queue.leader = type == "quorum" ? leader : nil
    queue.members = members
    queue.mirrors = mirrors
    queue.synchronisedMirrors = inSync
    return queue
}

private let queues = [
    queue("led", "quorum", leader: "b", members: ["a", "b", "c"]),
    queue("followed", "quorum", leader: "a", members: ["a", "b", "c"]),
    queue("pair", "quorum", leader: "a", members: ["a", "b"]),
    queue("mirrored", "classic", leader: "b", mirrors: ["c"], inSync: ["c"]),
    queue("unsynced", "classic", leader: "b", mirrors: ["c"], inSync: []),
    queue("alone", "classic", leader: "b"), queue("elsewhere", "classic", leader: "c"),
]

private func impact(_ fault: Fault, nodes: [ClusterNode] = nodes, cuts: [[String]] = []) -> FaultImpact {
    FaultImpact(of: fault, queues: queues, nodes: nodes, links: cuts.map { .init(between: $0, isCut: true) })
}

@Test(
    "a node that goes takes its leaders, what has no majority without it, and what lives there alone",
    arguments: [NodeFault.crash, .powerLoss, .pause, .isolate, .restart])
func nodeGoes(fault: NodeFault) {
    let impact = impact(.node("b", fault))
    #expect(impact.losesLeader.map(\.name) == ["led", "mirrored"])
    #expect(impact.losesMajority.map(\.name) == ["pair", "unsynced"])
    #expect(impact.unavailable.map(\.name) == ["alone"])
    #expect(!impact.stopsCluster)
}

@Test("the second node of three that goes stops everything replicated")
func secondNode() {
    var down = nodes
    down[2].state = .crashed
    let impact = impact(.node("b", .crash), nodes: down)
    #expect(impact.stopsCluster)
    #expect(impact.losesMajority.map(\.name) == ["followed", "led", "mirrored", "pair", "unsynced"])
    #expect(impact.stoppedAlready.map(\.name) == ["elsewhere"])
    #expect(impact.unavailable.map(\.name) == ["alone"])
}

@Test("a link that is cut costs a leader only where it then reaches no majority")
func link() {
    #expect(impact(.link("a", "b", .cut)).losesLeader.isEmpty)
    #expect(impact(.link("a", "b", .cut)).losesMajority.map(\.name) == ["pair"])
    #expect(impact(.link("a", "b", .cut), cuts: [["b", "c"]]).losesLeader.map(\.name) == ["led", "mirrored"])
    #expect(impact(.link("a", "b", .slow)).isHarmless)
}

@Test(
    "what mends takes nothing away", arguments: [Fault.node("b", .heal), .node("b", .resume), .link("a", "b", .heal)])
func mending(fault: Fault) {
    #expect(impact(fault).isHarmless)
}
