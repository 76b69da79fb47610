internal import AMQP
internal import DequeModule

/// What a home says on a relay.
extension Relay {
    func receive(_ frame: ParsedFrame) throws(ClusterFrame.Failure) {
        switch frame.type {
        case .heartbeat: return
        case .method:
            guard frame.payload.count >= 4 else { throw .malformed }
            if frame.channel == 0 { return try receiveOnConnection(frame.payload) }
            // What is said on one that is over, or that never was, is of no use.
            guard let channel = channels[frame.channel] else { return }
            try receiveMethod(frame.payload, on: channel)
        case .header:
            guard let channel = channels[frame.channel], channel.content != nil else { return }
            try receiveHeader(frame.payload, on: channel)
        case .body:
            guard let channel = channels[frame.channel], channel.content != nil else { return }
            guard channel.content?.assembly.header != nil,
                channel.content?.assembly.append(frame.payload, in: node) == true
            else { throw .malformed }
            finishIfWhole(channel)
        }
    }

    private func receiveOnConnection(_ payload: UnsafeRawBufferPointer) throws(ClusterFrame.Failure) {
        guard let method = try? Method.decode(payload) else { throw .malformed }
        guard case .connectionClose(let close) = method else { return }
        let exception = ProtocolException(close.replyCode, close.replyText)
        let client = connection
        lost()
        // The home itself goes, or what it was asked for is a mistake of the client's.
        if exception.code != .connectionForced { client?.fail(exception) }
    }

    private func receiveMethod(
        _ payload: UnsafeRawBufferPointer, on channel: RelayChannel
    ) throws(ClusterFrame.Failure) {
        let id = MethodID(rawValue: UInt32(bigEndian: payload.loadUnaligned(as: UInt32.self)))
        if let content = channel.content {
            // Only an end may cut a content off.
            guard id == ChannelClose.id || id == ChannelCloseOK.id else { throw .malformed }
            content.assembly.abandon(in: node)
            channel.content = nil
        }
        if id == BasicDeliver.id || id == BasicGetOK.id { return try beginContent(payload, id, on: channel) }
        guard let method = try? Method.decode(payload) else { throw .malformed }
        if channel.isClosing {
            switch method {
            case .channelCloseOK: closed(channel)
            case .channelClose:
                send(ChannelCloseOK(), on: channel)
            default: break
            }
            return
        }
        switch method {
        case .basicAck(let ack): confirmed(ack.deliveryTag, multiple: ack.multiple, isRefused: false, on: channel)
        case .basicNack(let nack): confirmed(nack.deliveryTag, multiple: nack.multiple, isRefused: true, on: channel)
        case .channelClose(let close):
            send(ChannelCloseOK(), on: channel)
            closedByHome(channel, ProtocolException(close.replyCode, close.replyText))
        case .basicCancel(let cancel):
            guard let consumer = channel.consumers.removeValue(forKey: cancel.consumerTag), !consumer.isCancelled,
                let client = channel.client.flatMap(node.channel)
            else { return }
            // Somebody else leads a mirrored queue; this node hears of it, and takes the consumer there.
            guard !consumer.queue.keeps(consumer) else { return }
            client.queueDeleted(under: consumer)
        case .basicCancelOK(let cancelOK):
            channel.consumers[cancelOK.consumerTag] = nil
            if channel.question?.cancelled == cancelOK.consumerTag { answer(channel, .done) }
        case .basicConsumeOK(let consumeOK):
            if let attached = channel.attaching.removeValue(forKey: consumeOK.consumerTag) {
                return began(attached, on: channel)
            }
            guard let question = channel.question, let consumer = question.consumer else { throw .malformed }
            channel.consumers[consumeOK.consumerTag] = consumer
            answer(channel, .consuming(consumer, question.queue))
        case .basicGetEmpty: answer(channel, .empty)
        case .queueDeclareOK(let declareOK):
            answer(
                channel,
                .declared(
                    queue: declareOK.queue, messages: Int(declareOK.messageCount),
                    consumers: Int(declareOK.consumerCount)))
        case .queuePurgeOK(let purgeOK): answer(channel, .removed(messages: Int(purgeOK.messageCount)))
        case .queueDeleteOK(let deleteOK):
            guard let question = channel.question else { return }
            channel.question = nil
            question.distant.hasBeenDeleted(.removed(messages: Int(deleteOK.messageCount)), for: question.origin)
            if channel.client == nil { close(channel) }
        case .txCommitOK:
            guard let end = channel.commits.popFirst() else { throw .malformed }
            end?.distantEnded(isDone: true, in: node)
        default: break
        }
    }

