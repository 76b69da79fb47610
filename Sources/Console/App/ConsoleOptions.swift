public import Monitor

/// What a console's runner needs beside the state's settings.
public struct ConsoleOptions: Sendable {
    /// How often to refresh.
    public var interval: Duration
    /// The panel to open first.
    public var panel: ConsoleState.Panel
    /// Where changes are recorded.
    public var actionLog: ActionLog
    /// What measures confirms over AMQP, where an address is known (``ConsoleSettings/canary``).
    public var probe: (any ConfirmProbing)?
    /// Where standard output and error go while the console owns the terminal, a file of mode 0600; `nil` discards
    /// them.
    public var outputLog: String?

    /// Options; the action log is to be named, because it lies in the person's home.
    public init(
        actionLog: ActionLog, interval: Duration = PollingLimits.defaultInterval,
        panel: ConsoleState.Panel = .overview, outputLog: String? = nil, probe: (any ConfirmProbing)? = nil
    ) {
        self.actionLog = actionLog
        self.interval = interval
        self.panel = panel
        self.outputLog = outputLog
        self.probe = probe
    }
}
