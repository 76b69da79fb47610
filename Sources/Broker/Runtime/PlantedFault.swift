/// Mistakes that a node makes on purpose, so that tests can show that they would be noticed. No product sets one.
package enum PlantedFault: Sendable {
    /// A publish whose content comes in a later read is confirmed as soon as its method is there, before any queue
    /// has the message.
    case confirmBeforeEnqueue
    /// The leader of a quorum queue answers for what is in its log, although another may lead by now.
    case answerFromLog
    /// A quorum queue takes a publish that comes again for another one.
    case forgetDuplicates
    /// A node takes a transaction that another hands over again for another one.
    case forgetTransactions
    /// What a node owes another of a transaction is settled when it has been sent.
    case settleWhenSent
    /// The leader of a mirrored queue confirms what its mirrors do not have yet.
    case confirmBeforeMirrors
}
