/// The header of a content (AMQP 0-9-1 §4.2.6.1).
public struct ContentHeader: Hashable, Sendable {
    /// Class of the method that carries the content: 60, basic.
    public var classID: UInt16
    /// Must be 0; RabbitMQ refuses anything else.
    public var weight: UInt16
    /// Octets of the body that follows.
    public var bodySize: UInt64
    /// The message's properties.
    public var properties: BasicProperties

    /// A header of class basic, unless said otherwise.
    public init(
        classID: UInt16 = BasicPublish.id.classID, weight: UInt16 = 0, bodySize: UInt64,
        properties: BasicProperties = BasicProperties()
    ) {
        self.classID = classID
        self.weight = weight
        self.bodySize = bodySize
        self.properties = properties
    }

    /// Reads a header frame's payload. Properties must end where the payload does.
    public init(decoding payload: UnsafeRawBufferPointer) throws(WireError) {
        var reader = WireReader(payload)
        classID = try reader.readUInt16()
        weight = try reader.readUInt16()
        bodySize = try reader.readUInt64()
        properties = try BasicProperties(decoding: &reader)
        guard reader.remaining == 0 else { throw .malformed }
    }

    /// Writes a header frame's payload.
    public func encode(into writer: inout WireWriter) {
        writer.write(classID)
        writer.write(weight)
        writer.write(bodySize)
        properties.encode(into: &writer)
    }
}
