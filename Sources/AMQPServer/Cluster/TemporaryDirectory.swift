internal import Foundation
internal import Journal

/// A directory for as long as a cluster runs that is to leave nothing behind.
struct TemporaryDirectory: Sendable {
    let path: String

    /// Makes one where the system keeps such things.
    init() throws(StorageError) {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("warren-\(UUID().uuidString)")
        do {
            try FileManager.default.createDirectory(
                at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw StorageError(
                "\(url.path) could not be made: \(error.localizedDescription). Name a directory with --data.")
        }
        path = url.path
    }

    /// Removes it with everything in it. What cannot be removed stays for the system to clear away.
    func remove() { try? FileManager.default.removeItem(atPath: path) }
}
