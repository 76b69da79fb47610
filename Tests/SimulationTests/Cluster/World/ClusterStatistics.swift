/// What a run was like, so that a test can see that it exercised what it should.
struct ClusterStatistics: Equatable {
    var published = 0
    var confirms = 0
    var refusals = 0
    var deliveries = 0
    var redeliveries = 0
    var acked = 0
    var certainAcks = 0
    var gets = 0
    var commits = 0
    var rollbacks = 0
    var declared = 0
    var deleted = 0
    var purged = 0
    var channelErrors = 0
    var disconnects = 0
    var crashes = 0
    var powerLosses = 0
    var losses = 0
    var elections = 0
    var burials = 0
    var successions = 0
    // The weather.
    var lost = 0
    var late = 0
    var doubled = 0
    var isolations = 0
    var halves = 0
    var rings = 0
    var blackHoles = 0
    var pauses = 0
    var slowDisks = 0
    var restarts = 0
    var skewedClocks = 0
    var clockJumps = 0
    var ambushes = 0
    var coups = 0

    private static let fields: [any WritableKeyPath<ClusterStatistics, Int> & Sendable] = [
        \.published, \.confirms, \.refusals, \.deliveries, \.redeliveries, \.acked, \.certainAcks, \.gets, \.commits,
        \.rollbacks, \.declared, \.deleted, \.purged, \.channelErrors, \.disconnects, \.crashes, \.powerLosses,
        \.losses, \.elections, \.burials, \.successions, \.lost, \.late, \.doubled, \.isolations, \.halves, \.rings,
        \.blackHoles, \.pauses, \.slowDisks, \.restarts, \.skewedClocks, \.clockJumps, \.ambushes, \.coups,
    ]

    mutating func add(_ other: ClusterStatistics) {
        for field in Self.fields { self[keyPath: field] += other[keyPath: field] }
    }

    var lowest: Int { Self.fields.map { self[keyPath: $0] }.min() ?? 0 }
}
