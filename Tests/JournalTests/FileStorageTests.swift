import CJournal
import Foundation
import Journal
import Testing

enum Environment {
    static func number(_ name: String) -> Int? { ProcessInfo.processInfo.environment[name].flatMap { Int($0) } }
}

@Suite("Files")
struct FileStorageTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "warren-journal-\(UUID().uuidString)")
        .path

    private func write(_ numbers: Range<Int>, after recovered: RecoveredJournal, in directory: DataDirectory) {
        let loop = TestLoop()
        let storage = FileStorage(directory, sync: .always, roomBytes: 8_192) { loop.post($0) }
        var journal = Journal(storage: storage, after: recovered, segmentLimit: 4_000)
        for number in numbers {
            append(number, of: number % 300, to: &journal)
            guard number % 3 == 0 || number == numbers.upperBound - 1, let (disk, batch) = journal.beginFlush() else {
                continue
            }
            var answer: StorageError?
            disk.write(batch) { answer = $0 }
            loop.runOne()
            #expect(answer == nil)
            journal.completed(batch, answer)
        }
        storage.close()
    }

    private func read(_ directory: DataDirectory) throws -> (kinds: [UInt8], sizes: [Int], end: RecoveredJournal) {
        var kinds: [UInt8] = []
        var sizes: [Int] = []
        let end = try directory.recover { record in
            kinds.append(record.kind)
            sizes.append(record.payload.count)
        }
        return (kinds, sizes, end)
    }

    @Test("what was written is read again, over several starts and segments")
    func severalStarts() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for start in 0..<4 {
            let directory = try DataDirectory(path: folder)
            let (_, sizes, end) = try read(directory)
            #expect(sizes == (0..<start * 100).map { $0 % 300 })
            write(start * 100..<start * 100 + 100, after: end, in: directory)
        }
        let directory = try DataDirectory(path: folder)
        let (kinds, sizes, end) = try read(directory)
        #expect(sizes.count == 400 && kinds == (0..<400).map { UInt8($0 % 250) })
        #expect(end.segments.count > 8 && end.damage.isEmpty)
    }

    @Test("a torn end is cut off, and what follows is read behind it")
    func tornEnd() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var directory: DataDirectory? = try DataDirectory(path: folder)
        write(0..<10, after: RecoveredJournal(), in: try #require(directory))
        let file = folder + "/00000001.journal"
        let whole = try Data(contentsOf: URL(filePath: file))
        let used = try read(try #require(directory)).end.segments[0].bytes
        // The beginning of another batch.
        let half = whole.prefix(used) + whole.prefix(40)
        try half.write(to: URL(filePath: file))
        directory = nil
        let again = try DataDirectory(path: folder)
        let end = try read(again).end
        #expect(try Data(contentsOf: URL(filePath: file)).count == used)
        write(10..<13, after: end, in: again)
        #expect(try read(again).sizes == (0..<13).map { $0 })
    }

    @Test("a directory in use, a newer format, one without rights and one that is a file are refused in plain words")
    func refusals() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func problem(_ path: String) -> String? {
            do throws(StorageError) {
                _ = try DataDirectory(path: path)
                return nil
            } catch {
                return error.description
            }
        }
        let held = try DataDirectory(path: folder + "/held")
        #expect(problem(held.path)?.hasPrefix("\(held.path) is in use by process \(getpid()).") == true)
        let newer = folder + "/newer"
        try FileManager.default.createDirectory(atPath: newer, withIntermediateDirectories: true)
        try Data("3\n".utf8).write(to: URL(filePath: newer + "/format"))
        #expect(problem(newer)?.contains("was written by a newer Warren (format 3, this one knows 2)") == true)
        try Data().write(to: URL(filePath: folder + "/file"))
        #expect(problem(folder + "/file/data")?.contains("--data") == true)
        #expect(problem("/proc/warren")?.contains("--data") == true)
    }

    @Test("damage is an error that names file and byte, and --salvage leaves it out")
    func damaged() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let directory = try DataDirectory(path: folder)
        write(0..<60, after: RecoveredJournal(), in: directory)
        let file = URL(filePath: folder + "/00000001.journal")
        var bytes = try Data(contentsOf: file)
        bytes[200] ^= 1
        try bytes.write(to: file)
        do {
            _ = try read(directory)
            Issue.record("damage was not noticed")
        } catch let error as StorageError {
            #expect(error.description.contains("00000001.journal is damaged at byte"))
            #expect(error.description.contains("--salvage"))
        }
        var count = 0
        let end = try directory.recover(salvages: true) { _ in count += 1 }
        #expect(count > 0 && count < 60 && end.damage.count == 1)
    }

    @Test("damage stays where it is, however often it is found: nothing is cut off but the torn end")
    func damagedAgain() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let directory = try DataDirectory(path: folder)
        write(0..<20, after: RecoveredJournal(), in: directory)
        write(20..<40, after: try read(directory).end, in: directory)
        // Nothing is left that is whole of the first segment.
        let file = URL(filePath: folder + "/00000001.journal")
        let whole = try Data(contentsOf: file).count
        try Data(repeating: 0x77, count: whole).write(to: file)
        for _ in 1...2 {
            #expect(throws: StorageError.self) { _ = try read(directory) }
            let end = try directory.recover(salvages: true) { _ in }
            #expect(end.damage.count == 1 && end.damage.first?.segment == 1)
            #expect(try Data(contentsOf: file).count == whole)
        }
    }

    @Test("a disk that is full fails with what to do")
    func full() throws {
        // Linux has a device that is always full.
        try #require(FileManager.default.fileExists(atPath: "/dev/full"))
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let directory = try DataDirectory(path: folder)
        try FileManager.default.createSymbolicLink(atPath: folder + "/prepared", withDestinationPath: "/dev/full")
        let loop = TestLoop()
        let storage = FileStorage(directory, sync: .always, roomBytes: 8_192) { loop.post($0) }
        var journal = Journal(storage: storage)
        append(1, of: 10, to: &journal)
        guard let (disk, batch) = journal.beginFlush() else { return }
        var answer: StorageError?
        disk.write(batch) { answer = $0 }
        loop.runOne()
        storage.close()
        #expect(answer?.isFull == true && answer?.description.contains("No space left on device") == true)
    }
}

@Test("the checksum is Castagnoli's, with the processor's help and without")
func checksum() {
    let digits = Array("123456789".utf8)
    #expect(cjournal_crc32c(0, digits, digits.count) == 0xE306_9283)
    #expect(cjournal_crc32c_table(0, digits, digits.count) == 0xE306_9283)
    var random = Generator(1)
    for count in 0..<300 {
        let bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        #expect(cjournal_crc32c(7, bytes, count) == cjournal_crc32c_table(7, bytes, count), "\(count) bytes")
    }
}
