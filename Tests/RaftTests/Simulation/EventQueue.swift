import Raft

/// What will happen, by time; things of the same time in the order they were thought of.
struct EventQueue {
    enum Event {
        case message(bytes: [UInt8], from: UInt32, to: UInt32, link: Int)
        case heartbeat(Heartbeat, link: Int)
        case synced(node: UInt32, incarnation: UInt64, ticket: UInt64)
        case supply(node: UInt32, incarnation: UInt64, SnapshotRead)
        case installed(node: UInt32, incarnation: UInt64, SnapshotMark)
        /// Who was cut off is back.
        case relief(node: UInt32)
        case restart(node: UInt32)
        case action
    }

    private struct Item {
        let time: UInt64
        let order: UInt64
        let event: Event
    }

    /// The latest first.
    private var items: [Item] = []
    private var order: UInt64 = 0

    var nextTime: UInt64? { items.last?.time }

    mutating func add(_ event: Event, at time: UInt64) {
        order += 1
        var low = 0
        var high = items.count
        while low < high {
            let middle = (low + high) / 2
            if items[middle].time > time { low = middle + 1 } else { high = middle }
        }
        items.insert(Item(time: time, order: order, event: event), at: low)
    }

    mutating func removeFirst() -> Event? { items.popLast()?.event }
}
