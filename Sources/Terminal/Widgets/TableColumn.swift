extension Table {
    /// A column of a table.
    public struct Column: Hashable, Sendable {
        /// How wide it is.
        public enum Width: Hashable, Sendable {
            /// So many columns of the terminal.
            case fixed(Int)
            /// At least so many, and its share of what is left.
            case flexible(minimum: Int)
        }

        /// Which side its text keeps to.
        public enum Alignment: Hashable, Sendable {
            /// Names.
            case left
            /// Numbers.
            case right
        }

        /// Its head.
        public var title: String
        /// How wide it is.
        public var width: Width
        /// Which side its text keeps to.
        public var alignment: Alignment
        /// On a narrow screen the columns with the highest priority number go first, and those with 0 never.
        public var priority: Int
        /// Whether it stays in place when the others are scrolled sideways.
        public var isPinned: Bool

        /// A column; numbers to the right, names flexible.
        public init(
            _ title: String, width: Width, alignment: Alignment = .left, priority: Int = 0, isPinned: Bool = false
        ) {
            self.title = title
            self.width = width
            self.alignment = alignment
            self.priority = priority
            self.isPinned = isPinned
        }

        var minimum: Int {
            switch width {
            case .fixed(let width), .flexible(let width): max(Rect.near(width), 0)
            }
        }

        var isFlexible: Bool {
            if case .flexible = width { true } else { false }
        }
    }
}
