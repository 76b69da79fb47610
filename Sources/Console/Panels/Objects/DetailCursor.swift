import Terminal

/// Where a person is in the lines of a detail. What is selected is what a line leads to, wherever the line moves.
struct DetailCursor: Sendable {
    /// The first line shown, and the line that is selected.
    private(set) var top = 0
    private(set) var line: Int
    /// What the selected line leads to, once the person has chosen it.
    private(set) var link: ObjectDetail.Link?

    /// At the first line that may lead anywhere.
    init(line: Int = 0) { self.line = line }

    /// What the selected line leads to.
    func target(in lines: [ObjectDetail.Line]) -> ObjectDetail.Link? {
        link ?? (lines.indices.contains(line) ? lines[line].link : nil)
    }

    /// Moves by lines, within those there are.
    mutating func move(by step: Int, in lines: [ObjectDetail.Line], height: Int) {
        select(line: line.addingReportingOverflow(step).partialValue, in: lines, height: height)
    }

    /// Moves to the head of the next part, or of the one before; past the last comes the first.
    mutating func turn(_ step: Int, in lines: [ObjectDetail.Line], height: Int) {
        let heads = lines.indices.filter { if case .head = lines[$0] { true } else { false } }
        guard !heads.isEmpty else { return }
        // A line behind a head belongs to its part.
        let here = heads.lastIndex { $0 <= line }
        let next = here.map { ($0 + step + heads.count) % heads.count } ?? (step > 0 ? 0 : heads.count - 1)
        select(line: heads[next] + (heads[next] + 1 < lines.count ? 1 : 0), in: lines, height: height)
        // The part begins at the top of the screen, as far as there are lines.
        top = min(heads[next], max(0, lines.count - height))
    }

    private mutating func select(line wanted: Int, in lines: [ObjectDetail.Line], height: Int) {
        line = max(0, min(wanted, lines.count - 1))
        link = lines.indices.contains(line) ? lines[line].link : nil
        top = Table.offset(previous: top, selected: line, visible: height, count: lines.count)
    }

    /// Follows what is selected to its line; what has gone is no longer selected.
    mutating func settle(_ lines: [ObjectDetail.Line]) {
        guard let link else { return }
        if let place = lines.firstIndex(where: { $0.link == link }) { line = place } else { self.link = nil }
    }

    /// The first line to show in a window of so many.
    func top(height: Int, count: Int) -> Int { max(0, min(top, count - height)) }
}
