#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// The few system calls a journal needs, their failures in words.
enum SystemCall {
    /// What a failed call on a file means for a person.
    static func error(_ doing: String, _ path: String, _ code: Int32 = errno) -> StorageError {
        let reason = String(cString: strerror(code))
        let help =
            switch code {
            case ENOSPC, EDQUOT: "Free some space, or choose another directory with --data."
            case EACCES, EPERM, EROFS: "Choose a directory that may be written to with --data."
            case EIO: "The disk reports an error: look at the system's log before using it again."
            default: "Choose another directory with --data if that does not help."
            }
        return StorageError(
            "\(path) could not be \(doing): \(reason). \(help)", isFull: code == ENOSPC || code == EDQUOT)
    }

    /// Opens a file, closed on exec. Throws what the system says.
    static func open(_ path: String, _ flags: Int32, doing: String) throws(StorageError) -> Int32 {
        while true {
            #if canImport(Glibc)
                let file = Glibc.open(path, flags | O_CLOEXEC, 0o600)
            #elseif canImport(Musl)
                let file = Musl.open(path, flags | O_CLOEXEC, 0o600)
            #else
                let file = Darwin.open(path, flags | O_CLOEXEC, 0o600)
            #endif
            if file >= 0 { return file }
            if errno != EINTR { throw error(doing, path) }
        }
    }

    /// Gives a file up. What was not synced may be lost with it, so there is nothing to learn from a failure.
    static func close(_ file: Int32) {
        #if canImport(Glibc)
            _ = Glibc.close(file)
        #elseif canImport(Musl)
            _ = Musl.close(file)
        #else
            _ = Darwin.close(file)
        #endif
    }

    /// Writes all of it at an offset.
    static func write(
        _ bytes: UnsafeRawBufferPointer, to file: Int32, at offset: Int, _ path: String
    ) throws(StorageError) {
        var done = 0
        while done < bytes.count {
            let written = pwrite(file, bytes.baseAddress.map { $0 + done }, bytes.count - done, off_t(offset + done))
            if written > 0 {
                done += written
            } else if written == 0 || errno != EINTR {
                throw error("written", path, written == 0 ? EIO : errno)
            }
        }
    }

    /// Has the disk take what was written. A failure is final: what it left behind is not known.
    static func sync(_ file: Int32, _ path: String) throws(StorageError) {
        #if canImport(Darwin)
            let result = fcntl(file, F_FULLFSYNC)
        #else
            let result = fdatasync(file)
        #endif
        if result < 0 { throw error("synced", path) }
    }

    /// Makes names in a directory durable.
    static func syncDirectory(_ path: String) throws(StorageError) {
        let directory = try open(path, O_RDONLY, doing: "opened")
        defer { close(directory) }
        if fsync(directory) < 0 { throw error("synced", path) }
    }

    /// Makes a file hold a text whatever happens meanwhile: it has all of the old one or all of the new, and the disk has it
    /// when this returns.
    static func replace(_ path: String, with text: String, in directory: String) throws(StorageError) {
        let draft = path + ".new"
        let file = try open(draft, O_WRONLY | O_CREAT | O_TRUNC, doing: "made")
        defer { close(file) }
        try Array(text.utf8).withUnsafeBufferPointer { bytes throws(StorageError) in
            try write(UnsafeRawBufferPointer(bytes), to: file, at: 0, draft)
        }
        try sync(file, draft)
        if rename(draft, path) < 0 { throw error("renamed", draft) }
        try syncDirectory(directory)
    }

    /// Whether there is a file, or anything else, of that name.
    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// The whole of a file. Throws what the system says.
    static func read(_ path: String) throws(StorageError) -> [UInt8] {
        let file = try open(path, O_RDONLY, doing: "read")
        defer { close(file) }
        let end = lseek(file, 0, SEEK_END)
        if end < 0 { throw error("read", path) }
        var bytes = [UInt8](repeating: 0, count: Int(end))
        var failure: StorageError?
        let done = bytes.withUnsafeMutableBytes { target -> Int in
            do throws(StorageError) {
                return try read(file, at: 0, into: target, path)
            } catch {
                failure = error
                return 0
            }
        }
        if let failure { throw failure }
        return done == bytes.count ? bytes : Array(bytes[..<done])
    }

    /// Fills a buffer from a byte of a file on; returns how much was there. Throws what the system says.
    static func read(
        _ file: Int32, at offset: Int, into target: UnsafeMutableRawBufferPointer, _ path: String
    ) throws(StorageError) -> Int {
        var done = 0
        while done < target.count {
            let count = pread(file, target.baseAddress.map { $0 + done }, target.count - done, off_t(offset + done))
            if count == 0 { break }
            if count > 0 { done += count } else if errno != EINTR { throw error("read", path) }
        }
        return done
    }
}
