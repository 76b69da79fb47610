import Foundation
import Management
import Testing

@testable import Console
@testable import Monitor
@testable import Terminal

/// What every panel looks like, letter by letter and colour by colour, in files beside this one. After a change that is
/// meant, `WARREN_UPDATE_GOLDENS=1 swift test --filter goldens` writes them anew; the difference is then reviewed.
private struct Screens {
    static let sizes = [Size(columns: 80, rows: 24), Size(columns: 120, rows: 40), Size(columns: 200, rows: 60)]
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens")

    /// The panels, their details and the dialogs, each by the keys that lead to it from its panel.
    static let all: [(name: String, panel: ConsoleState.Panel, keys: [Key])] = [
        ("overview", .overview, []), ("queues", .queues, ["j", "j", "j"]),
        ("queue", .queues, ["j", "j", "j", .enter]), ("queue bindings", .queues, ["j", "j", "j", .enter, .tab]),
        ("exchanges", .exchanges, ["j", "j"]), ("exchange", .exchanges, ["j", "j", "j", .enter]),
        ("connections", .connections, []), ("connection", .connections, [.enter]),
        ("channels", .channels, ["G"]), ("channel", .channels, [.enter]), ("nodes", .nodes, []),
        ("node", .nodes, [.enter]), ("help", .queues, ["?"]), ("actions", .queues, ["a"]), ("purge", .queues, ["p"]),
        ("declare", .queues, ["c"]), ("filter", .queues, ["/", "o", "r"]),
        ("policies", .policies, ["j"]), ("policy", .policies, ["j", .enter]),
        ("set policy", .policies, ["j", .enter, "c"]), ("marks", .queues, [" ", " ", .control("d")]),
    ]

    /// The panels of a cluster that lost a node.
    static let cluster: [(name: String, panel: ConsoleState.Panel, keys: [Key])] = [
        ("failover", .failover, []), ("failover events", .failover, [.tab, "j"]), ("fault menu", .failover, ["f"]),
        ("nodes of a cluster", .nodes, ["j"]), ("node of a cluster", .nodes, ["j", .enter]),
    ]

    static func monitor() -> MonitorState {
        Fixture.objects { monitor in
            for step in 0...12 {
                let time = Duration.seconds(step * 5)
                monitor.history.record(Fixture.exchanges, as: { .exchange($0.id) }, { .init($0, step, time) }) { _ in
                    false
                }
                monitor.history.record(Fixture.channels, as: { .channel($0.name) }, { .init($0, step, time) }) { _ in
                    false
                }
            }
            var detail = Detail(target: .exchange(ObjectID(vhost: "/", name: "orders")))
            detail.outgoing = ["eu", "us"].map {
                BindingInfo(vhost: "/", source: "orders", destination: "orders.\($0)", routingKey: "*.\($0).#")
            }
            monitor.detail = Sample(value: detail, sampledAt: .seconds(60))
        }
    }

    static func dump(_ size: Size, theme: String) throws -> String {
        var text = ""
        for screen in all { text += "== \(screen.name)\n" + (try state(screen, size, theme: theme)).render().golden }
        for screen in cluster {
            var state = try FailoverFixture.console(columns: size.columns, rows: size.rows, panel: screen.panel)
            state.theme = try #require(state.settings.themes.themes.first { $0.name == theme })
            _ = state.press(screen.keys)
            text += "== \(screen.name)\n" + state.render().golden
        }
        return text
    }

    static func state(
        _ screen: (name: String, panel: ConsoleState.Panel, keys: [Key]), _ size: Size, theme: String
    ) throws -> ConsoleState {
        var state = try Fixture.console(
            columns: size.columns, rows: size.rows, monitor: monitor(), panel: screen.panel)
        state.theme = try #require(state.settings.themes.themes.first { $0.name == theme })
        _ = state.press(screen.keys)
        return state
    }
}

extension ObjectPoint {
    fileprivate init(_ exchange: ExchangeInfo, _ step: Int, _ time: Duration) {
        self = TrackedObject.point(exchange, at: time)
        incoming = incoming.map { $0 + Double(step % 4) * 10 }
    }

    fileprivate init(_ channel: ChannelInfo, _ step: Int, _ time: Duration) {
        self = TrackedObject.point(channel, at: time)
        outgoing = outgoing.map { $0 - Double(step % 3) * 20 }
    }
}

@Test("goldens: every panel and detail at three sizes, in colour and mono", arguments: ["dark", "mono"], Screens.sizes)
private func goldens(theme: String, size: Size) throws {
    let file = Screens.folder.appending(path: "\(size.columns)x\(size.rows)-\(theme).txt")
    let seen = try Screens.dump(size, theme: theme)
    if ProcessInfo.processInfo.environment["WARREN_UPDATE_GOLDENS"] != nil {
        try FileManager.default.createDirectory(at: Screens.folder, withIntermediateDirectories: true)
        try seen.write(to: file, atomically: true, encoding: .utf8)
        return
    }
    let wanted = try String(contentsOf: file, encoding: .utf8)
    guard seen != wanted else { return }
    let (old, new) = (wanted.split(separator: "\n"), seen.split(separator: "\n"))
    let place = zip(old, new).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? min(old.count, new.count)
    let panel = new[..<min(place, new.count)].last { $0.hasPrefix("== ") } ?? "?"
    Issue.record(
        "\(file.lastPathComponent) differs in \(panel) from line \(place + 1) on: \(old.dropFirst(place).first ?? "end"), now \(new.dropFirst(place).first ?? "end")"
    )
}

@Test("in mono there are greys only")
private func monoIsGrey() throws {
    for screen in Screens.all {
        let state = try Screens.state(screen, Screens.sizes[0], theme: "mono")
        let frame = state.render()
        for row in 0..<frame.size.rows {
            for cell in frame.row(row) {
                for case .rgb(let red, let green, let blue) in [cell.style.foreground, cell.style.background] {
                    #expect(red == green && green == blue, "\(screen.name), row \(row)")
                }
            }
        }
    }
}

extension Frame {
    /// The text, then the looks of each row as runs: how many cells of which look, the looks named in a legend.
    fileprivate var golden: String {
        var names: [Style: String] = [:]
        var legend: [String] = []
        var looks = ""
        for row in 0..<size.rows {
            var runs: [(name: String, count: Int)] = []
            for cell in self.row(row) {
                let name = names[cell.style] ?? String(UnicodeScalar(UInt8(97 + names.count % 26)))
                if names.updateValue(name, forKey: cell.style) == nil { legend.append("\(name) \(cell.style)") }
                if runs.last?.name == name {
                    runs[runs.count - 1].count += 1
                } else {
                    runs.append((name, 1))
                }
            }
            looks += runs.map { "\($0.count)\($0.name)" }.joined(separator: " ") + "\n"
        }
        return text + looks + legend.joined(separator: ", ") + "\n"
    }
}
