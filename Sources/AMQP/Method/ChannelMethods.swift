/// `channel.open` (AMQP 0-9-1 §1.5).
public struct ChannelOpen: MethodPayload, Hashable, Sendable {
    /// Class 20, method 10.
    public static let id = MethodID(classID: 20, methodID: 10)

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

/// `channel.open-ok` (AMQP 0-9-1 §1.5).
public struct ChannelOpenOK: MethodPayload, Hashable, Sendable {
    /// Class 20, method 11.
    public static let id = MethodID(classID: 20, methodID: 11)

    /// A method with these arguments.
    public init() {}

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
        _ = try reader.readLongBytes()
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
        writer.write(UInt32(0))
    }
}

/// `channel.flow` (AMQP 0-9-1 §1.5).
public struct ChannelFlow: MethodPayload, Hashable, Sendable {
    /// Class 20, method 20.
    public static let id = MethodID(classID: 20, methodID: 20)
    /// Whether deliveries flow.
    public var active: Bool

    /// A method with these arguments.
    public init(active: Bool = false) {
        self.active = active
    }

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
        let bits = try reader.readUInt8()
        active = bits & 1 != 0
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
        writer.write(UInt8(active ? 1 : 0))
    }
}

/// `channel.flow-ok` (AMQP 0-9-1 §1.5).
public struct ChannelFlowOK: MethodPayload, Hashable, Sendable {
    /// Class 20, method 21.
    public static let id = MethodID(classID: 20, methodID: 21)
    /// Whether deliveries flow.
    public var active: Bool

    /// A method with these arguments.
    public init(active: Bool = false) {
        self.active = active
    }

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
        let bits = try reader.readUInt8()
        active = bits & 1 != 0
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
        writer.write(UInt8(active ? 1 : 0))
    }
}

/// `channel.close` (AMQP 0-9-1 §1.5).
public struct ChannelClose: MethodPayload, Hashable, Sendable {
    /// Class 20, method 40.
    public static let id = MethodID(classID: 20, methodID: 40)
    /// Reply code.
    public var replyCode: UInt16
    /// Reply text.
    public var replyText: String
    /// Class of the method that failed, or 0.
    public var classID: UInt16
    /// Method that failed, or 0.
    public var methodID: UInt16

    /// A method with these arguments.
    public init(replyCode: UInt16 = 0, replyText: String = "", classID: UInt16 = 0, methodID: UInt16 = 0) {
        self.replyCode = replyCode
        self.replyText = replyText
        self.classID = classID
        self.methodID = methodID
    }

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
        replyCode = try reader.readUInt16()
        replyText = try reader.readShortString()
        classID = try reader.readUInt16()
        methodID = try reader.readUInt16()
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
        writer.write(replyCode)
        writer.writeShortString(replyText)
        writer.write(classID)
        writer.write(methodID)
    }
}

/// `channel.close-ok` (AMQP 0-9-1 §1.5).
public struct ChannelCloseOK: MethodPayload, Hashable, Sendable {
    /// Class 20, method 41.
    public static let id = MethodID(classID: 20, methodID: 41)

    /// A method with these arguments.
    public init() {}

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
    }
}
