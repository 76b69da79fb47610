/// One message on a link between two nodes: the size of what follows 4, its kind 1, the group it concerns 8, then its
/// payload. Numbers are little-endian.
struct ClusterFrame {
    /// What a frame carries.
    enum Kind: UInt8 {
        /// For the monitors: sender 4, receiver 4, the sender's incarnation 8, the receiver's that it hears 8.
        case heartbeat = 1
        /// A message of a Raft group, in the encoding of `RaftMessage`.
        case raft = 2
        /// A command for the leader of a group; see `MetadataProposal`.
        case proposal = 3
        /// The member of a group that was spoken to is lost; see `MemberLoss`.
        case memberLost = 8
        /// Commands for the leader of a quorum queue, as `QuorumBatch` has them.
        case quorumCommands = 16
        /// What the leader of a quorum queue says; see `QuorumReply`.
        case quorumReply = 17
        /// A consumer of a quorum queue wants what it may have missed; see `QuorumResume`.
        case quorumResume = 18
        /// A client begins to use queues of the receiver; see `RelayClient`. The group of this and the next kinds is the
        /// relay's number.
        case relayOpen = 4
        /// What place in the metadata it speaks of 8, then AMQP.
        case relayBytes = 5
        /// How much more may be sent 8.
        case relayWindow = 6
        /// The relay is over.
        case relayClosed = 7
        /// The leader of a mirrored queue begins to speak to a mirror; see `MirrorBegin`. The group of this and the next
        /// kinds is the queue's id, and each begins with a `MirrorHeader`.
        case mirrorBegin = 24
        /// What has happened to the queue; see `MirrorOperation`.
        case mirrorOperations = 25
        /// What the mirror lacks of what the leader holds; see `MirrorRanges`.
        case mirrorMissing = 26
        /// All operations up to a number 8 are safe with the mirror.
        case mirrorAcknowledged = 27
        /// The mirror knows of a later epoch, which is the header's.
        case mirrorRefused = 28
    }

    /// Why bytes are no frames.
    enum Failure: Error, Hashable {
        case truncated, unknownKind, tooLarge, malformed
    }

    /// What comes before the payload.
    static let headerBytes = 13
    /// Largest payload: a Raft append may hold one entry beyond its limit.
    static let payloadMax = 256 << 20

    let kind: Kind
    let group: UInt64
    let payload: UnsafeRawBufferPointer

    /// Takes the first frame off the bytes; nil when there are none left. Takes any bytes and never reads past them.
    static func next(_ bytes: inout UnsafeRawBufferPointer) throws(Failure) -> ClusterFrame? {
        guard !bytes.isEmpty else { return nil }
        guard bytes.count >= headerBytes else { throw .truncated }
        let size = Int(UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)))
        guard size >= headerBytes - 4 else { throw .malformed }
        guard size <= payloadMax else { throw .tooLarge }
        guard bytes.count - 4 >= size else { throw .truncated }
        guard let kind = Kind(rawValue: bytes[4]) else { throw .unknownKind }
        let group = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 5, as: UInt64.self))
        let payload = UnsafeRawBufferPointer(rebasing: bytes[headerBytes..<4 + size])
        bytes = bytes.dropFirst(4 + size)
        return ClusterFrame(kind: kind, group: group, payload: payload)
    }
}
