/// Why bytes are not a frame; each is a FRAME_ERROR, 501 (AMQP 0-9-1 §4.2.3).
@frozen
public enum FrameError: Error, Hashable, Sendable {
    /// The payload, of this many octets, is larger than was negotiated. Only the frame's header need have come.
    case tooLarge(UInt32)
    /// The octet behind the payload is not `FrameEnd.octet`.
    case badEnd(UInt8)
    /// The frame is whole, but its type octet is none of `FrameType`.
    case unknownType(UInt8)
}
