internal import AMQP

/// What each method asks for, and the reply to each.
extension Channel {
    func receiveMethod(
        _ frame: ParsedFrame, _ rest: UnsafeRawBufferPointer
    ) throws(ProtocolException) -> Int? {
        guard assembly == nil else {
            throw ProtocolException(
                .unexpectedFrame,
                assembly?.header == nil
                    ? "expected content header for class 60, got non content header frame instead"
                    : "expected content body, got non content body frame instead")
        }
        guard frame.payload.count >= 4 else {
            throw ProtocolException(.syntaxError, "method frame without a method")
        }
        let id = MethodID(rawValue: UInt32(bigEndian: frame.payload.loadUnaligned(as: UInt32.self)))
        currentMethod = id
        switch id {
        case BasicPublish.id:
            return try receivePublish(frame, rest)
        case BasicAck.id:
            try receiveAck(frame.payload)
        case RelayPublish.id where connection.isRelay:
            return try receiveRelayPublish(frame, rest)
        case RelayMark.id where connection.isRelay:
            try receiveRelayMark(frame.payload)
        default:
            try receive(connection.decode(frame.payload))
        }
        return frame.byteCount
    }

    @inline(__always)
    private func receiveAck(_ payload: UnsafeRawBufferPointer) throws(ProtocolException) {
        guard payload.count == 13 else {
            throw ProtocolException(.frameError, "basic.ack with arguments that cannot be read")
        }
        let tag = UInt64(bigEndian: payload.loadUnaligned(fromByteOffset: 4, as: UInt64.self))
        try settle(tag, multiple: payload[12] & 1 != 0, .ack)
    }

    private func receive(_ method: Method) throws(ProtocolException) {
        switch method {
        case .channelOpen:
            throw ProtocolException(.channelError, "second 'channel.open' seen")
        case .channelClose:
            end()
            connection.send(ChannelCloseOK(), on: number)
            connection.forget(self)
        case .channelFlow(let flow):
            guard flow.active else { throw .notImplemented("active=false") }
            connection.send(ChannelFlowOK(active: true), on: number)
        case .exchangeDeclare(let declare):
            try receive(declare)
        case .exchangeDelete(let delete):
            try checkNotDefault(delete.exchange)
            try checkNotSystem(delete.exchange)
            ask(.deleteExchange(name: delete.exchange, ifUnused: delete.ifUnused), for: method, noWait: delete.noWait)
        case .queueDeclare(let declare):
            try receive(declare)
        case .exchangeBind(let bind):
            try checkNotDefault(bind.source)
            try checkNotDefault(bind.destination)
            let binding = Binding(
                destination: .exchange(bind.destination), routingKey: Array(bind.routingKey.utf8),
                arguments: bind.arguments)
            ask(.bind(exchange: bind.source, binding), for: method, noWait: bind.noWait)
        case .exchangeUnbind(let unbind):
            try checkNotDefault(unbind.source)
            try checkNotDefault(unbind.destination)
            let binding = Binding(
                destination: .exchange(unbind.destination), routingKey: Array(unbind.routingKey.utf8),
                arguments: unbind.arguments)
            ask(.unbind(exchange: unbind.source, binding), for: method, noWait: unbind.noWait)
        case .queueBind(let bind):
            try checkNotDefault(bind.exchange)
            let binding = try binding(of: bind.queue, bind.routingKey, bind.arguments)
            ask(.bind(exchange: bind.exchange, binding), for: method, noWait: bind.noWait)
        case .queueUnbind(let unbind):
            try checkNotDefault(unbind.exchange)
            let binding = try binding(of: unbind.queue, unbind.routingKey, unbind.arguments)
            ask(.unbind(exchange: unbind.exchange, binding), for: method, noWait: false)
        case .queuePurge(let purge):
            ask(.purgeQueue(name: try named(purge.queue)), for: method, noWait: purge.noWait)
        case .queueDelete(let delete):
            ask(
                .deleteQueue(
                    name: try named(delete.queue), ifUnused: delete.ifUnused, ifEmpty: delete.ifEmpty),
                for: method, noWait: delete.noWait)
        case .basicQos(let qos):
            try receive(qos)
        case .basicConsume(let consume):
            try receive(consume)
        case .basicCancel(let cancel):
            receive(cancel)
        case .basicGet(let get):
            ask(.get(queue: try named(get.queue), noAck: get.noAck), for: method, noWait: false)
        case .basicNack(let nack):
            try settle(nack.deliveryTag, multiple: nack.multiple, nack.requeue ? .requeue : .discard)
        case .basicReject(let reject):
            try settle(reject.deliveryTag, multiple: false, reject.requeue ? .requeue : .discard)
        case .basicRecover(let recover):
            guard recover.requeue else { throw .notImplemented("requeue=false") }
            settleAll(upTo: lastDeliveryTag, .requeue, recovering: .answered)
        case .basicRecoverAsync(let recover):
            guard recover.requeue else { throw .notImplemented("requeue=false") }
            settleAll(upTo: lastDeliveryTag, .requeue, recovering: .silent)
        case .confirmSelect(let select):
            guard transaction == nil else {
                throw ProtocolException(.preconditionFailed, "cannot switch from tx to confirm mode")
            }
            isConfirming = true
            if !select.noWait { connection.send(ConfirmSelectOK(), on: number) }
        case .txSelect:
            guard !isConfirming else {
                throw ProtocolException(.preconditionFailed, "cannot switch from confirm to tx mode")
            }
            if transaction == nil { transaction = Transaction() }
            connection.send(TxSelectOK(), on: number)
        case .txCommit:
            try endTransaction(isCommit: true)
        case .txRollback:
            try endTransaction(isCommit: false)
        default:
            throw ProtocolException(.commandInvalid, "unexpected method \(method.id.name) on a channel")
        }
    }

