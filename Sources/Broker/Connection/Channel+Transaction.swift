internal import AMQP
internal import Journal

/// `tx.commit` and `tx.rollback` (AMQP 0-9-1 §1.9).
extension Channel {
    /// Ends the open transaction and begins the next one; the channel waits until it is done.
    func endTransaction(isCommit: Bool) throws(ProtocolException) {
        guard let ending = transaction else {
            throw ProtocolException(.preconditionFailed, "channel is not transactional")
        }
        if isCommit { try checkSize(of: ending) }
        transaction = Transaction()
        let origin = ending.marks.isEmpty ? nil : (connection.transport as? RelayEnd)?.peer
        let end = TransactionEnd(ending, isCommit: isCommit, of: reference, from: origin)
        waiting = .ending(end)
        if !end.proceed(in: node) { node.later(.endTransaction(end)) }
    }

    /// Refuses what could not be handed over whole: once it is written down nothing may stand in its way.
    private func checkSize(of ending: Transaction) throws(ProtocolException) {
        var slipBytes = 0
        var bytes: [ObjectIdentifier: Int] = [:]
        // What another node hands over was checked there.
        for publish in ending.publishes where publish.route.mayLeaveNode && !publish.route.isRelayed {
            guard let record = publish.record else { continue }
            // order-free: an array
            for queue in publish.queues where queue.distant != nil {
                slipBytes += OutboxSlip.letterBytes + OutboxSlip.queueBytes
                guard queue.settings.isQuorum else { continue }
                let size = MessageRecord.shape(of: node.segments.bytes(of: record)).bodyOffset + publish.bodyBytes
                let sum = bytes[ObjectIdentifier(queue), default: 0] + size
                bytes[ObjectIdentifier(queue)] = sum
                guard sum > Limits.quorumTransactionBytes else { continue }
                throw ProtocolException(
                    .preconditionFailed,
                    "transaction for quorum queue '\(queue.name)' in vhost '\(queue.virtualHost.name)' is larger than "
                        + "\(Limits.quorumTransactionBytes) octets")
            }
        }
        guard slipBytes <= Limits.slipBytes else {
            throw ProtocolException(.preconditionFailed, "transaction with too many messages for queues of other nodes")
        }
    }

    /// Tells the client, unless the channel has been closed and opened again meanwhile.
    func transactionEnded(_ end: TransactionEnd) {
        guard case .ending(let expected)? = waiting, expected === end else { return }
        waiting = nil
        conclude(end.isCommit ? .commitOK : .rollbackOK)
        replay()
    }
}
