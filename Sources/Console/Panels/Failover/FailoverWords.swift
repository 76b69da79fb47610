import Management
import Monitor
import Terminal

/// Figures and sentences of the Failover panel.
enum FailoverWords {
    /// A span in up to seven cells: "84 ms", "1.23 s", "7.0 s", "2 min".
    static func span(_ milliseconds: Double) -> String {
        let value = max(0, milliseconds)
        switch value {
        case ..<999.5: return "\(Int(value.rounded())) ms"
        case ..<9_995: return hundredths(value / 1_000) + " s"
        case ..<99_950: return tenths(value / 1_000) + " s"
        default: return "\(Int(min(value / 60_000, 9_999).rounded())) min"
        }
    }

    /// A span that goes on, and so is not worth its last digit.
    static func lasting(_ milliseconds: Double) -> String {
        milliseconds < 1_000 || milliseconds >= 99_950
            ? span(milliseconds) + "…" : tenths(milliseconds / 1_000) + " s…"
    }

    /// How far after the loss, seconds: "+0.084", "-0.100", "+123.4".
    static func offset(_ milliseconds: Double, precision: Double) -> String {
        let sign = milliseconds < 0 ? "-" : "+"
        let value = abs(milliseconds)
        if precision >= 100 || value >= 99_999 { return sign + tenths(min(value, 9e9) / 1_000) }
        let whole = Int(value.rounded())
        let rest = String(whole % 1_000)
        return "\(sign)\(whole / 1_000).\(String(repeating: "0", count: 3 - rest.count))\(rest)"
    }

    /// What the wall clock said: "11:02:14.000".
    static func clock(_ seconds: Double, offset: Duration) -> String {
        let shifted = seconds + offset / .seconds(1)
        guard shifted.isFinite, abs(shifted) < 1e13 else { return "" }
        let milliseconds = Int((shifted * 1_000).rounded())
        let day = 86_400_000
        let time = ((milliseconds % day) + day) % day
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let rest = String(time % 1_000)
        return "\(two(time / 3_600_000)):\(two(time / 60_000 % 60)):\(two(time / 1_000 % 60))."
            + String(repeating: "0", count: 3 - rest.count) + rest
    }

    /// The outage of a queue, for the column at the right, and how it looks.
    static func outage(_ line: FailoverTimeline.QueueLine, _ picture: FailoverTimeline) -> (String, ThemeRole) {
        switch line.outage {
        case .ended(let from, let to): (span(to - from), .warning)
        case .lasting(let from, let to): (lasting(to - from), .critical)
        case .none: ("no gap", .good)
        case .idle: ("no confirms", .dim)
        case .notMeasured: ("–", .dim)
        }
    }

    /// What a node is, for the column at the right.
    static func lane(_ lane: NodeLane, hasFocus: Bool) -> (String, ThemeRole) {
        switch lane.state {
        case .crashed: return ("down", .critical)
        case .paused: return ("paused", .critical)
        case .starting: return ("starting", .warning)
        case .minority: return ("minority", .critical)
        case .running: break
        }
        switch lane.phase {
        case .leader: return ("LEADER", .good)
        case .follower: return ("follower", .text)
        case .cutOff: return ("cut off", .critical)
        case .down: return ("down", .critical)
        case .starting: return ("starting", .warning)
        case .minority: return ("minority", .critical)
        case .other: return (hasFocus ? "up" : "running", .dim)
        }
    }

    private static func tenths(_ value: Double) -> String {
        let whole = Int((value * 10).rounded())
        return "\(whole / 10).\(whole % 10)"
    }

    private static func hundredths(_ value: Double) -> String {
        let whole = Int((value * 100).rounded())
        let rest = whole % 100
        return "\(whole / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
}

extension NodeLane.Phase {
    /// How a cell of a lane looks.
    func look(isFirst: Bool) -> (sign: Character, role: ThemeRole) {
        switch self {
        case .leader: ("█", .good)
        case .follower: ("▒", .text)
        case .other: ("─", .dim)
        case .down: isFirst ? ("×", .critical) : ("·", .dim)
        case .starting: ("+", .warning)
        case .minority: ("!", .critical)
        case .cutOff: ("/", .critical)
        }
    }
}