    private func receive(_ declare: ExchangeDeclare) throws(ProtocolException) {
        if !declare.passive {
            try checkNotDefault(declare.exchange)
            if declare.exchange.hasPrefix("amq."),
                connection.virtualHost.exchanges[declare.exchange] == nil
            {
                try checkNotReserved(declare.exchange, "exchange")
            }
        }
        let flags = ExchangeFlags(
            isDurable: declare.durable, isAutoDelete: declare.autoDelete, isInternal: declare.internal,
            arguments: declare.arguments)
        ask(
            .declareExchange(
                name: declare.exchange, type: declare.type, settings: flags, passive: declare.passive),
            for: .exchangeDeclare(declare), noWait: declare.noWait)
    }

    private func receive(_ declare: QueueDeclare) throws(ProtocolException) {
        var name = declare.queue
        if !declare.passive {
            if name.hasPrefix("amq."), connection.virtualHost.queues[name] == nil {
                try checkNotReserved(name, "queue")
            }
            if name.isEmpty { name = node.uniqueName(prefix: "amq.gen-") }
            try QueueArguments.check(declare.arguments, queue: name, virtualHost: connection.virtualHost.name)
        }
        let settings = QueueDefinition(
            isDurable: declare.durable, isAutoDelete: declare.autoDelete,
            exclusiveOwner: declare.exclusive ? connection.id : nil, arguments: declare.arguments)
        ask(
            .declareQueue(
                name: name, settings: settings, passive: declare.passive),
            for: .queueDeclare(declare), noWait: declare.noWait)
    }

    private func receive(_ qos: BasicQos) throws(ProtocolException) {
        if qos.prefetchSize != 0 { throw .notImplemented("prefetch_size!=0 (\(qos.prefetchSize))") }
        if qos.global { limitChannel(to: Int(qos.prefetchCount)) } else { prefetch = Int(qos.prefetchCount) }
        connection.send(BasicQosOK(), on: number)
    }

    private func receive(_ consume: BasicConsume) throws(ProtocolException) {
        if !consume.consumerTag.isEmpty, consumer(consume.consumerTag) != nil {
            throw ProtocolException(.notAllowed, "attempt to reuse consumer tag '\(consume.consumerTag)'")
        }
        let queue = try named(consume.queue)
        var consume = consume
        if consume.consumerTag.isEmpty { consume.consumerTag = node.uniqueName(prefix: "amq.ctag-") }
        ask(
            .consume(queue: queue, consume, prefetch: prefetch), for: .basicConsume(consume),
            noWait: consume.noWait)
    }

    private func receive(_ cancel: BasicCancel) {
        if let consumer = consumer(cancel.consumerTag) {
            if let distant = consumer.queue.distant, distant.cancel(consumer) {
                // What is on its way still comes before the answer.
                waiting = .request(.basicCancel(cancel), noWait: cancel.noWait)
                return
            }
            stop(consumer)
        }
        if !cancel.noWait { connection.send(BasicCancelOK(consumerTag: cancel.consumerTag), on: number) }
    }

