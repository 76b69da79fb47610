internal import HeapModule

/// One deadline for everything that waits for a time.
extension Node {
    /// Looks at a connection's deadlines in the next tick.
    func watch(_ connection: Connection) {
        watch(connection, until: now)
    }

    /// Each connection has one deadline; a timer that is not for it any more means nothing.
    func watch(_ connection: Connection, until deadline: Instant) {
        connection.deadline = deadline
        timers.insert(Timer(deadline: deadline, target: .connection(connection.id)))
    }

    /// Looks at the queue's head when its time has come.
    func watch(_ queue: ClassicQueue, until deadline: Instant) {
        timers.insert(Timer(deadline: deadline, target: .queue(queue.id)))
    }

    /// Looks at unacknowledged deliveries from time to time while there are connections.
    func watchDeliveryAcks() {
        guard !isWatchingDeliveryAcks, let timeout = configuration.deliveryAckTimeout, !connections.isEmpty else {
            return
        }
        isWatchingDeliveryAcks = true
        let interval = min(max(timeout / 2, 1), Limits.deliveryAckCheckMilliseconds)
        timers.insert(Timer(deadline: now.advanced(milliseconds: interval), target: .deliveryAcks))
    }

    func checkDeliveryAcks() {
        isWatchingDeliveryAcks = false
        guard let timeout = configuration.deliveryAckTimeout else { return }
        for connection in sortedConnections {
            for channel in connection.sortedChannels { channel.checkDeliveryAcks(timeout: timeout) }
        }
        watchDeliveryAcks()
    }

    /// Reads the counters at some time.
    func watchStatistics(until deadline: Instant) {
        timers.insert(Timer(deadline: deadline, target: .statistics))
    }

    /// Looks whether a queue is still in use.
    func watchUse(of queue: ClassicQueue, until deadline: Instant) {
        timers.insert(Timer(deadline: deadline, target: .queueUse(queue.id)))
    }

    func useIsDue(_ id: UInt64) {
        guard let queue = queue(id: id), queue.useIsDue() else { return }
        // Where it comes to nothing now it is tried again.
        queue.watchUse(again: now.advanced(milliseconds: Limits.unusedRetryMilliseconds))
        submit(.reap(queueID: id), from: .control(0), in: queue.virtualHost)
    }

    func fireTimers() {
        while let timer = timers.min, timer.deadline <= now {
            timers.removeMin()
            if timer.target != .memory { noteWork() }
            switch timer.target {
            case .connection(let id):
                guard let connection = connections[id], connection.deadline == timer.deadline,
                    let next = connection.checkTime()
                else { continue }
                watch(connection, until: next)
            case .queue(let id):
                queue(id: id)?.expiryIsDue()
            case .memory:
                // This tick looks at the memory; whoever is stopped again asks for the next look.
                isWatchingMemory = false
            case .queueUse(let id):
                useIsDue(id)
            case .quorumQueue(let id):
                quorum.queue(id)?.timeIsDue()
            case .statistics:
                sampleStatistics()
            case .deliveryAcks:
                checkDeliveryAcks()
            case .deadLetters:
                goOnDeadLettering()
            case .rollForward:
                rollForward.timeIsDue()
            case .flush:
                isWatchingFlush = false
                isFlushDue = true
            }
        }
    }
}
