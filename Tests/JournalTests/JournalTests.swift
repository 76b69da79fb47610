import Journal
import Testing

@Suite("The journal")
struct JournalTests {
    final class SlowStorage: Storage {
        var asked: [(JournalPosition, (JournalPosition) -> Void)] = []
        func flush(upTo position: JournalPosition, completed: @escaping (JournalPosition) -> Void) {
            asked.append((position, completed))
        }
    }

    @Test("nothing is durable before the storage has answered")
    func answersLater() {
        let storage = SlowStorage()
        var journal = Journal(storage: storage)
        let first = journal.append(byteCount: 10)
        #expect(journal.beginFlush()?.position == first)
        #expect(journal.durable < first)
        journal.completed(first)
        #expect(journal.durable == first)
    }

    @Test("one flush is asked for everything that has gathered, and none twice")
    func groups() {
        var journal = Journal(storage: SlowStorage())
        _ = journal.append(byteCount: 10)
        let last = journal.append(byteCount: 20)
        #expect(journal.beginFlush()?.position == last)
        #expect(journal.beginFlush() == nil)
    }

    @Test("answers out of order, early or too far never make the durable position go back or beyond the end")
    func ordering() {
        var journal = Journal(storage: SlowStorage())
        let first = journal.append(byteCount: 10)
        let second = journal.append(byteCount: 10)
        journal.completed(second)
        journal.completed(first)
        #expect(journal.durable == second)
        journal.completed(JournalPosition(1_000_000))
        #expect(journal.durable == second)
    }
}
