public import Terminal

extension ConsoleState {
    /// The picture of this state at a size. Pure: the same state gives the same picture.
    public func render(_ size: Size) -> Frame {
        var canvas = Canvas(size, theme: theme)
        let smallest = ChromeLayout.smallest
        guard !smallest.isLarger(than: size) else {
            canvas.put("terminal too small", .warning, column: 0, row: 0)
            canvas.put("needs \(smallest.columns)×\(smallest.rows)", .text, column: 0, row: 1)
            return canvas.frame
        }
        Chrome.draw(self, &canvas)
        switch place {
        case .overview: OverviewView.draw(self, &canvas)
        case .queueList: QueueListView.draw(self, &canvas)
        case .queueDetail: QueueDetailView.draw(self, &canvas)
        case .failover: FailoverView.draw(self, &canvas)
        default:
            guard let kind = panel.kind else { break }
            if let ref = self[kind].opened {
                ObjectDetailView.draw(ref, kind, self, &canvas)
            } else {
                ObjectListView.draw(kind, self, &canvas)
            }
        }
        DialogView.draw(self, &canvas)
        return canvas.frame
    }

    /// Whether there is no room for anything but saying so.
    var isTooSmall: Bool { ChromeLayout.smallest.isLarger(than: size) }

    /// The picture at the terminal's present size.
    public func render() -> Frame { render(size) }
}

extension Size {
    /// Whether it has more columns or more rows.
    fileprivate func isLarger(than other: Size) -> Bool { columns > other.columns || rows > other.rows }
}
