import Foundation
import Management
import Testing

@testable import Console

@Test("every change is a line of JSON in a file that only its owner can read")
func actionLog() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "warren-log-\(UUID())")
    defer { try? FileManager.default.removeItem(at: folder) }
    let log = ActionLog.standard(environment: ["XDG_STATE_HOME": folder.path, "HOME": "/nowhere"])
    let purge = Mutation.purgeQueue(QueueID(vhost: "/", name: "a\n\"b"))
    let time = Date(timeIntervalSince1970: 1_700_000_000.25)
    try log.append(ActionRecord(purge, endpoint: "demo@local", time: time))
    try log.append(ActionRecord(purge, endpoint: "demo@local", time: time, result: .success(.removed(1_000))))
    try log.append(
        ActionRecord(purge, endpoint: "demo@local", time: time, result: .failure(.timedOut("x", after: .seconds(5)))))

    let lines = try String(contentsOf: log.file, encoding: .utf8).split(separator: "\n")
    let records = try lines.map { try JSONDecoder().decode(ActionRecord.self, from: Data($0.utf8)) }
    #expect(records.map(\.outcome) == [.requested, .accepted, .unknown])
    #expect(records.map(\.count) == [nil, 1_000, nil])
    #expect(records.map(\.name) == Array(repeating: "a\n\"b", count: 3))
    #expect(records[0].time == "2023-11-14T22:13:20.250Z")
    let mode = try FileManager.default.attributesOfItem(atPath: log.file.path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    let folderMode =
        try FileManager.default.attributesOfItem(atPath: log.file.deletingLastPathComponent().path)[.posixPermissions]
        as? Int
    #expect(folderMode == 0o700)
}

@Test("a log that cannot be written is an error that names the file")
func unwritableLog() throws {
    let log = ActionLog(file: URL(filePath: "/proc/warren/actions.jsonl"))
    let record = ActionRecord(.purgeQueue(QueueID(vhost: "/", name: "q")), endpoint: "x", time: Date())
    #expect(throws: (any Error).self) { try log.append(record) }
}
