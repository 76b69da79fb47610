import Management

extension Poller {
    /// How often a resource is asked for at present: the interval asked for, stretched by what the endpoint can
    /// bear and by what is not visible.
    public func effectiveInterval(_ kind: Resource.Kind) -> Duration {
        let known = capabilities ?? lastCapabilities
        if kind == .timeline { return timelineInterval(isEmbedded: known?.isEmbedded == true) }
        let isRemoteList = (kind == .queues || Self.lists.contains(kind)) && known?.isEmbedded != true
        var result = max(interval, known?.statisticsInterval ?? .zero)
        // A queue's leader is no statistic: it is as new as the question.
        if kind == .leadership {
            let isWatched = isVisible(.timeline) || known?.isEmbedded == true
            result = max(
                interval, isWatched ? PollingLimits.leadershipInterval : PollingLimits.shortestRemoteListInterval)
        }
        if isRemoteList { result = max(result, PollingLimits.shortestRemoteListInterval) }
        if !isVisible(kind) { result = result * PollingLimits.hiddenFactor }
        let share = isRemoteList ? PollingLimits.remoteListReplyShare : PollingLimits.replyShare
        result = max(result, self[kind].replyTime * share)
        return max(interval, min(result, PollingLimits.longestInterval))
    }

    /// The timeline is what a person watches: it keeps its own pace, whatever the others are asked at.
    private func timelineInterval(isEmbedded: Bool) -> Duration {
        let pace = isEmbedded ? PollingLimits.embeddedTimelineInterval : PollingLimits.remoteTimelineInterval
        let shown = isVisible(.timeline) ? pace : pace * PollingLimits.hiddenTimelineFactor
        return min(max(shown, self[.timeline].replyTime * PollingLimits.replyShare), PollingLimits.longestInterval)
    }

    /// When the present sample of a resource turns stale by age; `nil` where there is none, or while paused.
    func staleAt(_ kind: Resource.Kind) -> Duration? {
        guard !isPaused, let sampledAt = self[kind].sampledAt else { return nil }
        return sampledAt + max(effectiveInterval(kind), PollingLimits.shortestInterval) * PollingLimits.missedRefreshes
    }

    /// Whether the present sample of a resource has missed two refreshes.
    public func isStale(_ kind: Resource.Kind, at now: Duration) -> Bool {
        guard self[kind].sampledAt != nil else { return false }
        return self[kind].failures >= PollingLimits.missedRefreshes || staleAt(kind).map { $0 <= now } == true
    }

    /// How the endpoint does.
    public func status(at now: Duration) -> MonitorStatus {
        if capabilities == nil {
            guard let connectionError, connectionFailures >= endpointCount else { return .connecting }
            switch connectionError {
            case .unauthorized, .forbidden: return .refused(connectionError)
            default: return .unreachable(connectionError)
            }
        }
        let isBehind = Resource.Kind.allCases.contains {
            isVisible($0) && isStale($0, at: now) && !self[$0].isAnswered
        }
        return isBehind ? .stale : .live
    }
}

extension Poller.Slot {
    /// Whether the endpoint answers for this resource, though with a no: what it says about one object or one
    /// right does not make the endpoint a stale one.
    fileprivate var isAnswered: Bool {
        switch error {
        case .notFound, .forbidden, .refused: true
        default: false
        }
    }
}
