public import Management

extension ClusterTimeline.Event {
    /// What it is about: its queue, else its node.
    public var subject: String { queue ?? node }

    /// What happened, in words.
    public var words: String {
        let base: String
        switch kind {
        case .nodeDown: return text.isEmpty ? "is down" : text
        case .nodeUp: return text.isEmpty ? "starts" : text
        case .nodeServing: base = "serves again"
        case .minority: base = "cannot reach a majority, closes its clients"
        case .cut: base = text.contains("link") ? "" : "cut off"
        case .healed: base = text.contains("link") ? "" : "its links are whole again"
        case .leaderLost: base = "leader lost"
        case .leaderElected: base = "\(node) elected" + (term.map { ", term \($0)" } ?? "")
        case .promoted: base = "mirror \(node) promoted"
        case .unavailable: base = "lives on \(node) only" + (text.isEmpty ? ", which cannot be reached" : "")
        case .available: base = "back on \(node)"
        case .caughtUp: base = "\(node) has caught up"
        case .mirrorLost: base = "goes on without mirror \(node)"
        case .dataLost: base = "\(node) has lost its data, begins anew"
        }
        return [base, text].filter { !$0.isEmpty }.joined(separator: "; ")
    }
}

extension Loss {
    /// What Warren says of a node that went down and that goes with its name.
    private static let verbs: Set<String> = ["crashed", "lost its power", "paused", "stopped"]

    /// What happened, after the name of its subject: "crashed", "lost its leader". `state`: what the node is now.
    public func verb(_ state: FaultState.State?) -> String {
        switch cause.kind {
        case .nodeDown where Self.verbs.contains(cause.text): cause.text
        case .nodeDown:
            switch state {
            case .crashed: "crashed"
            case .paused: "paused"
            case .running, .minority, .starting, nil: "went down"
            }
        case .cut where cause.text.hasSuffix(": slow"): "has a slow link"
        case .cut: cause.text.contains("link") ? "lost a link" : "was cut off"
        case .minority: "lost its majority"
        default: "lost its leader"
        }
    }
}
