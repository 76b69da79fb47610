internal import AMQP

/// A change of the topology as a record of the journal: its index in the metadata 8, what it is 1, then its parts in the
/// encoding of AMQP (§4.2.5): names as short strings, arguments as field tables, switches as octets.
enum TopologyRecord {
    private enum Change: UInt8 {
        case declareVirtualHost = 1, deleteVirtualHost, declareExchange, deleteExchange, declareQueue, deleteQueue, bind
        case unbind, setPolicy, clearPolicy
    }

    static func encode(_ change: TopologyChange, index: UInt64) -> [UInt8] {
        var writer = WireWriter()
        writer.write(index)
        func begin(_ kind: Change, _ names: String...) {
            writer.write(kind.rawValue)
            for name in names { writer.writeShortString(name) }
        }
        switch change {
        case .declareVirtualHost(let name): begin(.declareVirtualHost, name)
        case .deleteVirtualHost(let name): begin(.deleteVirtualHost, name)
        case .declareExchange(let host, let name, let settings):
            begin(.declareExchange, host, name, settings.kind.rawValue)
            writer.write(settings.isDurable ? 1 as UInt8 : 0)
            writer.write(settings.isAutoDelete ? 1 as UInt8 : 0)
            writer.write(settings.isInternal ? 1 as UInt8 : 0)
            writer.write(settings.arguments)
        case .deleteExchange(let host, let name, _): begin(.deleteExchange, host, name)
        case .declareQueue(let host, let name, let settings):
            begin(.declareQueue, host, name)
            writer.write(settings.isAutoDelete ? 1 as UInt8 : 0)
            writer.write(settings.arguments)
        case .deleteQueue(let host, let name, let id):
            begin(.deleteQueue, host, name)
            writer.write(id)
        case .bind(let host, let exchange, let binding):
            begin(.bind, host, exchange)
            write(binding, to: &writer)
        case .unbind(let host, let exchange, let binding):
            begin(.unbind, host, exchange)
            write(binding, to: &writer)
        case .setPolicy(let host, let policy):
            begin(.setPolicy, host, policy.name, policy.appliesTo.rawValue)
            writer.write(long: Array(policy.pattern.utf8))
            writer.write(UInt64(bitPattern: policy.priority))
            writer.write(policy.definition)
        case .clearPolicy(let host, let name): begin(.clearPolicy, host, name)
        }
        return Array(writer.bytes)
    }

    private static func write(_ binding: Binding, to writer: inout WireWriter) {
        switch binding.destination {
        case .queue(let name):
            writer.write(0 as UInt8)
            writer.writeShortString(name)
        case .exchange(let name):
            writer.write(1 as UInt8)
            writer.writeShortString(name)
        }
        binding.routingKey.withUnsafeBytes { writer.writeShortBytes($0) }
        writer.write(binding.arguments)
    }

    /// The change and its index. Throws where the bytes make none.
    static func decode(_ bytes: UnsafeRawBufferPointer) throws(WireError) -> (index: UInt64, change: TopologyChange) {
        var reader = WireReader(bytes)
        return try decode(from: &reader)
    }

    /// The same of bytes that something may follow.
    static func decode(
        from reader: inout WireReader
    ) throws(WireError) -> (index: UInt64, change: TopologyChange) {
        let index = try reader.readUInt64()
        guard let kind = Change(rawValue: try reader.readUInt8()) else { throw .malformed }
        let host = try reader.readShortString()
        switch kind {
        case .declareVirtualHost: return (index, .declareVirtualHost(name: host))
        case .deleteVirtualHost: return (index, .deleteVirtualHost(name: host))
        case .declareExchange:
            let name = try reader.readShortString()
            guard let kind = ExchangeKind(rawValue: try reader.readShortString()) else { throw .malformed }
            let flags = try (reader.readUInt8(), reader.readUInt8(), reader.readUInt8())
            let settings = ExchangeDefinition(
                kind: kind, isDurable: flags.0 != 0, isAutoDelete: flags.1 != 0, isInternal: flags.2 != 0,
                arguments: try reader.readTable())
            return (index, .declareExchange(virtualHost: host, name: name, settings: settings))
        case .deleteExchange:
            return (index, .deleteExchange(virtualHost: host, name: try reader.readShortString(), ifUnused: false))
        case .declareQueue:
            let name = try reader.readShortString()
            let isAutoDelete = try reader.readUInt8() != 0
            let settings = QueueDefinition(
                isDurable: true, isAutoDelete: isAutoDelete, arguments: try reader.readTable())
            return (index, .declareQueue(virtualHost: host, name: name, settings: settings))
        case .deleteQueue:
            let name = try reader.readShortString()
            return (index, .deleteQueue(virtualHost: host, name: name, id: try reader.readUInt64()))
        case .setPolicy:
            let name = try reader.readShortString()
            guard let target = Policy.Target(rawValue: try reader.readShortString()),
                let pattern = String(validating: try reader.readLongBytes(), as: UTF8.self)
            else { throw .malformed }
            let priority = Int64(bitPattern: try reader.readUInt64())
            let policy = Policy(
                name: name, pattern: pattern, appliesTo: target, priority: priority,
                definition: try reader.readTable())
            return (index, .setPolicy(virtualHost: host, policy))
        case .clearPolicy:
            return (index, .clearPolicy(virtualHost: host, name: try reader.readShortString()))
        case .bind, .unbind:
            let exchange = try reader.readShortString()
            let isQueue = try reader.readUInt8() == 0
            let name = try reader.readShortString()
            let binding = Binding(
                destination: isQueue ? .queue(name) : .exchange(name), routingKey: Array(try reader.readShortBytes()),
                arguments: try reader.readTable())
            return kind == .bind
                ? (index, .bind(virtualHost: host, exchange: exchange, binding))
                : (index, .unbind(virtualHost: host, exchange: exchange, binding))
        }
    }
}
