internal import AMQP
internal import DequeModule
internal import HeapModule
internal import Journal

/// Something that waits until the journal is durable up to a position.
struct DurabilityWaiter {
    enum Event {
        /// Publishes of a channel are confirmed.
        case confirms(Channel, first: UInt64, last: UInt64)
        /// A change of the topology is answered.
        case answer(Origin, Answer)
        /// A transaction is committed.
        case commit(TransactionEnd)
        /// A Raft group may rely on something.
        case raft(RaftReplica, RaftDurability)
        /// A mirror has what its leader sent.
        case mirrored(MirrorCopy, session: UInt64, operation: UInt64)
    }

    var position: JournalPosition
    var event: Event
}

/// Waiting for the journal.
extension Node {
    /// Confirms a publish once all that has been written down so far is durable, or once every queue has settled its
    /// message before that.
    @inline(__always)
    func confirmWhenDurable(_ channel: Channel, publish number: UInt64, _ record: RecordPosition?) {
        if let record, journal.keepsBytes {
            MessageRecord.setPublish(number, by: publisher(channel), of: segments.bytes(of: record))
        }
        confirmWhenDurable(channel, publish: number)
    }

    /// The number under which messages in memory know a channel.
    private func publisher(_ channel: Channel) -> UInt64 {
        if channel.publisher == 0 {
            lastPublisher += 1
            channel.publisher = lastPublisher
            publishers[lastPublisher] = channel.reference
        }
        return channel.publisher
    }

    /// A message has left every queue before the disk had it.
    func settledEarly(_ publisher: UInt64, _ number: UInt64) {
        guard let channel = publishers[publisher].flatMap(channel), channel.phase == .open else { return }
        channel.confirms.settle(number, through: number)
        channel.noteConfirms()
    }

    private func confirmWhenDurable(_ channel: Channel, publish number: UInt64) {
        if let last = awaitingDurability.last, case .confirms(let other, let first, let end) = last.event,
            other === channel, end + 1 == number
        {
            awaitingDurability[awaitingDurability.count - 1] = DurabilityWaiter(
                position: journal.appended, event: .confirms(channel, first: first, last: number))
        } else {
            whenDurable(.confirms(channel, first: number, last: number))
        }
    }

    /// Does something once all that has been written down so far is durable.
    func whenDurable(_ event: DurabilityWaiter.Event) {
        guard journal.appended > journal.durable else { return happened(event) }
        awaitingDurability.append(DurabilityWaiter(position: journal.appended, event: event))
    }

    /// Hands over what has been written down, where somebody waits for it; else it gathers for a moment.
    func flushJournal() {
        journalEnds()
        guard journal.isIdle, journal.hasUnwritten || (!deliveredQueues.isEmpty && journal.keepsBytes) else { return }
        if awaitingDurability.isEmpty, journal.keepsBytes, !isShuttingDown {
            guard !isFlushDue else { return writeJournal() }
            if !isWatchingFlush {
                isWatchingFlush = true
                timers.insert(Timer(deadline: now.advanced(milliseconds: Limits.flushMilliseconds), target: .flush))
            }
            return
        }
        writeJournal()
    }

    private func writeJournal() {
        guard journal.isIdle else { return }
        isFlushDue = false
        if journal.keepsBytes { journalDeliveries() }
        guard let (storage, batch) = journal.beginFlush() else { return }
        // Not weakly: an object that anything refers to weakly counts all its references in a slower way.
        storage.write(batch) { [self] in written(batch, $0) }
    }

    private func written(_ batch: JournalBatch, _ error: StorageError?) {
        journal.completed(batch, error)
        if let error {
            storageFailed(error)
            return tellWritten()
        }
        while let waiter = awaitingDurability.first, waiter.position <= journal.durable {
            awaitingDurability.removeFirst()
            happened(waiter.event)
        }
        recorder?.becameDurable(journal.durable, at: now)
        if isShuttingDown {
            writeJournal()
            tellWritten()
            return
        }
        goOnWriting()
        if !readingPaused.isEmpty, !isShort, !isDiskBehind { resumeReading() }
        reclaim()
        if !isTicking { wake?() }
    }

    /// Goes on with what has waited for the disk, or for mirrors.
    func goOnWriting() {
        let waiting = awaitingWritten
        awaitingWritten = []
        for goOn in waiting { goOn(self) }
    }

    /// Calls back once everything that was written down has been taken by the disk, or the disk has failed.
    public func whenWritten(_ done: @escaping () -> Void) {
        onWritten = done
        tellWritten()
    }

    private func tellWritten() {
        guard !journal.isBusy, let done = onWritten else { return }
        onWritten = nil
        done()
    }

    private func happened(_ event: DurabilityWaiter.Event) {
        switch event {
        case .confirms(let channel, let first, let last):
            guard channel.phase == .open else { return }
            channel.confirms.settle(first, through: last)
            channel.noteConfirms()
        case .answer(let origin, let answer): self.answer(origin, answer)
        case .commit(let end): end.durable(in: self)
        case .raft(let replica, let event): replica.happened(event)
        case .mirrored(let copy, let session, let operation): copy.durable(session, operation)
        }
    }

