/// Whole frames.
extension WireWriter {
    /// Writes a frame around what `payload` writes.
    @inlinable @inline(__always)
    public mutating func writeFrame(
        _ type: FrameType, channel: UInt16, payload: (inout WireWriter) -> Void
    ) {
        write(type.rawValue)
        write(channel)
        let sizeOffset = count
        write(UInt32(0))
        payload(&self)
        overwrite(UInt32(truncatingIfNeeded: count - sizeOffset - 4), at: sizeOffset)
        write(FrameEnd.octet)
    }

    /// Writes a method in a frame.
    @inlinable
    public mutating func writeMethodFrame(_ method: some MethodPayload, channel: UInt16) {
        writeFrame(.method, channel: channel) { method.encode(into: &$0) }
    }

    /// Writes a heartbeat.
    public mutating func writeHeartbeat() { writeFrame(.heartbeat, channel: 0) { _ in } }

    /// Writes a content: its header's payload, then its body in frames of at most `frameMax` octets (0: no limit).
    ///
    /// A limit too small for any payload counts as nine octets, because some payload must go.
    public mutating func writeContent(
        header: UnsafeRawBufferPointer, body: UnsafeRawBufferPointer, channel: UInt16, frameMax: UInt32
    ) {
        writeFrame(.header, channel: channel) { $0.write(header) }
        let largest = frameMax == 0 ? Int(UInt32.max) : max(Int(frameMax) - FrameHeader.overhead, 1)
        var offset = 0
        while offset < body.count {
            let end = min(offset + largest, body.count)
            writeFrame(.body, channel: channel) { $0.write(UnsafeRawBufferPointer(rebasing: body[offset..<end])) }
            offset = end
        }
    }
}
