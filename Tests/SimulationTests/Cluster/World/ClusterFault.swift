import Raft

@testable import Broker

/// Mistakes that a cluster makes on purpose, so that a test can show that the checks would notice them.
enum ClusterFault: String, CaseIterable {
    /// An entry counts as committed as soon as one member has it on its disk.
    case confirmBeforeMajority
    /// The vote is not written down, so that a node that starts again may vote twice.
    case forgottenVote
    /// A leader answers for what is in its log although another may lead by now.
    case staleLeaderAnswers
    /// A publish that comes again is taken for another one.
    case lostDeduplication
    /// A follower gives up entries that it knows to be committed.
    case truncatedCommit
    /// A mirrored queue's leader confirms what its mirrors do not have.
    case unmirroredConfirm

    var inNode: Broker.PlantedFault? {
        switch self {
        case .staleLeaderAnswers: .answerFromLog
        case .lostDeduplication: .forgetDuplicates
        case .unmirroredConfirm: .confirmBeforeMirrors
        default: nil
        }
    }

    var inGroups: Raft.PlantedFault? {
        switch self {
        case .confirmBeforeMajority: .confirmBeforeMajority
        case .forgottenVote: .forgetVote
        case .truncatedCommit: .truncateCommitted
        default: nil
        }
    }
}
