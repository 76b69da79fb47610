/// What a node has, in an order that is the same in every run.
extension Node {
    /// Connections that clients may use.
    var openConnectionCount: Int {
        connections.values.reduce(0) { $0 + ($1.phase == .open && !$1.isRelay ? 1 : 0) }  // order-free
    }

    /// Virtual hosts in the order of their names.
    var sortedVirtualHosts: [VirtualHost] { virtualHosts.values.sorted { $0.name < $1.name } }

    /// Connections of clients of this node, from the oldest to the youngest.
    var clientConnections: [Connection] { sortedConnections.filter { !$0.isRelay } }

    /// Connections from the oldest to the youngest.
    var sortedConnections: [Connection] { connections.values.sorted { $0.id < $1.id } }

    /// What a client uses until it has chosen.
    var defaultVirtualHost: VirtualHost {
        if let host = virtualHosts["/"] { return host }
        let host = VirtualHost(name: "/")
        // What all nodes have is not changed by one.
        if cluster == nil { virtualHosts["/"] = host }
        return host
    }

    /// The channel of that opening, while it is open.
    func channel(_ reference: ChannelReference) -> Channel? {
        connections[reference.connection]?.channel(reference)
    }
}
