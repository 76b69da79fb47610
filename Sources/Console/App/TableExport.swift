import Management

/// A list as a table for other programs: comma-separated values (RFC 4180) with exact figures.
public struct TableExport: Hashable, Sendable {
    /// What it lists, for the file's name: "queues".
    public var name: String
    /// The heads of the columns.
    public var heads: [String]
    /// The rows, a cell for each column; empty where a figure is not provided.
    public var rows: [[String]]

    /// The text of the file. Texts are quoted; those a spreadsheet would take for a formula stand behind an apostrophe.
    public var text: String {
        var text = heads.map(Self.quoted).joined(separator: ",") + "\r\n"
        for row in rows { text += row.map(Self.quoted).joined(separator: ",") + "\r\n" }
        return text
    }

    private static func quoted(_ cell: String) -> String {
        // A number is one whatever its sign; any other text must not start a formula.
        let isFormula = cell.first.map { "=+-@\t\r".contains($0) } ?? false
        let safe = isFormula && Double(cell) == nil ? "'" + cell : cell
        // By scalars: a line end of two letters is one character.
        let needsQuotes = safe.unicodeScalars.contains { $0 == "," || $0 == "\"" || $0 == "\n" || $0 == "\r" }
        return needsQuotes ? "\"" + safe.replacing("\"", with: "\"\"") + "\"" : safe
    }

    /// A figure as exactly as it is known.
    static func exact(_ number: Double?) -> String {
        guard let number, number.isFinite else { return "" }
        return number == number.rounded() && abs(number) < 1e15 ? String(Int(number)) : String(number)
    }

    /// The rows of a list of exchanges, connections, channels or nodes.
    init(_ panel: ObjectsPanel) {
        name = panel.kind.rawValue
        heads = panel.kind.columns.map { $0.title.lowercased() }
        rows = panel.rows.map { row in
            row.keys.map { key in
                switch key {
                case .text(let text): text
                case .number(let number): Self.exact(number)
                }
            }
        }
    }

    /// The rows of the list of queues.
    init(_ panel: QueuesPanel) {
        name = "queues"
        heads = [
            "vhost", "name", "type", "state", "durable", "auto_delete", "exclusive", "ready", "unacked", "messages",
            "bytes", "consumers", "publish_rate", "deliver_rate", "ack_rate", "memory", "node", "policy", "arguments",
        ]
        rows = panel.rows.map { row in
            let queue = row.queue
            func flag(_ value: Bool?) -> String { value.map { $0 ? "true" : "false" } ?? "" }
            func count(_ value: Int?) -> String { value.map(String.init) ?? "" }
            let arguments = queue.arguments.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            return [
                queue.vhost, queue.name, queue.type ?? "", queue.state ?? "", flag(queue.durable),
                flag(queue.autoDelete), flag(queue.exclusive), count(queue.messagesReady),
                count(queue.messagesUnacknowledged), count(queue.messages), count(queue.messageBytes),
                count(queue.consumers), Self.exact(row.rate(\.publish)), Self.exact(row.rate(\.deliverGet)),
                Self.exact(row.rate(\.ack)), count(queue.memory), queue.leader ?? queue.node ?? "",
                queue.policy ?? "", arguments.joined(separator: " "),
            ]
        }
    }
}
