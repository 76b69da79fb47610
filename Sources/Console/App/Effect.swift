public import Management
public import Monitor

/// Something the pure part of the console wants done; the runner does it.
public enum Effect: Hashable, Sendable {
    /// These resources are on the screen.
    case show(Set<Resource.Kind>)
    /// This page of queues is wanted.
    case list(QueuePageRequest)
    /// The detail of this queue is wanted, or of none.
    case select(QueueID?)
    /// What belongs to this object is wanted, or nothing.
    case open(DetailTarget?)
    /// These queues are watched, or the usual ones.
    case watch([QueueID]?)
    /// Everything visible is wanted now.
    case refresh
    /// Stop or resume refreshing.
    case pause(Bool)
    /// Refresh this often.
    case setInterval(Duration)
    /// Read again what a change would hit, for a confirmation; answer with ``ConsoleEvent/reread(_:_:)``.
    case reread(Ticket, Mutation)
    /// Log that the change is about to be made, make it, log how it ended; answer with
    /// ``ConsoleEvent/performed(_:_:)``.
    case perform(Mutation)
    /// Give this text to the terminal's clipboard; answer with ``ConsoleEvent/done(_:)`` or
    /// ``ConsoleEvent/trouble(_:)``.
    case copy(String)
    /// Write this table to a new file in the working directory; answer likewise.
    case export(TableExport)
    /// Draw every cell anew.
    case redraw
    /// Give the terminal back and stop until the shell continues the process.
    case suspend
    /// End.
    case quit
}
