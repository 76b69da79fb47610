internal import Synchronization

/// The links between the nodes of a cluster: which are whole, and what is done to them.
final class ClusterLinks: Sendable {
    /// One link.
    struct Link: Sendable {
        /// The numbers at its ends, the lower one first.
        let ends: (UInt32, UInt32)
        var isCut = false
        var delay: UInt64 = 0
        var isOpen = false
    }

    private struct State {
        var links: [Link]
        var isAlive: [Bool]
        var lastOpening: UInt64 = 0
    }

    private let mailboxes: [Mailbox]
    private let state: Mutex<State>

    /// The links between nodes with these mailboxes, none of which runs.
    init(_ mailboxes: [Mailbox]) {
        self.mailboxes = mailboxes
        let count = UInt32(mailboxes.count)
        let pairs = (1...count).flatMap { low in (low..<count).map { (low, $0 + 1) } }
        state = Mutex(
            State(links: pairs.map { Link(ends: $0) }, isAlive: Array(repeating: false, count: mailboxes.count)))
    }

    /// All links as they are.
    var all: [Link] { state.withLock { $0.links } }

    private func end(_ number: UInt32) -> (UInt32, Mailbox) { (number, mailboxes[Int(number) - 1]) }

    // MARK: Nodes

    /// A node runs: its links to the others that do are opened.
    func started(_ number: UInt32) {
        state.withLock { state in
            state.isAlive[Int(number) - 1] = true
            for place in state.links.indices { settle(place, &state) }
        }
    }

    /// A node has ended, perhaps in order: the others see its links closed at once.
    func ended(_ number: UInt32, inOrder: Bool = false) {
        state.withLock { state in
            state.isAlive[Int(number) - 1] = false
            for place in state.links.indices { settle(place, &state, stopped: inOrder ? number : nil) }
        }
        mailboxes[Int(number) - 1].clear()
    }

    // MARK: Faults

    /// Cuts or mends some links, or slows them, nanoseconds.
    func change(_ matches: (Link) -> Bool, _ body: (inout Link) -> Void) {
        state.withLock { state in
            for place in state.links.indices where matches(state.links[place]) {
                let before = state.links[place].delay
                body(&state.links[place])
                let link = state.links[place]
                if link.isOpen, link.delay != before {
                    Mailbox.delay(end(link.ends.0), end(link.ends.1), by: link.delay)
                }
                settle(place, &state)
            }
        }
    }

    /// More waits on a link than may: it is lost, and opened again.
    func overflowed(_ one: UInt32, _ other: UInt32) {
        state.withLock { state in
            for place in state.links.indices where state.links[place].has(one, other) {
                guard state.links[place].isOpen else { continue }
                close(place, &state)
                settle(place, &state)
            }
        }
    }

    /// Opens or closes a link so that it is as it should be.
    private func settle(_ place: Int, _ state: inout State, stopped: UInt32? = nil) {
        let link = state.links[place]
        let isWanted = !link.isCut && state.isAlive[Int(link.ends.0) - 1] && state.isAlive[Int(link.ends.1) - 1]
        guard isWanted != link.isOpen else { return }
        guard isWanted else { return close(place, &state, stopped: stopped) }
        state.lastOpening += 1
        state.links[place].isOpen = true
        Mailbox.open(end(link.ends.0), end(link.ends.1), opening: state.lastOpening, delay: link.delay)
    }

    private func close(_ place: Int, _ state: inout State, stopped: UInt32? = nil) {
        state.links[place].isOpen = false
        Mailbox.close(end(state.links[place].ends.0), end(state.links[place].ends.1), stopped: stopped)
    }
}

extension ClusterLinks.Link {
    /// Whether a node is at one of its ends.
    func has(_ number: UInt32) -> Bool { ends.0 == number || ends.1 == number }

    /// Whether it is the link between two nodes.
    func has(_ one: UInt32, _ other: UInt32) -> Bool { has(one) && has(other) && one != other }
}
