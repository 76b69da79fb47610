internal import Journal

/// What a mirror has beside its queue: how far it has followed the leader.
///
/// The messages themselves lie in the queue object, in order, where nobody but the leader's operations touches them: all
/// that this node has to do to lead is to begin to deliver.
final class MirrorCopy {
    /// A message in chunks of which more is to come.
    private struct Assembly {
        let message: MirrorOperation.Message
        let operation: UInt64
        let record: RecordPosition
        let shape: MessageRecord.Shape
        var next = 0
    }

    /// The queue outlives it.
    unowned let queue: ClassicQueue
    /// Whatever a node has ends with it.
    private unowned(unsafe) let node: Node
    private unowned(unsafe) let mirrors: Mirrors
    private var leader: UInt32 = 0
    private var header = MirrorHeader(epoch: 0, session: 0, index: 0)
    private var assembly: Assembly?
    /// The last operation that has been carried out, the last that is safe, and those that the disk is awaited for.
    private var done: UInt64 = 0
    private var safe: UInt64 = 0
    private var awaited = 0
    private var hasWritten = false
    private var isNoted = false
    /// Whether the leader has said what it holds, or that this mirror begins with nothing.
    private(set) var hasBegun = false

    init(_ queue: ClassicQueue, in mirrors: Mirrors) {
        self.queue = queue
        self.mirrors = mirrors
        node = mirrors.node
    }

    func peerDown(_ peer: UInt32) {
        guard peer == leader else { return }
        abandon()
        header = MirrorHeader(epoch: 0, session: 0, index: 0)
    }

    /// Forgets what is not whole.
    func abandon() {
        if let assembly { node.release(assembly.record) }
        assembly = nil
    }

    /// Takes what the leader says; false when that must wait.
    func take(
        _ kind: ClusterFrame.Kind, _ header: MirrorHeader, _ payload: UnsafeRawBufferPointer, from peer: UInt32
    ) throws(ClusterFrame.Failure) -> Bool {
        if kind == .mirrorBegin {
            guard let begin = MirrorBegin(payload) else { throw .malformed }
            abandon()
            (leader, self.header) = (peer, header)
            hasBegun = true
            self.begin(begin)
            return true
        }
        guard header.session == self.header.session, header.epoch == self.header.epoch, peer == leader else {
            return true
        }
        var rest = payload
        while !rest.isEmpty { try carryOut(&rest) }
        acknowledge()
        return true
    }

    private func begin(_ begin: MirrorBegin) {
        done = begin.operation
        safe = 0
        awaited = 0
        if let held = begin.held {
            let missing = queue.keepOnly(held)
            hasWritten = true
            mirrors.member.write(.mirrorMissing, queue.id, to: leader) {
                header.encode(into: &$0)
                MirrorRanges.encode(missing, into: &$0)
            }
        } else {
            queue.beginCopyAnew()
            hasWritten = true
        }
        queue.noteDeliveredElsewhere(upTo: begin.deliveredUpTo)
        acknowledge()
    }

    // MARK: Operations

    private func carryOut(_ bytes: inout UnsafeRawBufferPointer) throws(ClusterFrame.Failure) {
        guard let operation = bytes.number(at: 0), bytes.count > 9, let kind = MirrorOperation.Kind(rawValue: bytes[8])
        else { throw .malformed }
        bytes = bytes.dropFirst(9)
        switch kind {
        case .message: try takeMessage(&bytes, operation)
        case .chunk: try takeChunk(&bytes)
        case .ended:
            guard bytes.count >= 4 else { throw .malformed }
            let count = Int(UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)))
            guard (bytes.count - 4) / 8 >= count else { throw .malformed }
            for place in 0..<count {
                guard let sequence = bytes.number(at: 4 + 8 * place) else { throw .malformed }
                queue.endCopy(of: sequence)
            }
            bytes = bytes.dropFirst(4 + 8 * count)
            done = operation
        case .endedRange:
            guard let range = MirrorRanges.decode(UnsafeRawBufferPointer(rebasing: bytes.prefix(16)))?.first else {
                throw .malformed
            }
            queue.endCopies(in: range)
            bytes = bytes.dropFirst(16)
            done = operation
        case .delivered:
            guard let sequence = bytes.number(at: 0) else { throw .malformed }
            queue.noteDeliveredElsewhere(upTo: sequence)
            bytes = bytes.dropFirst(8)
            done = operation
        }
    }

    private func takeMessage(
        _ bytes: inout UnsafeRawBufferPointer, _ operation: UInt64
    ) throws(ClusterFrame.Failure) {
        guard let message = MirrorOperation.Message(bytes), assembly == nil else { throw .malformed }
        bytes = bytes.dropFirst(MirrorOperation.Message.byteCount)
        guard bytes.count >= message.size,
            let (record, shape) = node.store(
                mirrored: UnsafeRawBufferPointer(rebasing: bytes.prefix(message.size)))
        else { throw .malformed }
        bytes = bytes.dropFirst(message.size)
        let assembly = Assembly(message: message, operation: operation, record: record, shape: shape)
        if shape.isChunked { self.assembly = assembly } else { finish(assembly) }
    }

    private func takeChunk(_ bytes: inout UnsafeRawBufferPointer) throws(ClusterFrame.Failure) {
        guard var assembly = self.assembly, bytes.count >= 4 else { throw .malformed }
        let count = Int(UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)))
        bytes = bytes.dropFirst(4)
        guard bytes.count >= count, let start = bytes.baseAddress,
            count == MessageRecord.chunkBytes(assembly.next, of: assembly.shape.bodyBytes)
        else { throw .malformed }
        let memory = node.segments.allocate(count)
        node.segments.bytes(of: memory).copyMemory(from: start, byteCount: count)
        MessageRecord.setChunk(
            assembly.next, to: MessageRecord.Chunk(memory: memory), of: node.segments.bytes(of: assembly.record),
            assembly.shape)
        bytes = bytes.dropFirst(count)
        assembly.next += 1
        self.assembly = assembly
        guard assembly.next == assembly.shape.chunkCount else { return }
        self.assembly = nil
        finish(assembly)
    }

    private func finish(_ assembly: Assembly) {
        if queue.addCopy(assembly.record, assembly.shape, assembly.message) { hasWritten = true }
        done = max(done, assembly.operation)
    }

    // MARK: Acknowledging

    /// Says how far it has got: at once, or when the disk has what came.
    private func acknowledge() {
        guard hasWritten || awaited > 0 else { return isSafe(done) }
        hasWritten = false
        awaited += 1
        node.whenDurable(.mirrored(self, session: header.session, operation: done))
    }

    /// The disk has all that was written up to an operation.
    func durable(_ session: UInt64, _ operation: UInt64) {
        guard session == header.session else { return }
        awaited -= 1
        isSafe(operation)
    }

    private func isSafe(_ operation: UInt64) {
        safe = max(safe, operation)
        guard !isNoted else { return }
        isNoted = true
        mirrors.noteAcknowledging(self)
    }

    func sendAcknowledgement() {
        isNoted = false
        guard header.epoch > 0, !queue.isDeleted else { return }
        mirrors.member.write(.mirrorAcknowledged, queue.id, to: leader) {
            header.encode(into: &$0)
            $0.appendNumber(safe)
        }
    }
}
