internal import Management

/// How a node is, from everything that is known of it.
public struct ClusterNode: Hashable, Sendable {
    /// How it is; where the broker knows less, only up and down can be told.
    public enum State: String, Hashable, Sendable {
        case running, minority, starting, paused, crashed, down, draining
    }

    /// Its name.
    public var name: String
    /// How it is.
    public var state: State

    /// Whether it serves clients.
    public var isServing: Bool { state == .running || state == .draining }
}

extension MonitorState {
    /// All nodes by name, with what faults and the list of nodes say of them. What a person did to a node counts before
    /// what the others see of it.
    public var clusterNodes: [ClusterNode] {
        let listed = nodes.value ?? []
        let faults = abilities.injectsFaults ? faults.value?.nodes ?? [] : []
        let names = Set(listed.map(\.name)).union(faults.map(\.name)).sorted()
        return names.map { name in
            let node = listed.first { $0.name == name }
            var state: ClusterNode.State = node?.running == false ? .down : .running
            if node?.beingDrained == true { state = .draining }
            if let fault = faults.first(where: { $0.name == name }), fault.state != .running || node == nil {
                state = ClusterNode.State(rawValue: fault.state.rawValue) ?? state
            }
            return ClusterNode(name: name, state: state)
        }
    }
}
