import Foundation
import TestSupport
import Testing

/// The built program as a cluster of three nodes, whose leader is hurt under the load of pika clients.
/// `WARREN_FAILOVER_ROUNDS=50` for figures.
@Suite("failovers", .serialized, .timeLimit(.minutes(30)))
struct FailoverTests {
    private static let script = Repository.root.appending(path: "Tests/ConformanceTests/failover.py").path
    private static let rounds = ProcessInfo.processInfo.environment["WARREN_FAILOVER_ROUNDS"]

    @Test(
        "nothing that was confirmed is lost with the leader of a quorum queue, and all clients go on",
        arguments: ["crash", "power-loss", "isolate"])
    func failovers(_ fault: String) throws {
        let rounds = Self.rounds ?? "3"
        let outcome = try Command.run([
            Repository.python, Self.script, Repository.warren, "--rounds", rounds, "--fault", fault,
        ])
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        #expect(outcome.output.contains("\(rounds) times \(fault): "), "\(outcome.output)\(outcome.errors)")
        #expect(outcome.output.hasSuffix(", 0 twice without being marked; nothing lost\n"), "\(outcome.output)")
    }
}
