import Terminal
import Testing

@Suite("Tables")
struct TableTests {
    private let table = Table(
        columns: [
            .init("NAME", width: .flexible(minimum: 10), isPinned: true),
            .init("T", width: .fixed(1), priority: 3),
            .init("READY", width: .fixed(6), alignment: .right),
            .init("UNACK", width: .fixed(6), alignment: .right, priority: 1),
            .init("60s", width: .fixed(4), priority: 2),
        ],
        sort: .init(column: 2, isDescending: true))
    private let names = ["invoices", "orders.eu.dead-letter", "mail"]

    private func entry(_ row: Int, _ column: Int) -> Table.Entry {
        switch column {
        case 0: Table.Entry(names[row % names.count])
        case 1: Table.Entry("Q")
        case 2: Table.Entry("\(row * 7)", style: Style(foreground: .indexed(1)))
        case 3: Table.Entry("\(row)/20")
        default: Table.Entry("▁▂▃▄")
        }
    }

    private func picture(width: Int, scrolledBy: Int = 0) -> String {
        var frame = Frame(Size(columns: width, rows: 4))
        table.draw(
            into: &frame, area: Rect(frame.size), count: 3, offset: 0, selected: 1, scrolledBy: scrolledBy,
            isMarked: { $0 == 2 }, entry: entry)
        return frame.text
    }

    @Test("on a narrow screen columns go by priority, and names are cut in the middle")
    func widths() {
        #expect(
            picture(width: 44) == """
                 NAME                   T READY▼  UNACK 60s
                 invoices               Q      0   0/20 ▁▂▃▄
                >orders.eu.dead-letter  Q      7   1/20 ▁▂▃▄
                *mail                   Q     14   2/20 ▁▂▃▄

                """)
        #expect(
            picture(width: 31) == """
                 NAME        READY▼  UNACK 60s
                 invoices         0   0/20 ▁▂▃▄
                >order…etter      7   1/20 ▁▂▃▄
                *mail            14   2/20 ▁▂▃▄

                """)
        #expect(table.layout(width: 26).places.map(\.index) == [0, 2, 3])
        #expect(table.layout(width: 20).places.map(\.index) == [0, 2])
        #expect(table.layout(width: 20).dropped == 3)
    }

    @Test("any width, offset and selection draws inside the area without an error")
    func anyWidth() {
        for width in -1...60 {
            for offset in [Int.min, -1, 0, 2, 3, Int.max / 2] {
                var frame = Frame(Size(columns: 64, rows: 6), style: Style(attributes: .dim))
                table.draw(
                    into: &frame, area: Rect(column: 2, row: 1, columns: width, rows: 4), count: 3, offset: offset,
                    selected: 1, entry: entry)
                for row in 0..<6 where row == 0 || row == 5 { #expect(frame.line(row).isEmpty) }
                for row in 0..<6 {
                    #expect(frame[1, row] == frame[0, 0] && frame[2 + max(width, 0), row] == frame[0, 0])
                }
            }
        }
    }

    @Test("scrolled sideways, the name stays and the first other columns leave")
    func scrolled() {
        #expect(table.layout(width: 44, scrolledBy: 2).places.map(\.index) == [0, 3, 4])
        #expect(table.layout(width: 44, scrolledBy: 2).dropped == 0)
        #expect(table.layout(width: 44, scrolledBy: Int.max).places.map(\.index) == [0])
    }

    @Test("a click on the head finds its column")
    func clicks() {
        let layout = table.layout(width: 44)
        #expect(layout.index(at: 0) == nil, "the marker")
        #expect(layout.index(at: 1) == 0)
        #expect(layout.index(at: layout.places[2].column) == 2)
    }

    @Test("the offset keeps the selected row in sight and moves as little as possible")
    func offset() {
        #expect(Table.offset(previous: 0, selected: 9, visible: 10, count: 100) == 0)
        #expect(Table.offset(previous: 0, selected: 10, visible: 10, count: 100) == 1)
        #expect(Table.offset(previous: 50, selected: 20, visible: 10, count: 100) == 20)
        #expect(Table.offset(previous: 95, selected: nil, visible: 10, count: 100) == 90)
        #expect(Table.offset(previous: 5, selected: 3, visible: 10, count: 4) == 0)
        #expect(Table.offset(previous: 5, selected: 7, visible: 0, count: 0) == 0)
    }

    @Test("of ten thousand rows only those in sight are asked for")
    func visibleOnly() {
        var frame = Frame(Size(columns: 60, rows: 10))
        var asked: Set<Int> = []
        table.draw(into: &frame, area: Rect(frame.size), count: 10_000, offset: 500) { row, column in
            asked.insert(row)
            return entry(row, column)
        }
        #expect(asked == Set(500..<509))
    }

    @Test("the selection colours the row and leaves a problem its colour")
    func selection() {
        var table = table
        table.selectionStyle = Style(foreground: .indexed(15), background: .indexed(4))
        var frame = Frame(Size(columns: 20, rows: 2))
        table.draw(into: &frame, area: Rect(frame.size), count: 1, offset: 0, selected: 0, entry: entry)
        #expect(frame.styledText.hasSuffix("1:0 15 on 4|>invoices          |\n1:19 1 on 4|0|\n"))
    }
}
