import Foundation
import Journal
import Testing

@Suite("Files of nodes that die")
struct DyingFilesTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "warren-dying-\(UUID().uuidString)")
        .path

    /// Batches of two records of 100 bytes; those that were answered, and whatever is on its way at the end.
    private func write(
        _ answered: Int, sync: FileStorage.Sync, after recovered: RecoveredJournal, in directory: DataDirectory,
        andThen end: (FileStorage) throws -> Void
    ) throws {
        let loop = TestLoop()
        let files = FileStorage(directory, sync: sync, roomBytes: 8_192) { loop.post($0) }
        var journal = Journal(storage: files, after: recovered, segmentLimit: 2_000)
        for _ in 0..<answered {
            let (disk, batch) = try #require(fill(&journal))
            disk.write(batch) { #expect($0 == nil) }
            loop.runOne()
            journal.completed(batch, nil)
        }
        let (disk, batch) = try #require(fill(&journal))
        disk.write(batch) { _ in Issue.record("a dead node was called back") }
        files.abandon()
        try end(files)
        loop.runAll()
    }

    private func fill(_ journal: inout Journal) -> (storage: any Storage, batch: JournalBatch)? {
        for _ in 0..<2 {
            let target = journal.append(kind: 7, byteCount: 100)
            memset(target, 9, 100)
        }
        return journal.beginFlush()
    }

    private func read(_ directory: DataDirectory) throws -> (records: Int, end: RecoveredJournal) {
        var records = 0
        let end = try directory.recover { record in
            records += 1
            #expect(record.payload.allSatisfy { $0 == 9 } && record.payload.count == 100)
        }
        return (records, end)
    }

    @Test("what was answered survives a crash; the batch on its way is there as a whole or not", arguments: 0..<12)
    func crash(answered: Int) throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var least = 0
        var recovered = RecoveredJournal()
        for _ in 0..<3 {
            let directory = try DataDirectory(path: folder)
            let (records, end) = try read(directory)
            #expect((least...least + 2).contains(records) && records % 2 == 0)
            (least, recovered) = (records, end)
            try write(answered, sync: .always, after: recovered, in: directory) { $0.crash() }
            least += answered * 2
        }
    }

    @Test("what was synced survives a loss of power, however much of the last batch is torn", arguments: 0..<24)
    func powerLoss(seed: Int) throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let answered = seed % 12
        var least = 0
        for round in 0..<3 {
            let directory = try DataDirectory(path: folder)
            let (records, end) = try read(directory)
            #expect((least...least + 2).contains(records) && records % 2 == 0)
            try write(answered, sync: .always, after: end, in: directory) {
                try $0.losePower(torn: (seed * 37 + round * 101) % 400)
            }
            least = records + answered * 2
        }
        #expect(try read(DataDirectory(path: folder)).records >= least)
    }

    @Test("without syncing a loss of power takes everything since the start, and nothing from before it")
    func powerLossWithoutSync() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        do {
            let directory = try DataDirectory(path: folder)
            try write(5, sync: .os, after: try read(directory).end, in: directory) { $0.crash() }
        }
        let kept: Int
        do {
            let directory = try DataDirectory(path: folder)
            let (records, end) = try read(directory)
            kept = records
            #expect(records >= 10)
            try write(20, sync: .os, after: end, in: directory) { try $0.losePower(torn: 0) }
        }
        #expect(try read(DataDirectory(path: folder)).records == kept)
    }

    @Test("the directory of a node that died can be used at once, whoever still refers to its files")
    func lock() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var held: FileStorage?
        let first = try DataDirectory(path: folder)
        try write(1, sync: .always, after: RecoveredJournal(), in: first) {
            $0.crash()
            held = $0
        }
        _ = try DataDirectory(path: folder)
        withExtendedLifetime((held, first)) {}
    }
}
