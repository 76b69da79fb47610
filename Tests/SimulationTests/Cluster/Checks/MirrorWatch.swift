@testable import Broker

/// Looks on at who leads mirrored queues. What an in-sync mirror takes over it has with all transient messages; a leader
/// that goes on after a restart has lost those, and may do so only where no mirror was there to take over.
final class MirrorWatch {
    private struct Pair: Hashable {
        let node: UInt32
        let other: UInt32
    }

    /// Nanoseconds for which all must have heard a mirror, so that it was certainly there.
    private static let quiet: UInt64 = 700_000_000

    private var known: [String: QueueMirroring] = [:]
    private var index: UInt64 = 0
    /// When transient messages of a queue were lost.
    private var forgotten: [String: [UInt64]] = [:]
    /// When a node last took another for down, and for up.
    private var lost: [Pair: UInt64] = [:]
    private var found: [Pair: UInt64] = [:]
    /// How often a mirror in sync took over.
    private(set) var successions = 0

    func lost(_ other: UInt32, by node: UInt32, at time: UInt64) { lost[Pair(node: node, other: other)] = time }

    func found(_ other: UInt32, by node: UInt32, at time: UInt64) { found[Pair(node: node, other: other)] = time }

    /// Whether a queue may have lost transient messages since.
    func hasForgotten(_ queue: String, since time: UInt64) -> Bool {
        forgotten[queue]?.contains { $0 >= time } ?? false
    }

    /// Returns what is wrong.
    func look(at node: Node, in world: ClusterWorld) -> String? {
        guard node.topologyIndex > index, let host = node.virtualHosts["/"] else { return nil }
        // Of several changes that are seen together the one before may have taken the mirror away.
        let isOne = node.topologyIndex == index + 1
        index = node.topologyIndex
        for queue in ClusterTopology.stable where queue.isMirrored {
            guard let now = host.queues[queue.name]?.mirroring else { continue }
            let before = known.updateValue(now, forKey: queue.name)
            guard let before, before.epoch != now.epoch else { continue }
            if now.epoch == before.epoch + 1, before.inSync.contains(now.leader) {
                successions += 1
                world.trace.say {
                    "\(world.clock) node \(now.leader.node) leads '\(queue.name)', which it was in sync with"
                }
                continue
            }
            world.trace.say {
                "\(world.clock) node \(now.leader.node) leads '\(queue.name)' with what its disk has; \(before.inSync.count)"
                    + " mirrors were in sync"
            }
            forgotten[queue.name, default: []].append(world.time)
            let start = world.time < Self.quiet ? 0 : world.time - Self.quiet
            let excused = before.leader.node == node.number ? nil : before.leader.node
            let mirror = before.inSync.first { isThere($0, exceptFor: excused, since: start, in: world) }
            guard isOne, now.epoch == before.epoch + 1, let mirror else { continue }
            return "node \(now.leader.node) leads '\(queue.name)' with what its disk has although node"
                + " \(mirror.node) was in sync and there"
        }
        return nil
    }

    /// Whether a mirror has been there for a while, and all that run have heard it and been heard by it, but for the one that
    /// led, unless that is who has decided.
    private func isThere(
        _ home: QueueHome, exceptFor leader: UInt32?, since time: UInt64, in world: ClusterWorld
    ) -> Bool {
        guard let mirror = world.nodes.first(where: { $0.number == home.node }), mirror.isServing,
            mirror.incarnation == home.incarnation, mirror.startedAt < time, mirror.pausedUntil < time,
            leader.flatMap({ lost[Pair(node: $0, other: home.node)] }) ?? 0 < time
        else { return false }
        return world.nodes.allSatisfy { other in
            other === mirror || other.number == leader || !other.isRunning
                || (hears(other, mirror, since: time) && hears(mirror, other, since: time))
        }
    }

    /// Whether a node has heard another for all the time since.
    private func hears(_ node: ClusterNode, _ other: ClusterNode, since time: UInt64) -> Bool {
        let pair = Pair(node: node.number, other: other.number)
        return node.startedAt < time && node.upNodes.contains(other.number) && found[pair] ?? .max < time
    }
}
