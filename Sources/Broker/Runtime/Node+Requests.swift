internal import AMQP
internal import DequeModule
internal import Journal

/// A request on its way to being carried out.
struct PendingRequest {
    let request: Request
    let origin: Origin
    let virtualHost: VirtualHost
}

/// A topology change on its way to being applied.
struct Proposal {
    let change: TopologyChange
    let origin: Origin
    /// The queue, if it is meant only as long as nobody uses that one.
    var unused: UInt64?
}

/// Carrying out requests: what only reads, and what becomes a topology change.
extension Node {
    func submit(_ request: Request, from origin: Origin, in host: VirtualHost) {
        requests.append(PendingRequest(request: request, origin: origin, virtualHost: host))
        noteWork()
    }

    func carryOutRequests() {
        // What is asked for is asked of metadata that has caught up.
        guard isServing else { return }
        applyProposals()
        for _ in 0..<Limits.requestsPerTick {
            guard let pending = requests.popFirst() else { return }
            do throws(ProtocolException) {
                if let outcome = try carryOut(pending.request, from: pending.origin, in: pending.virtualHost) {
                    if pending.request.isAboutTopology {
                        answerDurably(pending.origin, outcome)
                    } else {
                        answer(pending.origin, outcome)
                    }
                }
            } catch {
                answer(pending.origin, .failed(error))
            }
            // Before the next request, which may be about what this one declares, on whatever channel it came.
            applyProposals()
        }
    }

    /// A change that the control plane asks for itself.
    func change(_ change: TopologyChange, completed: @escaping (Answer) -> Void) {
        guard isServing else { return completed(.failed(.notServing(configuration.name))) }
        lastControl += 1
        controlAnswers[lastControl] = completed
        proposals.append(Proposal(change: change, origin: .control(lastControl)))
    }

    /// Hands a change to whoever orders them; it is answered when it has been applied.
    private func propose(_ change: TopologyChange, from origin: Origin) -> Answer? {
        proposals.append(Proposal(change: change, origin: origin))
        return nil
    }

    /// Applies what is in order. A node alone decides the order itself: first come, first applied. Members of a cluster
    /// agree on it, and apply what comes of that.
    func applyProposals() {
        if let cluster {
            while let proposal = proposals.popFirst() { cluster.metadata.propose(proposal, in: cluster) }
            return
        }
        while let proposal = proposals.popFirst() {
            let concernsDurable = survives(proposal.change)
            let outcome = apply(proposal.change)
            // What was refused has changed nothing.
            let survives = if case .failed = outcome { false } else { concernsDurable }
            if survives { journal(proposal.change, index: topologyIndex) }
            let hasCascade = journalCascade()
            if survives || hasCascade {
                // What is answered survives.
                whenDurable(.answer(proposal.origin, outcome))
            } else {
                answerDurably(proposal.origin, outcome)
            }
        }
    }

    /// Answers what changed nothing, because it was so already: once what made it so survives.
    private func answerDurably(_ origin: Origin, _ answer: Answer) {
        if topologyWritten > journal.durable {
            whenDurable(.answer(origin, answer))
        } else {
            self.answer(origin, answer)
        }
    }

    func answer(_ origin: Origin, _ answer: Answer) {
        switch origin {
        case .channel(let reference):
            if let channel = channel(reference), channel.waiting != nil {
                channel.answered(answer)
            } else if case .got(let entry, let queue) = answer {
                // Whoever asked has gone; nobody has seen the message.
                queue.putBack(entry)
            }
        case .control(let number):
            answerControl(number, answer)
        case .node:
            break
        }
    }

