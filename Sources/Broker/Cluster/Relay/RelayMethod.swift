internal import AMQP

/// A publish on a relay: like `basic.publish`, but it names the queues that it is for, because the node that its client
/// is connected to has routed it. No client may send it.
///
/// Class 2, method 2, reserved 2, then exchange and routing key as short strings, then the ids of the queues, 8 each.
enum RelayPublish {
    static let id = MethodID(classID: 60, methodID: 0xFF01)

    static func encode(key: UnsafeRawBufferPointer, queues: [UInt64], into writer: inout WireWriter) {
        writer.write(id.rawValue)
        writer.write(UInt16(0))
        writer.write(key)
        for queue in queues { writer.write(queue) }
    }

    /// The parts of a method frame's payload; nil where it makes none.
    static func decode(_ payload: UnsafeRawBufferPointer) -> (key: UnsafeRawBufferPointer, queues: [UInt64])? {
        var reader = WireReader(payload)
        guard (try? reader.readBytes(6)) != nil, let exchange = try? reader.readShortBytes(),
            let routingKey = try? reader.readShortBytes()
        else { return nil }
        let count = exchange.count + routingKey.count + 2
        guard reader.remaining > 0, reader.remaining.isMultiple(of: 8) else { return nil }
        var queues: [UInt64] = []
        while reader.remaining > 0 {
            guard let queue = try? reader.readUInt64() else { return nil }
            queues.append(queue)
        }
        return (UnsafeRawBufferPointer(rebasing: payload[6..<6 + count]), queues)
    }
}

/// What a relay says that carries transactions of the node that opened it: all publishes since the last one belong to
/// this transaction. No client may send it.
///
/// Class 2, method 2, then the number of the transaction 8.
struct RelayMark: MethodPayload {
    static let id = MethodID(classID: 60, methodID: 0xFF02)

    let transaction: UInt64

    init(transaction: UInt64) { self.transaction = transaction }

    init(decoding reader: inout WireReader) throws(WireError) { transaction = try reader.readUInt64() }

    func encodeArguments(into writer: inout WireWriter) { writer.write(transaction) }
}

/// What opens a relay: the client that it is for, as short strings.
struct RelayClient {
    var virtualHost: String
    var user: String
    var peer: String
    var local: String

    func encode(into bytes: inout [UInt8]) {
        for text in [virtualHost, user, peer, local] {
            let utf8 = text.utf8.prefix(255)
            bytes.append(UInt8(utf8.count))
            bytes += utf8
        }
    }

    init(virtualHost: String, user: String, peer: String, local: String) {
        self.virtualHost = virtualHost
        self.user = user
        self.peer = peer
        self.local = local
    }

    /// Nil where the bytes make none.
    init?(_ payload: UnsafeRawBufferPointer) {
        var reader = WireReader(payload)
        guard let virtualHost = try? reader.readShortString(), let user = try? reader.readShortString(),
            let peer = try? reader.readShortString(), let local = try? reader.readShortString(), reader.remaining == 0
        else { return nil }
        self.init(virtualHost: virtualHost, user: user, peer: peer, local: local)
    }
}
