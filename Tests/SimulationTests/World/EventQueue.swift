/// Something that a simulated world plans.
protocol PlannedEvent {
    /// Happens for ever, so that waiting for quiet does not wait for it.
    var isBackground: Bool { get }
}

/// What can happen in the simulated world.
enum WorldEvent: PlannedEvent {
    case tick
    /// A tick that the node asked for by its next deadline.
    case alarm
    case bytesToNode(SimulatedConnection)
    case bytesToClient(SimulatedConnection)
    /// The network breaks.
    case cut(SimulatedConnection)

    case act(SimulatedClient)
    case connect(SimulatedClient)
    case heartbeat(SimulatedConnection)
    case flushDone
    /// The disk answers what was to be read.
    case readDone(Int)
    /// The node ends without a word.
    case crash

    var isBackground: Bool {
        switch self {
        case .alarm, .heartbeat: true
        default: false
        }
    }
}

/// Events in the order of their virtual time; those of one moment in the order in which they were planned.
struct EventQueue<Event: PlannedEvent> {
    private struct Planned {
        let time: UInt64
        let number: UInt64
        let event: Event
    }

    /// A binary heap, the next event first.
    private var heap: [Planned] = []
    private var lastNumber: UInt64 = 0
    /// Planned events that are not background ones.
    private(set) var foregroundCount = 0

    mutating func plan(_ event: Event, at time: UInt64) {
        lastNumber += 1
        if !event.isBackground { foregroundCount += 1 }
        heap.append(Planned(time: time, number: lastNumber, event: event))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard comesBefore(child, parent) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    mutating func next() -> (time: UInt64, event: Event)? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        if !heap.isEmpty {
            heap[0] = last
            sink()
        }
        if !first.event.isBackground { foregroundCount -= 1 }
        return (first.time, first.event)
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var least = parent
            for child in [parent * 2 + 1, parent * 2 + 2] where child < heap.count && comesBefore(child, least) {
                least = child
            }
            guard least != parent else { return }
            heap.swapAt(least, parent)
            parent = least
        }
    }

    private func comesBefore(_ left: Int, _ right: Int) -> Bool {
        (heap[left].time, heap[left].number) < (heap[right].time, heap[right].number)
    }
}
