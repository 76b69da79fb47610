internal import AMQP
internal import Journal

/// `tx.commit` and `tx.rollback` (AMQP 0-9-1 §1.9).
extension Channel {
    /// Ends the open transaction and begins the next one; the channel waits until it is done.
    func endTransaction(isCommit: Bool) throws(ProtocolException) {
        guard let ending = transaction else {
            throw ProtocolException(.preconditionFailed, "channel is not transactional")
        }
        transaction = Transaction()
        let end = TransactionEnd(ending, isCommit: isCommit, of: reference)
        waiting = .ending(end)
        if !end.proceed(in: node) { node.later(.endTransaction(end)) }
    }

    /// Tells the client, unless the channel has been closed and opened again meanwhile.
    func transactionEnded(_ end: TransactionEnd) {
        guard case .ending(let expected)? = waiting, expected === end else { return }
        waiting = nil
        conclude(end.isCommit ? .commitOK : .rollbackOK)
        replay()
    }
}
