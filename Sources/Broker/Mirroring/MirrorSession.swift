internal import DequeModule
internal import Journal

/// What a leader has to say to one mirror since the link to it came up, in order, and how far the mirror has got.
final class MirrorSession {
    /// Something that has not been sent.
    struct Item {
        enum Content {
            /// Held by one reference.
            case message(RecordPosition, sequence: UInt64, wallExpiry: UInt64, flags: UInt8)
            case ended([UInt64])
            case endedRanges([ClosedRange<UInt64>])
            case delivered(UInt64)
        }

        /// Its number among the leader's operations.
        let operation: UInt64
        let content: Content
        let byteCount: Int
    }

    enum Phase {
        /// The mirror is not up yet.
        case waiting
        /// It has been asked what it has.
        case comparing
        /// What it lacks is being read back.
        case fetching
        case streaming
    }

    let node: UInt32
    let number: UInt64
    /// Where in the metadata it is known that the node is a mirror.
    let index: UInt64
    var phase = Phase.waiting
    /// Whether confirms wait for it: it is in sync, or is about to be.
    var isCounted: Bool
    /// All operations up to this one are safe with the mirror.
    private(set) var acknowledged: UInt64
    /// The operation with which it is in sync, since it is about to be.
    var joinsAt: UInt64?
    /// Messages that were there before it and are still there, of those up to a sequence: what keeps it from being in sync.
    var predating = 0
    var predatesThrough: UInt64 = 0
    private var items = Deque<Item>()
    /// Bytes that wait to be sent, about.
    private(set) var waitingBytes = 0
    private var underWay = Deque<(operation: UInt64, bytes: Int)>()
    private var underWayBytes = 0
    /// The next chunk of the message at the front; 0 where that has not begun.
    private var nextChunk = 0
    private var hasBegunChunked = false
    private var isFetchingChunk = false

    private static let overhead = 64

    init(node: UInt32, number: UInt64, index: UInt64, isCounted: Bool, after operation: UInt64) {
        self.node = node
        self.number = number
        self.index = index
        self.isCounted = isCounted
        acknowledged = isCounted ? 0 : operation
    }

    /// Whether messages that were there before the mirror keep it from being in sync.
    var isBehind: Bool { predating > 0 }

    func append(_ operation: UInt64, _ content: Item.Content, byteCount: Int) {
        items.append(Item(operation: operation, content: content, byteCount: byteCount + Self.overhead))
        waitingBytes += byteCount + Self.overhead
    }

    /// Puts what the mirror lacks before everything else.
    func prepend(_ contents: [(content: Item.Content, byteCount: Int)], as operation: UInt64) {
        for (content, byteCount) in contents.reversed() {
            items.prepend(Item(operation: operation, content: content, byteCount: byteCount + Self.overhead))
            waitingBytes += byteCount + Self.overhead
        }
    }

    /// The mirror has everything up to an operation; false where it was not sent that.
    func acknowledge(_ operation: UInt64, through last: UInt64) -> Bool {
        guard operation <= last else { return false }
        acknowledged = max(acknowledged, operation)
        while let first = underWay.first, first.operation <= operation {
            underWay.removeFirst()
            underWayBytes -= first.bytes
        }
        return true
    }

    /// What it holds up, in bytes.
    var backlog: Int { waitingBytes + underWayBytes }
    /// Whether there is something that may be sent, of the operations below one.
    func maySend(below limit: UInt64) -> Bool {
        phase == .streaming && items.first.map { $0.operation < limit } == true && !isFetchingChunk
            // The mirror says nothing of a message before it is whole.
            && (underWayBytes < Limits.mirrorWindowBytes || hasBegunChunked)
    }

    /// Writes the next operations, about as many as one frame should have. `ready` is called when what was missing has been
    /// read back.
    func write(below limit: UInt64, into bytes: inout [UInt8], in node: Node, ready: @escaping () -> Void) {
        let start = bytes.count
        while bytes.count - start < Limits.relayPieceBytes, let item = items.first, item.operation < limit {
            let before = bytes.count
            guard write(item, into: &bytes, in: node, ready: ready) else {
                underWayBytes += bytes.count - before
                underWay.append((item.operation, bytes.count - before))
                return
            }
            items.removeFirst()
            waitingBytes -= item.byteCount
            underWayBytes += bytes.count - before
            underWay.append((item.operation, bytes.count - before))
        }
    }

    /// Returns whether all of it is written.
    private func write(_ item: Item, into bytes: inout [UInt8], in node: Node, ready: @escaping () -> Void) -> Bool {
        func begin(_ kind: MirrorOperation.Kind) {
            bytes.appendNumber(item.operation)
            bytes.append(kind.rawValue)
        }
        switch item.content {
        case .ended(let sequences):
            begin(.ended)
            bytes.appendNumber(UInt32(sequences.count))
            for sequence in sequences { bytes.appendNumber(sequence) }
        case .endedRanges(let ranges):
            for range in ranges {
                begin(.endedRange)
                bytes.appendNumber(range.lowerBound)
                bytes.appendNumber(range.upperBound)
            }
        case .delivered(let sequence):
            begin(.delivered)
            bytes.appendNumber(sequence)
        case .message(let record, let sequence, let wallExpiry, let flags):
            let memory = UnsafeRawPointer(node.segments.bytes(of: record))
            let shape = MessageRecord.shape(of: memory)
            if !hasBegunChunked {
                begin(.message)
                let count = shape.journaledBytes - (shape.isChunked ? 8 : 0)
                MirrorOperation.Message(sequence: sequence, wallExpiry: wallExpiry, flags: flags, size: count)
                    .encode(into: &bytes)
                bytes += UnsafeRawBufferPointer(start: memory + MessageRecord.memoryBytes, count: count)
                hasBegunChunked = shape.isChunked
            }
            guard shape.isChunked else { break }
            // A chunk is about what one frame should have.
            guard let chunk = node.chunkMemory(nextChunk, of: record, shape, ready: { _ in ready() }) else {
                isFetchingChunk = true
                return false
            }
            begin(.chunk)
            let count = MessageRecord.chunkBytes(nextChunk, of: shape.bodyBytes)
            bytes.appendNumber(UInt32(count))
            bytes += UnsafeRawBufferPointer(start: node.segments.bytes(of: chunk), count: count)
            nextChunk += 1
            guard nextChunk == shape.chunkCount else { return false }
            nextChunk = 0
            hasBegunChunked = false
        }
        if case .message(let record, _, _, _) = item.content { node.release(record) }
        return true
    }

    /// What was missing has been read back.
    func chunkIsThere() { isFetchingChunk = false }

    /// The mirror has gone: nothing more is sent.
    func end(in node: Node) {
        while let item = items.popFirst() {
            if case .message(let record, _, _, _) = item.content { node.release(record) }
        }
        waitingBytes = 0
        underWay.removeAll()
        underWayBytes = 0
    }
}
