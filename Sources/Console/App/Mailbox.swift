import Monitor
import Synchronization
import Terminal

/// Where jobs leave what they found for the thread that owns the screen. Any thread may post; a post ends the screen's
/// wait. Of several monitor states only the newest is kept: each holds everything.
final class Mailbox: Sendable {
    private struct Contents {
        var events: [ConsoleEvent] = []
        var monitor: MonitorState?
    }

    private let contents = Mutex(Contents())
    private let waker: Waker

    init(waker: Waker) { self.waker = waker }

    func post(_ event: ConsoleEvent) {
        contents.withLock {
            if case .monitor(let monitor) = event {
                $0.monitor = monitor
            } else {
                $0.events.append(event)
            }
        }
        waker.wake()
    }

    /// Takes all there is: the newest monitor state first, so that answers find the objects they are about.
    func drain() -> [ConsoleEvent] {
        contents.withLock { contents in
            defer { contents = Contents() }
            return (contents.monitor.map { [.monitor($0)] } ?? []) + contents.events
        }
    }
}
