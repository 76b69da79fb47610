internal import Journal

/// Large bodies on the disk: each chunk is a record of its own, written as soon as it is there, counted once a message
/// names its body, and read back one by one when it is sent.
extension Node {
    /// A name for a body in chunks that no other has or had: the journal only grows.
    func newBodyID() -> UInt64 {
        lastBody = max(lastBody + 1, journal.appended.rawValue)
        return lastBody
    }

    /// Writes a chunk down; returns where. It counts as needed until `forgetChunk`.
    func journalChunk(_ memory: RecordPosition, _ index: Int, byteCount: Int, of body: UInt64) -> JournalLocation {
        journalChunk(
            UnsafeRawBufferPointer(start: segments.bytes(of: memory), count: byteCount), index, of: body)
    }

    func journalChunk(_ bytes: UnsafeRawBufferPointer, _ index: Int, of body: UInt64) -> JournalLocation {
        let target = journal.append(kind: RecordKind.chunk.rawValue, byteCount: 16 + bytes.count)
        target.storeBytes(of: body.littleEndian, as: UInt64.self)
        target.storeBytes(of: UInt64(index).littleEndian, toByteOffset: 8, as: UInt64.self)
        if let start = bytes.baseAddress { (target + 16).copyMemory(from: start, byteCount: bytes.count) }
        segmentUse.add(1, to: journal.segment)
        keptBytes += Self.keptBytes(bytes.count)
        return journal.location
    }

    /// Writes down the chunks that are not yet, before the message that names them; with a limit, as many as may wait for
    /// the disk. Returns whether all are.
    @discardableResult
    func journalChunks(
        of position: RecordPosition, _ shape: MessageRecord.Shape, pendingBytes limit: Int = .max
    ) -> Bool {
        let record = segments.bytes(of: position)
        var id = MessageRecord.bodyID(of: record, shape)
        if id == 0 {
            id = newBodyID()
            MessageRecord.setBodyID(id, of: record, shape)
            chunkedBodies[id] = position
        }
        for index in 0..<shape.chunkCount {
            var chunk = MessageRecord.chunk(index, of: record, shape)
            guard chunk.location == .none, let memory = chunk.memory else { continue }
            guard journal.pendingBytes < limit else { return false }
            let count = MessageRecord.chunkBytes(index, of: shape.bodyBytes)
            chunk.location = journalChunk(memory, index, byteCount: count, of: id)
            MessageRecord.setChunk(index, to: chunk, of: record, shape)
        }
        return true
    }

    /// Nobody needs a chunk any more.
    func forgetChunk(_ chunk: MessageRecord.Chunk, byteCount: Int) {
        if let memory = chunk.memory { segments.release(memory) }
        guard chunk.location != .none else { return }
        segmentUse.remove(from: UInt32(truncatingIfNeeded: chunk.location.segment))
        keptBytes -= Self.keptBytes(byteCount)
    }

    /// Nobody needs a body any more.
    func releaseChunks(of record: UnsafeRawPointer) {
        let shape = MessageRecord.shape(of: record)
        for index in 0..<shape.chunkCount {
            forgetChunk(
                MessageRecord.chunk(index, of: record, shape),
                byteCount: MessageRecord.chunkBytes(index, of: shape.bodyBytes))
        }
        chunkedBodies[MessageRecord.bodyID(of: record, shape)] = nil
    }

    // MARK: Cold chunks

    /// The memory of a chunk; nil when it must be read back first, which begins with that. `ready` is called when it is
    /// there.
    func chunkMemory(
        _ index: Int, of record: RecordPosition, _ shape: MessageRecord.Shape, ready: @escaping (Node) -> Void
    ) -> RecordPosition? {
        let bytes = UnsafeRawPointer(segments.bytes(of: record))
        let chunk = MessageRecord.chunk(index, of: bytes, shape)
        if let memory = chunk.memory { return memory }
        if chunkWaiters[chunk.location] != nil {
            chunkWaiters[chunk.location]?.append(ready)
            return nil
        }
        chunkWaiters[chunk.location] = [ready]
        // Held, so that it is there when its chunk comes.
        segments.retain(record)
        let count = MessageRecord.chunkBytes(index, of: shape.bodyBytes)
        fetch([JournalFetch.Piece(at: chunk.location, expectedBytes: 16 + count)]) { fetch, node in
            node.take(fetch, index, of: record, shape)
            node.release(record)
            for ready in node.chunkWaiters.removeValue(forKey: chunk.location) ?? [] { ready(node) }
        }
        // It may have been answered at once.
        return MessageRecord.chunk(index, of: segments.bytes(of: record), shape).memory
    }

    private func take(
        _ fetch: JournalFetch, _ index: Int, of record: RecordPosition, _ shape: MessageRecord.Shape
    ) {
        let bytes = segments.bytes(of: record)
        var chunk = MessageRecord.chunk(index, of: bytes, shape)
        // Somebody else's question may have been answered first, or it is somewhere else by now.
        guard chunk.memory == nil, chunk.location == fetch.pieces[0].location else { return }
        let count = MessageRecord.chunkBytes(index, of: shape.bodyBytes)
        let id = MessageRecord.bodyID(of: bytes, shape)
        do throws(StorageError) {
            let memory = try fetch.withRecord(0) { found -> RecordPosition? in
                guard found.kind == RecordKind.chunk.rawValue, found.payload.number(at: 0) == id,
                    found.payload.number(at: 8) == UInt64(index), found.payload.count == 16 + count,
                    let start = found.payload.baseAddress
                else { return nil }
                let memory = segments.allocate(count)
                segments.bytes(of: memory).copyMemory(from: start + 16, byteCount: count)
                return memory
            }
            guard let memory else { return misplaced(chunk.location) }
            chunk.memory = memory
            MessageRecord.setChunk(index, to: chunk, of: bytes, shape)
        } catch {
            storageFailed(error)
        }
    }

    /// Gives up the memory of a chunk that the disk has, where memory is wanted.
    func coolChunk(_ index: Int, of record: RecordPosition, _ shape: MessageRecord.Shape) {
        let bytes = segments.bytes(of: record)
        var chunk = MessageRecord.chunk(index, of: bytes, shape)
        guard let memory = chunk.memory, chunk.location != .none, chunk.location < journal.readable else { return }
        segments.release(memory)
        chunk.memory = nil
        MessageRecord.setChunk(index, to: chunk, of: bytes, shape)
    }

    /// All chunks of a body.
    func coolChunks(of record: RecordPosition) {
        let shape = MessageRecord.shape(of: segments.bytes(of: record))
        for index in 0..<shape.chunkCount { coolChunk(index, of: record, shape) }
    }
}
