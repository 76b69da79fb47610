import Testing

@testable import Raft

@Suite("What groups cost")
struct CostTests {
    private static let groups: UInt64 = 1000

    /// Three nodes with a member each of many groups, and messages that arrive at once.
    private final class Nodes {
        var groups: [[RaftGroup]]
        var output = RaftOutput()
        var messages = 0
        var writes = 0
        var now: UInt64 = 0

        init(count: UInt64) {
            let voters = (0..<3).map { MemberID(node: $0) }
            groups = (0..<3 as Range<UInt32>).map { node in
                (0..<count).map { id in
                    RaftGroup(
                        id: id, member: MemberID(node: node),
                        stored: StoredState(snapshot: .beginning(Membership(voters: voters))),
                        upNodes: [0, 1, 2].filter { $0 != node }, seed: id * 3 + UInt64(node), now: 0)
                }
            }
        }

        /// Carries everything out until nothing is left.
        func settle() {
            var isBusy = true
            while isBusy {
                isBusy = false
                for node in 0..<3 where settle(node) { isBusy = true }
            }
        }

        /// Carries out what one node wants. False when that is nothing.
        @discardableResult
        private func settle(_ node: Int) -> Bool {
            for id in groups[node].indices where groups[node][id].needsFlush {
                groups[node][id].flush(now: now, into: &output)
            }
            if output.isEmpty { return false }
            let done = output
            output.removeAll()
            writes += done.writes.count
            messages += done.messages.count
            for write in done.writes {
                groups[node][Int(write.group)].persisted(write.ticket, now: now, into: &output)
            }
            for message in done.messages {
                groups[Int(message.to.node)][Int(message.group)].step(message, now: now, into: &output)
            }
            return true
        }

        /// Lets time pass until nobody waits for anything; how often somebody did.
        func untilSilent() -> Int {
            var ticks = 0
            while true {
                let next = groups.joined().compactMap(\.nextDeadline).min()
                guard let next else { return ticks }
                // In steps, so that a test of thousands is not one of thousands of steps.
                now = max(now, next) + 10_000_000
                for node in 0..<3 {
                    for id in groups[node].indices where groups[node][id].nextDeadline.map({ $0 <= now }) ?? false {
                        ticks += 1
                        groups[node][id].tick(now: now, into: &output)
                    }
                    // What the ticks of one node want is of that node.
                    settle(node)
                }
                settle()
            }
        }
    }

    @Test("a thousand idle groups have no deadline and send nothing, also when asked")
    func idleGroups() {
        let nodes = Nodes(count: Self.groups)
        _ = nodes.untilSilent()
        #expect(nodes.groups.joined().filter { $0.role == .leader }.count == Int(Self.groups))
        nodes.messages = 0
        nodes.writes = 0
        for step in 1...10 {
            nodes.now += UInt64(step) * 1_000_000_000
            for node in 0..<3 {
                for id in nodes.groups[node].indices {
                    nodes.groups[node][id].tick(now: nodes.now, into: &nodes.output)
                }
            }
        }
        #expect(nodes.groups.joined().allSatisfy { !$0.needsFlush })
        nodes.settle()
        #expect(nodes.messages == 0 && nodes.writes == 0)
        #expect(nodes.groups.joined().allSatisfy { $0.nextDeadline == nil })
    }

    @Test("a node that comes back costs each group a handful of messages, and then there is silence")
    func nodeReturns() {
        let nodes = Nodes(count: Self.groups)
        _ = nodes.untilSilent()
        nodes.messages = 0
        for node in [0, 1] {
            for id in nodes.groups[node].indices {
                nodes.groups[node][id].peerDown(2, now: nodes.now, into: &nodes.output)
                nodes.groups[node][id].peerUp(2, now: nodes.now, into: &nodes.output)
            }
        }
        nodes.settle()
        for id in nodes.groups[2].indices {
            for node in [0, 1] as [UInt32] {
                nodes.groups[2][id].peerDown(node, now: nodes.now, into: &nodes.output)
                nodes.groups[2][id].peerUp(node, now: nodes.now, into: &nodes.output)
            }
        }
        nodes.settle()
        #expect(nodes.messages <= Int(Self.groups) * 10)
        #expect(nodes.untilSilent() == 0)
    }

    @Test(
        "a committed entry costs an append, a reply and a notice with its reply for each follower, and one write a member"
    )
    func oneEntry() throws {
        let nodes = Nodes(count: 1)
        _ = nodes.untilSilent()
        let leader = try #require(nodes.groups.firstIndex { $0[0].role == .leader })
        nodes.messages = 0
        nodes.writes = 0
        _ = try nodes.groups[leader][0].propose(RaftPayload([1]))
        nodes.settle()
        #expect(nodes.groups.allSatisfy { $0[0].appliedIndex == 2 })
        #expect(nodes.writes == 3)
        #expect(nodes.messages <= 8)
        #expect(nodes.untilSilent() == 0)
    }

    @Test("a group takes less than a kilobyte in place")
    func size() { #expect(MemoryLayout<RaftGroup>.size < 1024) }
}
