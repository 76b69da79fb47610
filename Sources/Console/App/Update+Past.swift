import Monitor

/// Going back and forward in time.
extension ConsoleState {
    /// The moment that is looked at: now, or that of the picture shown.
    var viewedAt: Duration { past.shownTime ?? now }

    /// Takes in a new state of the monitor; one that is looked back at stays on the screen.
    mutating func take(_ state: MonitorState) {
        let endpoint = (past.present ?? monitor).endpoint
        past.record(state)
        if past.shownTime == nil { monitor = state }
        if state.endpoint != endpoint { leaveChange(of: endpoint, for: state.endpoint) }
        arrive()
    }

    /// Shows what was shown a refresh earlier or later.
    mutating func travel(_ step: Int) {
        if let state = past.step(step, from: monitor) {
            monitor = state
            receipt =
                past.shownTime == nil
                ? .note("this is now again")
                : .note("\(keyName(of: .past)) earlier, \(keyName(of: .future)) later, \(keyName(of: .pause)) now")
            arrive()
        } else {
            receipt = .note(step < 0 ? "nothing older is kept" : "this is now")
        }
    }

    /// Shows the present again; returns whether anything older was shown.
    mutating func leavePast() -> Bool {
        guard past.shownTime != nil else { return false }
        if let state = past.leave() { monitor = state }
        receipt = .note("this is now again")
        arrive()
        return true
    }
}
