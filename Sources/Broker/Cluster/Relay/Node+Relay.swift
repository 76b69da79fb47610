internal import AMQP

/// Clients of other nodes.
extension Node {
    /// Takes a client of another node that uses queues here; it has been let in there.
    func acceptRelay(for client: RelayClient, in host: VirtualHost) -> Connection {
        lastConnection += 1
        let connection = Connection(
            id: ConnectionID(lastConnection), node: self, peer: client.peer, local: client.local, virtualHost: host,
            isRelay: true)
        connection.user = client.user
        connection.frameMax = Limits.frameMax
        connection.channelMax = 0
        connection.clientProperties = ["capabilities": .table(["consumer_cancel_notify": .boolean(true)])]
        connection.phase = .open
        connections[connection.id] = connection
        watchDeliveryAcks()
        return connection
    }
}
