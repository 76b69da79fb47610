internal import AMQP
internal import Journal

/// A publish whose content comes in several frames. The body goes to its final place as it comes: into its record,
/// or above `Limits.chunkBytes` into chunks that become a message only when the last one is whole.
struct PublishAssembly {
    let route: Route
    let key: [UInt8]
    let isMandatory: Bool
    private(set) var header: [UInt8]?
    private(set) var bodyBytes = 0
    private(set) var deliveryMode: UInt8 = 0
    /// Milliseconds to live, if any.
    private(set) var lifetime: UInt64?
    private var received = 0
    private var record: RecordPosition?
    private var bodyOffset = 0
    private var chunks: [MessageRecord.Chunk] = []
    /// What the journal calls the body while it comes in chunks; 0 where it is not written down as it comes.
    private var body: UInt64 = 0

    init(route: Route, key: [UInt8], isMandatory: Bool) {
        self.route = route
        self.key = key
        self.isMandatory = isMandatory
    }

    private var isChunked: Bool { bodyBytes > Limits.chunkBytes }
    var isWhole: Bool { header != nil && received == bodyBytes }

    mutating func begin(
        header payload: UnsafeRawBufferPointer, scan: ContentHeaderScan, lifetime: UInt64?, in node: Node
    ) {
        self.lifetime = lifetime
        header = Array(payload)
        // Checked against `Limits.messageBytes` before.
        bodyBytes = Int(clamping: scan.bodySize)
        deliveryMode = scan.deliveryMode
        guard !isChunked else {
            // Each chunk is on its way to the disk while the next one comes.
            if deliveryMode == 2, node.journal.keepsBytes, route.queues(for: payload).contains(where: \.isDurable) {
                body = node.newBodyID()
            }
            return
        }
        let fresh = allocate(in: node)
        bodyOffset = MessageRecord.shape(of: node.segments.bytes(of: fresh)).bodyOffset
        record = fresh
    }

    /// Room for the message, with everything but the body written.
    private func allocate(in node: Node) -> RecordPosition {
        let fresh = node.segments.allocate(
            MessageRecord.byteCount(
                key: key.count, header: header?.count ?? 0, body: bodyBytes, isChunked: isChunked))
        write(fresh, in: node)
        return fresh
    }

    private func write(_ record: RecordPosition, in node: Node) {
        key.withUnsafeBytes { key in
            (header ?? []).withUnsafeBytes { header in
                _ = MessageRecord.begin(
                    node.segments.bytes(of: record), key: key, header: header, bodyBytes: bodyBytes,
                    isChunked: isChunked)
            }
        }
    }

    /// Takes the next part of the body; false when there is more than was announced.
    mutating func append(_ payload: UnsafeRawBufferPointer, in node: Node) -> Bool {
        guard received + payload.count <= bodyBytes else { return false }
        guard let start = payload.baseAddress else { return true }
        if let record {
            (node.segments.bytes(of: record) + bodyOffset + received).copyMemory(
                from: start, byteCount: payload.count)
            received += payload.count
            return true
        }
        var taken = 0
        while taken < payload.count {
            let index = received / Limits.chunkBytes
            let offset = received % Limits.chunkBytes
            let size = MessageRecord.chunkBytes(index, of: bodyBytes)
            if index == chunks.count { chunks.append(MessageRecord.Chunk(memory: node.segments.allocate(size))) }
            let count = min(payload.count - taken, size - offset)
            // It stays in memory until the message is whole.
            guard let memory = chunks[index].memory else { return false }
            (node.segments.bytes(of: memory) + offset).copyMemory(from: start + taken, byteCount: count)
            taken += count
            received += count
            if offset + count == size, body != 0 {
                chunks[index].location = node.journalChunk(memory, index, byteCount: size, of: body)
            }
        }
        return true
    }

    /// The record of the whole message, held by one reference.
    func finish(in node: Node) -> RecordPosition {
        if let record { return record }
        let fresh = allocate(in: node)
        let bytes = node.segments.bytes(of: fresh)
        let shape = MessageRecord.shape(of: bytes)
        // Without one it gets its name when it is written down, if it ever is.
        MessageRecord.setBodyID(body, of: bytes, shape)
        for (index, chunk) in chunks.enumerated() { MessageRecord.setChunk(index, to: chunk, of: bytes, shape) }
        if body != 0 { node.chunkedBodies[body] = fresh }
        return fresh
    }

    /// Frees what has come of a message that will never be whole.
    func abandon(in node: Node) {
        if let record { node.segments.release(record) }
        for (index, chunk) in chunks.enumerated() {
            node.forgetChunk(chunk, byteCount: MessageRecord.chunkBytes(index, of: bodyBytes))
        }
    }
}
