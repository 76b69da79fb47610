/// The scale at a chart's left: round figures that fall on whole rows.
struct ChartScale: Equatable {
    /// A figure and the row it stands in, from the top.
    struct Tick: Equatable {
        var row: Int
        var value: Double
    }

    /// What the upper edge stands for.
    let top: Double
    /// The figures above zero, from the top.
    let ticks: [Tick]

    /// The scale for samples up to `highest`, on so many rows.
    init(highest: Double, rows: Int) {
        let mostTicks = 4
        let count = (1...mostTicks).last { Self.divides(rows, into: $0) } ?? 1
        let step = Self.roundUp(max(highest, 1e-9) / Double(count), atLeast: highest > 0 ? 0 : 1)
        top = step * Double(count)
        ticks = (0..<count).map { Tick(row: rows / count * $0, value: step * Double(count - $0)) }
    }

    /// Whether so many ticks fall on whole rows, not more than one on every second.
    private static func divides(_ rows: Int, into count: Int) -> Bool {
        count == 1 || (rows % count == 0 && rows / count >= 2)
    }

    /// The next of 1, 2, 2.5, 5 times a power of ten.
    private static func roundUp(_ value: Double, atLeast least: Double) -> Double {
        let value = max(value, least)
        guard value.isFinite, value < 1e300 else { return 1e300 }
        var power = 1.0
        while power * 10 <= value { power *= 10 }
        while power > value { power /= 10 }
        for factor in [1.0, 2, 2.5, 5] where factor * power >= value * (1 - 1e-9) { return factor * power }
        return 10 * power
    }
}
