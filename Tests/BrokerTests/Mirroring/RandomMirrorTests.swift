import AMQP
import Foundation
import Testing

@testable import Broker

/// `WARREN_MIRROR_SEED=S` runs one seed, `WARREN_MIRROR_SEEDS=N` the first N.
@Suite("Mirrored queues at random")
struct RandomMirrorTests {
    private static var seeds: [UInt64] {
        let environment = ProcessInfo.processInfo.environment
        if let only = environment["WARREN_MIRROR_SEED"].flatMap({ UInt64($0) }) { return [only] }
        return Array(1...(environment["WARREN_MIRROR_SEEDS"].flatMap { UInt64($0) } ?? 8))
    }

    @Test("what was confirmed is kept, whatever nodes lose their power and links are cut", arguments: seeds)
    func keepsItsWord(seed: UInt64) throws {
        var policy: FieldTable = ["ha-mode": .string("all")]
        if !seed.isMultiple(of: 2) { policy["ha-sync-mode"] = .string("automatic") }
        if seed.isMultiple(of: 4) { policy["ha-promote-on-failure"] = .string("always") }
        let work = try RandomMirrors(seed: seed, policy)
        do {
            try work.run(steps: 500)
            try work.end()
        } catch {
            Issue.record("seed \(seed): \(error)")
        }
        #expect(
            work.confirmed.count > work.sent / 20, "seed \(seed): \(work.confirmed.count) of \(work.sent) confirmed")
        #expect(work.faults > 1, "seed \(seed): \(work.faults) faults")
    }
}
