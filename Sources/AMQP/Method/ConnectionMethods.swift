/// `connection.start` (AMQP 0-9-1 §1.4).
public struct ConnectionStart: MethodPayload, Hashable, Sendable {
    /// Class 10, method 10.
    public static let id = MethodID(classID: 10, methodID: 10)
    /// Major version of the protocol, 0.
    public var versionMajor: UInt8
    /// Minor version of the protocol, 9.
    public var versionMinor: UInt8
    /// What the server says of itself.
    public var serverProperties: FieldTable
    /// SASL mechanisms, separated by spaces.
    public var mechanisms: [UInt8]
    /// Locales, separated by spaces.
    public var locales: [UInt8]

    /// A method with these arguments.
    public init(
        versionMajor: UInt8, versionMinor: UInt8, serverProperties: FieldTable = FieldTable(),
        mechanisms: [UInt8] = [], locales: [UInt8] = []
    ) {
        self.versionMajor = versionMajor
        self.versionMinor = versionMinor
        self.serverProperties = serverProperties
        self.mechanisms = mechanisms
        self.locales = locales
    }

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
        versionMajor = try reader.readUInt8()
        versionMinor = try reader.readUInt8()
        serverProperties = try reader.readTable()
        mechanisms = try reader.readLongByteArray()
        locales = try reader.readLongByteArray()
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
        writer.write(versionMajor)
        writer.write(versionMinor)
        writer.write(serverProperties)
        writer.write(long: mechanisms)
        writer.write(long: locales)
    }
}

/// `connection.start-ok` (AMQP 0-9-1 §1.4).
public struct ConnectionStartOK: MethodPayload, Hashable, Sendable {
    /// Class 10, method 11.
    public static let id = MethodID(classID: 10, methodID: 11)
    /// What the client says of itself.
    public var clientProperties: FieldTable
    /// The SASL mechanism chosen.
    public var mechanism: String
    /// The SASL response.
    public var response: [UInt8]
    /// The locale chosen.
    public var locale: String

    /// A method with these arguments.
    public init(
        clientProperties: FieldTable = FieldTable(), mechanism: String = "", response: [UInt8] = [],
        locale: String = ""
    ) {
        self.clientProperties = clientProperties
        self.mechanism = mechanism
        self.response = response
        self.locale = locale
    }

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
        clientProperties = try reader.readTable()
        mechanism = try reader.readShortString()
        response = try reader.readLongByteArray()
        locale = try reader.readShortString()
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
        writer.write(clientProperties)
        writer.writeShortString(mechanism)
        writer.write(long: response)
        writer.writeShortString(locale)
    }
}

/// `connection.secure` (AMQP 0-9-1 §1.4).
public struct ConnectionSecure: MethodPayload, Hashable, Sendable {
    /// Class 10, method 20.
    public static let id = MethodID(classID: 10, methodID: 20)
    /// The SASL challenge.
    public var challenge: [UInt8]

    /// A method with these arguments.
    public init(challenge: [UInt8] = []) {
        self.challenge = challenge
    }

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
        challenge = try reader.readLongByteArray()
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
        writer.write(long: challenge)
    }
}

/// `connection.secure-ok` (AMQP 0-9-1 §1.4).
public struct ConnectionSecureOK: MethodPayload, Hashable, Sendable {
    /// Class 10, method 21.
    public static let id = MethodID(classID: 10, methodID: 21)
    /// The SASL response.
    public var response: [UInt8]

    /// A method with these arguments.
    public init(response: [UInt8] = []) {
        self.response = response
    }

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
        response = try reader.readLongByteArray()
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
        writer.write(long: response)
    }
}

/// `connection.tune` (AMQP 0-9-1 §1.4).
public struct ConnectionTune: MethodPayload, Hashable, Sendable {
    /// Class 10, method 30.
    public static let id = MethodID(classID: 10, methodID: 30)
    /// Most channels; 0 means no limit.
    public var channelMax: UInt16
    /// Largest frame in octets; 0 means no limit.
    public var frameMax: UInt32
    /// Seconds between heartbeats; 0 means none.
    public var heartbeat: UInt16

    /// A method with these arguments.
    public init(channelMax: UInt16 = 0, frameMax: UInt32 = 0, heartbeat: UInt16 = 0) {
        self.channelMax = channelMax
        self.frameMax = frameMax
        self.heartbeat = heartbeat
    }

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
        channelMax = try reader.readUInt16()
        frameMax = try reader.readUInt32()
        heartbeat = try reader.readUInt16()
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
        writer.write(channelMax)
        writer.write(frameMax)
        writer.write(heartbeat)
    }
}

