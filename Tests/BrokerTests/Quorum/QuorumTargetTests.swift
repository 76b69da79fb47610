import Testing

@testable import Broker

@Suite("Whom a node gives commands for a quorum queue")
struct QuorumTargetTests {
    private let three: () -> [UInt32] = { [1, 2, 3] }

    @Test("the leader that the member here knows is asked, whatever was")
    func member() {
        var target = QuorumTarget()
        target.choose(2, or: three)
        #expect(target.node == 2 && target.isKnown)
        target.leads(3)
        target.askAgain(2, or: three)
        target.askAgain(2, or: three)
        #expect(target.node == 2 && target.isKnown)
    }

    @Test("where nobody is known to lead one after the other is asked")
    func turns() {
        var target = QuorumTarget()
        let asked = (1...4).map { _ in
            target.askAgain(nil, or: three)
            return target.node
        }
        #expect(asked == [1, 2, 3, 1])
        #expect(!target.isKnown)
    }

    @Test("whoever is said to lead is asked once more before somebody else is")
    func redirected() {
        var target = QuorumTarget()
        target.leads(3)
        target.askAgain(nil, or: three)
        #expect(target.node == 3 && target.isKnown)
        target.askAgain(nil, or: three)
        #expect(target.node == 1 && !target.isKnown)
    }

    @Test("one that answers as a leader is known, and stays asked as long as it answers")
    func answers() {
        var target = QuorumTarget()
        target.askAgain(nil, or: three)
        let isNews = target.hasAnswered(1)
        #expect(isNews)
        for _ in 1...3 {
            target.askAgain(nil, or: three)
            #expect(target.node == 1 && target.isKnown)
            let isNewsAgain = target.hasAnswered(1)
            #expect(!isNewsAgain)
        }
    }

    @Test("that one leads which was only asked is news, and no news where it is known")
    func leadsAfterAll() {
        var target = QuorumTarget()
        target.askAgain(nil, or: three)
        #expect(target.node == 1 && target.isNews(1))
        target.leads(1)
        #expect(!target.isNews(1))
        #expect(target.isNews(2) && target.isNews(nil))
    }

    @Test("without anybody who can be reached nobody is asked")
    func nobody() {
        var target = QuorumTarget()
        target.askAgain(nil) { [] }
        #expect(target.node == nil)
    }
}
