/// `basic.return` (AMQP 0-9-1 §1.8).
public struct BasicReturn: MethodPayload, Hashable, Sendable {
    /// Class 60, method 50.
    public static let id = MethodID(classID: 60, methodID: 50)
    /// Reply code.
    public var replyCode: UInt16
    /// Reply text.
    public var replyText: String
    /// The exchange.
    public var exchange: String
    /// The routing key.
    public var routingKey: String

    /// A method with these arguments.
    public init(replyCode: UInt16 = 0, replyText: String = "", exchange: String = "", routingKey: String = "") {
        self.replyCode = replyCode
        self.replyText = replyText
        self.exchange = exchange
        self.routingKey = routingKey
    }

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
        replyCode = try reader.readUInt16()
        replyText = try reader.readShortString()
        exchange = try reader.readShortString()
        routingKey = try reader.readShortString()
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
        writer.write(replyCode)
        writer.writeShortString(replyText)
        writer.writeShortString(exchange)
        writer.writeShortString(routingKey)
    }
}

/// `basic.deliver` (AMQP 0-9-1 §1.8).
public struct BasicDeliver: MethodPayload, Hashable, Sendable {
    /// Class 60, method 60.
    public static let id = MethodID(classID: 60, methodID: 60)
    /// The consumer's name on its channel.
    public var consumerTag: String
    /// Number of the delivery on its channel.
    public var deliveryTag: UInt64
    /// Whether it was delivered before.
    public var redelivered: Bool
    /// The exchange.
    public var exchange: String
    /// The routing key.
    public var routingKey: String

    /// A method with these arguments.
    public init(
        consumerTag: String = "", deliveryTag: UInt64, redelivered: Bool = false, exchange: String = "",
        routingKey: String = ""
    ) {
        self.consumerTag = consumerTag
        self.deliveryTag = deliveryTag
        self.redelivered = redelivered
        self.exchange = exchange
        self.routingKey = routingKey
    }

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
        consumerTag = try reader.readShortString()
        deliveryTag = try reader.readUInt64()
        let bits = try reader.readUInt8()
        redelivered = bits & 1 != 0
        exchange = try reader.readShortString()
        routingKey = try reader.readShortString()
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
        writer.writeShortString(consumerTag)
        writer.write(deliveryTag)
        writer.write(UInt8(redelivered ? 1 : 0))
        writer.writeShortString(exchange)
        writer.writeShortString(routingKey)
    }
}

/// `basic.get` (AMQP 0-9-1 §1.8).
public struct BasicGet: MethodPayload, Hashable, Sendable {
    /// Class 60, method 70.
    public static let id = MethodID(classID: 60, methodID: 70)
    /// The queue.
    public var queue: String
    /// Automatic acknowledgement.
    public var noAck: Bool

    /// A method with these arguments.
    public init(queue: String = "", noAck: Bool = false) {
        self.queue = queue
        self.noAck = noAck
    }

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
        _ = try reader.readUInt16()
        queue = try reader.readShortString()
        let bits = try reader.readUInt8()
        noAck = bits & 1 != 0
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
        writer.write(UInt16(0))
        writer.writeShortString(queue)
        writer.write(UInt8(noAck ? 1 : 0))
    }
}

/// `basic.get-ok` (AMQP 0-9-1 §1.8).
public struct BasicGetOK: MethodPayload, Hashable, Sendable {
    /// Class 60, method 71.
    public static let id = MethodID(classID: 60, methodID: 71)
    /// Number of the delivery on its channel.
    public var deliveryTag: UInt64
    /// Whether it was delivered before.
    public var redelivered: Bool
    /// The exchange.
    public var exchange: String
    /// The routing key.
    public var routingKey: String
    /// How many messages.
    public var messageCount: UInt32

    /// A method with these arguments.
    public init(
        deliveryTag: UInt64, redelivered: Bool = false, exchange: String = "", routingKey: String = "",
        messageCount: UInt32 = 0
    ) {
        self.deliveryTag = deliveryTag
        self.redelivered = redelivered
        self.exchange = exchange
        self.routingKey = routingKey
        self.messageCount = messageCount
    }

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
        deliveryTag = try reader.readUInt64()
        let bits = try reader.readUInt8()
        redelivered = bits & 1 != 0
        exchange = try reader.readShortString()
        routingKey = try reader.readShortString()
        messageCount = try reader.readUInt32()
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
        writer.write(deliveryTag)
        writer.write(UInt8(redelivered ? 1 : 0))
        writer.writeShortString(exchange)
        writer.writeShortString(routingKey)
        writer.write(messageCount)
    }
}

