import Management
import Monitor
import Terminal

extension ConsoleState {
    /// What commands can be completed from: the vhosts that are known, and the themes.
    var commandCandidates: CommandCandidates {
        CommandCandidates(
            vhosts: vhosts, themes: settings.themes.themes.map(\.name),
            nodes: monitor.clusterNodes.map(\.name))
    }

    /// Takes a key while a command is typed.
    mutating func press(_ key: Key, in prompt: CommandPrompt) -> [Effect] {
        var prompt = prompt
        switch prompt.press(key, candidates: commandCandidates) {
        case .stays:
            dialog = .command(prompt)
            return []
        case .cancelled:
            closeDialog()
            return []
        case .run(let line):
            closeDialog()
            return run(line)
        }
    }

    /// Runs a line; what is wrong with it becomes the receipt.
    private mutating func run(_ line: String) -> [Effect] {
        do throws(CommandError) {
            guard let command = try Command.parse(line) else { return [] }
            commandHistory.add(line)
            return run(command)
        } catch {
            commandHistory.add(line)
            receipt = Receipt(outcome: .failed, text: "\(error)")
            return []
        }
    }

    private mutating func run(_ command: Command) -> [Effect] {
        switch command {
        case .action(.quit) where lossOnQuit == nil: return [.quit]
        case .quitNow: return [.quit]
        case .action(let action): return run(action)
        case .vhost(let name):
            // The lists follow the vhost; from the overview the queues are what is looked for.
            return (panel == .overview ? show(.queues) : []) + list(vhost: name)
        case .theme(let name):
            guard let found = settings.themes.themes.first(where: { $0.name == name }) else {
                let names = settings.themes.themes.map(\.name).joined(separator: ", ")
                receipt = Receipt(outcome: .failed, text: "there is no theme '\(name)'; there are \(names)")
                return []
            }
            theme = found
        case .interval(let interval):
            receipt = .note("refresh every \(Figures.age(interval)), lists of a remote broker at most every 5 s")
            return [.setInterval(interval)]
        case .unlock(let name): unlock(name)
        case .fault(let fault):
            if let reason = barredFaults {
                receipt = .note("fault: \(reason)")
            } else if past.shownTime != nil {
                receipt = .note("this is the past; \(keyName(of: .pause)) shows the present")
            } else {
                return confirm(.inject(fault))
            }
        case .tour(let isShown):
            if isShown, !settings.hasTour { receipt = .note("the tour is part of 'warren demo'") }
            tour = isShown && settings.hasTour ? .queues : nil
        }
        return []
    }

    private mutating func run(_ action: Action) -> [Effect] {
        guard let entry = settings.keys.entry(of: action) else { return [] }
        guard entry.places.contains(place) else {
            receipt = .note(":\(action.rawValue) works in \(entry.places.map(\.title).joined(separator: ", "))")
            return []
        }
        return perform(entry)
    }

    private mutating func unlock(_ name: String) {
        if gate.isReadOnly {
            receipt = .note("a console that is read-only cannot be unlocked")
        } else if !gate.lock.isClosed(at: now), gate.lock.openFor(at: now) == nil {
            receipt = .note("this endpoint is not locked")
        } else if gate.lock.unlock(name, at: now) {
            receipt = .note("\(name) is unlocked for \(Figures.age(Lock.openTime))")
        } else {
            receipt = Receipt(outcome: .failed, text: "this endpoint is not '\(name)' but '\(gate.lock.name)'")
        }
    }
}
