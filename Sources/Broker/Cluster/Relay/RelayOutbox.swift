internal import AMQP
internal import DequeModule
internal import Journal

/// What one end of a relay has to send, in order, until the other end grants room: frames, and contents that are made
/// into frames only as they go.
struct RelayOutbox: ~Copyable {
    private struct Content {
        let record: RecordPosition
        let channel: UInt16
        let queues: [UInt64]
        var sent = 0
        var hasBegun = false
    }

    private enum Item {
        case frames([UInt8])
        case content(Content)
    }

    private var items = Deque<Item>()
    /// Frames whose beginning may have gone.
    private var staged: [UInt8] = []
    private var stagedUsed = 0
    private var contentBytes = 0
    private var frameBytes = 0
    /// A chunk of a body is being read back.
    private var isFetching = false

    private static let overhead = 256

    /// Bytes that wait, about.
    var byteCount: Int { contentBytes + frameBytes + staged.count - stagedUsed }
    /// Memory, beyond the messages that have not begun to go.
    var residentBytes: Int { frameBytes + staged.count }
    var isEmpty: Bool { items.isEmpty && stagedUsed == staged.count }

    mutating func append(_ frames: some Collection<UInt8>) {
        frameBytes += frames.count
        guard case .frames(var last)? = items.last else { return items.append(.frames(Array(frames))) }
        // One buffer that grows, and no copy of it.
        items[items.count - 1] = .frames([])
        last += frames
        items[items.count - 1] = .frames(last)
    }

    mutating func append(_ method: some MethodPayload, on channel: UInt16) {
        var writer = WireWriter(capacity: 64)
        writer.writeMethodFrame(method, channel: channel)
        append(writer.bytes)
    }

    /// Appends a content; the record carries one reference.
    mutating func append(_ record: RecordPosition, bodyBytes: Int, for queues: [UInt64], on channel: UInt16) {
        contentBytes += bodyBytes + Self.overhead
        items.append(.content(Content(record: record, channel: channel, queues: queues)))
    }

    /// Takes up to `limit` bytes out. `ready` is called when what is missing has been read back.
    mutating func take(_ limit: Int, in node: Node, ready: @escaping () -> Void) -> [UInt8] {
        while staged.count - stagedUsed < limit, !isFetching, stage(in: node, ready: ready) {}
        let count = min(limit, staged.count - stagedUsed)
        let taken = Array(staged[stagedUsed..<stagedUsed + count])
        stagedUsed += count
        if stagedUsed == staged.count {
            staged.removeAll(keepingCapacity: staged.count < Limits.idleOutboundBytes)
            stagedUsed = 0
        }
        return taken
    }

    /// Turns the next item, or a part of it, into bytes; false when there is none.
    private mutating func stage(in node: Node, ready: @escaping () -> Void) -> Bool {
        guard let item = items.first else { return false }
        switch item {
        case .frames(let bytes):
            frameBytes -= bytes.count
            if staged.isEmpty { staged = bytes } else { staged += bytes }
            items.removeFirst()
        case .content(var content):
            let isDone = stage(&content, in: node, ready: ready)
            if isDone {
                let shape = MessageRecord.shape(of: node.segments.bytes(of: content.record))
                contentBytes -= shape.bodyBytes + Self.overhead
                node.release(content.record)
                items.removeFirst()
            } else {
                items[0] = .content(content)
                return !isFetching
            }
        }
        return true
    }

    /// Stages the next frames of a content; returns whether they were the last.
    private mutating func stage(_ content: inout Content, in node: Node, ready: @escaping () -> Void) -> Bool {
        let bytes = UnsafeRawPointer(node.segments.bytes(of: content.record))
        let shape = MessageRecord.shape(of: bytes)
        if !content.hasBegun {
            content.hasBegun = true
            var writer = WireWriter()
            let key = UnsafeRawBufferPointer(start: bytes + shape.keyOffset, count: shape.keyBytes)
            writer.writeFrame(.method, channel: content.channel) {
                RelayPublish.encode(key: key, queues: content.queues, into: &$0)
            }
            writer.writeFrame(.header, channel: content.channel) {
                $0.write(UnsafeRawBufferPointer(start: bytes + shape.headerOffset, count: shape.headerBytes))
            }
            staged += writer.bytes
        }
        guard content.sent < shape.bodyBytes else { return true }
        var count = min(Int(Limits.frameMax) - FrameHeader.overhead, shape.bodyBytes - content.sent)
        let source: UnsafeRawPointer
        if shape.isChunked {
            let offset = content.sent % Limits.chunkBytes
            let index = content.sent / Limits.chunkBytes
            guard let chunk = node.chunkMemory(index, of: content.record, shape, ready: { _ in ready() }) else {
                isFetching = true
                return false
            }
            count = min(count, Limits.chunkBytes - offset)
            source = UnsafeRawPointer(node.segments.bytes(of: chunk)) + offset
        } else {
            source = bytes + shape.bodyOffset + content.sent
        }
        var writer = WireWriter(capacity: count + FrameHeader.overhead)
        writer.writeFrame(.body, channel: content.channel) {
            $0.write(UnsafeRawBufferPointer(start: source, count: count))
        }
        staged += writer.bytes
        content.sent += count
        return content.sent == shape.bodyBytes
    }

    /// What was missing has been read back.
    mutating func fetched() { isFetching = false }

    /// Forgets everything; returns how many contents never went out whole.
    mutating func discard(in node: Node) -> Int {
        var contents = 0
        while let item = items.popFirst() {
            if case .content(let content) = item {
                node.release(content.record)
                contents += 1
            }
        }
        staged = []
        stagedUsed = 0
        contentBytes = 0
        frameBytes = 0
        return contents
    }
}