    /// The answer, or nil when it comes later.
    private func carryOut(
        _ request: Request, from origin: Origin, in host: VirtualHost
    ) throws(ProtocolException) -> Answer? {
        switch request {
        case .declareExchange(let name, let type, let flags, let passive):
            return try declareExchange(name, type, flags, passive: passive, from: origin, in: host)
        case .deleteExchange(let name, let ifUnused):
            return propose(.deleteExchange(virtualHost: host.name, name: name, ifUnused: ifUnused), from: origin)
        case .declareQueue(let name, let settings, let passive):
            return try declareQueue(request, name, settings, passive: passive, from: origin, in: host)
        case .deleteQueue(let name, let ifUnused, let ifEmpty):
            return try deleteQueue(request, name, ifUnused: ifUnused, ifEmpty: ifEmpty, from: origin, in: host)
        case .purgeQueue(let name):
            let queue = try usableQueue(name, by: origin, in: host)
            if let distant = queue.distant { return try distant.carryOut(request, from: origin) }
            let count = queue.readyCount
            discardReady(of: queue)
            return .removed(messages: count)
        case .bind(let exchange, let binding):
            return try bind(exchange, binding, from: origin, in: host)
        case .unbind(let exchange, let binding):
            // Unbinding what is not bound succeeds, whatever else is wrong (RabbitMQ, "Specification": queue.unbind is
            // idempotent).
            guard host.exchanges[exchange]?.has(binding) ?? false else { return .done }
            if case .queue(let name) = binding.destination { _ = try usableQueue(name, by: origin, in: host) }
            return propose(.unbind(virtualHost: host.name, exchange: exchange, binding), from: origin)
        case .consume(let name, let consume, let prefetch):
            return try subscribe(request, name, consume, prefetch: prefetch, from: origin, in: host)
        case .get(let name, _):
            let queue = try usableQueue(name, by: origin, in: host)
            if let distant = queue.distant { return try distant.carryOut(request, from: origin) }
            queue.touch()
            guard let entry = queue.takeFirst() else {
                guard queue.readyCount > 0 else { return .empty }
                if let storageFailure { throw ProtocolException(.internalError, storageFailure.description) }
                if queue.isFetching || queue.isHeldBack {
                    queue.whenHeadIsThere(request, from: origin)
                } else {
                    // Expired messages took this slice; what is behind them is asked for again.
                    submit(request, from: origin, in: host)
                }
                return nil
            }
            return .got(entry, queue)
        case .reap(let id):
            guard let queue = queue(id: id) else { return .done }
            guard queue.isAbandoned || hasLostOwner(queue) else {
                if queue.isUnusedTooLong { proposeEnd(ofUnused: queue) }
                return .done
            }
            return propose(.deleteQueue(virtualHost: host.name, name: queue.name, id: id), from: origin)
        }
    }

    /// Whether the connection that the queue belongs to has ended.
    private func hasLostOwner(_ queue: ClassicQueue) -> Bool {
        guard let owner = queue.settings.exclusiveOwner else { return false }
        return self.connections[owner]?.isFinished ?? true || self.connections[owner]?.phase == .closing
    }

    /// A queue that exists and that the asking connection may use.
    private func usableQueue(
        _ name: String, by origin: Origin, in host: VirtualHost
    ) throws(ProtocolException) -> ClassicQueue {
        guard let queue = host.queues[name] else { throw .noQueue(name, host.name) }
        if let owner = queue.settings.exclusiveOwner, owner != origin.connection || queue.isRemote {
            throw .locked(name, host.name)
        }
        return queue
    }

    private func declareExchange(
        _ name: String, _ type: String, _ flags: ExchangeFlags, passive: Bool, from origin: Origin,
        in host: VirtualHost
    ) throws(ProtocolException) -> Answer? {
        if passive {
            guard host.exchanges[name] != nil else { throw .noExchange(name, host.name) }
            return .done
        }
        guard let kind = ExchangeKind(rawValue: type) else {
            throw ProtocolException(
                .commandInvalid, type.isEmpty ? "invalid exchange type ''" : "unknown exchange type '\(type)'")
        }
        if let alternate = flags.arguments[ExchangeArguments.alternate], alternate.text == nil {
            throw ProtocolException(
                .preconditionFailed,
                "invalid type '\(alternate.erlangType)' for arg '\(ExchangeArguments.alternate)' in exchange '\(name)' "
                    + "in vhost '\(host.name)'")
        }
        return propose(
            .declareExchange(
                virtualHost: host.name, name: name,
                settings: ExchangeDefinition(
                    kind: kind, isDurable: flags.isDurable, isAutoDelete: flags.isAutoDelete,
                    isInternal: flags.isInternal, arguments: flags.arguments)),
            from: origin)
    }

