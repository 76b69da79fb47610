/// Messages of transactions, which a quorum queue takes whole or not at all.
extension QuorumQueue {
    /// Hands over one command, which is said to be applied by `CommitWaiter.distantEnded`.
    func enqueue(for waiter: any CommitWaiter, _ write: (inout QuorumBatch) -> Void) {
        finishSettling()
        commits.append((command(write), waiter))
    }
}
