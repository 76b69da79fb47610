import Foundation
import Management
public import Monitor
public import Terminal

/// Runs the console on a terminal: the only part that does anything.
///
/// One thread, the one that calls ``run()``, owns the screen: it waits for input, signals and answers, takes all there
/// is, and draws once. Everything slow happens in tasks that post their answers back.
///
/// ```swift
/// Screen.blockSignals()                    // first thing in the program
/// let themes = try ThemeLibrary(wanted: nil, environment: environment)
/// let log = ActionLog.standard(environment: environment)
/// let runner = ConsoleRunner(
///     endpoints: [endpoint], settings: ConsoleSettings(themes: themes), options: ConsoleOptions(actionLog: log))
/// let end = try runner.run()
/// ```
public struct ConsoleRunner {
    /// How a console ended.
    public enum End: Hashable, Sendable {
        /// The person asked for it.
        case quit
        /// The process was asked to by this signal, or the terminal went away (as SIGHUP).
        case signal(Int32)
    }

    /// How long changes under way are waited for when quitting.
    private static let patience: Duration = .seconds(2)

    private let endpoints: [PollingClient.Endpoint]
    private let settings: ConsoleSettings
    private let options: ConsoleOptions

    /// A console on endpoints, of which the first that answers is used. There must be at least one.
    public init(endpoints: [PollingClient.Endpoint], settings: ConsoleSettings, options: ConsoleOptions) {
        precondition(!endpoints.isEmpty, "a console needs an endpoint")
        self.endpoints = endpoints
        self.settings = settings
        self.options = options
    }

    /// Opens the screen, runs until the end, and gives the terminal back on every way out. To be called once;
    /// ``Screen/blockSignals()`` must have been called before any thread started. Blocks the calling thread.
    public func run() throws(ScreenError) -> End {
        let waker = try Waker()
        let mailbox = Mailbox(waker: waker)
        let client = PollingClient(
            endpoints: endpoints, interval: options.interval, visible: ConsoleState.Panel.overview.resources,
            queues: settings.queues
        ) {
            mailbox.post(.monitor($0))
        }
        let screen = try Screen(options: Screen.Options(logPath: options.outputLog, hasMouse: true), waker: waker)
        defer { screen.close() }
        let monitor = MonitorState(endpoints: endpoints.map(\.address), queues: settings.queues)
        var state = ConsoleState(settings: settings, monitor: monitor, size: screen.size, panel: options.panel)
        state.glyphs = screen.glyphs
        let polling = Task { await client.run() }
        defer { polling.cancel() }
        var session = Session(
            screen: screen, client: client, mailbox: mailbox, actionLog: options.actionLog, probe: options.probe)
        return session.run(&state, patience: Self.patience)
    }
}

/// One run: the loop and the effects.
private struct Session {
    let screen: Screen
    let client: PollingClient
    let mailbox: Mailbox
    let actionLog: ActionLog
    let probe: (any ConfirmProbing)?
    /// Changes sent whose end is not known yet.
    var pendingChanges = 0

    mutating func run(_ state: inout ConsoleState, patience: Duration) -> ConsoleRunner.End {
        screen.draw(state.render(screen.size))
        while true {
            let timeout = max(.zero, state.nextTick - client.now)
            for event in screen.events(timeout: timeout) {
                if let end = take(event, &state) {
                    finish(&state, patience: patience)
                    return end
                }
            }
            for event in mailbox.drain() { update(&state, event) }
            update(&state, .tick)
            if hasQuit {
                finish(&state, patience: patience)
                return .quit
            }
            screen.draw(state.render(screen.size))
        }
    }

    private var hasQuit = false

    init(screen: Screen, client: PollingClient, mailbox: Mailbox, actionLog: ActionLog, probe: (any ConfirmProbing)?) {
        self.probe = probe
        self.screen = screen
        self.client = client
        self.mailbox = mailbox
        self.actionLog = actionLog
    }

    private mutating func take(_ event: InputEvent, _ state: inout ConsoleState) -> ConsoleRunner.End? {
        switch event {
        case .key(let key): update(&state, .key(key))
        case .paste(let text): update(&state, .paste(text))
        case .mouse(let mouse): update(&state, .mouse(mouse))
        case .resize(let size): update(&state, .resize(size))
        case .suspend: update(&state, .suspendAsked)
        case .resumed: update(&state, .resize(screen.size))
        case .terminate(let signal): return .signal(signal)
        }
        return nil
    }

    private mutating func update(_ state: inout ConsoleState, _ event: ConsoleEvent) {
        if case .performed = event { pendingChanges -= 1 }
        for effect in state.update(event, at: client.now) { run(effect, &state) }
    }

