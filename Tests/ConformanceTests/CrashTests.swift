import Foundation
import TestSupport
import Testing

/// The built program, killed with SIGKILL at random moments under load. `WARREN_CRASH_ROUNDS=100` for a long run.
@Suite("crashes", .timeLimit(.minutes(30)))
struct CrashTests {
    @Test("nothing that was confirmed or committed is lost, nothing comes twice, nothing settled returns")
    func crashes() throws {
        let rounds = ProcessInfo.processInfo.environment["WARREN_CRASH_ROUNDS"] ?? "8"
        let script = Repository.root.appending(path: "Tests/ConformanceTests/crash.py").path
        let said = try Command.output([Repository.python, script, Repository.warren, "--rounds", rounds])
        #expect(said.hasSuffix("nothing lost\n"), "\(said)")
    }
}
