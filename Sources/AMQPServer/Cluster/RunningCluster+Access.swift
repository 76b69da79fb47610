public import Broker
internal import Management

/// What the management endpoints of its nodes know of the others.
extension RunningCluster: ClusterAccess {
    /// All nodes in their order.
    public var members: [ClusterMemberAccess] {
        nodes.map { node in
            let state = node.state
            return ClusterMemberAccess(
                name: node.name, loop: node, isReachable: state.phase == .running,
                listeners: state.isListening
                    ? [Listener(node: node.name, protocol: "amqp", ipAddress: node.port.host, port: node.port.port)]
                    : [])
        }
    }

    /// Whether people may hurt its nodes.
    public var injectsFaults: Bool { options.allowsFaults }
}
