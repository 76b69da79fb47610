/// Numbers as they stand in a table: at most five cells wide, so that a column of them lines up and fits.
///
/// `nil` means the broker does not provide the figure and is shown as "–"; 0 is a measurement.
enum Figures {
    /// What stands for a figure that is not provided.
    static let notProvided = "–"

    private static let units: [(scale: Int, suffix: String)] = [
        (1_000_000_000_000_000_000, "E"), (1_000_000_000_000_000, "P"), (1_000_000_000_000, "T"),
        (1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k"),
    ]

    /// A count: exact below 10,000, else three digits and a unit ("28.4k"), always rounded down so that it never
    /// claims more than there is.
    static func count(_ value: Int?) -> String {
        guard let value else { return notProvided }
        guard value >= 10_000 else { return value <= -10_000 ? "-9999" : String(value) }
        for (scale, suffix) in units where value >= scale { return threeDigits(value, scale) + suffix }
        return String(value)
    }

    /// A change per second: one decimal below 10, whole below 10,000, then as a count.
    static func rate(_ value: Double?) -> String {
        guard let value, value.isFinite else { return notProvided }
        if value <= 0 { return "0" }
        if value < 0.1 { return "<0.1" }
        if value < 9.95 { return decimal(value) }
        return count(Int(exactly: value.rounded()) ?? Int.max)
    }

    /// A change per second with its sign: "+120", "-3.0", "0".
    static func signedRate(_ value: Double) -> String {
        value < 0 ? "-" + rate(-value) : (value > 0 ? "+" : "") + rate(value)
    }

    /// A size in bytes, in units of 1024: "212M", "1.0G".
    static func bytes(_ value: Int?) -> String {
        guard let value else { return notProvided }
        guard value >= 1024 else { return "\(max(0, value))B" }
        var scaled = Double(value)
        var suffix = ""
        for unit in ["k", "M", "G", "T", "P", "E"] where scaled >= 1023.5 {
            scaled /= 1024
            suffix = unit
        }
        return (scaled < 9.95 ? decimal(scaled) : String(Int(scaled.rounded()))) + suffix
    }

    /// A count with every digit, in groups of three: "28,412".
    static func exact(_ value: Int) -> String {
        let digits = String(value.magnitude)
        var text = ""
        for (place, digit) in digits.enumerated() {
            if place > 0, (digits.count - place).isMultiple(of: 3) { text.append(",") }
            text.append(digit)
        }
        return value < 0 ? "-" + text : text
    }

    /// A span of time in four cells: "0.4s", "42s", "12m", "5h", "12d".
    static func age(_ span: Duration?) -> String {
        guard let span else { return notProvided }
        let seconds = max(0, span / .seconds(1))
        switch seconds {
        case ..<9.95: return decimal(seconds) + "s"
        case ..<99.5: return "\(Int(seconds.rounded()))s"
        case ..<5_970: return "\(Int((seconds / 60).rounded()))m"
        case ..<171_000: return "\(Int((seconds / 3_600).rounded()))h"
        default: return "\(Int(min(seconds / 86_400, 999).rounded()))d"
        }
    }

    /// A part of a whole in percent, in up to four cells: "7", "100", "999+".
    static func percent(_ share: Double) -> String {
        guard share.isFinite, share < 9.995 else { return "999+" }
        return "\(Int((max(0, share) * 100).rounded()))"
    }

    /// A count that comes as floating point.
    static func whole(_ value: Double?) -> String {
        count(value.map { Int(exactly: $0.rounded()) ?? Int.max })
    }

    /// A figure of a chart's scale: as short as it can be said, "2k", "2.5k", "0.1".
    static func scale(_ value: Double) -> String {
        guard value.isFinite, value < 1e15 else { return "∞" }
        for (scale, suffix) in units where value >= Double(scale) { return short(value / Double(scale)) + suffix }
        return short(value)
    }

    private static func short(_ value: Double) -> String {
        value == value.rounded() || value >= 100 ? String(Int(value.rounded())) : decimal(value)
    }

    /// A refresh interval, without needless decimals: "1s", "0.5s".
    static func interval(_ span: Duration) -> String {
        let seconds = span / .seconds(1)
        return seconds == seconds.rounded() && seconds < 100 ? "\(Int(seconds))s" : age(span)
    }

    /// One decimal, rounded to the nearest tenth. Only for values of less than a million.
    private static func decimal(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }

    private static func threeDigits(_ value: Int, _ scale: Int) -> String {
        let whole = value / scale
        let rest = value % scale
        if whole >= 100 { return String(whole) }
        if whole >= 10 { return "\(whole).\(rest / (scale / 10))" }
        let hundredths = rest / (scale / 100)
        return "\(whole).\(hundredths < 10 ? "0" : "")\(hundredths)"
    }
}
