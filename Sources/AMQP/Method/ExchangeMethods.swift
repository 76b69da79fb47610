/// `exchange.declare` (AMQP 0-9-1 §1.6).
public struct ExchangeDeclare: MethodPayload, Hashable, Sendable {
    /// Class 40, method 10.
    public static let id = MethodID(classID: 40, methodID: 10)
    /// The exchange.
    public var exchange: String
    /// The exchange type.
    public var type: String
    /// Only check that it exists.
    public var passive: Bool
    /// Survives a restart.
    public var durable: Bool
    /// Goes when nobody uses it any more.
    public var autoDelete: Bool
    /// Takes messages from other exchanges only.
    public var `internal`: Bool
    /// No reply is wanted.
    public var noWait: Bool
    /// Optional arguments.
    public var arguments: FieldTable

    /// A method with these arguments.
    public init(
        exchange: String = "", type: String = "", passive: Bool = false, durable: Bool = false,
        autoDelete: Bool = false, `internal`: Bool = false, noWait: Bool = false, arguments: FieldTable = FieldTable()
    ) {
        self.exchange = exchange
        self.type = type
        self.passive = passive
        self.durable = durable
        self.autoDelete = autoDelete
        self.internal = `internal`
        self.noWait = noWait
        self.arguments = arguments
    }

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
        _ = try reader.readUInt16()
        exchange = try reader.readShortString()
        type = try reader.readShortString()
        let bits = try reader.readUInt8()
        passive = bits & 1 != 0
        durable = bits & 2 != 0
        autoDelete = bits & 4 != 0
        `internal` = bits & 8 != 0
        noWait = bits & 16 != 0
        arguments = try reader.readTable()
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
        writer.write(UInt16(0))
        writer.writeShortString(exchange)
        writer.writeShortString(type)
        writer.write(
            UInt8(
                (passive ? 1 : 0) | (durable ? 2 : 0) | (autoDelete ? 4 : 0) | (`internal` ? 8 : 0) | (noWait ? 16 : 0))
        )
        writer.write(arguments)
    }
}

/// `exchange.declare-ok` (AMQP 0-9-1 §1.6).
public struct ExchangeDeclareOK: MethodPayload, Hashable, Sendable {
    /// Class 40, method 11.
    public static let id = MethodID(classID: 40, methodID: 11)

    /// A method with these arguments.
    public init() {}

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
    }
}

/// `exchange.delete` (AMQP 0-9-1 §1.6).
public struct ExchangeDelete: MethodPayload, Hashable, Sendable {
    /// Class 40, method 20.
    public static let id = MethodID(classID: 40, methodID: 20)
    /// The exchange.
    public var exchange: String
    /// Only if nobody uses it.
    public var ifUnused: Bool
    /// No reply is wanted.
    public var noWait: Bool

    /// A method with these arguments.
    public init(exchange: String = "", ifUnused: Bool = false, noWait: Bool = false) {
        self.exchange = exchange
        self.ifUnused = ifUnused
        self.noWait = noWait
    }

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
        _ = try reader.readUInt16()
        exchange = try reader.readShortString()
        let bits = try reader.readUInt8()
        ifUnused = bits & 1 != 0
        noWait = bits & 2 != 0
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
        writer.write(UInt16(0))
        writer.writeShortString(exchange)
        writer.write(UInt8((ifUnused ? 1 : 0) | (noWait ? 2 : 0)))
    }
}

/// `exchange.delete-ok` (AMQP 0-9-1 §1.6).
public struct ExchangeDeleteOK: MethodPayload, Hashable, Sendable {
    /// Class 40, method 21.
    public static let id = MethodID(classID: 40, methodID: 21)

    /// A method with these arguments.
    public init() {}

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
    }
}

/// `exchange.bind` (AMQP 0-9-1 §1.6).
public struct ExchangeBind: MethodPayload, Hashable, Sendable {
    /// Class 40, method 30.
    public static let id = MethodID(classID: 40, methodID: 30)
    /// The exchange that receives.
    public var destination: String
    /// The exchange that sends.
    public var source: String
    /// The routing key.
    public var routingKey: String
    /// No reply is wanted.
    public var noWait: Bool
    /// Optional arguments.
    public var arguments: FieldTable

    /// A method with these arguments.
    public init(
        destination: String = "", source: String = "", routingKey: String = "", noWait: Bool = false,
        arguments: FieldTable = FieldTable()
    ) {
        self.destination = destination
        self.source = source
        self.routingKey = routingKey
        self.noWait = noWait
        self.arguments = arguments
    }

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
        _ = try reader.readUInt16()
        destination = try reader.readShortString()
        source = try reader.readShortString()
        routingKey = try reader.readShortString()
        let bits = try reader.readUInt8()
        noWait = bits & 1 != 0
        arguments = try reader.readTable()
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
        writer.write(UInt16(0))
        writer.writeShortString(destination)
        writer.writeShortString(source)
        writer.writeShortString(routingKey)
        writer.write(UInt8(noWait ? 1 : 0))
        writer.write(arguments)
    }
}

/// `exchange.bind-ok` (AMQP 0-9-1 §1.6).
public struct ExchangeBindOK: MethodPayload, Hashable, Sendable {
    /// Class 40, method 31.
    public static let id = MethodID(classID: 40, methodID: 31)

    /// A method with these arguments.
    public init() {}

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
    }
}

/// `exchange.unbind` (AMQP 0-9-1 §1.6).
public struct ExchangeUnbind: MethodPayload, Hashable, Sendable {
    /// Class 40, method 40.
    public static let id = MethodID(classID: 40, methodID: 40)
    /// The exchange that receives.
    public var destination: String
    /// The exchange that sends.
    public var source: String
    /// The routing key.
    public var routingKey: String
    /// No reply is wanted.
    public var noWait: Bool
    /// Optional arguments.
    public var arguments: FieldTable

    /// A method with these arguments.
    public init(
        destination: String = "", source: String = "", routingKey: String = "", noWait: Bool = false,
        arguments: FieldTable = FieldTable()
    ) {
        self.destination = destination
        self.source = source
        self.routingKey = routingKey
        self.noWait = noWait
        self.arguments = arguments
    }

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
        _ = try reader.readUInt16()
        destination = try reader.readShortString()
        source = try reader.readShortString()
        routingKey = try reader.readShortString()
        let bits = try reader.readUInt8()
        noWait = bits & 1 != 0
        arguments = try reader.readTable()
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
        writer.write(UInt16(0))
        writer.writeShortString(destination)
        writer.writeShortString(source)
        writer.writeShortString(routingKey)
        writer.write(UInt8(noWait ? 1 : 0))
        writer.write(arguments)
    }
}

/// `exchange.unbind-ok` (AMQP 0-9-1 §1.6).
public struct ExchangeUnbindOK: MethodPayload, Hashable, Sendable {
    /// Class 40, method 51.
    public static let id = MethodID(classID: 40, methodID: 51)

    /// A method with these arguments.
    public init() {}

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
    }
}
