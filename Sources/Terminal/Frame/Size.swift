/// The extent of a screen or frame, in character cells.
public struct Size: Hashable, Sendable {
    /// No frame is wider or higher than this, whatever a terminal claims.
    public static let limit = 2_000

    /// Columns, from 0 to ``limit``.
    public let columns: Int
    /// Rows, from 0 to ``limit``.
    public let rows: Int

    /// A size; what lies outside 0 to ``limit`` is brought inside.
    public init(columns: Int, rows: Int) {
        self.columns = min(max(columns, 0), Self.limit)
        self.rows = min(max(rows, 0), Self.limit)
    }
}
