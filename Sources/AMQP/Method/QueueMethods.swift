/// `queue.declare` (AMQP 0-9-1 §1.7).
public struct QueueDeclare: MethodPayload, Hashable, Sendable {
    /// Class 50, method 10.
    public static let id = MethodID(classID: 50, methodID: 10)
    /// The queue.
    public var queue: String
    /// Only check that it exists.
    public var passive: Bool
    /// Survives a restart.
    public var durable: Bool
    /// For this connection or consumer alone.
    public var exclusive: Bool
    /// Goes when nobody uses it any more.
    public var autoDelete: Bool
    /// No reply is wanted.
    public var noWait: Bool
    /// Optional arguments.
    public var arguments: FieldTable

    /// A method with these arguments.
    public init(
        queue: String = "", passive: Bool = false, durable: Bool = false, exclusive: Bool = false,
        autoDelete: Bool = false, noWait: Bool = false, arguments: FieldTable = FieldTable()
    ) {
        self.queue = queue
        self.passive = passive
        self.durable = durable
        self.exclusive = exclusive
        self.autoDelete = autoDelete
        self.noWait = noWait
        self.arguments = arguments
    }

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
        _ = try reader.readUInt16()
        queue = try reader.readShortString()
        let bits = try reader.readUInt8()
        passive = bits & 1 != 0
        durable = bits & 2 != 0
        exclusive = bits & 4 != 0
        autoDelete = bits & 8 != 0
        noWait = bits & 16 != 0
        arguments = try reader.readTable()
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
        writer.write(UInt16(0))
        writer.writeShortString(queue)
        writer.write(
            UInt8(
                (passive ? 1 : 0) | (durable ? 2 : 0) | (exclusive ? 4 : 0) | (autoDelete ? 8 : 0) | (noWait ? 16 : 0)))
        writer.write(arguments)
    }
}

/// `queue.declare-ok` (AMQP 0-9-1 §1.7).
public struct QueueDeclareOK: MethodPayload, Hashable, Sendable {
    /// Class 50, method 11.
    public static let id = MethodID(classID: 50, methodID: 11)
    /// The queue.
    public var queue: String
    /// How many messages.
    public var messageCount: UInt32
    /// How many consumers.
    public var consumerCount: UInt32

    /// A method with these arguments.
    public init(queue: String = "", messageCount: UInt32 = 0, consumerCount: UInt32 = 0) {
        self.queue = queue
        self.messageCount = messageCount
        self.consumerCount = consumerCount
    }

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
        queue = try reader.readShortString()
        messageCount = try reader.readUInt32()
        consumerCount = try reader.readUInt32()
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
        writer.writeShortString(queue)
        writer.write(messageCount)
        writer.write(consumerCount)
    }
}

/// `queue.bind` (AMQP 0-9-1 §1.7).
public struct QueueBind: MethodPayload, Hashable, Sendable {
    /// Class 50, method 20.
    public static let id = MethodID(classID: 50, methodID: 20)
    /// The queue.
    public var queue: String
    /// The exchange.
    public var exchange: String
    /// The routing key.
    public var routingKey: String
    /// No reply is wanted.
    public var noWait: Bool
    /// Optional arguments.
    public var arguments: FieldTable

    /// A method with these arguments.
    public init(
        queue: String = "", exchange: String = "", routingKey: String = "", noWait: Bool = false,
        arguments: FieldTable = FieldTable()
    ) {
        self.queue = queue
        self.exchange = exchange
        self.routingKey = routingKey
        self.noWait = noWait
        self.arguments = arguments
    }

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
        _ = try reader.readUInt16()
        queue = try reader.readShortString()
        exchange = try reader.readShortString()
        routingKey = try reader.readShortString()
        let bits = try reader.readUInt8()
        noWait = bits & 1 != 0
        arguments = try reader.readTable()
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
        writer.write(UInt16(0))
        writer.writeShortString(queue)
        writer.writeShortString(exchange)
        writer.writeShortString(routingKey)
        writer.write(UInt8(noWait ? 1 : 0))
        writer.write(arguments)
    }
}

/// `queue.bind-ok` (AMQP 0-9-1 §1.7).
public struct QueueBindOK: MethodPayload, Hashable, Sendable {
    /// Class 50, method 21.
    public static let id = MethodID(classID: 50, methodID: 21)

    /// A method with these arguments.
    public init() {}

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
    }
}

