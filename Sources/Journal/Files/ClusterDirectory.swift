internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// The data directory of a cluster, which holds one for each of its nodes.
///
///     cluster   how many nodes it has; they do not come and go
///     lock      held as long as a process uses it
///     NAME      the directory of a node
public final class ClusterDirectory: Sendable {
    /// Where it is.
    public let path: String
    /// The names of the nodes' directories.
    public let members: [String]
    private let lock: Int32
    /// Nodes whose journals were gone when the directory was opened, and those that have been asked about since.
    private let first = Mutex<(lost: [String], asked: Set<String>)>(([], []))

    /// Opens the directory of a cluster whose nodes have directories of these names, which is made where there is none, for
    /// this process alone. Throws where it cannot be used, is in use, holds something else, or half of the nodes or more have
    /// no journal while others have one; what it holds is then left as it was.
    public init(path: String, members: [String]) throws(StorageError) {
        self.path = path
        self.members = members
        let nodes = members.count
        let known = try Self.nodeCount(path)
        if let known, known != nodes {
            throw StorageError(
                "\(path) holds a cluster of \(known) nodes, not of \(nodes). Start it with --nodes \(known), or choose another "
                    + "directory with --data.")
        }
        if known == nil { try Self.checkIsFree(path) }
        try DataDirectory.make(path)
        let name = path + "/lock"
        let file = try SystemCall.open(name, O_RDWR | O_CREAT, doing: "opened")
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            SystemCall.close(file)
            throw StorageError("\(path) is in use. Stop who uses it first, or choose another directory with --data.")
        }
        lock = file
        do throws(StorageError) {
            guard known == nil else {
                try checkMajority()
                var lost: [String] = []
                for member in members where try lacksJournal(member) { lost.append(member) }
                first.withLock { [lost] first in first.lost = lost }
                return
            }
            try SystemCall.replace(Self.fileName(path), with: "\(nodes)\n", in: path)
        } catch {
            SystemCall.close(file)
            throw error
        }
    }

    deinit { SystemCall.close(lock) }

    /// The directory of a node.
    public func path(of node: String) -> String { path + "/" + node }

    /// Whether a node's journal has gone: it has none, while more than half of all nodes have one. So it had one, and with
    /// it promises that it does not know of any more. Throws where a directory cannot be read.
    ///
    /// The first answer about a node is how it was when the directory was opened: others may have begun to write since.
    public func hasLostJournal(of node: String) throws(StorageError) -> Bool {
        let known = first.withLock { first in
            first.asked.insert(node).inserted ? first.lost.contains(node) : nil
        }
        if let known { return known }
        return try lacksJournal(node)
    }

    private func lacksJournal(_ node: String) throws(StorageError) -> Bool {
        let whole = try journals()
        return !whole.contains(node) && 2 * whole.count > members.count
    }

    /// The nodes that have a journal.
    private func journals() throws(StorageError) -> [String] {
        var found: [String] = []
        for member in members where SystemCall.exists(path(of: member)) {
            if try !DataDirectory.segments(in: path(of: member)).isEmpty { found.append(member) }
        }
        return found
    }

    private func checkMajority() throws(StorageError) {
        let whole = try journals()
        guard !whole.isEmpty, 2 * whole.count <= members.count else { return }
        let missing = members.filter { !whole.contains($0) }.joined(separator: ", ")
        throw StorageError(
            "\(path) has no journal of \(missing), so most of what the cluster has agreed upon may be gone. Restore what is "
                + "missing from a copy; of a cluster that was never used, remove the directory.")
    }

    private static func fileName(_ path: String) -> String { path + "/cluster" }

    /// How many nodes a directory has; nil where it is not the directory of a cluster.
    static func nodeCount(_ path: String) throws(StorageError) -> Int? {
        let name = fileName(path)
        guard SystemCall.exists(name) else { return nil }
        let text = String(decoding: try SystemCall.read(name), as: UTF8.self)
        guard let count = Int(text.filter { !$0.isWhitespace }), count > 1 else {
            throw StorageError(
                "\(name) does not hold the number of a cluster's nodes. Restore it, or choose another directory with --data."
            )
        }
        return count
    }

    /// Refuses what a node alone keeps.
    private static func checkIsFree(_ path: String) throws(StorageError) {
        guard SystemCall.exists(path) else { return }
        let hasJournal = try !DataDirectory.segments(in: path).isEmpty
        guard hasJournal || SystemCall.exists(path + "/format") else { return }
        throw StorageError(
            "\(path) holds what one node alone keeps. Start it with --nodes 1, or choose another directory for the cluster with "
                + "--data.")
    }
}