    /// A consumer goes on here, unless it has ended meanwhile.
    private func began(_ consumer: Consumer, on channel: RelayChannel) {
        channel.consumers[consumer.tag] = consumer
        if consumer.isCancelled || consumer.queue.distant?.home != home {
            send(BasicCancel(consumerTag: consumer.tag), on: channel)
        }
    }

    private func answer(_ channel: RelayChannel, _ answer: Answer) {
        guard let question = channel.question else { return }
        channel.question = nil
        node.answer(question.origin, answer)
        if channel.client == nil { close(channel) }
    }

    private func confirmed(_ tag: UInt64, multiple: Bool, isRefused: Bool, on channel: RelayChannel) {
        let numbers = channel.confirmed(tag, multiple: multiple)
        let watched = channel.watchedQueues(of: numbers)
        guard !numbers.isEmpty, let client = channel.client.flatMap(node.channel), client.phase == .open else {
            return
        }
        for number in numbers { client.confirms.settle(number, through: number, refused: isRefused) }
        client.noteConfirms()
        guard !isRefused else { return }
        for queue in watched { node.recorder?.confirmed(queue: queue, count: 1, at: node.now) }
    }

    /// The home refuses something, and with that the channel: so does the client's.
    private func closedByHome(_ channel: RelayChannel, _ exception: ProtocolException) {
        let question = channel.question
        channel.isClosing = true
        closed(channel)
        drop(channel)
        if let question {
            node.answer(question.origin, .failed(exception))
        } else if let client = channel.client.flatMap(node.channel) {
            client.currentMethod = nil
            client.fail(exception)
            node.noteDirty(client.connection)
        }
    }

    // MARK: Contents

    private func beginContent(
        _ payload: UnsafeRawBufferPointer, _ id: MethodID, on channel: RelayChannel
    ) throws(ClusterFrame.Failure) {
        do throws(WireError) {
            var reader = WireReader(payload)
            _ = try reader.readUInt32()
            let isDelivery = id == BasicDeliver.id
            let consumer = isDelivery ? channel.consumers[try reader.readShortString()] : nil
            let tag = try reader.readUInt64()
            let isRedelivered = try reader.readUInt8() != 0
            let keyStart = payload.count - reader.remaining
            _ = try reader.readShortBytes()
            _ = try reader.readShortBytes()
            let key = Array(payload[keyStart..<payload.count - reader.remaining])
            if !isDelivery { channel.question?.distant.heard(readyCount: Int(try reader.readUInt32())) }
            guard reader.remaining == 0 || channel.isClosing else { throw .malformed }
            channel.content = RelayChannel.Content(
                purpose: isDelivery ? .delivery(consumer) : .answer, tag: tag, isRedelivered: isRedelivered,
                assembly: PublishAssembly(route: nil, key: key, isMandatory: false))
        } catch {
            throw .malformed
        }
    }

    private func receiveHeader(
        _ payload: UnsafeRawBufferPointer, on channel: RelayChannel
    ) throws(ClusterFrame.Failure) {
        guard channel.content?.assembly.header == nil, let scan = try? ContentHeaderScan(payload: payload),
            scan.bodySize <= Limits.messageBytes
        else { throw .malformed }
        channel.content?.assembly.begin(header: payload, scan: scan, lifetime: nil, in: node)
        finishIfWhole(channel)
    }

    private func finishIfWhole(_ channel: RelayChannel) {
        guard let content = channel.content, content.assembly.isWhole, let record = content.assembly.finish() else {
            return
        }
        channel.content = nil
        // Its sequence here is what the home calls the delivery.
        let entry = QueueEntry(
            sequence: content.tag, record: record, bodyBytes: UInt32(clamping: content.assembly.bodyBytes),
            flags: QueueEntry.relayed | (content.isRedelivered ? QueueEntry.redelivered : 0), expiry: number)
        switch content.purpose {
        case .delivery(let consumer?) where !channel.isClosing:
            arrived(Delivery(entry: entry, consumer: consumer, channel: channel))
        case .answer where channel.question != nil:
            if let question = channel.question { answer(channel, .got(entry, question.queue)) }
        default:
            // The home takes it back when it has closed the channel.
            node.release(record)
        }
    }
}

extension ProtocolException {
    /// What another node's connection or channel was closed with.
    init(_ code: UInt16, _ text: String) {
        let code = ReplyCode(rawValue: code) ?? .internalError
        let prefix = code.name + " - "
        self.init(code, text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text)
    }
}
