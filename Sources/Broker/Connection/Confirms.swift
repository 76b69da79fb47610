/// A channel's publisher confirms (RabbitMQ, "Consumer Acknowledgements and Publisher Confirms").
///
/// Publishes are numbered from 1 once the channel is in confirm mode. Each is settled when everything that it waits
/// for has happened; what is settled during a tick goes out at its end, in as few frames as the rules allow: one
/// `basic.ack` with `multiple` for all up to the lowest unsettled one, then one for each beyond it.
struct Confirms {
    private struct Outstanding {
        /// What the publish still waits for: 0 means settled.
        var waitingFor: UInt32
        /// Already said, out of order.
        var isSent = false
        var isRefused = false
    }

    /// The number of the last publish.
    private(set) var lastPublished: UInt64 = 0
    /// All up to here are settled and said.
    private var sent: UInt64 = 0
    /// Publishes after `sent` up to the first that had to wait; all settled, none said.
    private var settledRun: UInt64 = 0
    /// From the first that had to wait to the last published, by distance from `sent + settledRun + 1`.
    private var outstanding = OutstandingRing()
    /// Beyond a waiting one, settled in this tick.
    private var settledBeyond: [UInt64] = []

    /// Publishes not yet confirmed to the client.
    var unconfirmed: Int { Int(lastPublished - sent) }
    /// Whether `flush` has something to say.
    var hasNews: Bool { settledRun > 0 || !settledBeyond.isEmpty }

    /// Numbers a publish that waits for nothing.
    @inline(__always)
    mutating func publishSettled() {
        lastPublished &+= 1
        if outstanding.isEmpty {
            settledRun &+= 1
        } else {
            outstanding.append(Outstanding(waitingFor: 0))
            settledBeyond.append(lastPublished)
        }
    }

    /// Numbers a publish that waits for `count` events and returns its number.
    @inline(__always)
    mutating func publish(waitingFor count: UInt32) -> UInt64 {
        lastPublished &+= 1
        outstanding.append(Outstanding(waitingFor: max(count, 1)))
        return lastPublished
    }

    /// One of the things that publishes `first...last` wait for has happened to each of them.
    mutating func settle(_ first: UInt64, through last: UInt64, refused: Bool = false) {
        guard first <= last else { return }
        for number in first...last {
            let base = sent + settledRun
            guard number > base, number - base <= UInt64(outstanding.count) else { continue }
            let index = Int(number - base - 1)
            guard outstanding[index].waitingFor > 0 else { continue }
            outstanding[index].waitingFor -= 1
            if refused { outstanding[index].isRefused = true }
            guard outstanding[index].waitingFor == 0 else { continue }
            if index == 0, !outstanding[0].isRefused {
                advance()
            } else {
                settledBeyond.append(number)
            }
        }
    }

    /// Moves settled publishes at the front of the waiting ones into the run that one `multiple` will say.
    private mutating func advance() {
        while let first = outstanding.first, first.waitingFor == 0, !first.isRefused, !first.isSent {
            outstanding.removeFirst()
            settledRun += 1
        }
    }

    /// Says what is settled: calls `ack` and `nack` in an order in which `multiple` never covers an unsettled publish
    /// nor one that was said before. Returns how many publishes were confirmed.
    mutating func flush(
        ack: (_ number: UInt64, _ multiple: Bool) -> Void, nack: (_ number: UInt64) -> Void
    ) -> Int {
        var confirmed = 0
        if settledRun > 0 {
            confirmed += Int(settledRun)
            sent += settledRun
            ack(sent, settledRun > 1)
            settledRun = 0
        }
        for number in settledBeyond where number > sent {
            let index = Int(number - sent - 1)
            guard index < outstanding.count, !outstanding[index].isSent else { continue }
            outstanding[index].isSent = true
            if outstanding[index].isRefused {
                nack(number)
            } else {
                ack(number, false)
                confirmed += 1
            }
        }
        settledBeyond.removeAll(keepingCapacity: true)
        while let first = outstanding.first, first.isSent {
            outstanding.removeFirst()
            sent += 1
        }
        // A publish that was settled behind one said just now is said already; one that is not waits on.
        return confirmed
    }

    /// The waiting publishes, oldest first.
    private struct OutstandingRing {
        private var entries: [Outstanding] = []
        private var head = 0

        var count: Int { entries.count - head }
        var isEmpty: Bool { count == 0 }
        var first: Outstanding? { isEmpty ? nil : entries[head] }

        mutating func append(_ entry: Outstanding) { entries.append(entry) }

        mutating func removeFirst() {
            head += 1
            if head == entries.count {
                entries.removeAll(keepingCapacity: true)
                head = 0
            } else if head > 4096, head > entries.count / 2 {
                entries.removeFirst(head)
                head = 0
            }
        }

        subscript(index: Int) -> Outstanding {
            get { entries[head + index] }
            set { entries[head + index] = newValue }
        }
    }
}
