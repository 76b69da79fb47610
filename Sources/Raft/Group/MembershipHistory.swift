/// The memberships in the log. The latest is in force as soon as it is there, committed or not (thesis §4.1); when it is
/// truncated, the one before is in force again.
struct MembershipHistory: Sendable {
    private struct Item: Sendable {
        let index: UInt64
        let membership: Membership
    }

    /// By ascending index, and never empty.
    private var items: [Item]

    init(_ membership: Membership, at index: UInt64) { items = [Item(index: index, membership: membership)] }

    var latest: Membership { items[items.count - 1].membership }
    var latestIndex: UInt64 { items[items.count - 1].index }

    mutating func append(_ membership: Membership, at index: UInt64) {
        items.append(Item(index: index, membership: membership))
    }

    mutating func truncate(from index: UInt64) {
        while items.count > 1, latestIndex >= index { items.removeLast() }
    }

    /// The membership that an index of the log is under.
    func membership(at index: UInt64) -> Membership {
        (items.last { $0.index <= index } ?? items[0]).membership
    }

    /// Forgets what is needed only for indices below this one.
    mutating func drop(below index: UInt64) {
        while items.count > 1, items[1].index <= index { items.removeFirst() }
    }
}
