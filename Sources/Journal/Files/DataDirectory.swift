#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// A node's data directory: its lock, the version of its format, its segments.
///
///     lock              held as long as a node uses the directory; says who does
///     format            the version of what else is in here
///     00000001.journal  segments by number
///     prepared          room for the next segment, filled with zeros
///     incarnation       of a member of a cluster: how often it has started
public final class DataDirectory: Sendable {
    /// The version of the format that this program writes and reads.
    public static let format = 2

    /// Where it is.
    public let path: String
    private let lock: Int32

    /// Opens a directory, which is made where there is none, for this process alone: one of a node alone, or that of a
    /// member of a cluster. Throws where it cannot be used, is in use, was written by a newer program, or is of the other
    /// sort.
    public init(path: String, isMember: Bool = false) throws(StorageError) {
        self.path = path
        if isMember { try Self.checkIsMember(path) } else { try Self.checkIsAlone(path) }
        try Self.make(path)
        let name = path + "/lock"
        let file = try SystemCall.open(name, O_RDWR | O_CREAT, doing: "opened")
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            let holder = (try? SystemCall.read(name)).map { String(decoding: $0, as: UTF8.self) } ?? ""
            close(file)
            throw StorageError(
                "\(path) is in use by process \(holder.isEmpty ? "?" : holder). Stop it first, or choose another directory "
                    + "with --data.")
        }
        lock = file
        do throws(StorageError) {
            ftruncate(file, 0)
            try Array("\(getpid())".utf8).withUnsafeBufferPointer { bytes throws(StorageError) in
                try SystemCall.write(UnsafeRawBufferPointer(bytes), to: file, at: 0, name)
            }
            try checkFormat()
        } catch {
            close(file)
            throw error
        }
    }

    deinit { close(lock) }

    /// Lets others use the directory, whoever still refers to this one.
    func release() { flock(lock, LOCK_UN) }

    static func make(_ path: String) throws(StorageError) {
        var prefix = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            prefix += "/" + part
            if mkdir(prefix, 0o700) < 0, errno != EEXIST { throw SystemCall.error("made", prefix) }
        }
    }

    private func checkFormat() throws(StorageError) {
        let name = path + "/format"
        if access(name, F_OK) == 0 {
            let text = String(decoding: try SystemCall.read(name), as: UTF8.self)
            guard let version = Int(text.filter { !$0.isWhitespace }) else {
                throw StorageError("\(name) does not hold a version. Choose another directory with --data.")
            }
            guard version <= Self.format else {
                throw StorageError(
                    "\(path) was written by a newer Warren (format \(version), this one knows \(Self.format)). Use that one, "
                        + "or choose another directory with --data.")
            }
            // What an older program wrote is read; an older program must not read what is written now.
            if version < Self.format { try writeFormat(name) }
            return
        }
        guard try segments().isEmpty else {
            throw StorageError("\(path) holds segments but no format. Choose another directory with --data.")
        }
        try writeFormat(name)
    }

    private func writeFormat(_ name: String) throws(StorageError) {
        let file = try SystemCall.open(name, O_WRONLY | O_CREAT, doing: "made")
        defer { close(file) }
        try Array("\(Self.format)\n".utf8).withUnsafeBufferPointer { bytes throws(StorageError) in
            try SystemCall.write(UnsafeRawBufferPointer(bytes), to: file, at: 0, name)
        }
        try SystemCall.sync(file, name)
        try SystemCall.syncDirectory(path)
    }

    /// The file of a segment.
    func file(of segment: UInt64) -> String {
        let digits = String(segment)
        return path + "/" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits + ".journal"
    }

    /// The numbers of the segments there are, ascending.
    func segments() throws(StorageError) -> [UInt64] { try Self.segments(in: path) }

    static func segments(in path: String) throws(StorageError) -> [UInt64] {
        guard let directory = opendir(path) else { throw SystemCall.error("listed", path) }
        defer { closedir(directory) }
        var numbers: [UInt64] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(".journal"), let number = UInt64(name.dropLast(8)) { numbers.append(number) }
        }
        return numbers.sorted()
    }

    /// How far reading has come.
    public struct Progress: Hashable, Sendable {
        /// Segments read.
        public var segments: Int
        /// Segments there are.
        public var total: Int
    }

    /// Reads everything there is, oldest first, and cuts off what was torn, so that the journal can go on. Throws what is
    /// damaged, with its place, unless `salvages` says to leave that out.
    public func recover(
        salvages: Bool = false, progress: (Progress) -> Void = { _ in }, _ visit: (JournalRecord) -> Void
    ) throws(StorageError) -> RecoveredJournal {
        var reader = JournalReader(salvages: salvages)
        let numbers = try segments()
        // What is cut off once it is known that nothing is damaged, or that this does not matter.
        var rooms: [(name: String, whole: Int)] = []
        var torn: [(name: String, whole: Int)] = []
        for (place, number) in numbers.enumerated() {
            progress(Progress(segments: place, total: numbers.count))
            let name = file(of: number)
            let bytes = try SystemCall.read(name)
            let whole: Int
            do throws(JournalDamage) {
                whole = try bytes.withUnsafeBufferPointer { bytes throws(JournalDamage) in
                    try reader.read(segment: number, UnsafeRawBufferPointer(bytes), visit)
                }
            } catch {
                throw damaged(error)
            }
            // Only behind the last whole batch of all is it the torn end; before it, it is damage and stays to be found.
            if whole > 0 { torn.removeAll() }
            guard whole < bytes.count else { continue }
            if bytes.withUnsafeBytes({ JournalReader.isZero($0, from: whole) }) {
                rooms.append((name, whole))
            } else {
                torn.append((name, whole))
            }
        }
        progress(Progress(segments: numbers.count, total: numbers.count))
        let recovered: RecoveredJournal
        do throws(JournalDamage) {
            recovered = try reader.finish()
        } catch {
            throw damaged(error)
        }
        for (name, whole) in rooms + torn { try cut(name, to: whole) }
        return recovered
    }

    /// What is damaged, for a person.
    func damaged(_ damage: JournalDamage) -> StorageError {
        StorageError(
            "\(file(of: damage.segment)) is damaged at byte \(damage.offset): \(damage.reason). Nothing was changed. Restore "
                + "\(path) from a copy, or start with --salvage to go on without what cannot be read.")
    }

    /// Its journal is not there any more, for a person.
    public var isGone: StorageError {
        StorageError(
            "\(path) holds no journal, though the rest of the cluster has been used. Restore it from a copy, or start with "
                + "--salvage: the node begins anew with what was agreed upon, and without what was in classic queues on it."
        )
    }

    /// Cuts off what follows the last whole batch: a torn batch must not come before what is written from now on.
    private func cut(_ name: String, to count: Int) throws(StorageError) {
        let file = try SystemCall.open(name, O_WRONLY, doing: "cut")
        defer { close(file) }
        if ftruncate(file, off_t(count)) < 0 { throw SystemCall.error("cut", name) }
        try SystemCall.sync(file, name)
    }
}
