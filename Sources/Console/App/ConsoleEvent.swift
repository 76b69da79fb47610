public import Management
public import Monitor
public import Terminal

/// Something that happened to the console.
public enum ConsoleEvent: Sendable {
    /// A key was pressed.
    case key(Key)
    /// A text was pasted.
    case paste(String)
    /// The mouse was used.
    case mouse(MouseEvent)
    /// Something outside asks the process to stop for a while.
    case suspendAsked
    /// The terminal has this size now.
    case resize(Size)
    /// The monitor has news.
    case monitor(MonitorState)
    /// What a change would hit was read again.
    case reread(Ticket, Result<ReadObject, EndpointError>)
    /// A change has ended; the text says what is wrong with the action log, if anything is.
    case performed(Mutation, Result<MutationResult, EndpointError>)
    /// Something that is no change of the broker has been done.
    case done(String)
    /// Something went wrong beside: a person should know.
    case trouble(String)
    /// Time has passed.
    case tick
}
