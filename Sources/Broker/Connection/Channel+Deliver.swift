internal import AMQP
internal import Journal

/// A body that goes out in turns: what is left to send of it. While it lasts its channel sends nothing else, because
/// AMQP lets no other frame of the channel come between those of a content (AMQP 0-9-1 §4.2.6).
struct BodyCursor {
    /// Held by a reference of its own, so that an early acknowledgement does not pull it away.
    let record: RecordPosition
    let shape: MessageRecord.Shape
    var sent = 0
    /// The next chunk is being read back.
    var isFetching = false
}

/// Messages out: `basic.deliver`, `basic.get-ok`, `basic.return`.
extension Channel {
    /// Delivers a message that was just taken from the consumer's queue.
    @inline(__always)
    func deliver(_ entry: QueueEntry, to consumer: Consumer) {
        lastDeliveryTag &+= 1
        let isRedelivered = entry.flags & QueueEntry.redelivered != 0
        let bytes = UnsafeRawPointer(node.segments.bytes(of: entry.record))
        let shape = MessageRecord.shape(of: bytes)

        // One reservation for method frame, header frame and the frame of a body that fits into one.
        let tagBytes = consumer.encodedTag.count
        let methodBytes = 4 + tagBytes + 9 + shape.keyBytes
        let isOneFrame = shape.bodyBytes <= Int(connection.frameMax) - 8 && !shape.isChunked
        let bodyFrameBytes = isOneFrame && shape.bodyBytes > 0 ? shape.bodyBytes + 8 : 0
        var target = connection.outbound.append(size: methodBytes + 8 + shape.headerBytes + 8 + bodyFrameBytes)
        beginFrame(&target, .method, methodBytes)
        target.storeBytes(of: BasicDeliver.id.rawValue.bigEndian, as: UInt32.self)
        consumer.encodedTag.withUnsafeBytes { tag in
            // A tag has at least its length octet.
            (target + 4).copyMemory(from: tag.baseAddress.unsafelyUnwrapped, byteCount: tagBytes)
        }
        target += 4 + tagBytes
        target.storeBytes(of: lastDeliveryTag.bigEndian, as: UInt64.self)
        target.storeBytes(of: isRedelivered ? 1 : 0, toByteOffset: 8, as: UInt8.self)
        (target + 9).copyMemory(from: bytes + shape.keyOffset, byteCount: shape.keyBytes)
        target += 9 + shape.keyBytes
        endFrame(&target)
        beginFrame(&target, .header, shape.headerBytes)
        target.copyMemory(from: bytes + shape.headerOffset, byteCount: shape.headerBytes)
        target += shape.headerBytes
        endFrame(&target)
        if bodyFrameBytes > 0 {
            beginFrame(&target, .body, shape.bodyBytes)
            target.copyMemory(from: bytes + shape.bodyOffset, byteCount: shape.bodyBytes)
            target += shape.bodyBytes
            endFrame(&target)
        } else if shape.bodyBytes > 0 {
            sendBody(entry.record, shape)
        }
        guard phase == .open else { return consumer.queue.requeue(entry) }
        node.noteDirty(connection)
        delivered(entry, from: consumer.queue, to: consumer, isAutomaticAck: consumer.isAutomaticAck)
    }

    @inline(__always)
    private func beginFrame(_ target: inout UnsafeMutableRawPointer, _ type: FrameType, _ payloadBytes: Int) {
        target.storeBytes(of: type.rawValue, as: UInt8.self)
        target.storeBytes(of: number.bigEndian, toByteOffset: 1, as: UInt16.self)
        target.storeBytes(of: UInt32(truncatingIfNeeded: payloadBytes).bigEndian, toByteOffset: 3, as: UInt32.self)
        target += FrameHeader.byteCount
    }

    @inline(__always)
    private func endFrame(_ target: inout UnsafeMutableRawPointer) {
        target.storeBytes(of: FrameEnd.octet, as: UInt8.self)
        target += 1
    }

    /// Books a delivery: settled at once with automatic acks, else held until the client settles it.
    @inline(__always)
    private func delivered(
        _ entry: QueueEntry, from queue: ClassicQueue, to consumer: Consumer?, isAutomaticAck: Bool
    ) {
        if entry.flags & QueueEntry.redelivered != 0 {
            queue.counters.redeliver &+= 1
            node.counters.redeliver &+= 1
            counters.redeliver &+= 1
        }
        if isAutomaticAck {
            if consumer != nil {
                node.counters.deliverNoAck &+= 1
                counters.deliverNoAck &+= 1
            }
            node.drop(entry, of: queue)
            return
        }
        if entry.flags & QueueEntry.relayed == 0 {
            queue.unackedCount &+= 1
            queue.unackedBytes &+= Int(entry.bodyBytes)
        } else {
            queue.foreignUnacked &+= 1
        }
        if let consumer {
            node.counters.deliver &+= 1
            counters.deliver &+= 1
            consumer.unacked &+= 1
            channelUnacked &+= 1
        }
        node.noteDelivered(entry, of: queue)
        var held = node.held(entry)
        held.flags |= queue.timeFlag
        unacked.append(
            UnackedDelivery(
                tag: lastDeliveryTag, entry: held, queue: Unmanaged.passUnretained(queue),
                consumer: consumer.map { Unmanaged.passUnretained($0) },
                deliveredAt: UInt32(truncatingIfNeeded: node.now.nanoseconds / 1_000_000_000)))
    }