    private mutating func run(_ effect: Effect, _ state: inout ConsoleState) {
        switch effect {
        case .show(let resources): client.show(resources)
        case .list(let request): client.list(request)
        case .select(let queue): client.select(queue)
        case .open(let target): client.open(target)
        case .watch(let queues): client.watch(queues)
        case .refresh: client.refresh()
        case .pause(let isPaused): client.pause(isPaused)
        case .setInterval(let interval): client.setInterval(interval)
        case .reread(let ticket, let mutation): reread(mutation, ticket)
        case .perform(let mutation):
            pendingChanges += 1
            perform(mutation, shownAs: state.monitor.endpoint)
        case .copy(let text):
            update(
                &state,
                screen.copy(text)
                    ? .done("copied \(text)")
                    : .trouble("this terminal has no clipboard that a program may write to"))
        case .export(let table): export(table)
        case .redraw: screen.redraw()
        case .suspend:
            screen.suspend()
            update(&state, .resize(screen.size))
        case .quit: hasQuit = true
        }
    }

    private func reread(_ mutation: Mutation, _ ticket: Ticket) {
        let (endpoint, mailbox) = (client.endpoint, mailbox)
        Task {
            do throws(EndpointError) {
                var read = ReadObject(try await mutation.readTarget(endpoint))
                if case .deleteQueue(let id, _, _) = mutation {
                    read.bindings = try await endpoint.bindings(.toQueue(id))
                }
                mailbox.post(.reread(ticket, .success(read)))
            } catch {
                mailbox.post(.reread(ticket, .failure(error)))
            }
        }
    }

    /// Writes a table to a new file; an old one is never overwritten.
    private func export(_ table: TableExport) {
        let mailbox = mailbox
        Task {
            let stamp = Date().formatted(.iso8601.dateSeparator(.omitted).timeSeparator(.omitted))
            let name = "warren-\(table.name)-\(stamp).csv"
            let path = URL(filePath: name).path(percentEncoded: false)
            do {
                try Data(table.text.utf8).write(to: URL(filePath: name), options: .withoutOverwriting)
                try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
                let rows = table.rows.count == 1 ? "1 row" : "\(Figures.exact(table.rows.count)) rows"
                mailbox.post(.done("\(rows) written to \(path)"))
            } catch {
                mailbox.post(.trouble("\(path) could not be written: \(error.localizedDescription)"))
            }
        }
    }

    /// Records the intention, makes the change, records its end. What cannot be recorded is not done.
    /// Nothing is sent to another endpoint than the one that was shown.
    private func perform(_ mutation: Mutation, shownAs address: String) {
        let (endpoint, mailbox, log) = (client.endpoint, mailbox, actionLog)
        let (client, probe) = (client, probe)
        guard endpoint.address == address else {
            let reason = "another endpoint answers now; nothing was sent"
            return mailbox.post(.performed(mutation, .failure(.refused(address, reason: reason))))
        }
        Task {
            do {
                try log.append(ActionRecord(mutation, endpoint: endpoint.address, time: Date()))
            } catch {
                let reason = "it was not sent, because it could not be logged: \(error.localizedDescription)"
                mailbox.post(.performed(mutation, .failure(.refused(mutation.target.name, reason: reason))))
                return
            }
            let result: Result<MutationResult, EndpointError>
            do throws(EndpointError) {
                switch mutation {
                case .startProbe(let queue) where probe != nil:
                    await client.probe(probe, on: queue)
                    result = .success(.accepted)
                case .stopProbe:
                    await client.probe(nil, on: nil)
                    result = .success(.accepted)
                default: result = .success(try await mutation.perform(on: endpoint))
                }
            } catch {
                result = .failure(error)
            }
            let record = ActionRecord(mutation, endpoint: endpoint.address, time: Date(), result: result)
            do {
                try log.append(record)
                mailbox.post(.performed(mutation, result))
            } catch {
                mailbox.post(.performed(mutation, result))
                mailbox.post(.trouble("the end of this change is not in the action log: \(error.localizedDescription)"))
            }
        }
    }

    /// Gives changes that are under way a little time, so that their end is logged.
    private mutating func finish(_ state: inout ConsoleState, patience: Duration) {
        if let probe = state.monitor.probe, !probe.hasEnded {
            // Its queue goes with it.
            pendingChanges += 1
            let (client, mailbox) = (client, mailbox)
            Task {
                await client.probe(nil, on: nil)
                mailbox.post(.performed(.stopProbe(probe.queue), .success(.accepted)))
            }
        }
        let deadline = client.now + patience
        while pendingChanges > 0, client.now < deadline {
            screen.draw(state.render(screen.size))
            _ = screen.events(timeout: deadline - client.now)
            for event in mailbox.drain() { update(&state, event) }
        }
    }
}
