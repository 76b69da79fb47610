internal import HeapModule
internal import Journal

/// Bounded memory: publishers are read no faster than there is room.
extension Node {
    /// Memory that counts against the limit: message records, queue entries, messages of quorum queues, buffers of
    /// connections, what the disk has not taken yet.
    var memoryInUse: Int { segments.occupiedBytes + otherMemory + journal.pendingBytes }

    func noteReadingPaused(_ connection: Connection) {
        readingPaused.append(connection)
        watchMemory()
    }

    func checkMemory() {
        let wasShort = isShort
        if now.milliseconds(since: lastMemoryCheck) >= Limits.memoryCheckMilliseconds {
            lastMemoryCheck = now
            memoryWindow += 1
            checkDisk()
            if quietMemoryChecks < 2 || isShort || !readingPaused.isEmpty || publishAllowance != .max {
                measureMemory()
                beginMemoryWindow()
                if memoryWindow % Limits.diskCheckWindows == 0 { coolUnacked() }
                quietMemoryChecks += 1
            }
        }
        if !isMemoryShort {
            isMemoryShort = memoryInUse > configuration.memoryLimit
        } else if memoryInUse < configuration.memoryLimit / 100 * Limits.memoryResumePercent {
            isMemoryShort = false
        }
        if wasShort, !isShort { resumeReading() }
    }

    /// Something happens that may change what memory holds. There may be very many queues: a node on which nothing happens
    /// does not add them up again and again.
    @inline(__always)
    func noteWork() { quietMemoryChecks = 0 }

    private func measureMemory() {
        otherMemory =
            queueList.slots.reduce(0) { $0 + ($1?.residentBytes ?? 0) }
            + connections.values.reduce(0) { $0 + $1.residentBytes }  // order-free: a sum
            + quorum.residentBytes
    }

    /// Whether publishers are not read: memory or disk is short.
    @inline(__always)
    var isShort: Bool { isMemoryShort || isDiskShort }

    /// Whether so much waits for the disk that publishers must wait too.
    @inline(__always)
    var isDiskBehind: Bool { isJournalBehind || isMirrorBehind }
    /// The disk alone has more to do than it should.
    var isJournalBehind: Bool { journal.pendingBytes > Limits.journalPendingBytes }

    /// What is short, as RabbitMQ says it to blocked connections.
    var shortageReason: String {
        switch (isMemoryShort, isDiskShort) {
        case (true, true): "low on memory & disk"
        case (_, true): "low on disk"
        default: "low on memory"
        }
    }

    /// Looks how much room the disk has, from time to time; more often while there is too little.
    private func checkDisk() {
        guard journal.keepsBytes else { return }
        if memoryWindow % Limits.diskCheckWindows == 0 || diskFree == nil {
            diskFree = configuration.storage.freeBytes
            isDiskShort = diskFree.map { $0 < configuration.diskFreeLimit } ?? false
        }
        // Room comes back without anything happening here.
        if isDiskShort { watchMemory() }
    }

    private func watchMemory() {
        guard !isWatchingMemory else { return }
        isWatchingMemory = true
        timers.insert(
            Timer(deadline: now.advanced(milliseconds: Limits.memoryCheckMilliseconds), target: .memory))
    }

    /// When memory is tight, every publisher may add a small part of what is left until the next look. So one that
    /// floods comes to the limit ever more slowly and is stopped again and again, while others go on as before.
    private func beginMemoryWindow() {
        // A ready message takes more when a client holds it unacknowledged, and any client may.
        let growth = MemoryLayout<UnackedDelivery>.stride - MemoryLayout<QueueEntry>.stride
        let expected = memoryInUse + growth * queueList.slots.reduce(0) { $0 + ($1?.readyCount ?? 0) }
        let room = configuration.memoryLimit - expected
        let isTight = expected > configuration.memoryLimit / 100 * Limits.memoryTightPercent
        publishAllowance = isTight ? max(room / Limits.memoryShares, Limits.publishedBytesMin) : .max
        if !isShort { resumeReading() }
    }

    func resumeReading() {
        guard !readingPaused.isEmpty else { return }
        let waiting = readingPaused
        readingPaused.removeAll()
        for connection in waiting { connection.memoryIsFree() }
    }
}