    /// Answers `basic.get` with a message.
    func sendGetOK(_ entry: QueueEntry, from queue: ClassicQueue, noAck: Bool) {
        if isMuted { return queue.putBack(entry) }
        lastDeliveryTag &+= 1
        let bytes = UnsafeRawPointer(node.segments.bytes(of: entry.record))
        let shape = MessageRecord.shape(of: bytes)
        connection.outbound.writeFrame(.method, channel: number) { writer in
            writer.write(BasicGetOK.id.rawValue)
            writer.write(lastDeliveryTag)
            writer.write(entry.flags & QueueEntry.redelivered != 0 ? 1 as UInt8 : 0)
            writer.write(UnsafeRawBufferPointer(start: bytes + shape.keyOffset, count: shape.keyBytes))
            writer.write(UInt32(clamping: queue.distant?.readyCount ?? queue.readyCount))
        }
        sendContent(entry.record, bytes, shape)
        if noAck {
            queue.counters.getNoAck &+= 1
            node.counters.getNoAck &+= 1
            counters.getNoAck &+= 1
        } else {
            queue.counters.get &+= 1
            node.counters.get &+= 1
            counters.get &+= 1
        }
        // It may have gone while a long body held the answer up.
        if queue.isDeleted, !noAck { node.keepUntilSettled(queue) }
        delivered(entry, from: queue, to: nil, isAutomaticAck: noAck)
    }

    /// Gives an unroutable mandatory message back (AMQP 0-9-1 §1.8.3.8; 312 NO_ROUTE).
    func sendReturn(_ record: RecordPosition) {
        if isMuted { return }
        let bytes = UnsafeRawPointer(node.segments.bytes(of: record))
        let shape = MessageRecord.shape(of: bytes)
        connection.outbound.writeFrame(.method, channel: number) { writer in
            writer.write(BasicReturn.id.rawValue)
            writer.write(ReplyCode.noRoute.rawValue)
            writer.writeShortString(ReplyCode.noRoute.name)
            writer.write(UnsafeRawBufferPointer(start: bytes + shape.keyOffset, count: shape.keyBytes))
        }
        sendContent(record, bytes, shape)
    }

    private func sendContent(_ record: RecordPosition, _ bytes: UnsafeRawPointer, _ shape: MessageRecord.Shape) {
        connection.outbound.writeFrame(.header, channel: number) { writer in
            writer.write(UnsafeRawBufferPointer(start: bytes + shape.headerOffset, count: shape.headerBytes))
        }
        if shape.bodyBytes > 0 { sendBody(record, shape) }
        node.noteDirty(connection)
    }

    /// Sends a body that does not fit beside its method: at once as far as there is room, the rest in later ticks.
    private func sendBody(_ record: RecordPosition, _ shape: MessageRecord.Shape) {
        node.segments.retain(record)
        sending = BodyCursor(record: record, shape: shape)
        connection.sendingBodies.append(self)
        continueBody()
        if sending == nil { connection.sendingBodies.removeAll { $0 === self } }
    }

    private func chunkIsThere() {
        guard phase == .open, sending != nil else { return }
        sending?.isFetching = false
        node.noteDirty(connection)
    }

    /// Writes body frames while there is room; returns whether the body is all written.
    @discardableResult
    func continueBody() -> Bool {
        guard var cursor = sending else { return true }
        let bytes = UnsafeRawPointer(node.segments.bytes(of: cursor.record))
        let largest = Int(connection.frameMax) - 8
        while cursor.sent < cursor.shape.bodyBytes, connection.hasRoom {
            var count = min(largest, cursor.shape.bodyBytes - cursor.sent)
            let source: UnsafeRawPointer
            if cursor.shape.isChunked {
                let offset = cursor.sent % Limits.chunkBytes
                let index = cursor.sent / Limits.chunkBytes
                if offset == 0, index > 0, node.isCooling { node.coolChunk(index - 1, of: cursor.record, cursor.shape) }
                guard !cursor.isFetching,
                    let chunk = node.chunkMemory(
                        index, of: cursor.record, cursor.shape, ready: { [self] _ in chunkIsThere() })
                else {
                    cursor.isFetching = true
                    break
                }
                count = min(count, Limits.chunkBytes - offset)
                source = UnsafeRawPointer(node.segments.bytes(of: chunk)) + offset
            } else {
                source = bytes + cursor.shape.bodyOffset + cursor.sent
            }
            connection.outbound.writeFrame(.body, channel: number) { writer in
                writer.write(UnsafeRawBufferPointer(start: source, count: count))
            }
            cursor.sent += count
        }
        // A disk that fails at once has ended the channel.
        guard sending != nil else { return true }
        let isDone = cursor.sent == cursor.shape.bodyBytes
        if isDone {
            sending = nil
            node.release(cursor.record)
        } else {
            sending = cursor
        }
        return isDone
    }
}
