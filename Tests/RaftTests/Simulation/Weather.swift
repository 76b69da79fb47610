/// What a world is full of.
struct Weather {
    /// How many actions are crashes and elections.
    var stormPercent = 0
    /// How many messages are lost, and how many are late.
    var lostPercent = 4
    var latePercent = 5
    /// How many nodes that crash are back at once.
    var backAtOncePercent = 0
    /// One entry at a time.
    var isNarrow = false
    /// Nobody comes or goes.
    var isSettled = false
    /// How many snapshots are followed by a crash before the log is in step with them.
    var tornSnapshotPercent = 50
    /// How many actions cut the leader off in the middle of proposals, and make snapshots elsewhere.
    var ambushPercent = 3

    /// A bit of everything.
    static let changeable = Weather()
    /// Elections on top of each other, and nodes that crash and are back at once.
    static let stormy = Weather(stormPercent: 50, lostPercent: 20, backAtOncePercent: 70, isNarrow: true)
}
