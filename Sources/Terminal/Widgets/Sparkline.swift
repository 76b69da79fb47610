/// A row of bars, one per sample, the newest at the right.
public enum Sparkline {
    private static let levels: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    /// The last `width` samples as a text of exactly `width` columns, missing ones as blanks.
    ///
    /// The highest bar is `maximum`, or the highest sample. Nothing but zeros is a row of the lowest bar.
    public static func text(_ values: [Double?], width: Int, maximum: Double? = nil) -> String {
        let width = min(max(width, 0), Size.limit)
        let shown = values.suffix(width)
        let top = maximum ?? shown.reduce(0) { max($0, $1 ?? 0) }
        let bars = shown.map { value -> Character in
            guard let value, value.isFinite else { return " " }
            guard top > 0, value > 0 else { return levels[0] }
            let level = (min(value / top, 1) * Double(levels.count - 1)).rounded()
            return levels[min(Int(level), levels.count - 1)]
        }
        return String(repeating: " ", count: width - bars.count) + String(bars)
    }
}
