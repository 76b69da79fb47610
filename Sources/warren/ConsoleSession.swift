import Console
import Foundation
import Monitor
import Terminal

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Opens the console on endpoints and waits for its end; without a terminal, prints a snapshot instead.
struct ConsoleSession {
    let endpoints: [PollingClient.Endpoint]
    let settings: ConsoleSettings
    let interval: Duration
    /// What measures confirms for the Failover panel, where an address is named.
    var probe: CanaryProbe?

    /// What a snapshot is drawn at when no size was asked for.
    static let snapshotSize = Size(columns: 120, rows: 40)

    func run() async throws {
        guard Screen.isAvailable else {
            print(try await snapshot(at: Self.snapshotSize, panel: .queues).text)
            return
        }
        let environment = ProcessInfo.processInfo.environment
        let log = ActionLog.standard(environment: environment)
        let end = try await onItsOwnThread { [endpoints, settings, interval, probe] in
            try ConsoleRunner(
                endpoints: endpoints, settings: settings,
                options: ConsoleOptions(actionLog: log, interval: interval, probe: probe)
            ).run()
        }
        switch end {
        case .quit:
            break
        case .signal(let number):
            // The convention of shells for a process that a signal ended.
            throw Interrupted(signal: number)
        }
    }

    func snapshot(at size: Size, panel: ConsoleState.Panel) async throws -> Snapshot {
        do {
            return try await Snapshot.take(from: endpoints, settings: settings, size: size, panel: panel)
        } catch {
            throw error.failure
        }
    }

    /// The screen belongs to one thread and blocks it; the threads of Swift's tasks are not for that.
    private func onItsOwnThread<Value: Sendable>(
        _ work: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let thread = Thread {
                continuation.resume(with: Result { try work() })
                // From here on a signal ends the process as it always does, should anything hang while it ends.
                Screen.unblockSignals()
                while true { pause() }
            }
            thread.stackSize = 8 << 20
            thread.start()
        }
    }
}

/// The console ended because of a signal; whatever it held has been given back.
struct Interrupted: Error {
    let signal: Int32
}
