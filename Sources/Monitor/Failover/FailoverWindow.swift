/// The piece of time that a picture shows, cell by cell.
public struct FailoverWindow: Hashable, Sendable {
    /// How much is shown before a loss, milliseconds.
    public static let before = 500.0
    /// How much is shown after it.
    public static let after = 1_500.0
    /// What a cell may be wide, milliseconds.
    static let zooms = [10.0, 20, 30, 50, 100, 200, 500, 1_000, 2_000, 5_000]
    /// The part of the width before the loss.
    private static let shareBefore = 0.3

    /// Time of the beginning of the first cell.
    public var start: Double
    /// Width of a cell, milliseconds.
    public var cell: Double
    /// How many cells.
    public var count: Int
    /// What is called 0: the loss, or now.
    public var origin: Double

    /// The end of the last cell.
    public var end: Double { start + Double(count) * cell }

    /// The time of the beginning of a cell.
    public func time(of place: Int) -> Double { start + Double(place) * cell }

    /// The cell of a time; nil outside.
    public func place(of time: Double) -> Int? {
        guard time >= start, time < end else { return nil }
        return Int((time - start) / cell)
    }

    /// Around a loss, so that an outage of so many milliseconds after it fits with as much again behind it. Cells are no
    /// narrower than times are known.
    init(around loss: Double, outage: Double, count: Int, precision: Double) {
        let count = max(1, count)
        // An outage is judged by what comes after it: show three times its length, at most the whole window.
        let wanted = max(min(max(outage * 3, 300), Self.after), outage * 1.2)
        let room = Double(count) * (1 - Self.shareBefore)
        cell =
            Self.zooms.first { $0 >= min(precision, 1_000) && $0 * room >= wanted } ?? Self.zooms[Self.zooms.count - 1]
        let places = max(1, min(Int(Self.before / cell), Int(Double(count) * Self.shareBefore)))
        // Cells begin where buckets do.
        origin = (loss / ConfirmTrack.width).rounded(.down) * ConfirmTrack.width
        start = origin - Double(places) * cell
        self.count = count
    }

    /// Up to now: the last two seconds, or as much as the precision allows.
    init(until now: Double, count: Int, precision: Double) {
        let count = max(1, count)
        let span = max(Self.before + Self.after, precision * 30)
        cell = Self.zooms.first { $0 * Double(count) >= span } ?? Self.zooms[Self.zooms.count - 1]
        origin = (now / ConfirmTrack.width).rounded(.down) * ConfirmTrack.width
        start = origin - Double(count) * cell
        self.count = count
    }

    /// The window so much earlier or later.
    public func moved(by milliseconds: Double) -> FailoverWindow {
        var window = self
        window.start += milliseconds
        return window
    }
}
