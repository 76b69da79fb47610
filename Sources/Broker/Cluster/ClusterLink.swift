internal import Raft

/// This node's end of the link to one other node: what is to be sent gathers in one buffer, which is used again, and
/// goes out once a tick.
struct ClusterLink {
    /// The node at the other end.
    let peer: UInt32
    private var outbound: [UInt8] = []

    init(to peer: UInt32) { self.peer = peer }

    /// Writes one frame whose payload `body` appends.
    mutating func write(_ kind: ClusterFrame.Kind, group: UInt64, _ body: (inout [UInt8]) -> Void) {
        let start = outbound.count
        outbound.appendNumber(UInt32(0))
        outbound.append(kind.rawValue)
        outbound.appendNumber(group)
        body(&outbound)
        let size = UInt32(clamping: outbound.count - start - 4)
        for place in 0..<4 { outbound[start + place] = UInt8(truncatingIfNeeded: size >> (8 * UInt32(place))) }
    }

    /// Writes a heartbeat.
    mutating func write(_ heartbeat: Heartbeat) {
        write(.heartbeat, group: 0) { bytes in
            bytes.appendNumber(heartbeat.from)
            bytes.appendNumber(heartbeat.to)
            bytes.appendNumber(heartbeat.incarnation)
            bytes.appendNumber(heartbeat.heard)
        }
    }

    /// Sends what has gathered.
    mutating func flush(_ transport: any ClusterTransport) {
        guard !outbound.isEmpty else { return }
        outbound.withUnsafeBytes { transport.send($0, to: peer) }
        outbound.removeAll(keepingCapacity: true)
    }

    /// Forgets what has gathered: the link it was for is gone.
    mutating func reset() { outbound.removeAll(keepingCapacity: true) }
}

extension Heartbeat {
    /// Reads the payload of a frame; nil where it makes none.
    init?(_ payload: UnsafeRawBufferPointer) {
        guard payload.count == 24, let nodes = payload.number(at: 0), let incarnation = payload.number(at: 8),
            let heard = payload.number(at: 16)
        else { return nil }
        self.init(
            from: UInt32(truncatingIfNeeded: nodes), to: UInt32(truncatingIfNeeded: nodes >> 32),
            incarnation: incarnation, heard: heard)
    }
}

extension [UInt8] {
    /// Appends a number, little-endian.
    mutating func appendNumber(_ value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }
}
