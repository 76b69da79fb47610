/// One whole frame in bytes that somebody else owns.
@frozen
public struct ParsedFrame {
    /// What it carries.
    public let type: FrameType
    /// The channel it belongs to; 0 is the connection itself.
    public let channel: UInt16
    /// Its payload.
    public let payload: UnsafeRawBufferPointer

    @inlinable
    init(type: FrameType, channel: UInt16, payload: UnsafeRawBufferPointer) {
        self.type = type
        self.channel = channel
        self.payload = payload
    }

    /// Octets of the whole frame.
    @inlinable
    public var byteCount: Int { payload.count + FrameHeader.overhead }
}
