/// Mistakes that tests make on purpose, to show that their checks would find them.
package enum PlantedFault: CaseIterable, Sendable {
    /// An entry is committed as soon as one member has it durably.
    case confirmBeforeMajority
    /// The vote is left out of the hard state.
    case forgetVote
    /// A follower gives up entries it knows to be committed when a leader's log differs.
    case truncateCommitted
    /// Entries of earlier terms are committed by counting, so that a term need not start with one (Raft figure 8).
    case countOldTerms
    /// A leader counts its own copy before its disk has it.
    case countSelfUnsynced
    /// A log that the snapshot contradicts at a start stays on the disk.
    case keepReplacedLog
}