/// `connection.tune-ok` (AMQP 0-9-1 §1.4).
public struct ConnectionTuneOK: MethodPayload, Hashable, Sendable {
    /// Class 10, method 31.
    public static let id = MethodID(classID: 10, methodID: 31)
    /// Most channels; 0 means no limit.
    public var channelMax: UInt16
    /// Largest frame in octets; 0 means no limit.
    public var frameMax: UInt32
    /// Seconds between heartbeats; 0 means none.
    public var heartbeat: UInt16

    /// A method with these arguments.
    public init(channelMax: UInt16 = 0, frameMax: UInt32 = 0, heartbeat: UInt16 = 0) {
        self.channelMax = channelMax
        self.frameMax = frameMax
        self.heartbeat = heartbeat
    }

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
        channelMax = try reader.readUInt16()
        frameMax = try reader.readUInt32()
        heartbeat = try reader.readUInt16()
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
        writer.write(channelMax)
        writer.write(frameMax)
        writer.write(heartbeat)
    }
}

/// `connection.open` (AMQP 0-9-1 §1.4).
public struct ConnectionOpen: MethodPayload, Hashable, Sendable {
    /// Class 10, method 40.
    public static let id = MethodID(classID: 10, methodID: 40)
    /// The virtual host.
    public var virtualHost: String

    /// A method with these arguments.
    public init(virtualHost: String = "") {
        self.virtualHost = virtualHost
    }

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
        virtualHost = try reader.readShortString()
        _ = try reader.readShortBytes()
        _ = try reader.readUInt8()
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
        writer.writeShortString(virtualHost)
        writer.write(UInt8(0))
        writer.write(UInt8(0))
    }
}

/// `connection.open-ok` (AMQP 0-9-1 §1.4).
public struct ConnectionOpenOK: MethodPayload, Hashable, Sendable {
    /// Class 10, method 41.
    public static let id = MethodID(classID: 10, methodID: 41)

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

/// `connection.close` (AMQP 0-9-1 §1.4).
public struct ConnectionClose: MethodPayload, Hashable, Sendable {
    /// Class 10, method 50.
    public static let id = MethodID(classID: 10, methodID: 50)
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

/// `connection.close-ok` (AMQP 0-9-1 §1.4).
public struct ConnectionCloseOK: MethodPayload, Hashable, Sendable {
    /// Class 10, method 51.
    public static let id = MethodID(classID: 10, methodID: 51)

    /// A method with these arguments.
    public init() {}

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
    }
}

/// `connection.blocked` (AMQP 0-9-1 §1.4).
public struct ConnectionBlocked: MethodPayload, Hashable, Sendable {
    /// Class 10, method 60.
    public static let id = MethodID(classID: 10, methodID: 60)
    /// Why.
    public var reason: String

    /// A method with these arguments.
    public init(reason: String = "") {
        self.reason = reason
    }

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
        reason = try reader.readShortString()
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
        writer.writeShortString(reason)
    }
}

/// `connection.unblocked` (AMQP 0-9-1 §1.4).
public struct ConnectionUnblocked: MethodPayload, Hashable, Sendable {
    /// Class 10, method 61.
    public static let id = MethodID(classID: 10, methodID: 61)

    /// A method with these arguments.
    public init() {}

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
    }
}

/// `connection.update-secret` (AMQP 0-9-1 §1.4).
public struct ConnectionUpdateSecret: MethodPayload, Hashable, Sendable {
    /// Class 10, method 70.
    public static let id = MethodID(classID: 10, methodID: 70)
    /// The new secret.
    public var newSecret: [UInt8]
    /// Why.
    public var reason: String

    /// A method with these arguments.
    public init(newSecret: [UInt8] = [], reason: String = "") {
        self.newSecret = newSecret
        self.reason = reason
    }

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
        newSecret = try reader.readLongByteArray()
        reason = try reader.readShortString()
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
        writer.write(long: newSecret)
        writer.writeShortString(reason)
    }
}

/// `connection.update-secret-ok` (AMQP 0-9-1 §1.4).
public struct ConnectionUpdateSecretOK: MethodPayload, Hashable, Sendable {
    /// Class 10, method 71.
    public static let id = MethodID(classID: 10, methodID: 71)

    /// A method with these arguments.
    public init() {}

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
    }
}
