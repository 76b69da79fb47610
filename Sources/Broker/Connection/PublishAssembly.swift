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
    private var chunks: [RecordPosition] = []

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
        guard !isChunked else { return }
        bodyOffset = MessageRecord.fixedBytes + key.count + payload.count
        let fresh = node.segments.allocate(bodyOffset + bodyBytes)
        write(fresh, in: node)
        record = fresh
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
            if index == chunks.count {
                chunks.append(node.segments.allocate(min(Limits.chunkBytes, bodyBytes - received)))
            }
            let count = min(payload.count - taken, Limits.chunkBytes - offset)
            (node.segments.bytes(of: chunks[index]) + offset).copyMemory(from: start + taken, byteCount: count)
            taken += count
            received += count
        }
        return true
    }

    /// The record of the whole message, held by one reference.
    func finish(in node: Node) -> RecordPosition {
        if let record { return record }
        let offset = MessageRecord.fixedBytes + key.count + (header?.count ?? 0)
        let stride = MemoryLayout<RecordPosition>.size
        let fresh = node.segments.allocate(offset + chunks.count * stride)
        write(fresh, in: node)
        let table = node.segments.bytes(of: fresh) + offset
        for (index, chunk) in chunks.enumerated() {
            table.storeBytes(of: chunk, toByteOffset: index * stride, as: RecordPosition.self)
        }
        return fresh
    }

    /// Frees what has come of a message that will never be whole.
    func abandon(in node: Node) {
        if let record { node.segments.release(record) }
        for chunk in chunks { node.segments.release(chunk) }
    }
}
