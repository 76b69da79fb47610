/// Something done with the mouse.
public struct MouseEvent: Hashable, Sendable {
    /// What was done.
    public enum Button: Hashable, Sendable {
        /// The left button went down.
        case left
        /// The middle button went down.
        case middle
        /// The right button went down.
        case right
        /// A button was let go.
        case release
        /// The wheel turned away from the person.
        case wheelUp
        /// The wheel turned towards the person.
        case wheelDown
    }

    /// From 0 at the left.
    public var column: Int
    /// From 0 at the top.
    public var row: Int
    /// What was done.
    public var button: Button

    /// An event at a cell.
    public init(column: Int, row: Int, button: Button) {
        self.column = column
        self.row = row
        self.button = button
    }
}
