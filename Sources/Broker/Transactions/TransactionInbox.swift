internal import Journal

/// What a node knows of the transactions that another node has rolled forward to it: up to which one they are applied.
/// They come in the order of their numbers.
///
/// That is the sequence of the one message in a queue of its own, which is written down in the same commit as what the
/// transaction does here: the journal keeps both or neither, through crashes and through being written anew.
final class TransactionInbox {
    private let marks: ClassicQueue
    /// The commit that is under way: until it is durable no other begins.
    private var applying: TransactionEnd?
    private var waiting: [TransactionEnd] = []

    init(_ marks: ClassicQueue) { self.marks = marks }

    /// The last transaction that has been applied.
    var mark: UInt64 { marks.lastSequence }

    /// Lets a commit begin; false where another has begun, after which it goes on.
    func enter(_ end: TransactionEnd) -> Bool {
        guard applying == nil else {
            waiting.append(end)
            return false
        }
        applying = end
        return true
    }

    /// Writes down, with the commit, that transactions up to this one have been applied.
    func write(_ transaction: UInt64, in node: Node) {
        guard transaction > mark else { return }
        node.keep([], in: marks, as: transaction)
        while marks.readyCount > 1, let former = marks.removeFirst() { node.drop(former, of: marks) }
    }

    /// The commit that was under way is durable.
    func leave(in node: Node) {
        applying = nil
        guard !waiting.isEmpty else { return }
        node.later(.endTransaction(waiting.removeFirst()))
    }
}
