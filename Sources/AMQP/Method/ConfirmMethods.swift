/// `confirm.select` (RabbitMQ, "Publisher Confirms").
public struct ConfirmSelect: MethodPayload, Hashable, Sendable {
    /// Class 85, method 10.
    public static let id = MethodID(classID: 85, methodID: 10)
    /// No reply is wanted.
    public var noWait: Bool

    /// A method with these arguments.
    public init(noWait: Bool = false) {
        self.noWait = noWait
    }

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
        let bits = try reader.readUInt8()
        noWait = bits & 1 != 0
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
        writer.write(UInt8(noWait ? 1 : 0))
    }
}

/// `confirm.select-ok` (RabbitMQ, "Publisher Confirms").
public struct ConfirmSelectOK: MethodPayload, Hashable, Sendable {
    /// Class 85, method 11.
    public static let id = MethodID(classID: 85, methodID: 11)

    /// A method with these arguments.
    public init() {}

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
    }
}
