public import Management

/// Something that a cluster had to recover from: a node that went down, a cut, a leader or a majority that was lost.
public struct Loss: Hashable, Sendable {
    /// The event it began with.
    public var cause: ClusterTimeline.Event

    /// When it began, milliseconds.
    public var at: Double { cause.at }

    /// Causes closer than this are one: an isolated node is a cut of each of its links.
    static let sameCauseSpan = 100.0
    /// A leader or a majority lost so soon after a cause is what that led to.
    static let consequenceSpan = 5_000.0

    /// Whether a leader on a node was lost shortly before a time.
    fileprivate func isOfLeader(_ node: String, before time: Double) -> Bool {
        cause.kind == .leaderLost && cause.node == node && time - at <= Self.consequenceSpan
    }
}

extension FailoverRecording {
    /// What the cluster had to recover from, oldest first.
    public var losses: [Loss] {
        var losses: [Loss] = []
        var lastCause = -Double.infinity
        for event in events {
            switch event.kind {
            case .nodeDown where losses.last?.isOfLeader(event.node, before: event.at) == true:
                // Who looks now and then may see that a queue has another leader before that the old one's node is down.
                lastCause = event.at
            case .nodeDown, .cut:
                if event.at - lastCause > Loss.sameCauseSpan { losses.append(Loss(cause: event)) }
                lastCause = event.at
            case .minority, .leaderLost:
                guard event.at - (losses.last?.at ?? -.infinity) > Loss.consequenceSpan else { continue }
                losses.append(Loss(cause: event))
            case .nodeUp, .nodeServing, .healed, .leaderElected, .promoted, .unavailable, .available, .caughtUp,
                .dataLost, .mirrorLost:
                break
            }
        }
        return losses
    }
}
