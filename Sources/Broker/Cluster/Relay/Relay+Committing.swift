internal import AMQP

/// What a relay commits at its home.
extension Relay {
    /// Something was published or settled on a channel: where that is transactional it waits for a commit.
    func noteUse(of channel: RelayChannel) {
        guard channel.isTransactional else { return }
        channel.isUncommitted = true
        mayBeUncommitted = true
    }

    /// Commits what was settled outside of the client's transactions.
    func commitLoose() {
        mayBeUncommitted = false
        for channel in channels.values.sorted(by: { $0.number < $1.number })
        where channel.isUncommitted && !channel.isClosing {
            if isCommitting(channel) { mayBeUncommitted = true } else { commit(channel, for: nil) }
        }
    }

    /// Whether a client's commit is under way, which has more to do before the home is asked for it.
    private func isCommitting(_ channel: RelayChannel) -> Bool {
        guard let client = channel.client.flatMap(node.channel), case .ending? = client.waiting else { return false }
        return true
    }

    func commit(_ channel: RelayChannel, for end: (any CommitWaiter)?) {
        channel.isUncommitted = false
        channel.commits.append(end)
        send(TxCommit(), on: channel)
    }
}
