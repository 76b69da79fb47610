@testable import Broker
@testable import Journal

/// The node's end without a word, and its start from what the disk has kept.
extension Simulation {
    /// Everything that was only in memory is gone: connections, transient messages, what was not yet durable.
    func crash() {
        let ending: SurvivingDisk.Ending = random.chance(60) ? .power : .process
        statistics.crashes += 1
        if ending == .power { statistics.powerLosses += 1 }
        trace.say { "-- crash: \(ending)" }
        wentDown()
        for connection in connections { connection.lose() }
        let durable = storage.durableRequest
        ledger.crashed(step: step, durable: durable)
        let live = node.journal.segmentSizes.map(\.segment)
        // Nobody may hold what has crashed: it would go on working on the disk.
        let gone = Crashed(node)
        node.wake = nil
        storage.forgetWhoWaits()
        replaceNode()
        if gone.node != nil { fail("something keeps the crashed node alive") }
        let isTorn = disk.crash(
            ending, storage, live: live, losesSyncedBatch: ending == .power && worldFault == .losesSyncedBatch, &random)
        if isTorn { statistics.tornBatches += 1 }
        recover()
    }

    /// A crash between the slices of a commit is rare unless it is looked for.
    func largeCommitArrived() {
        statistics.largeCommits += 1
        if crashes > 0, random.chance(60) {
            plan(.crash, after: random.nanoseconds(upToMicroseconds: random.pick([tickDelayMicroseconds * 8, 40_000])))
        }
    }

    private struct Crashed {
        weak var node: Node?

        init(_ node: Node) { self.node = node }
    }

    private func recover() {
        do throws(StorageError) {
            let found = try node.recover { visit throws(StorageError) in try disk.read(storage, visit) }
            trace.say { "-- started: \(found.messages) messages in \(found.queues) queues" }
            trace.add(UInt64(found.messages))
            if found.unreadable > 0 { fail("\(found.unreadable) records that make no sense") }
        } catch {
            fail("the node does not start after its crash: \(error)")
        }
        planTick()
    }

    /// Has what cannot have survived declared again; then the clients come back.
    func restore() throws(SimulationFailure) {
        for host in Topology.hosts {
            try visit(host) { client, channel in client.restoreTopology(on: channel) }
        }
        wentUp()
    }
}