    /// The disk takes nothing any more: publishers are refused, whoever waits for a change hears of it, and the node is
    /// of no use to anybody (fail-stop).
    func storageFailed(_ error: StorageError) {
        guard storageFailure == nil else { return }
        storageFailure = error
        while let waiter = awaitingDurability.popFirst() {
            switch waiter.event {
            case .confirms(let channel, let first, let last):
                guard channel.phase == .open else { continue }
                channel.confirms.settle(first, through: last, refused: true)
                channel.sayConfirms()
            case .answer(.control(let number), _):
                answerControl(number, .failed(ProtocolException(.internalError, error.description)))
            case .answer, .commit, .raft, .mirrored: break
            }
        }
        cluster?.metadata.abandon()
        for connection in sortedConnections {
            connection.fail(ProtocolException(.internalError, "the broker's disk failed"))
            noteDirty(connection)
        }
        onStorageFailure?(error)
        if !isTicking { wake?() }
    }

    // MARK: Space

    /// Gives up the oldest segments that hold nothing anybody needs, once all that was written down when that was found is
    /// durable: the ends of their messages must not be lost with them.
    func reclaim() {
        guard journal.keepsBytes else { return }
        if let (last, position) = reclaiming {
            guard position <= journal.durable else { return }
            reclaiming = nil
            journal.removeSegments(through: last)
            segmentUse.forget(through: last)
            if let damagedThrough, last >= damagedThrough { self.damagedThrough = nil }
        }
        var last: UInt64?
        for size in journal.segmentSizes {
            guard size.segment < journal.segment, segmentUse.count(in: size.segment) == 0 else { break }
            last = size.segment
        }
        guard openTransactions == 0 else { return }
        guard let last else { return compact() }
        guard cluster != nil || last < topologyFloor else { return rewriteTopology() }
        // What there is of groups that it is not known to be a member of yet may lie anywhere.
        guard !storedGroups.isHeld else { return }
        // The records of Raft groups before their last snapshots can go.
        let floor = replicas.floor ?? .max
        let below = journal.segmentSizes.last { $0.segment <= last && $0.segment < floor }
        if let below { return reclaiming = (below.segment, journal.appended) }
        let freed = journal.segmentSizes.reduce(0) { $0 + ($1.segment <= last ? $1.bytes : 0) }
        replicas.rewrite(through: last, freeing: damagedThrough == nil ? freed : .max)
    }

    /// Writes the whole durable topology down again, so that the segments in which it was written before can go.
    private func rewriteTopology() {
        guard !isRewriting else { return }
        isRewriting = true
        let floor = journal.segment
        var changes = durableTopology[...]
        later(
            .control { node in
                for (index, change) in changes.prefix(Limits.listedPerSlice) where node.stillHolds(change) {
                    node.write(change, index: index)
                }
                changes = changes.dropFirst(Limits.listedPerSlice)
                guard changes.isEmpty else { return false }
                // What changed meanwhile may lie before what it rests on, as a binding before its exchange.
                // order-free: a list, in the order of the changes
                for (index, change) in node.changedMeanwhile { node.write(change, index: index) }
                node.changedMeanwhile.removeAll()
                node.isRewriting = false
                node.topologyFloor = floor
                return true
            })
        if !isTicking { wake?() }
    }

    /// The changes that make the durable topology, in an order in which they can be applied.
    private var durableTopology: [IndexedChange] {
        var changes: [IndexedChange] = []
        if virtualHosts["/"] == nil { changes.append((topologyIndex, .deleteVirtualHost(name: "/"))) }
        for host in sortedVirtualHosts {
            changes.append((topologyIndex, .declareVirtualHost(name: host.name)))
            for policy in host.policies.sorted {
                changes.append((topologyIndex, .setPolicy(virtualHost: host.name, policy)))
            }
            let exchanges = host.sortedExchanges.filter { $0.settings.isDurable && !$0.isSystem }
            for exchange in exchanges {
                changes.append(
                    (
                        topologyIndex,
                        .declareExchange(virtualHost: host.name, name: exchange.name, settings: exchange.settings)
                    ))
            }
            for queue in host.queues.values.sorted(by: { $0.id < $1.id }) where queue.isDurable {
                changes.append(
                    (queue.id, .declareQueue(virtualHost: host.name, name: queue.name, settings: queue.settings)))
            }
            for exchange in host.sortedExchanges where exchange.settings.isDurable {
                for binding in exchange.bindings where isDurable(binding.destination, in: host) {
                    changes.append(
                        (topologyIndex, .bind(virtualHost: host.name, exchange: exchange.name, binding)))
                }
            }
        }
        return changes
    }

    func isDurable(_ destination: Destination, in host: VirtualHost) -> Bool {
        switch destination {
        case .queue(let name): host.queues[name]?.isDurable == true
        case .exchange(let name): host.exchanges[name]?.settings.isDurable == true
        }
    }

    /// Whether what a change declared is still there: it is written down again a slice a tick.
    private func stillHolds(_ change: TopologyChange) -> Bool {
        switch change {
        case .declareVirtualHost(let name): virtualHosts[name] != nil
        case .deleteVirtualHost(let name): virtualHosts[name] == nil
        case .declareExchange(let host, let name, _): virtualHosts[host]?.exchanges[name]?.settings.isDurable == true
        case .declareQueue(let host, let name, _): virtualHosts[host]?.queues[name]?.isDurable == true
        case .bind(let host, let exchange, let binding): virtualHosts[host]?.exchanges[exchange]?.has(binding) == true
        case .setPolicy(let host, let policy): virtualHosts[host]?.policies[policy.name] == policy
        case .deleteExchange, .deleteQueue, .unbind, .clearPolicy: false
        }
    }
}