/// `basic.get-empty` (AMQP 0-9-1 §1.8).
public struct BasicGetEmpty: MethodPayload, Hashable, Sendable {
    /// Class 60, method 72.
    public static let id = MethodID(classID: 60, methodID: 72)

    /// A method with these arguments.
    public init() {}

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
        _ = try reader.readShortBytes()
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
        writer.write(UInt8(0))
    }
}

/// `basic.ack` (AMQP 0-9-1 §1.8).
public struct BasicAck: MethodPayload, Hashable, Sendable {
    /// Class 60, method 80.
    public static let id = MethodID(classID: 60, methodID: 80)
    /// Number of the delivery on its channel.
    public var deliveryTag: UInt64
    /// All up to this tag.
    public var multiple: Bool

    /// A method with these arguments.
    public init(deliveryTag: UInt64, multiple: Bool = false) {
        self.deliveryTag = deliveryTag
        self.multiple = multiple
    }

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
        deliveryTag = try reader.readUInt64()
        let bits = try reader.readUInt8()
        multiple = bits & 1 != 0
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
        writer.write(deliveryTag)
        writer.write(UInt8(multiple ? 1 : 0))
    }
}

/// `basic.reject` (AMQP 0-9-1 §1.8).
public struct BasicReject: MethodPayload, Hashable, Sendable {
    /// Class 60, method 90.
    public static let id = MethodID(classID: 60, methodID: 90)
    /// Number of the delivery on its channel.
    public var deliveryTag: UInt64
    /// Back to the queue, not away.
    public var requeue: Bool

    /// A method with these arguments.
    public init(deliveryTag: UInt64, requeue: Bool = true) {
        self.deliveryTag = deliveryTag
        self.requeue = requeue
    }

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
        deliveryTag = try reader.readUInt64()
        let bits = try reader.readUInt8()
        requeue = bits & 1 != 0
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
        writer.write(deliveryTag)
        writer.write(UInt8(requeue ? 1 : 0))
    }
}

/// `basic.recover-async` (AMQP 0-9-1 §1.8).
public struct BasicRecoverAsync: MethodPayload, Hashable, Sendable {
    /// Class 60, method 100.
    public static let id = MethodID(classID: 60, methodID: 100)
    /// Back to the queue, not away.
    public var requeue: Bool

    /// A method with these arguments.
    public init(requeue: Bool = false) {
        self.requeue = requeue
    }

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
        let bits = try reader.readUInt8()
        requeue = bits & 1 != 0
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
        writer.write(UInt8(requeue ? 1 : 0))
    }
}

/// `basic.recover` (AMQP 0-9-1 §1.8).
public struct BasicRecover: MethodPayload, Hashable, Sendable {
    /// Class 60, method 110.
    public static let id = MethodID(classID: 60, methodID: 110)
    /// Back to the queue, not away.
    public var requeue: Bool

    /// A method with these arguments.
    public init(requeue: Bool = false) {
        self.requeue = requeue
    }

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
        let bits = try reader.readUInt8()
        requeue = bits & 1 != 0
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
        writer.write(UInt8(requeue ? 1 : 0))
    }
}

/// `basic.recover-ok` (AMQP 0-9-1 §1.8).
public struct BasicRecoverOK: MethodPayload, Hashable, Sendable {
    /// Class 60, method 111.
    public static let id = MethodID(classID: 60, methodID: 111)

    /// A method with these arguments.
    public init() {}

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
    }
}

/// `basic.nack` (AMQP 0-9-1 §1.8).
public struct BasicNack: MethodPayload, Hashable, Sendable {
    /// Class 60, method 120.
    public static let id = MethodID(classID: 60, methodID: 120)
    /// Number of the delivery on its channel.
    public var deliveryTag: UInt64
    /// All up to this tag.
    public var multiple: Bool
    /// Back to the queue, not away.
    public var requeue: Bool

    /// A method with these arguments.
    public init(deliveryTag: UInt64, multiple: Bool = false, requeue: Bool = true) {
        self.deliveryTag = deliveryTag
        self.multiple = multiple
        self.requeue = requeue
    }

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
        deliveryTag = try reader.readUInt64()
        let bits = try reader.readUInt8()
        multiple = bits & 1 != 0
        requeue = bits & 2 != 0
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
        writer.write(deliveryTag)
        writer.write(UInt8((multiple ? 1 : 0) | (requeue ? 2 : 0)))
    }
}
