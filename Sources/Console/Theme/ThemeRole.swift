/// What a colour is for. The raw values are the names in a theme file; every one must be there.
public enum ThemeRole: String, CaseIterable, Sendable {
    /// Ordinary text, and the background of everything that names none.
    case text
    /// Less important text: units, hints, what is not provided.
    case dim
    /// The endpoint's name and the panel that is open.
    case title
    /// Column heads and labels.
    case header
    /// Lines between parts.
    case rule
    /// The selected row.
    case selection
    /// All is well.
    case good
    /// Needs attention.
    case warning
    /// Does not work.
    case critical
    /// Figures that are older than they should be.
    case stale
    /// Keys in the footer and the help.
    case key
    /// The inside of a dialog.
    case dialog
    /// A field for typing.
    case input
    /// A button.
    case button
    /// The button or field that has the focus.
    case focus
    /// Chart: messages coming in.
    case publish
    /// Chart: messages handed out.
    case deliver
    /// Chart: acknowledgements.
    case ack
    /// Chart: depth.
    case depth
}
