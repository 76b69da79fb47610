/// What a connection and its channels are called.
extension Connection {
    /// "CLIENT -> SERVER", each "ADDRESS:PORT", as in RabbitMQ; the client alone where it is in this process.
    var name: String { local.isEmpty ? "\(peer) #\(id.rawValue)" : "\(peer) -> \(local)" }

    /// The client's address.
    var peerHost: String? { peer.lastIndex(of: ":").map { String(peer[..<$0]) } }

    /// The client's port.
    var peerPort: Int? { peer.lastIndex(of: ":").flatMap { Int(peer[peer.index(after: $0)...]) } }

    /// RabbitMQ's word for where it stands.
    var stateName: String {
        switch phase {
        case .awaitingProtocolHeader, .awaitingStartOK: "starting"
        case .awaitingTuneOK: "tuning"
        case .awaitingOpen: "opening"
        case .open: isBlocked ? "blocked" : isReadingPaused ? "flow" : "running"
        case .closing: "closing"
        case .closed: "closed"
        }
    }
}

extension Channel {
    /// Its connection's name and its number.
    var name: String { "\(connection.name) (\(number))" }
}
