import Terminal

/// Where the parts around a panel stand: header, tabs, a line, the panel, a line, the receipt, the footer. Where the
/// screen is low the lines go first.
struct ChromeLayout: Hashable, Sendable {
    /// The smallest screen that is drawn.
    static let smallest = Size(columns: 40, rows: 10)

    /// The endpoint, its health, the age of the data.
    let header = 0
    /// The tabs.
    let tabs = 1
    /// The line under the tabs.
    let upperRule: Int?
    /// The panel.
    let body: Range<Int>
    /// The line over the receipt.
    let lowerRule: Int?
    /// What became of the last change.
    let receipt: Int
    /// The keys.
    let footer: Int

    init(_ size: Size) {
        let hasRules = size.rows >= 16
        upperRule = hasRules ? 2 : nil
        footer = size.rows - 1
        receipt = size.rows - 2
        lowerRule = hasRules ? size.rows - 3 : nil
        let start = hasRules ? 3 : 2
        body = start..<max(start, hasRules ? size.rows - 3 : size.rows - 2)
    }
}