    /// Tells the client that its consumer ended with its queue (RabbitMQ, "Consumer Cancel Notification").
    func queueDeleted(under consumer: Consumer) {
        stop(consumer)
        guard connection.hasCapability("consumer_cancel_notify") else { return }
        cancelNotices.append(consumer.tag)
        sendCancelNotices()
    }

    /// Says which consumers ended with their queues, unless a long body is going out: no other frame of the channel
    /// may come between those of a content (AMQP 0-9-1 §4.2.6).
    func sendCancelNotices() {
        guard sending == nil else { return }
        for tag in cancelNotices { connection.send(BasicCancel(consumerTag: tag, noWait: true), on: number) }
        cancelNotices.removeAll()
    }

    // MARK: Replies

    func reply(to method: Method, _ answer: Answer, noWait: Bool) {
        switch (method, answer) {
        case (.queueDeclare, .declared(let queue, let messages, let consumers)):
            currentQueue = queue
            if !noWait {
                connection.send(
                    QueueDeclareOK(
                        queue: queue, messageCount: UInt32(clamping: messages),
                        consumerCount: UInt32(clamping: consumers)),
                    on: number)
            }
        case (.basicConsume, .consuming(_, let queue)) where queue.isDeleted:
            // It went while a long body held the answer up.
            fail(.noQueue(queue.name, queue.virtualHost.name))
        case (.basicConsume, .consuming(let consumer, _)):
            add(consumer)
            if !noWait { connection.send(BasicConsumeOK(consumerTag: consumer.tag), on: number) }
            consumer.queue.add(consumer)
        case (.basicGet(let get), .got(let entry, let queue)):
            sendGetOK(entry, from: queue, noAck: get.noAck)
        case (.basicGet, .empty):
            node.counters.getEmpty &+= 1
            counters.getEmpty &+= 1
            connection.send(BasicGetEmpty(), on: number)
        case (.basicCancel(let cancel), _):
            if let consumer = consumer(cancel.consumerTag) { stop(consumer) }
            if !noWait { connection.send(BasicCancelOK(consumerTag: cancel.consumerTag), on: number) }
        case (_, _) where noWait:
            break
        case (.exchangeDeclare, _): connection.send(ExchangeDeclareOK(), on: number)
        case (.exchangeDelete, _): connection.send(ExchangeDeleteOK(), on: number)
        case (.exchangeBind, _): connection.send(ExchangeBindOK(), on: number)
        case (.exchangeUnbind, _): connection.send(ExchangeUnbindOK(), on: number)
        case (.queueBind, _): connection.send(QueueBindOK(), on: number)
        case (.queueUnbind, _): connection.send(QueueUnbindOK(), on: number)
        case (.queuePurge, .removed(let count)):
            connection.send(QueuePurgeOK(messageCount: UInt32(clamping: count)), on: number)
        case (.queueDelete, .removed(let count)):
            connection.send(QueueDeleteOK(messageCount: UInt32(clamping: count)), on: number)
        default:
            assertionFailure("no reply for \(method.id.name)")
        }
    }

    // MARK: Names

    /// The queue that a method means: an empty name stands for the last one declared on the channel.
    private func named(_ queue: String) throws(ProtocolException) -> String {
        guard queue.isEmpty else { return queue }
        guard !currentQueue.isEmpty else { throw ProtocolException(.notFound, "no previously declared queue") }
        return currentQueue
    }

    /// The binding that `queue.bind` and `queue.unbind` mean: with neither a queue nor a routing key named, the
    /// queue's name is the key (AMQP 0-9-1, `queue.bind`).
    private func binding(
        of queue: String, _ key: String, _ arguments: FieldTable
    ) throws(ProtocolException) -> Binding {
        let name = try named(queue)
        return Binding(
            destination: .queue(name), routingKey: Array(key.isEmpty && queue.isEmpty ? name.utf8 : key.utf8),
            arguments: arguments)
    }

    private func checkNotDefault(_ exchange: String) throws(ProtocolException) {
        if exchange.isEmpty { throw .defaultExchange }
    }

    private func checkNotSystem(_ exchange: String) throws(ProtocolException) {
        if exchange.hasPrefix("amq.") {
            throw ProtocolException(
                .accessRefused,
                "deletion of system exchange '\(exchange)' in vhost '\(connection.virtualHost.name)' not allowed")
        }
    }

    private func checkNotReserved(_ name: String, _ kind: String) throws(ProtocolException) {
        if name.hasPrefix("amq.") {
            throw ProtocolException(
                .accessRefused, "\(kind) name '\(name)' contains reserved prefix 'amq.*'")
        }
    }
}
