/// What the directory of a member of a cluster holds beyond that of a node alone.
extension DataDirectory {
    private static func incarnationName(_ path: String) -> String { path + "/incarnation" }

    /// Raises the number of this node's starts, and returns it once the disk has it: the others tell the starts of a node
    /// apart by it. Throws where the one before cannot be read.
    ///
    /// - Parameter floor: Where there is none before, the first is the next after this: higher than any that may have been
    ///   forgotten.
    public func raiseIncarnation(above floor: UInt64 = 0) throws(StorageError) -> UInt64 {
        let name = Self.incarnationName(path)
        var last = floor
        if SystemCall.exists(name) {
            let text = String(decoding: try SystemCall.read(name), as: UTF8.self)
            guard let number = UInt64(text.filter { !$0.isWhitespace }), number > 0, number < .max else {
                throw StorageError(
                    "\(name) does not hold the number of this node's starts. Restore \(path) from a copy, or choose another "
                        + "directory with --data.")
            }
            last = number
        }
        try SystemCall.replace(name, with: "\(last + 1)\n", in: path)
        return last + 1
    }

    /// Refuses what is not the directory of a member, without touching it: a journal without incarnation.
    static func checkIsMember(_ path: String) throws(StorageError) {
        guard SystemCall.exists(path), !SystemCall.exists(incarnationName(path)), try !segments(in: path).isEmpty else {
            return
        }
        throw StorageError(
            "\(path) holds the journal of a node, and not how often it has started as a member of a cluster. Restore it from "
                + "a copy, or choose another directory with --data.")
    }

    /// Refuses the directories of clusters, without touching them.
    static func checkIsAlone(_ path: String) throws(StorageError) {
        if let nodes = try ClusterDirectory.nodeCount(path) {
            throw StorageError(
                "\(path) holds a cluster of \(nodes) nodes. Start it with --nodes \(nodes), or choose another directory with "
                    + "--data.")
        }
        guard SystemCall.exists(incarnationName(path)) else { return }
        throw StorageError(
            "\(path) belongs to one node of a cluster. Name the directory above it and start the whole cluster with --nodes, "
                + "or choose another directory with --data.")
    }
}
