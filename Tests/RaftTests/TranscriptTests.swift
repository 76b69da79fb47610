import Foundation
import Testing

/// Transcripts: a command, a line of dashes, and what it prints, up to an empty line. Lines with `#` tell the story.
///
/// `WARREN_UPDATE_GOLDENS=1` writes what is printed now into the files; read the difference before you commit it.
@Suite("Transcripts")
struct TranscriptTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Transcripts")

    private static let names = [
        "conflict", "crash", "election", "failover", "membership", "reads", "replication", "snapshot", "transfer",
    ]

    @Test("a group does what its transcript says", arguments: names)
    func transcript(_ name: String) throws {
        let file = Self.folder.appendingPathComponent(name + ".txt")
        let expected = try String(contentsOf: file, encoding: .utf8)
        let cluster = TranscriptCluster()
        var actual = ""
        for paragraph in expected.components(separatedBy: "\n\n") {
            let lines = paragraph.split(separator: "\n").map(String.init)
            let commands = lines.prefix { $0 != "----" }
            if commands.isEmpty { continue }
            if !actual.isEmpty { actual += "\n" }
            var printed: [String] = []
            for line in commands {
                actual += line + "\n"
                if !line.hasPrefix("#") { printed.append(cluster.run(line)) }
            }
            if !printed.isEmpty { actual += "----\n" + printed.joined(separator: "\n") + "\n" }
        }
        if ProcessInfo.processInfo.environment["WARREN_UPDATE_GOLDENS"] != nil {
            return try actual.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(actual == expected)
    }

    @Test("every transcript is run")
    func allAreRun() throws {
        let found = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).sorted()
        #expect(found == Self.names.map { $0 + ".txt" })
    }
}