    private func bind(
        _ exchange: String, _ binding: Binding, from origin: Origin, in host: VirtualHost
    ) throws(ProtocolException) -> Answer? {
        guard let source = host.exchanges[exchange] else { throw .noExchange(exchange, host.name) }
        switch binding.destination {
        case .queue(let name): _ = try usableQueue(name, by: origin, in: host)
        case .exchange(let name): if host.exchanges[name] == nil { throw .noExchange(name, host.name) }
        }
        if source.settings.kind == .headers { try HeadersMatch.check(binding.arguments) }
        return propose(.bind(virtualHost: host.name, exchange: exchange, binding), from: origin)
    }

    private func declareQueue(
        _ request: Request, _ name: String, _ settings: QueueDefinition, passive: Bool, from origin: Origin,
        in host: VirtualHost
    ) throws(ProtocolException) -> Answer? {
        if let known = host.queues[name], let distant = known.distant {
            if passive { _ = try usableQueue(name, by: origin, in: host) } else { try checkEquivalent(known, settings) }
            // What is in it is known there.
            return try distant.carryOut(request, from: origin)
        }
        if passive {
            let queue = try usableQueue(name, by: origin, in: host)
            queue.touch()
            return .declared(queue: name, messages: queue.readyCount, consumers: queue.consumers.count)
        }
        if settings.isQuorum { try QuorumSettings.check(settings, queue: name, virtualHost: host.name) }
        return propose(.declareQueue(virtualHost: host.name, name: name, settings: settings), from: origin)
    }

    private func deleteQueue(
        _ request: Request, _ name: String, ifUnused: Bool, ifEmpty: Bool, from origin: Origin, in host: VirtualHost
    ) throws(ProtocolException) -> Answer? {
        // Deleting what does not exist succeeds (RabbitMQ, "Specification": queue.delete is idempotent).
        guard host.queues[name] != nil else { return .removed(messages: 0) }
        let queue = try usableQueue(name, by: origin, in: host)
        // Only its home knows, and decides before it proposes. Where that is down, one that must go whatever is in it goes.
        if let distant = queue.distant, ifUnused || ifEmpty || cluster?.isUp(distant.home) != false {
            return try distant.carryOut(request, from: origin)
        }
        if ifUnused, !queue.consumers.isEmpty {
            throw ProtocolException(.preconditionFailed, "queue '\(name)' in vhost '\(host.name)' in use")
        }
        if ifEmpty, queue.readyCount > 0 {
            throw ProtocolException(.preconditionFailed, "queue '\(name)' in vhost '\(host.name)' not empty")
        }
        return proposeDeletion(of: queue, from: origin)
    }

    /// Deletes a queue, whatever is in it.
    func proposeDeletion(of queue: ClassicQueue, from origin: Origin) -> Answer? {
        propose(.deleteQueue(virtualHost: queue.virtualHost.name, name: queue.name, id: queue.id), from: origin)
    }

    /// Unlike what a client or an ended connection asks for, this is given up where it cannot be decided soon, and where
    /// somebody uses the queue before that; it is asked for again as long as it is unused.
    private func proposeEnd(ofUnused queue: ClassicQueue) {
        guard cluster?.metadata.isEndProposed(ofUnused: queue.id) != true else { return }
        let change = TopologyChange.deleteQueue(virtualHost: queue.virtualHost.name, name: queue.name, id: queue.id)
        proposals.append(Proposal(change: change, origin: .control(0), unused: queue.id))
    }

    func exclusiveUse(_ queue: ClassicQueue) -> ProtocolException {
        ProtocolException(
            .accessRefused, "queue '\(queue.name)' in vhost '\(queue.virtualHost.name)' in exclusive use")
    }

    private func subscribe(
        _ request: Request, _ name: String, _ consume: BasicConsume, prefetch: Int, from origin: Origin,
        in host: VirtualHost
    ) throws(ProtocolException) -> Answer? {
        let queue = try usableQueue(name, by: origin, in: host)
        if let distant = queue.distant { return try distant.carryOut(request, from: origin) }
        guard case .channel(let reference) = origin, let channel = channel(reference) else { return .done }
        if queue.hasExclusiveConsumer || (consume.exclusive && !queue.consumers.isEmpty) {
            throw exclusiveUse(queue)
        }
        return .consuming(
            Consumer(
                tag: consume.consumerTag, channel: channel, queue: queue, isAutomaticAck: consume.noAck,
                isExclusive: consume.exclusive, prefetch: prefetch, arguments: consume.arguments),
            queue)
    }
}
