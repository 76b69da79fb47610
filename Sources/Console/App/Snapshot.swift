public import Management
public import Monitor
public import Terminal

/// One look at a broker without a terminal: what `warren snapshot` prints.
public struct Snapshot: Sendable {
    /// What the monitor knew.
    public let monitor: MonitorState
    /// The panel as text, lines without blanks at their ends.
    public let text: String

    /// Asks the endpoints once and draws a panel at a size. The first endpoint that answers is used.
    ///
    /// Throws the endpoint's error where none answers or the user is refused, and ``EndpointError/timedOut(_:after:)``
    /// where the answers do not come in time. A single part that is refused shows in the picture instead.
    public static func take(
        from endpoints: [PollingClient.Endpoint], settings: ConsoleSettings, size: Size,
        panel: ConsoleState.Panel = .queues, timeout: Duration = .seconds(15)
    ) async throws(EndpointError) -> Snapshot {
        let (states, publish) = AsyncStream.makeStream(of: MonitorState.self)
        let visible = panel.resources
        let client = PollingClient(endpoints: endpoints, visible: visible, queues: settings.queues) {
            publish.yield($0)
        }
        let polling = Task { await client.run() }
        let clock = Task {
            // Cancelled once the answers are there; then there is nothing to end.
            guard (try? await Task.sleep(for: timeout)) != nil else { return }
            publish.finish()
        }
        defer {
            polling.cancel()
            clock.cancel()
        }
        for await state in states {
            switch state.status {
            case .unreachable(let error), .refused(let error): throw error
            case .connecting, .live, .stale: break
            }
            if state.isComplete(for: visible) {
                return Snapshot(monitor: state, text: text(of: state, settings: settings, size: size, panel: panel))
            }
        }
        throw Task.isCancelled ? .cancelled : .timedOut(client.endpoint.address, after: timeout)
    }

    /// What a panel looks like at a size.
    public static func text(
        of monitor: MonitorState, settings: ConsoleSettings, size: Size, panel: ConsoleState.Panel = .queues
    ) -> String {
        var state = ConsoleState(settings: settings, monitor: monitor, size: size, panel: panel)
        state.isSnapshot = true
        return state.render(size).text
    }
}

extension MonitorState {
    /// Whether the recorder has answered about every queue that is watched, or not at all.
    fileprivate var hasWholeTimeline: Bool {
        timeline.error != nil
            || (timeline.value != nil && watched.allSatisfy { id in recording.queues.contains { $0.id == id } })
    }

    /// Whether everything a panel shows has been answered, or refused.
    fileprivate func isComplete(for kinds: Set<Resource.Kind>) -> Bool {
        func isThere<Value>(_ sample: Sample<Value>) -> Bool { sample.value != nil || sample.error != nil }
        return isThere(overview) && isThere(nodes) && isThere(queues)
            && (!kinds.contains(.exchanges) || isThere(exchanges))
            && (!kinds.contains(.connections) || isThere(connections))
            && (!kinds.contains(.channels) || isThere(channels))
            && (!kinds.contains(.policies) || capabilities?.hasPolicies != true || isThere(policies))
            && (!kinds.contains(.faults) || !abilities.injectsFaults || isThere(faults))
            && (!kinds.contains(.timeline) || !abilities.recordsTimeline || hasWholeTimeline)
            && (!kinds.contains(.timeline) || abilities.recordsTimeline || watched.isEmpty || isThere(leadership))
    }
}
