import Foundation
import Testing

@testable import Raft

/// Random worlds by seed.
///
/// - `WARREN_RAFT_SEEDS=N` runs N seeds, in release, instead of the few of an ordinary run.
/// - `WARREN_RAFT_SEED=S` runs the seed S alone.
/// - `WARREN_RAFT_HASHES=FILE` writes a line "seed hash" for each seed, so that two processes can be compared.
@Suite("A simulated group")
struct SimulationTests {
    private static let ordinaryCount: UInt64 = 30
    private static let actions = 250
    /// How many seeds may pass before a planted fault is found: in an ordinary run, and in a long one.
    private static let faultSeedsMax: (ordinary: UInt64, long: UInt64) = (200, 2000)

    private static func number(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
    }

    private static var seeds: ClosedRange<UInt64> {
        if let one = number("WARREN_RAFT_SEED") { return one...one }
        return 1...max(number("WARREN_RAFT_SEEDS") ?? ordinaryCount, 1)
    }

    /// The world in which a fault is found soon.
    private static func world(_ fault: PlantedFault, seed: UInt64) -> World {
        var weather = Weather.stormy
        weather.isSettled = true
        switch fault {
        case .countSelfUnsynced: return World(seed: seed, size: 3, weather: .stormy, fault: fault)
        case .forgetVote, .truncateCommitted, .confirmBeforeMajority:
            // Many elections, and much that comes late.
            weather.stormPercent = 70
            weather.lostPercent = 40
            weather.latePercent = 40
            weather.backAtOncePercent = 90
            return World(seed: seed, size: 5, weather: weather, fault: fault)
        case .countOldTerms, .keepReplacedLog:
            // Leaders with entries that nobody else has, and many a crash.
            weather.stormPercent = 20
            weather.lostPercent = 5
            weather.isNarrow = false
            weather.tornSnapshotPercent = 60
            weather.ambushPercent = 15
            return World(seed: seed, size: 3, weather: weather, fault: fault)
        }
    }

    private struct Outcome: Equatable {
        let hash: UInt64
        let statistics: World.Statistics
        let failure: String?
    }

    private func run(_ seed: UInt64) -> Outcome {
        let weather = seed % 3 == 0 ? Weather.stormy : .changeable
        return run(World(seed: seed, size: [3, 5, 3, 5, 1][Int(seed % 5)], weather: weather), seed: seed)
    }

    private func run(_ world: World, seed: UInt64) -> Outcome {
        var failure: String?
        do throws(Checker.Failure) {
            try world.run(actions: Self.actions)
        } catch {
            failure = "seed \(seed), step \(world.statistics.steps): \(error)"
        }
        return Outcome(hash: world.trace.value, statistics: world.statistics, failure: failure)
    }

    @Test("what Raft promises holds in every seed, and a group that is left alone comes right and falls silent")
    func seeds() throws {
        var total = World.Statistics()
        var failures = 0
        var hashes = ""
        for seed in Self.seeds {
            let outcome = run(seed)
            total.add(outcome.statistics)
            hashes += "\(seed) \(String(outcome.hash, radix: 16))\n"
            if let failure = outcome.failure {
                Issue.record("\(failure)")
                failures += 1
                if failures == 5 { break }
            }
        }
        if Self.seeds.count >= Int(Self.ordinaryCount) {
            #expect(total.lowest > 0, "something is never exercised: \(total)")
        }
        if let path = ProcessInfo.processInfo.environment["WARREN_RAFT_HASHES"] {
            try hashes.write(toFile: path, atomically: true, encoding: .utf8)
        }
        if Self.number("WARREN_RAFT_SEEDS") != nil {
            FileHandle.standardOutput.write(Data("\(Self.seeds.count) seeds: \(total)\n".utf8))
        }
    }

    @Test("a seed is the same run each time")
    func sameRun() {
        for seed in Self.seeds.prefix(4) { #expect(run(seed) == run(seed), "seed \(seed)") }
    }

    @Test("the checks find each planted fault", arguments: PlantedFault.allCases)
    func plantedFaults(_ fault: PlantedFault) {
        let isLong = Self.number("WARREN_RAFT_SEEDS") != nil
        let count = isLong ? Self.faultSeedsMax.long : Self.faultSeedsMax.ordinary
        for seed in 1...count {
            guard let failure = run(Self.world(fault, seed: seed), seed: seed).failure else { continue }
            if isLong { FileHandle.standardOutput.write(Data("\(fault): \(failure.prefix(200))\n".utf8)) }
            return
        }
        Issue.record("\(fault) was not found in \(count) seeds")
    }
}
