import Testing

@testable import Broker

@Suite("Where leaders move so that nodes lead alike")
struct LeaderBalanceTests {
    private func queue(_ id: UInt64, on leader: UInt32, _ online: [UInt32] = [1, 2, 3]) -> LeaderBalance.Queue {
        LeaderBalance.Queue(id: id, leader: leader, online: online)
    }

    private func moves(_ queues: [LeaderBalance.Queue], _ nodes: [UInt32] = [1, 2, 3]) -> [UInt64: UInt32] {
        Dictionary(uniqueKeysWithValues: LeaderBalance.moves(queues, nodes: nodes).map { ($0.id, $0.to) })
    }

    @Test("from the node that leads all to those that lead none, and no more than needed")
    func spread() {
        #expect(moves((1...6).map { queue($0, on: 1) }) == [1: 2, 2: 3, 3: 2, 4: 3])
        #expect(moves([queue(1, on: 1), queue(2, on: 1), queue(3, on: 2)]) == [1: 3])
    }

    @Test("nothing moves where they lead alike, or nearly")
    func even() {
        #expect(moves([]) == [:])
        #expect(moves([queue(1, on: 1), queue(2, on: 2), queue(3, on: 3), queue(4, on: 3)]) == [:])
    }

    @Test("only to members that are up")
    func members() {
        let queues = (1...3).map { queue($0, on: 1, [1, 2]) }
        #expect(moves(queues) == [1: 2])
        #expect(moves((1...3).map { queue($0, on: 1, [1]) }) == [:])
        // By way of a third one, where that is the only way.
        #expect(
            moves([
                queue(1, on: 1, [1, 2]), queue(2, on: 1, [1, 2]), queue(3, on: 2, [2, 3]), queue(4, on: 2, [2, 3]),
            ])
                == [3: 3])
    }

    @Test("afterwards no node leads two more than another, whatever there was before")
    func random() {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SplitMix64(seed: seed)
        for _ in 1...100 {
            let nodes: [UInt32] = [1, 2, 3, 4, 5]
            let queues = (1...UInt64(random.next() % 40 + 1)).map {
                queue($0, on: nodes[Int(random.next() % 5)], nodes)
            }
            let moved = moves(queues, nodes)
            let counts = nodes.map { node in queues.count { (moved[$0.id] ?? $0.leader) == node } }
            #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 1, "seed \(seed): \(counts)")
        }
    }
}
