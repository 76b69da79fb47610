extension Table {
    /// Where the columns of a table stand at some width.
    public struct Layout: Hashable, Sendable {
        /// One column that is shown.
        public struct Place: Hashable, Sendable {
            /// Which of the table's columns.
            public var index: Int
            /// Its first column of the terminal, from the table's left edge.
            public var column: Int
            /// How wide it is.
            public var width: Int
        }

        /// The columns that are shown, from the left.
        public var places: [Place]
        /// How many columns had no room.
        public var dropped: Int

        /// Which of the table's columns stands at a distance from the table's left edge: for clicks on the head.
        public func index(at column: Int) -> Int? {
            places.first { column >= $0.column && column < $0.column + $0.width }?.index
        }
    }

    /// Places the columns: the first `scrolledBy` columns that are not pinned are left out, then by priority those for
    /// which there is no room; flexible columns share what is left.
    public func layout(width: Int, scrolledBy: Int = 0) -> Layout {
        var shown: [Int] = []
        var toSkip = scrolledBy
        for index in columns.indices {
            if !columns[index].isPinned, toSkip > 0 { toSkip -= 1 } else { shown.append(index) }
        }
        let skipped = columns.count - shown.count
        while needed(shown) > width, let last = leastImportant(of: shown) { shown.remove(at: last) }

        var spare = max(width - needed(shown), 0)
        var flexible = shown.filter { columns[$0].isFlexible }.count
        var pen = Self.markerWidth
        var places: [Layout.Place] = []
        for index in shown {
            var extent = columns[index].minimum
            if columns[index].isFlexible {
                let share = spare / flexible
                extent += share
                spare -= share
                flexible -= 1
            }
            places.append(Layout.Place(index: index, column: pen, width: min(extent, max(width - pen, 0))))
            pen += extent + 1
        }
        return Layout(places: places, dropped: columns.count - shown.count - skipped)
    }

    private func needed(_ shown: [Int]) -> Int {
        shown.reduce(Self.markerWidth) { $0 + columns[$1].minimum } + max(shown.count - 1, 0)
    }

    /// The place in `shown` of the column to drop next: the highest priority number, of equals the rightmost.
    private func leastImportant(of shown: [Int]) -> Int? {
        var found: Int?
        for (place, index) in shown.enumerated() where columns[index].priority > 0 {
            if let best = found, columns[shown[best]].priority > columns[index].priority { continue }
            found = place
        }
        return found
    }
}
