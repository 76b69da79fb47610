import Terminal

/// Where the parts of the Failover panel stand. Where there is little room the lines between parts go first, then the
/// legend, then events, then the lanes; what happened, how long each queue stood still and what is safe are never cut.
struct FailoverLayout: Hashable, Sendable {
    let header: Int
    let ruler: Int?
    let lanes: Range<Int>
    let queueHead: Int?
    let queues: Range<Int>
    /// How many rows each queue takes: more of them make the bars taller.
    let queueHeight: Int
    let legend: Int?
    let rule: Int?
    let events: Range<Int>
    let safe: Range<Int>

    /// Columns of names, of the cells, and of the words at the right.
    let label: Range<Int>
    let cells: Range<Int>
    let words: Range<Int>

    /// The tallest bars.
    private static let tallest = 5

    init(_ size: Size, nodes: Int, queues wanted: Int, events happened: Int, safe safeWanted: Int = 1) {
        let body = ChromeLayout(size).body
        var room = body.count
        func take(_ wish: Int, leaving rest: Int = 0) -> Int {
            let taken = max(0, min(wish, room - rest))
            room -= taken
            return taken
        }
        let headerRows = take(1)
        var safeRows = take(1)
        var queueRows = take(min(3, wanted))
        safeRows += take(min(1, safeWanted - 1))
        let laneRows = room >= nodes ? take(nodes) : 0
        let rulerRows = laneRows > 0 ? take(1) : 0
        var eventRows = take(min(happened, 2))
        let headRows = take(1)
        let legendRows = take(1)
        let ruleRows = take(1)
        eventRows += take(max(0, min(happened, 3) - eventRows))
        queueRows += take(max(0, min(wanted, 5) - queueRows))
        eventRows += take(max(0, min(happened, 5) - eventRows))
        eventRows += take(max(0, min(happened, 8) - eventRows))
        queueRows += take(max(0, wanted - queueRows))
        eventRows += take(max(0, min(happened, max(12, room - wanted * 3)) - eventRows))
        // What is left makes the bars taller, as far as every queue gets as much.
        let extra = queueRows == wanted && wanted > 0 ? min(Self.tallest - 1, room / wanted) : 0
        queueHeight = 1 + extra
        _ = take(extra * wanted)
        eventRows += take(max(0, happened - eventRows))

        var row = body.lowerBound
        func next(_ count: Int) -> Range<Int> {
            defer { row += count }
            return row..<row + count
        }
        header = next(headerRows).lowerBound
        ruler = rulerRows > 0 ? next(1).lowerBound : nil
        lanes = next(laneRows)
        queueHead = headRows > 0 ? next(1).lowerBound : nil
        queues = next(queueRows * queueHeight)
        legend = legendRows > 0 ? next(1).lowerBound : nil
        rule = ruleRows > 0 ? next(1).lowerBound : nil
        events = next(eventRows)
        safe = body.upperBound - safeRows..<body.upperBound

        let columns = size.columns
        let labelWidth = columns < 50 ? 10 : columns < 70 ? 13 : columns < 110 ? 18 : columns < 170 ? 26 : 34
        let wordWidth = columns < 50 ? 8 : 11
        label = 1..<1 + labelWidth
        words = columns - 1 - wordWidth..<columns - 1
        cells = label.upperBound + 1..<max(label.upperBound + 2, words.lowerBound - 1)
    }
}
