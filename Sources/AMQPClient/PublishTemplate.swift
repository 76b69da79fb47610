public import AMQP

/// All of a publish that stays the same from message to message, encoded once: publishing is two copies.
public struct PublishTemplate: Sendable {
    private let method: [UInt8]
    /// The content header's payload; its body size is filled in.
    private let header: [UInt8]
    private static let bodySizeOffset = 4

    /// Messages to an exchange with a routing key and these properties.
    public init(
        exchange: String = "", routingKey: String, mandatory: Bool = false,
        properties: BasicProperties = BasicProperties()
    ) {
        var writer = WireWriter()
        BasicPublish(exchange: exchange, routingKey: routingKey, mandatory: mandatory).encode(into: &writer)
        method = Array(writer.bytes)
        writer.reset()
        ContentHeader(bodySize: 0, properties: properties).encode(into: &writer)
        header = Array(writer.bytes)
    }

    @inline(__always)
    func write(
        _ body: UnsafeRawBufferPointer, channel: UInt16, frameMax: UInt32, into writer: inout WireWriter
    ) {
        method.withUnsafeBytes { method in
            writer.writeFrame(.method, channel: channel) { $0.write(method) }
        }
        header.withUnsafeBytes { header in
            writer.writeFrame(.header, channel: channel) { writer in
                writer.write(UnsafeRawBufferPointer(rebasing: header[..<Self.bodySizeOffset]))
                writer.write(UInt64(body.count))
                writer.write(UnsafeRawBufferPointer(rebasing: header[(Self.bodySizeOffset + 8)...]))
            }
        }
        let largest = Int(frameMax) - FrameHeader.overhead
        var offset = 0
        while offset < body.count {
            let end = min(offset + largest, body.count)
            writer.writeFrame(.body, channel: channel) {
                $0.write(UnsafeRawBufferPointer(rebasing: body[offset..<end]))
            }
            offset = end
        }
    }
}
