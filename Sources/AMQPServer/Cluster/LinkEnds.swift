internal import Broker

/// One node's ends of its links: takes what came on its loop and sends what its node gives.
final class LinkEnds: ClusterTransport {
    private let number: UInt32
    private let mailboxes: [Mailbox]
    private let links: ClusterLinks
    private let clock: () -> Instant
    /// Of each link the number of the opening that this node knows of; 0 while it is closed.
    private var openings: [UInt64]

    init(_ number: UInt32, _ mailboxes: [Mailbox], _ links: ClusterLinks, clock: @escaping () -> Instant) {
        self.number = number
        self.mailboxes = mailboxes
        self.links = links
        self.clock = clock
        openings = Array(repeating: 0, count: mailboxes.count)
    }

    func send(_ bytes: UnsafeRawBufferPointer, to peer: UInt32) {
        let place = Int(peer) - 1
        let outcome = mailboxes[place].post(
            bytes, from: number, opening: openings[place], now: clock().nanoseconds)
        if outcome == .full { links.overflowed(number, peer) }
    }

    /// Gives the node what has come; returns when more will have.
    func deliver(to node: Node, now: Instant) -> Instant? {
        let (parcels, next) = mailboxes[Int(number) - 1].take(now: now.nanoseconds)
        for parcel in parcels {
            switch parcel.content {
            case .bytes(let bytes):
                bytes.withUnsafeBytes { node.receive(fromPeer: parcel.from, bytes: $0, now: now) }
            case .opened(let opening):
                openings[Int(parcel.from) - 1] = opening
                node.linkOpened(parcel.from, now: now)
            case .reset:
                openings[Int(parcel.from) - 1] = 0
                node.linkReset(parcel.from, now: now)
            case .stopped:
                openings[Int(parcel.from) - 1] = 0
                node.peerStopped(parcel.from, now: now)
            }
        }
        return next.map { Instant(nanoseconds: $0) }
    }
}
