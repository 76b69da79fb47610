import AMQP

/// Transactions (AMQP 0-9-1 §1.9). What the channel publishes and settles meanwhile is booked with the commit.
extension SimulatedClient {
    func selectTransactions(on channel: ChannelModel) {
        send(TxSelect(), on: channel, expecting: .method(TxSelectOK.id))
        channel.transaction = TransactionModel(id: simulation.nextNumber())
    }

    /// Commits or rolls back what the channel has asked for.
    func endTransaction(on channel: ChannelModel) {
        guard let ending = channel.transaction, channel.isUsable, channel.unsent.isEmpty else { return }
        channel.transaction = TransactionModel(id: simulation.nextNumber())
        if simulation.random.chance(75) { commit(ending, on: channel) } else { rollBack(ending, on: channel) }
    }

    private func commit(_ ending: TransactionModel, on channel: ChannelModel) {
        ending.state = .committing
        count(ending.settlements)
        send(TxCommit(), on: channel, expecting: .commit(ending))
        for message in ending.messages { connection?.note(publish: message) }
    }

    private func rollBack(_ ending: TransactionModel, on channel: ChannelModel) {
        ending.state = .undone
        simulation.statistics.rollbacks += 1
        send(TxRollback(), on: channel, expecting: .method(TxRollbackOK.id))
        // It holds them again as if it had said nothing.
        for delivery in ending.settlements { delivery.decision = .none }
        channel.outstanding = (channel.outstanding + ending.settlements).sorted { $0.tag < $1.tag }
        channel.inHand = (channel.inHand + ending.settlements).sorted { $0.tag < $1.tag }
    }
}
