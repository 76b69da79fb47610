import Foundation
import Journal
import Testing

@Suite("Directories of clusters")
struct ClusterDirectoryTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "warren-cluster-\(UUID().uuidString)")
        .path

    private let members = (1...3).map { "warren\($0)" }

    /// Everything in the folder, with what it holds.
    private var contents: [String: Data] {
        let files = FileManager.default
        var contents: [String: Data] = [:]
        for name in files.enumerator(atPath: folder)?.compactMap({ $0 as? String }) ?? [] {
            contents[name] = files.contents(atPath: folder + "/" + name) ?? Data()
        }
        return contents
    }

    private func reason(_ open: () throws -> Void) -> String? {
        do {
            try open()
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test("a node counts its starts, over any number of them")
    func incarnations() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for start in 1...4 {
            let directory = try DataDirectory(path: folder, isMember: true)
            #expect(try directory.raiseIncarnation() == UInt64(start))
        }
    }

    @Test(
        "a damaged count of starts is an error that names the file",
        arguments: ["", "x", "0", "-1", "18446744073709551616"])
    func damagedIncarnation(text: String) throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let name = folder + "/incarnation"
        do {
            let directory = try DataDirectory(path: folder, isMember: true)
            try Data(text.utf8).write(to: URL(fileURLWithPath: name))
            let error = reason { _ = try directory.raiseIncarnation() }
            #expect(error?.hasPrefix("\(name) does not hold the number of this node's starts.") == true)
        }
        #expect(FileManager.default.contents(atPath: name) == Data(text.utf8))
    }

    @Test("a journal without a count of starts is refused as a member's and left as it was")
    func missingIncarnation() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        _ = try DataDirectory(path: folder)
        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: folder + "/00000001.journal"))
        let before = contents
        let error = reason { _ = try DataDirectory(path: folder, isMember: true) }
        #expect(error?.contains("not how often it has started as a member of a cluster") == true)
        #expect(contents == before)
    }

    @Test("what a node alone keeps is not taken for a cluster's, and is left as it was")
    func aloneForCluster() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        _ = try DataDirectory(path: folder)
        let before = contents
        let error = reason { _ = try ClusterDirectory(path: folder, members: members) }
        #expect(error?.contains("Start it with --nodes 1") == true)
        #expect(contents == before)
    }

    @Test("a cluster's directory is not taken for a lone node's, nor is that of one of its nodes")
    func clusterForAlone() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let cluster = try ClusterDirectory(path: folder, members: members)
        let node = cluster.path(of: "warren1")
        _ = try DataDirectory(path: node, isMember: true).raiseIncarnation()
        let before = contents
        #expect(reason { _ = try DataDirectory(path: folder) }?.contains("Start it with --nodes 3") == true)
        #expect(reason { _ = try DataDirectory(path: node) }?.contains("start the whole cluster with --nodes") == true)
        #expect(contents == before)
    }

    @Test("a cluster does not start with another number of nodes, and one process uses it at a time")
    func otherNumber() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        do {
            let first = try ClusterDirectory(path: folder, members: members)
            #expect(reason { _ = try ClusterDirectory(path: folder, members: members) }?.contains("is in use") == true)
            #expect(first.path(of: "warren2") == folder + "/warren2")
        }
        let before = contents
        let error = reason { _ = try ClusterDirectory(path: folder, members: (1...5).map { "warren\($0)" }) }
        #expect(error?.contains("holds a cluster of 3 nodes, not of 5. Start it with --nodes 3") == true)
        #expect(contents == before)
        _ = try ClusterDirectory(path: folder, members: members)
        try Data("two".utf8).write(to: URL(fileURLWithPath: folder + "/cluster"))
        #expect(
            reason { _ = try ClusterDirectory(path: folder, members: members) }?.contains("does not hold the number")
                == true)
    }

    /// A cluster whose nodes have started once; those of these numbers have a journal.
    private func makeCluster(journals: [Int]) throws {
        let cluster = try ClusterDirectory(path: folder, members: members)
        for number in 1...3 {
            let path = cluster.path(of: "warren\(number)")
            _ = try DataDirectory(path: path, isMember: true).raiseIncarnation()
            if journals.contains(number) { try Data([1]).write(to: URL(fileURLWithPath: path + "/00000001.journal")) }
        }
    }

    @Test("a node that has no journal, while more than half of all have one, had one", arguments: 1...3)
    func goneJournal(of number: Int) throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try makeCluster(journals: (1...3).filter { $0 != number })
        // Whether its directory is there or not.
        for isWhole in [true, false] {
            if !isWhole { try FileManager.default.removeItem(atPath: folder + "/warren\(number)") }
            let cluster = try ClusterDirectory(path: folder, members: members)
            #expect(try members.map { try cluster.hasLostJournal(of: $0) } == (1...3).map { $0 == number })
        }
        let directory = try DataDirectory(path: folder + "/warren\(number)", isMember: true)
        #expect(try directory.raiseIncarnation(above: 1000) == 1001)
        #expect(try directory.raiseIncarnation(above: 2000) == 1002)
    }

    @Test("a cluster that ended before any of its nodes wrote anything begins as a new one")
    func nothingWritten() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try makeCluster(journals: [])
        let cluster = try ClusterDirectory(path: folder, members: members)
        #expect(try members.allSatisfy { try !cluster.hasLostJournal(of: $0) })
    }

    @Test("a cluster most of whose journals are gone is refused, and left as it was", arguments: 1...3)
    func mostAreGone(_ left: Int) throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try makeCluster(journals: [left])
        let before = contents
        let missing = (1...3).filter { $0 != left }.map { "warren\($0)" }.joined(separator: ", ")
        let error = reason { _ = try ClusterDirectory(path: folder, members: members) }
        #expect(error?.hasPrefix("\(folder) has no journal of \(missing), so most of what") == true)
        #expect(contents == before)
    }
}
