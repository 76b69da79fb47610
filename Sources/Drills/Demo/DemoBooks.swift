internal import NIOCore
internal import Synchronization

/// The audits of a demo's queues, which its clients write and anyone may read.
final class DemoBooks: Sendable {
    /// In every message of this run, so that those of another are not taken for its own.
    let run = UInt32.random(in: .min ... .max)
    private let audits: Mutex<[String: DeliveryAudit]>

    init(_ flows: [DemoFlow]) {
        var audits: [String: DeliveryAudit] = [:]
        for flow in flows where flow.isAudited { audits[flow.queue] = DeliveryAudit(publishers: flow.publishers.count) }
        self.audits = Mutex(audits)
    }

    /// Milliseconds on the machine's clock that only goes forward.
    static var now: UInt64 { NIODeadline.now().uptimeNanoseconds / 1_000_000 }

    /// Writes to the audit of a queue, where it has one.
    func write<Value: Sendable>(_ queue: String, _ entry: (inout DeliveryAudit) -> Value) -> Value? {
        audits.withLock { audits in
            // In place: a copy of the books would be copied again by each entry.
            audits.index(forKey: queue).map { entry(&audits.values[$0]) }
        }
    }

    /// Gives up what should have come by now.
    func look() {
        audits.withLock { audits in
            let now = Self.now
            for queue in audits.keys.sorted() { audits[queue]?.look(at: now) }
        }
    }

    /// Ends the audits: what has not come by now does not come.
    func close() {
        audits.withLock { audits in
            for queue in audits.keys.sorted() { audits[queue]?.close() }
        }
    }

    /// The sums over all queues.
    var counts: DeliveryAudit.Counts {
        audits.withLock { audits in
            audits.values.reduce(DeliveryAudit.Counts()) { $0 + $1.counts }  // order-free: a sum
        }
    }

    /// What has been counted of one queue.
    func counts(of queue: String) -> DeliveryAudit.Counts? { audits.withLock { $0[queue]?.counts } }

    /// Confirmed messages that have not come and are not given up.
    var awaited: Int { audits.withLock { audits in audits.values.reduce(0) { $0 + $1.awaited } } }  // order-free: a sum
}
