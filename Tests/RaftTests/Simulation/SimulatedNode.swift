@testable import Raft

/// A node with one member of the group, its disk and its state machine.
final class SimulatedNode {
    let id: UInt32
    var member: MemberID
    var disk: Disk
    /// Nil while the node is down.
    var group: RaftGroup?
    var monitor: PeerMonitor?
    /// Raised at every start.
    var incarnation: UInt64 = 0
    var machine = Machine()
    /// The pieces of a snapshot that have arrived.
    var pieces: [UInt8] = []
    var installing: SnapshotMark?
    /// What was committed anywhere when a read was asked for.
    var reads: [UInt64: UInt64] = [:]
    var lastCommit: UInt64 = 0

    init(id: UInt32, snapshot: SnapshotMark) {
        self.id = id
        member = MemberID(node: id)
        disk = Disk(snapshot)
    }

    func start(nodes: [UInt32], settings: RaftSettings, seed: UInt64, fault: PlantedFault?, now: UInt64) {
        incarnation += 1
        machine = Machine(disk.snapshotBytes) ?? Machine()
        pieces = []
        installing = nil
        reads = [:]
        lastCommit = 0
        group = RaftGroup(id: 1, member: member, stored: disk.stored, settings: settings, seed: seed, now: now)
        group?.plantedFault = fault
        if fault == .keepReplacedLog { group?.isLogResetUnwritten = false }
        monitor = PeerMonitor(
            node: id, incarnation: incarnation, peers: nodes, interval: 20_000_000, timeout: 100_000_000, now: now)
    }

    func crash(survivingWrites: Int) {
        disk.crash(surviving: survivingWrites)
        group = nil
        monitor = nil
    }
}
