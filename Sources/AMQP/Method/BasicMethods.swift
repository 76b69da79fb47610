/// `basic.qos` (AMQP 0-9-1 §1.8).
public struct BasicQos: MethodPayload, Hashable, Sendable {
    /// Class 60, method 10.
    public static let id = MethodID(classID: 60, methodID: 10)
    /// Prefetch window in octets; 0 means no limit.
    public var prefetchSize: UInt32
    /// Prefetch window in messages; 0 means no limit.
    public var prefetchCount: UInt16
    /// For the whole channel (RabbitMQ's meaning).
    public var global: Bool

    /// A method with these arguments.
    public init(prefetchSize: UInt32 = 0, prefetchCount: UInt16 = 0, global: Bool = false) {
        self.prefetchSize = prefetchSize
        self.prefetchCount = prefetchCount
        self.global = global
    }

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
        prefetchSize = try reader.readUInt32()
        prefetchCount = try reader.readUInt16()
        let bits = try reader.readUInt8()
        global = bits & 1 != 0
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
        writer.write(prefetchSize)
        writer.write(prefetchCount)
        writer.write(UInt8(global ? 1 : 0))
    }
}

/// `basic.qos-ok` (AMQP 0-9-1 §1.8).
public struct BasicQosOK: MethodPayload, Hashable, Sendable {
    /// Class 60, method 11.
    public static let id = MethodID(classID: 60, methodID: 11)

    /// A method with these arguments.
    public init() {}

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
    }
}

/// `basic.consume` (AMQP 0-9-1 §1.8).
public struct BasicConsume: MethodPayload, Hashable, Sendable {
    /// Class 60, method 20.
    public static let id = MethodID(classID: 60, methodID: 20)
    /// The queue.
    public var queue: String
    /// The consumer's name on its channel.
    public var consumerTag: String
    /// Not what this connection publishes itself.
    public var noLocal: Bool
    /// Automatic acknowledgement.
    public var noAck: Bool
    /// For this connection or consumer alone.
    public var exclusive: Bool
    /// No reply is wanted.
    public var noWait: Bool
    /// Optional arguments.
    public var arguments: FieldTable

    /// A method with these arguments.
    public init(
        queue: String = "", consumerTag: String = "", noLocal: Bool = false, noAck: Bool = false,
        exclusive: Bool = false, noWait: Bool = false, arguments: FieldTable = FieldTable()
    ) {
        self.queue = queue
        self.consumerTag = consumerTag
        self.noLocal = noLocal
        self.noAck = noAck
        self.exclusive = exclusive
        self.noWait = noWait
        self.arguments = arguments
    }

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
        _ = try reader.readUInt16()
        queue = try reader.readShortString()
        consumerTag = try reader.readShortString()
        let bits = try reader.readUInt8()
        noLocal = bits & 1 != 0
        noAck = bits & 2 != 0
        exclusive = bits & 4 != 0
        noWait = bits & 8 != 0
        arguments = try reader.readTable()
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
        writer.write(UInt16(0))
        writer.writeShortString(queue)
        writer.writeShortString(consumerTag)
        writer.write(UInt8((noLocal ? 1 : 0) | (noAck ? 2 : 0) | (exclusive ? 4 : 0) | (noWait ? 8 : 0)))
        writer.write(arguments)
    }
}

/// `basic.consume-ok` (AMQP 0-9-1 §1.8).
public struct BasicConsumeOK: MethodPayload, Hashable, Sendable {
    /// Class 60, method 21.
    public static let id = MethodID(classID: 60, methodID: 21)
    /// The consumer's name on its channel.
    public var consumerTag: String

    /// A method with these arguments.
    public init(consumerTag: String = "") {
        self.consumerTag = consumerTag
    }

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
        consumerTag = try reader.readShortString()
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
        writer.writeShortString(consumerTag)
    }
}

/// `basic.cancel` (AMQP 0-9-1 §1.8).
public struct BasicCancel: MethodPayload, Hashable, Sendable {
    /// Class 60, method 30.
    public static let id = MethodID(classID: 60, methodID: 30)
    /// The consumer's name on its channel.
    public var consumerTag: String
    /// No reply is wanted.
    public var noWait: Bool

    /// A method with these arguments.
    public init(consumerTag: String = "", noWait: Bool = false) {
        self.consumerTag = consumerTag
        self.noWait = noWait
    }

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
        consumerTag = try reader.readShortString()
        let bits = try reader.readUInt8()
        noWait = bits & 1 != 0
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
        writer.writeShortString(consumerTag)
        writer.write(UInt8(noWait ? 1 : 0))
    }
}

/// `basic.cancel-ok` (AMQP 0-9-1 §1.8).
public struct BasicCancelOK: MethodPayload, Hashable, Sendable {
    /// Class 60, method 31.
    public static let id = MethodID(classID: 60, methodID: 31)
    /// The consumer's name on its channel.
    public var consumerTag: String

    /// A method with these arguments.
    public init(consumerTag: String = "") {
        self.consumerTag = consumerTag
    }

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
        consumerTag = try reader.readShortString()
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
        writer.writeShortString(consumerTag)
    }
}

/// `basic.publish` (AMQP 0-9-1 §1.8).
public struct BasicPublish: MethodPayload, Hashable, Sendable {
    /// Class 60, method 40.
    public static let id = MethodID(classID: 60, methodID: 40)
    /// The exchange.
    public var exchange: String
    /// The routing key.
    public var routingKey: String
    /// Return the message if no queue takes it.
    public var mandatory: Bool
    /// Return the message if no consumer takes it at once.
    public var immediate: Bool

    /// A method with these arguments.
    public init(exchange: String = "", routingKey: String = "", mandatory: Bool = false, immediate: Bool = false) {
        self.exchange = exchange
        self.routingKey = routingKey
        self.mandatory = mandatory
        self.immediate = immediate
    }

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
        _ = try reader.readUInt16()
        exchange = try reader.readShortString()
        routingKey = try reader.readShortString()
        let bits = try reader.readUInt8()
        mandatory = bits & 1 != 0
        immediate = bits & 2 != 0
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
        writer.write(UInt16(0))
        writer.writeShortString(exchange)
        writer.writeShortString(routingKey)
        writer.write(UInt8((mandatory ? 1 : 0) | (immediate ? 2 : 0)))
    }
}
