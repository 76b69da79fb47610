public import Journal

/// Where a node keeps what must survive it, and how safely.
public struct DataOptions: Sendable {
    /// The directory; made where there is none.
    public var path: String
    /// When something counts as durable.
    public var sync: FileStorage.Sync
    /// Whether to go on without what is damaged.
    public var salvages: Bool

    /// Synced to the disk unless told otherwise.
    public init(path: String, sync: FileStorage.Sync = .always, salvages: Bool = false) {
        self.path = path
        self.sync = sync
        self.salvages = salvages
    }
}
