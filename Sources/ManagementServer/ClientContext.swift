internal import Hummingbird
internal import NIOCore

/// What is known of whoever sends a request: whether it is on this machine.
struct ClientContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let isFromThisMachine: Bool

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        isFromThisMachine = source.channel.remoteAddress?.isLoopback ?? false
    }
}

extension SocketAddress {
    /// Whether it is this machine's address to itself (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3), also as IPv4 in IPv6.
    var isLoopback: Bool {
        switch self {
        case .v4, .v6:
            guard let text = ipAddress else { return false }
            return text == "::1" || text.hasPrefix("127.") || text.hasPrefix("::ffff:127.")
        case .unixDomainSocket: return true
        }
    }
}
