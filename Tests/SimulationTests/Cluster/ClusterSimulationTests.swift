import Foundation
import Testing

@testable import Broker

/// The deterministic simulator of a whole cluster: `ClusterWorld`.
///
/// `Tests/simulate` runs many seeds in release, and replays one; it uses these:
///
/// - `WARREN_CLUSTER_SEEDS=N` runs N seeds instead of the few of an ordinary run; `WARREN_CLUSTER_FIRST=S` begins with
///   the seed S.
/// - `WARREN_CLUSTER_SEED=S` runs the seed S alone; with `WARREN_CLUSTER_TRACE=1` it prints every step.
/// - `WARREN_CLUSTER_FAULT=NAME` makes that mistake of `ClusterFault`, in the world that is made for it;
///   `WARREN_CLUSTER_WORLD=NAME` has that world alone.
/// - `WARREN_CLUSTER_HASHES=FILE` writes a line "seed hash" for each seed, so that two processes can be compared.
/// - `WARREN_CLUSTER_ONCE=1` leaves the second run of each seed to another process.
@Suite("A simulated cluster")
struct ClusterSimulationTests {
    private static let ordinaryCount: UInt64 = 40
    /// How many seeds may pass before a mistake is noticed.
    private static let faultSeeds: UInt64 = 200

    private static func number(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
    }

    private static var seeds: ClosedRange<UInt64> {
        if let one = number("WARREN_CLUSTER_SEED") { return one...one }
        let first = number("WARREN_CLUSTER_FIRST") ?? 1
        return first...(first + max(number("WARREN_CLUSTER_SEEDS") ?? ordinaryCount, 1) - 1)
    }

    private struct Outcome: Equatable {
        let hash: UInt64
        let steps: Int
        let statistics: ClusterStatistics
        let failure: ClusterFailure?
    }

    private func run(
        _ seed: UInt64, fault: ClusterFault? = nil, madeFor place: ClusterFault? = nil, isReadable: Bool = false
    ) -> Outcome {
        let world = ClusterWorld(seed: seed, fault: fault, madeFor: place ?? fault, isReadable: isReadable)
        var failure: ClusterFailure?
        do throws(ClusterFailure) {
            try world.run()
        } catch {
            failure = error
        }
        if isReadable, Self.number("WARREN_CLUSTER_TRACE") != nil {
            let text = world.trace.lines.joined(separator: "\n") + "\n"
            FileHandle.standardOutput.write(Data(text.utf8))
        }
        return Outcome(
            hash: world.trace.hash, steps: world.step, statistics: world.statistics, failure: failure)
    }

    @Test("nothing confirmed is lost, nor does anything happen that may not, in every seed, each the same run twice")
    func seeds() throws {
        var hashes: FileHandle?
        if let path = ProcessInfo.processInfo.environment["WARREN_CLUSTER_HASHES"] {
            try Data().write(to: URL(fileURLWithPath: path))
            hashes = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        }
        var failures = 0
        var total = ClusterStatistics()
        let environment = ProcessInfo.processInfo.environment
        let fault = environment["WARREN_CLUSTER_FAULT"].flatMap { ClusterFault(rawValue: $0) }
        let place = environment["WARREN_CLUSTER_WORLD"].flatMap { ClusterFault(rawValue: $0) }
        let isTracing = Self.number("WARREN_CLUSTER_TRACE") != nil
        for seed in Self.seeds {
            let outcome = run(seed, fault: fault, madeFor: place)
            if outcome.failure != nil {
                // The same run again, this time with its steps as text.
                let again = run(seed, fault: fault, madeFor: place, isReadable: true)
                Issue.record("\(again.failure?.description ?? "seed \(seed) fails only without a readable trace")")
                failures += 1
                if failures == 10 { break }
            } else if isTracing || Self.number("WARREN_CLUSTER_ONCE") == nil {
                let again = run(seed, fault: fault, madeFor: place, isReadable: isTracing)
                #expect(again == outcome, "seed \(seed) is not the same run the second time")
            }
            try hashes?.write(contentsOf: Data("\(seed) \(hex(outcome.hash))\n".utf8))
            total.add(outcome.statistics)
        }
        if isTracing { print(total) }
        if Self.seeds.count >= Int(Self.ordinaryCount), Self.number("WARREN_CLUSTER_ONCE") == nil {
            #expect(total.lowest > 0, "something is never exercised: \(total)")
        }
    }

    /// What a mistake is noticed by: whichever of these comes first.
    @Test(
        "mistakes that are made on purpose are noticed, and their seeds show them again",
        arguments: [
            (ClusterFault.confirmBeforeMajority, ["applies another entry", "is lost", "which was committed"]),
            (.forgottenVote, ["both lead"]),
            (.staleLeaderAnswers, ["is lost"]),
            (.lostDeduplication, ["as new, and was", "is there twice", "behind publish"]),
            (
                .truncatedCommit,
                ["has given up entries", "which was committed", "applies another entry", "is lost"]
            ),
            (.unmirroredConfirm, ["is lost"]),
        ])
    func plantedFault(_ fault: ClusterFault, reasons: [String]) throws {
        let caught = (1...Self.faultSeeds).lazy.map { run($0, fault: fault) }.first { $0.failure != nil }
        let failure = try #require(caught?.failure, "no seed notices it")
        #expect(reasons.contains(where: failure.reason.contains), "\(failure.reason)")

        let again = try #require(run(failure.seed, fault: fault, isReadable: true).failure)
        #expect((again.step, again.hash, again.reason) == (failure.step, failure.hash, failure.reason))
        #expect(again.description.contains("WARREN_CLUSTER_FAULT=\(fault) Tests/simulate --replay \(failure.seed)"))
        #expect(run(failure.seed, madeFor: fault).failure == nil, "the seed fails without the mistake")
        if Self.number("WARREN_CLUSTER_TRACE") != nil { print("\(fault): \(failure.reason), seed \(failure.seed)") }
    }
}
