internal import AMQP
internal import Journal

/// A publish whose content comes in several frames. The body goes to its final place as it comes: into its record,
/// or above `Limits.chunkBytes` into chunks that become a message only when the last one is whole.
struct PublishAssembly {
    /// Where it goes; nil for one that comes from another node for a consumer here.
    let route: Route?
    let key: [UInt8]
    let isMandatory: Bool
    private(set) var header: [UInt8]?
    private(set) var bodyBytes = 0
    private(set) var deliveryMode: UInt8 = 0
    /// Milliseconds to live, if any.
    private(set) var lifetime: UInt64?
    private var received = 0
    private var record: RecordPosition?
    private var shape: MessageRecord.Shape?
    /// What the journal calls the body while it comes in chunks; 0 where it is not written down as it comes.
    private var body: UInt64 = 0

    init(route: Route?, key: [UInt8], isMandatory: Bool) {
        self.route = route
        self.key = key
        self.isMandatory = isMandatory
    }

    private var isChunked: Bool { bodyBytes > Limits.chunkBytes }
    var isWhole: Bool { header != nil && received == bodyBytes }
    /// Whether its chunks go to the journal one by one.
    var isWrittenAsItComes: Bool { body != 0 }

    mutating func begin(
        header payload: UnsafeRawBufferPointer, scan: ContentHeaderScan, lifetime: UInt64?, in node: Node,
        isTransactional: Bool = false
    ) {
        self.lifetime = lifetime
        header = Array(payload)
        // Checked against `Limits.messageBytes` before.
        bodyBytes = Int(clamping: scan.bodySize)
        deliveryMode = scan.deliveryMode
        let fresh = node.segments.allocate(
            MessageRecord.byteCount(key: key.count, header: payload.count, body: bodyBytes, isChunked: isChunked))
        write(fresh, in: node)
        record = fresh
        let bytes = node.segments.bytes(of: fresh)
        let shape = MessageRecord.shape(of: bytes)
        self.shape = shape
        guard isChunked else { return }
        // Each chunk is on its way to the disk while the next one comes.
        if deliveryMode == 2, node.journal.keepsBytes, let route,
            // A transaction keeps what goes elsewhere too.
            route.queues(for: payload).contains(where: { $0.isDurable && ($0.distant == nil || isTransactional) })
        {
            body = node.newBodyID()
            node.chunkedBodies[body] = fresh
        }
        // Without one it gets its name when it is written down, if it ever is.
        MessageRecord.setBodyID(body, of: bytes, shape)
        for index in 0..<shape.chunkCount { MessageRecord.setChunk(index, to: MessageRecord.Chunk(), of: bytes, shape) }
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
        guard let record, let shape, received + payload.count <= bodyBytes else { return false }
        guard let start = payload.baseAddress else { return true }
        guard isChunked else {
            (node.segments.bytes(of: record) + shape.bodyOffset + received).copyMemory(
                from: start, byteCount: payload.count)
            received += payload.count
            return true
        }
        var taken = 0
        while taken < payload.count {
            let index = received / Limits.chunkBytes
            let offset = received % Limits.chunkBytes
            let size = MessageRecord.chunkBytes(index, of: bodyBytes)
            var chunk = MessageRecord.chunk(index, of: node.segments.bytes(of: record), shape)
            let memory = chunk.memory ?? node.segments.allocate(size)
            chunk.memory = memory
            let count = min(payload.count - taken, size - offset)
            (node.segments.bytes(of: memory) + offset).copyMemory(from: start + taken, byteCount: count)
            taken += count
            received += count
            if offset + count == size, body != 0 {
                chunk.location = node.journalChunk(memory, index, byteCount: size, of: body)
            }
            MessageRecord.setChunk(index, to: chunk, of: node.segments.bytes(of: record), shape)
        }
        return true
    }

    /// The record of the whole message, held by one reference. Only of one that is whole.
    func finish() -> RecordPosition? { record }

    /// Frees what has come of a message that will never be whole.
    func abandon(in node: Node) {
        if let record { node.release(record) }
    }
}
