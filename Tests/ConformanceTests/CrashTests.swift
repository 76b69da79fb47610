import Foundation
import TestSupport
import Testing

/// The built program, killed with SIGKILL at random moments under load. `WARREN_CRASH_ROUNDS=100` for a long run.
@Suite("crashes", .timeLimit(.minutes(30)))
struct CrashTests {
    private static let script = Repository.root.appending(path: "Tests/ConformanceTests/crash.py").path
    private static let rounds = ProcessInfo.processInfo.environment["WARREN_CRASH_ROUNDS"]

    private func crash(_ options: String...) throws -> Command {
        try Command.run([Repository.python, Self.script, Repository.warren] + options)
    }

    @Test("nothing that was confirmed or committed is lost, nothing comes twice, nothing settled returns")
    func crashes() throws {
        let outcome = try crash("--rounds", Self.rounds ?? "8")
        #expect(outcome.output.hasSuffix("nothing lost\n"), "\(outcome.output)\(outcome.errors)")
    }

    // The dynamic linker that puts itself between a program and its disk is Linux's.
    #if os(Linux)
        @Test("the same holds when the power fails and takes with it whatever was not synced")
        func powerLosses() throws {
            let outcome = try crash("--power-loss", "--rounds", Self.rounds ?? "8")
            #expect(outcome.output.hasSuffix("nothing lost\n"), "\(outcome.output)\(outcome.errors)")
        }

        @Test("a broker that does not sync loses what it confirmed with the power, which is noticed")
        func powerLossWithoutSync() throws {
            let outcome = try crash("--power-loss", "--torn", "0", "--sync", "os", "--rounds", "20")
            #expect(outcome.status != 0)
            #expect(outcome.errors.contains("confirmed and gone"), "\(outcome.output)\(outcome.errors)")
        }
    #endif
}
