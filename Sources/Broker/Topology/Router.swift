internal import AMQP

/// Where messages with one exchange and routing key go, as of one version of the topology.
final class Route {
    /// The wire bytes that name the exchange and the routing key: two short strings, length octets included.
    let key: [UInt8]
    let virtualHost: VirtualHost
    let exchange: Exchange
    /// Where they go; unless `dependsOnHeaders`, where a headers exchange on the way asks each message.
    let queues: [ClassicQueue]
    let dependsOnHeaders: Bool
    /// Whether one of the queues may refuse a message.
    let mayRefuse: Bool
    /// Whether one of the queues may be on another node.
    let mayLeaveNode: Bool
    /// Whether one of the queues may have mirrors.
    let isMirrored: Bool
    let version: UInt64
    /// Another node has found the queues.
    let isRelayed: Bool

    init(
        key: [UInt8], virtualHost: VirtualHost, exchange: Exchange, queues: [ClassicQueue], dependsOnHeaders: Bool,
        isInCluster: Bool, version: UInt64, isRelayed: Bool = false
    ) {
        self.key = key
        self.virtualHost = virtualHost
        self.exchange = exchange
        self.queues = queues
        self.dependsOnHeaders = dependsOnHeaders
        mayRefuse = dependsOnHeaders || queues.contains { $0.limits.rejectsPublishes }
        mayLeaveNode = dependsOnHeaders || queues.contains { $0.distant != nil }
        isMirrored = dependsOnHeaders || queues.contains { $0.mirrors != nil }
        self.version = version
        self.isRelayed = isRelayed
    }

    @inline(__always)
    func answers(_ bytes: UnsafeRawBufferPointer, in virtualHost: VirtualHost, version: UInt64) -> Bool {
        guard self.version == version, self.virtualHost === virtualHost, key.count == bytes.count else { return false }
        return key.withUnsafeBytes { known in
            guard let left = known.baseAddress, let right = bytes.baseAddress else { return true }
            return equal(left, right, known.count)
        }
    }
}

extension Route {
    /// Where one message goes whose content header's payload this is.
    func queues(for header: UnsafeRawBufferPointer) -> [ClassicQueue] {
        guard dependsOnHeaders else { return isRelayed ? queues.filter { !$0.isDeleted } : queues }
        return key.withUnsafeBytes { key in
            guard let publish = PublishMethod(key: key) else { return [] }
            return virtualHost.route(from: exchange, publish.routingKey) {
                guard let pairs = (try? ContentHeaderScan(payload: header))?.headers else { return nil }
                var reader = WireReader(pairs)
                return try? FieldTable(decodingPairs: &reader)
            }.queues
        }
    }
}

/// Routes by (exchange, routing key) and remembers the answers: a table of recent routes, each valid for one version
/// of the topology. Publishing to a known pair compares bytes and touches no dictionary. Two routes share two slots, so
/// that two keys that meet do not push each other out message by message.
struct Router {
    static let slots = 4096
    private var recent = [Route?](repeating: nil, count: Router.slots)

    /// The route for `key` (see `Route.key`), whose parts are `exchange` and `routingKey`; nil without the exchange.
    mutating func route(
        key: UnsafeRawBufferPointer, exchange: UnsafeRawBufferPointer, routingKey: UnsafeRawBufferPointer,
        in virtualHost: VirtualHost, node: Node
    ) -> Route? {
        let slot = Router.slot(of: key) & ~1
        if let known = recent[slot], known.answers(key, in: virtualHost, version: node.topologyVersion) {
            return known
        }
        if let known = recent[slot | 1], known.answers(key, in: virtualHost, version: node.topologyVersion) {
            return known
        }
        guard let found = virtualHost.exchanges[String(decoding: exchange, as: UTF8.self)] else { return nil }
        let (queues, usedHeaders) = virtualHost.route(from: found, routingKey) { nil }
        let route = Route(
            key: Array(key), virtualHost: virtualHost, exchange: found, queues: queues, dependsOnHeaders: usedHeaders,
            isInCluster: node.cluster != nil, version: node.topologyVersion)
        recent[slot | 1] = recent[slot]
        recent[slot] = route
        return route
    }

    /// Multiplicative hash of the bytes: good enough to spread names, and the same in every process.
    private static func slot(of key: UnsafeRawBufferPointer) -> Int {
        var hash: UInt64 = 0x9E37_79B9_7F4A_7C15 ^ UInt64(key.count)
        var index = 0
        while index + 8 <= key.count {
            hash = (hash ^ key.loadUnaligned(fromByteOffset: index, as: UInt64.self)) &* 0x2545_F491_4F6C_DD1D
            hash ^= hash >> 29
            index += 8
        }
        while index < key.count {
            hash = (hash ^ UInt64(key[index])) &* 0x0000_0100_0000_01B3
            index += 1
        }
        return Int(truncatingIfNeeded: (hash ^ (hash >> 32)) & UInt64(slots - 1))
    }
}
