import Terminal

/// Where the parts of a list stand on a screen: what is dropped first where it is low are the preview, the
/// lines between the parts, then the words.
struct QueueListLayout: Hashable, Sendable {
    /// The line that says how much is listed and by what it is filtered.
    let scope: Int?
    /// The column heads.
    let heads: Int
    /// The first row.
    let firstRow: Int
    /// How many rows there are.
    let rowCount: Int
    /// The first line of words about the selected row.
    let words: Int?
    /// How many lines of words there are.
    let wordCount: Int
    /// What is known of the selected row: a queue's charts, the figures of anything else.
    let preview: Range<Int>?

    /// From this height on the selected queue's charts are shown under the list.
    static let previewHeight = 36
    private static let chartHeight = 12

    init(_ size: Size) {
        let body = ChromeLayout(size).body
        let isTall = body.count >= 12
        scope = body.count >= 8 ? body.lowerBound : nil
        heads = body.lowerBound + (scope == nil ? 0 : 1)
        firstRow = heads + 1
        wordCount = isTall ? 2 : body.count >= 9 ? 1 : 0
        var end = body.upperBound
        if size.rows >= Self.previewHeight {
            preview = end - Self.chartHeight..<end
            end -= Self.chartHeight
        } else {
            preview = nil
        }
        words = wordCount > 0 ? end - wordCount : nil
        end -= wordCount + (isTall ? 1 : 0)
        rowCount = max(0, end - firstRow)
    }
}