/// `queue.purge` (AMQP 0-9-1 §1.7).
public struct QueuePurge: MethodPayload, Hashable, Sendable {
    /// Class 50, method 30.
    public static let id = MethodID(classID: 50, methodID: 30)
    /// The queue.
    public var queue: String
    /// No reply is wanted.
    public var noWait: Bool

    /// A method with these arguments.
    public init(queue: String = "", noWait: Bool = false) {
        self.queue = queue
        self.noWait = noWait
    }

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
        _ = try reader.readUInt16()
        queue = try reader.readShortString()
        let bits = try reader.readUInt8()
        noWait = bits & 1 != 0
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
        writer.write(UInt16(0))
        writer.writeShortString(queue)
        writer.write(UInt8(noWait ? 1 : 0))
    }
}

/// `queue.purge-ok` (AMQP 0-9-1 §1.7).
public struct QueuePurgeOK: MethodPayload, Hashable, Sendable {
    /// Class 50, method 31.
    public static let id = MethodID(classID: 50, methodID: 31)
    /// How many messages.
    public var messageCount: UInt32

    /// A method with these arguments.
    public init(messageCount: UInt32 = 0) {
        self.messageCount = messageCount
    }

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
        messageCount = try reader.readUInt32()
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
        writer.write(messageCount)
    }
}

/// `queue.delete` (AMQP 0-9-1 §1.7).
public struct QueueDelete: MethodPayload, Hashable, Sendable {
    /// Class 50, method 40.
    public static let id = MethodID(classID: 50, methodID: 40)
    /// The queue.
    public var queue: String
    /// Only if nobody uses it.
    public var ifUnused: Bool
    /// Only if it has no messages.
    public var ifEmpty: Bool
    /// No reply is wanted.
    public var noWait: Bool

    /// A method with these arguments.
    public init(queue: String = "", ifUnused: Bool = false, ifEmpty: Bool = false, noWait: Bool = false) {
        self.queue = queue
        self.ifUnused = ifUnused
        self.ifEmpty = ifEmpty
        self.noWait = noWait
    }

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
        _ = try reader.readUInt16()
        queue = try reader.readShortString()
        let bits = try reader.readUInt8()
        ifUnused = bits & 1 != 0
        ifEmpty = bits & 2 != 0
        noWait = bits & 4 != 0
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
        writer.write(UInt16(0))
        writer.writeShortString(queue)
        writer.write(UInt8((ifUnused ? 1 : 0) | (ifEmpty ? 2 : 0) | (noWait ? 4 : 0)))
    }
}

/// `queue.delete-ok` (AMQP 0-9-1 §1.7).
public struct QueueDeleteOK: MethodPayload, Hashable, Sendable {
    /// Class 50, method 41.
    public static let id = MethodID(classID: 50, methodID: 41)
    /// How many messages.
    public var messageCount: UInt32

    /// A method with these arguments.
    public init(messageCount: UInt32 = 0) {
        self.messageCount = messageCount
    }

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
        messageCount = try reader.readUInt32()
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
        writer.write(messageCount)
    }
}

/// `queue.unbind` (AMQP 0-9-1 §1.7).
public struct QueueUnbind: MethodPayload, Hashable, Sendable {
    /// Class 50, method 50.
    public static let id = MethodID(classID: 50, methodID: 50)
    /// The queue.
    public var queue: String
    /// The exchange.
    public var exchange: String
    /// The routing key.
    public var routingKey: String
    /// Optional arguments.
    public var arguments: FieldTable

    /// A method with these arguments.
    public init(
        queue: String = "", exchange: String = "", routingKey: String = "", arguments: FieldTable = FieldTable()
    ) {
        self.queue = queue
        self.exchange = exchange
        self.routingKey = routingKey
        self.arguments = arguments
    }

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
        _ = try reader.readUInt16()
        queue = try reader.readShortString()
        exchange = try reader.readShortString()
        routingKey = try reader.readShortString()
        arguments = try reader.readTable()
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
        writer.write(UInt16(0))
        writer.writeShortString(queue)
        writer.writeShortString(exchange)
        writer.writeShortString(routingKey)
        writer.write(arguments)
    }
}

/// `queue.unbind-ok` (AMQP 0-9-1 §1.7).
public struct QueueUnbindOK: MethodPayload, Hashable, Sendable {
    /// Class 50, method 51.
    public static let id = MethodID(classID: 50, methodID: 51)

    /// A method with these arguments.
    public init() {}

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
    }
}
