internal import Synchronization

/// What has come for one node from the others and waits for its loop: a lane for each of them, taken whole once per
/// wake-up. Anybody may post; only the loop takes.
final class Mailbox: Sendable {
    /// One thing on its way.
    struct Parcel: Sendable {
        enum Content: Sendable {
            /// What the sender's node sent in one go.
            case bytes([UInt8])
            /// The link is there, under a number that no other opening of it has.
            case opened(UInt64)
            /// The link was lost, with what was on its way.
            case reset
            /// The same, because the sender was stopped in order.
            case stopped
        }

        let from: UInt32
        let content: Content
        /// When it arrives, nanoseconds on the loop's clock.
        let due: UInt64
    }

    /// What became of a post.
    enum Outcome {
        case taken
        /// The link is not open, or not any more under this number.
        case lost
        /// More waits than may: the link must be reset.
        case full
    }

    /// Bytes that may wait in one direction of a link. A paused or slow node must not let memory grow without end.
    static let laneBytesMax = 64 << 20

    fileprivate struct Lane {
        var parcels: [Parcel] = []
        var byteCount = 0
        /// The number of the opening; 0 while the link is closed.
        var opening: UInt64 = 0
        /// What everything takes longer, nanoseconds.
        var delay: UInt64 = 0
        /// Nothing overtakes what was posted before.
        var lastDue: UInt64 = 0
    }

    fileprivate struct State {
        var lanes: [Lane]
        var isWakeDue = false
    }

    private let state: Mutex<State>
    /// Makes the loop come and take.
    private let wake: @Sendable () -> Void

    /// An empty mailbox in a cluster of so many nodes. `wake` is called where something came, and not again before it was
    /// taken.
    init(nodes: Int, wake: @escaping @Sendable () -> Void) {
        state = Mutex(State(lanes: Array(repeating: Lane(), count: nodes)))
        self.wake = wake
    }

    /// Posts what a node sends under an opening of the link.
    func post(_ bytes: UnsafeRawBufferPointer, from sender: UInt32, opening: UInt64, now: UInt64) -> Outcome {
        let copy = Array(bytes)
        let (outcome, mustWake): (Outcome, Bool) = state.withLock { state in
            let lane = Int(sender) - 1
            guard opening != 0, state.lanes[lane].opening == opening else { return (.lost, false) }
            // A parcel may be as large as it likes: what counts is what waits before it.
            guard state.lanes[lane].byteCount < Self.laneBytesMax else { return (.full, false) }
            let due = max(state.lanes[lane].lastDue, now &+ state.lanes[lane].delay)
            state.lanes[lane].lastDue = due
            state.lanes[lane].byteCount += copy.count
            state.lanes[lane].parcels.append(Parcel(from: sender, content: .bytes(copy), due: due))
            return (.taken, state.takeWake())
        }
        if mustWake { wake() }
        return outcome
    }

    /// Takes what has arrived, lane by lane in order, and says when the next of what has not will.
    func take(now: UInt64) -> (parcels: [Parcel], next: UInt64?) {
        state.withLock { state in
            guard state.isWakeDue || state.lanes.contains(where: { !$0.parcels.isEmpty }) else { return ([], nil) }
            state.isWakeDue = false
            var taken: [Parcel] = []
            var next: UInt64?
            for place in state.lanes.indices where !state.lanes[place].parcels.isEmpty {
                let waiting = state.lanes[place].parcels
                let count = waiting.firstIndex { $0.due > now } ?? waiting.count
                taken += waiting[..<count]
                for parcel in waiting[..<count] {
                    if case .bytes(let bytes) = parcel.content { state.lanes[place].byteCount -= bytes.count }
                }
                state.lanes[place].parcels.removeFirst(count)
                if count < waiting.count { next = min(next ?? .max, waiting[count].due) }
            }
            return (taken, next)
        }
    }

    /// Opens the link between two nodes at both ends at once, so that neither can send before the other takes. Returns after
    /// both were told.
    static func open(_ one: (UInt32, Mailbox), _ other: (UInt32, Mailbox), opening: UInt64, delay: UInt64) {
        change(one, other) { lane, peer in
            // That it was lost before may not have been taken yet.
            lane.parcels.append(Parcel(from: peer, content: .opened(opening), due: 0))
            lane.opening = opening
            lane.delay = delay
        }
    }

    /// Closes it: what is on its way is lost, and both are told; also that one of them was stopped in order. An end that is
    /// dead itself is told nothing.
    static func close(_ one: (UInt32, Mailbox), _ other: (UInt32, Mailbox), stopped: UInt32? = nil) {
        change(one, other) { lane, peer in
            guard lane.opening != 0 else { return }
            lane = Lane()
            lane.parcels = [Parcel(from: peer, content: peer == stopped ? .stopped : .reset, due: 0)]
        }
    }

    /// Forgets everything: the node that would have taken it is gone.
    func clear() {
        state.withLock { state in
            for place in state.lanes.indices { state.lanes[place] = Lane() }
            state.isWakeDue = false
        }
    }

    /// How long everything takes on the link from now on.
    static func delay(_ one: (UInt32, Mailbox), _ other: (UInt32, Mailbox), by nanoseconds: UInt64) {
        change(one, other) { lane, _ in lane.delay = nanoseconds }
    }

    /// Changes both directions of a link together. The lower number is locked first, so that two changes cannot wait for
    /// each other.
    private static func change(
        _ one: (UInt32, Mailbox), _ other: (UInt32, Mailbox), _ body: (inout Lane, _ peer: UInt32) -> Void
    ) {
        let (low, high) = one.0 < other.0 ? (one, other) : (other, one)
        let (wakeLow, wakeHigh) = low.1.state.withLock { lowState in
            let wakeHigh = high.1.state.withLock { highState in
                body(&highState.lanes[Int(low.0) - 1], low.0)
                body(&lowState.lanes[Int(high.0) - 1], high.0)
                return highState.takeWake()
            }
            return (lowState.takeWake(), wakeHigh)
        }
        if wakeLow { low.1.wake() }
        if wakeHigh { high.1.wake() }
    }
}

extension Mailbox.State {
    /// Whether the loop has to be woken for what was just posted.
    fileprivate mutating func takeWake() -> Bool {
        defer { isWakeDue = true }
        return !isWakeDue
    }
}
