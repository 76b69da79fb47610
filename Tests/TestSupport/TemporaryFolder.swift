internal import Foundation

/// A folder that goes with its owner.
public final class TemporaryFolder: Sendable {
    /// Its path.
    public let path: String

    /// Makes the folder.
    public init() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "warren-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        path = folder.path
    }

    deinit {
        // A folder that cannot be removed now is in the system's temporary folder and goes with that.
        try? FileManager.default.removeItem(atPath: path)
    }
}
