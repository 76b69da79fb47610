public import Terminal

extension ConsoleState {
    /// The picture of this state at a size. Pure: the same state gives the same picture.
    public func render(_ size: Size) -> Frame {
        var canvas = Canvas(size, theme: theme)
        let smallest = ChromeLayout.smallest
        guard size.columns >= smallest.columns, size.rows >= smallest.rows else {
            canvas.put("terminal too small", .warning, column: 0, row: 0)
            canvas.put("needs \(smallest.columns)×\(smallest.rows)", .text, column: 0, row: 1)
            return canvas.frame
        }
        Chrome.draw(self, &canvas)
        switch place {
        case .overview: OverviewView.draw(self, &canvas)
        case .queueList: QueueListView.draw(self, &canvas)
        case .queueDetail: QueueDetailView.draw(self, &canvas)
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

    /// The picture at the terminal's present size.
    public func render() -> Frame { render(size) }
}
