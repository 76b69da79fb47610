/// An area of a frame, in character cells. It may lie partly or wholly outside any frame: drawing is clipped.
public struct Rect: Hashable, Sendable {
    /// The first column, from 0 at the left; can be negative.
    public var column: Int
    /// The first row, from 0 at the top; can be negative.
    public var row: Int
    /// How many columns; never negative.
    public let columns: Int
    /// How many rows; never negative.
    public let rows: Int

    /// An area; a negative extent becomes 0, and every figure is brought near enough that sums cannot overflow.
    public init(column: Int, row: Int, columns: Int, rows: Int) {
        self.column = Self.near(column)
        self.row = Self.near(row)
        self.columns = max(Self.near(columns), 0)
        self.rows = max(Self.near(rows), 0)
    }

    /// The whole of a frame of this size.
    public init(_ size: Size) {
        self.init(column: 0, row: 0, columns: size.columns, rows: size.rows)
    }

    /// The first column to the right of the area.
    public var endColumn: Int { Self.near(column) + columns }

    /// The first row below the area.
    public var endRow: Int { Self.near(row) + rows }

    /// Whether a cell lies in the area.
    public func contains(column: Int, row: Int) -> Bool {
        column >= self.column && column < endColumn && row >= self.row && row < endRow
    }

    /// The area without this many columns and rows on each side.
    public func inset(columns: Int = 0, rows: Int = 0) -> Rect {
        let (x, y) = (Self.near(columns), Self.near(rows))
        return Rect(
            column: Self.near(column) + x, row: Self.near(row) + y, columns: self.columns - 2 * x,
            rows: self.rows - 2 * y)
    }

    /// A coordinate within a distance of zero that no sum of a few of them can overflow.
    static func near(_ value: Int) -> Int { min(max(value, -1_000_000), 1_000_000) }
}
