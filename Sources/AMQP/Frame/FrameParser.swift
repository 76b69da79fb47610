/// Finds frames in received bytes, without copying or allocating.
public enum FrameParser {
    /// The frame at the start of `bytes`; nil when it is not complete.
    ///
    /// `maxFrameSize` is the negotiated limit of a whole frame in octets; 0 means none. The checks come in RabbitMQ's
    /// order and with its tolerance: the size as soon as the header is there, and a payload may have as many octets as
    /// the whole frame should (RabbitMQ's allowance for clients that count only the payload); then the end octet; then
    /// the type.
    @inlinable @inline(__always)
    public static func next(
        _ bytes: UnsafeRawBufferPointer, maxFrameSize: UInt32
    ) throws(FrameError) -> ParsedFrame? {
        guard let header = FrameHeader(bytes), let start = bytes.baseAddress else { return nil }
        if header.size > maxFrameSize, maxFrameSize != 0 { throw .tooLarge(header.size) }
        let end = FrameHeader.byteCount + Int(header.size)
        guard bytes.count > end else { return nil }
        let endOctet = start.load(fromByteOffset: end, as: UInt8.self)
        guard endOctet == FrameEnd.octet else { throw .badEnd(endOctet) }
        guard let type = FrameType(rawValue: header.type) else { throw .unknownType(header.type) }
        return ParsedFrame(
            type: type, channel: header.channel,
            payload: UnsafeRawBufferPointer(start: start + FrameHeader.byteCount, count: Int(header.size)))
    }
}
