/// One client connection: an item of `/api/connections`.
///
/// A connection that has just opened may be a stub with its name only.
public struct ConnectionInfo: Hashable, Sendable, Codable {
    /// Its name, "HOST:PORT -> HOST:PORT", by which it is closed.
    public var name: String
    /// The vhost it opened.
    public var vhost: String?
    /// The user it authenticated as.
    public var user: String?
    /// The node it is connected to.
    public var node: String?
    /// "starting", "tuning", "opening", "running", "flow", "blocking", "blocked", "closing" or "closed".
    public var state: String?
    /// "AMQP 0-9-1", "MQTT 3.1.1" …
    public var `protocol`: String?
    /// How it authenticated: "PLAIN", "AMQPLAIN", "EXTERNAL" …
    public var authMechanism: String?
    /// Whether it is encrypted.
    public var ssl: Bool?
    /// The client's address.
    public var peerHost: String?
    /// The client's port.
    public var peerPort: Int?
    /// Open channels.
    public var channels: Int?
    /// The largest channel number agreed on.
    public var channelMax: Int?
    /// The largest frame agreed on, bytes.
    public var frameMax: Int?
    /// The heartbeat interval agreed on, seconds; 0 means none.
    public var timeout: Int?
    /// When it was opened, milliseconds since 1970.
    public var connectedAt: Int?
    /// Bytes received, and per second.
    public var received: Measured?
    /// Bytes sent, and per second.
    public var sent: Measured?
    /// Sends waiting for the socket.
    public var sendPending: Int?
    /// What the client says of itself.
    public var clientProperties: [String: JSONValue]

    /// The name its client gave it (`connection_name` among the client's properties).
    public var clientProvidedName: String? { clientProperties["connection_name"]?.stringValue }

    /// A connection of which only the name is known.
    public init(name: String) {
        self.name = name
        clientProperties = [:]
    }

    enum CodingKeys: String, CodingKey {
        case name, vhost, user, node, state, `protocol`, ssl, channels, timeout
        case authMechanism = "auth_mechanism"
        case peerHost = "peer_host"
        case peerPort = "peer_port"
        case channelMax = "channel_max"
        case frameMax = "frame_max"
        case connectedAt = "connected_at"
        case sendPending = "send_pend"
        case clientProperties = "client_properties"
    }

    /// Reads the connection leniently; only the name must be there.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        vhost = container.text(.vhost)
        user = container.text(.user)
        node = container.text(.node)
        state = container.text(.state)
        `protocol` = container.text(.protocol)
        authMechanism = container.text(.authMechanism)
        ssl = container.lenient(.ssl)
        peerHost = container.text(.peerHost)
        peerPort = container.count(.peerPort)
        channels = container.count(.channels)
        channelMax = container.count(.channelMax)
        frameMax = container.count(.frameMax)
        timeout = container.count(.timeout)
        connectedAt = container.count(.connectedAt)
        sendPending = container.count(.sendPending)
        clientProperties = container.table(.clientProperties)
        let counters = try decoder.container(keyedBy: FieldName.self)
        received = counters.measured("recv_oct")
        sent = counters.measured("send_oct")
    }

    /// Writes the connection in RabbitMQ's shape.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encodeIfPresent(vhost, forKey: .vhost)
        try container.encodeIfPresent(user, forKey: .user)
        try container.encodeIfPresent(node, forKey: .node)
        try container.encodeIfPresent(state, forKey: .state)
        try container.encodeIfPresent(`protocol`, forKey: .protocol)
        try container.encodeIfPresent(authMechanism, forKey: .authMechanism)
        try container.encodeIfPresent(ssl, forKey: .ssl)
        try container.encodeIfPresent(peerHost, forKey: .peerHost)
        try container.encodeIfPresent(peerPort, forKey: .peerPort)
        try container.encodeIfPresent(channels, forKey: .channels)
        try container.encodeIfPresent(channelMax, forKey: .channelMax)
        try container.encodeIfPresent(frameMax, forKey: .frameMax)
        try container.encodeIfPresent(timeout, forKey: .timeout)
        try container.encodeIfPresent(connectedAt, forKey: .connectedAt)
        try container.encodeIfPresent(sendPending, forKey: .sendPending)
        try container.encode(clientProperties, forKey: .clientProperties)
        var counters = encoder.container(keyedBy: FieldName.self)
        try counters.encode(received, "recv_oct")
        try counters.encode(sent, "send_oct")
    }
}
