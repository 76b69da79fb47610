/// The eight octets with which a client begins (AMQP 0-9-1 §4.2.2).
public enum ProtocolHeader {
    /// "AMQP", 0, 0-9-1.
    public static let bytes: [UInt8] = [0x41, 0x4D, 0x51, 0x50, 0, 0, 9, 1]

    /// What the first bytes of a connection are.
    @frozen
    public enum Outcome: Sendable {
        /// Too few to tell.
        case incomplete
        /// AMQP 0-9-1; eight octets.
        case amqp091
        /// Something else: another protocol, or another version.
        case other
    }

    /// Compares the first bytes of a connection.
    public static func parse(_ received: UnsafeRawBufferPointer) -> Outcome {
        let known = min(received.count, bytes.count)
        for index in 0..<known where received[index] != bytes[index] { return .other }
        return known == bytes.count ? .amqp091 : .incomplete
    }
}
