/// A share as a bar: `▇▇▁▁▁▁▁▁`.
public enum Bar {
    /// The bar of a fraction, 0 to 1, in exactly `width` columns; anything above zero shows at least one cell, and
    /// only a full bar is full.
    public static func text(_ fraction: Double, width: Int) -> String {
        let width = min(max(width, 0), Size.limit)
        return String(repeating: "▇", count: filled(fraction, width))
            + String(repeating: "▁", count: width - filled(fraction, width))
    }

    private static func filled(_ fraction: Double, _ width: Int) -> Int {
        guard fraction > 0 else { return 0 }
        guard fraction < 1 else { return width }
        let share = Int((fraction * Double(width)).rounded())
        return min(max(share, min(width, 1)), max(width - 1, min(width, 1)))
    }
}
