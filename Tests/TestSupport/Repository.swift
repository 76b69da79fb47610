public import Foundation

/// Where things are that tests need and do not build.
public enum Repository {
    /// The folder of Package.swift.
    public static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// A Python that has pika: `PYTHON` if set, the one that `Tests/run` prepared, or the system's.
    public static let python: String = {
        if let named = ProcessInfo.processInfo.environment["PYTHON"] { return named }
        let prepared = root.appending(path: ".build/python/bin/python3").path
        return FileManager.default.isExecutableFile(atPath: prepared) ? prepared : "python3"
    }()

    /// The built `warren`: `WARREN_BINARY` if set, or the one beside the running tests.
    public static let warren: String = {
        if let named = ProcessInfo.processInfo.environment["WARREN_BINARY"] { return named }
        let beside = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "warren").path
        if FileManager.default.isExecutableFile(atPath: beside) { return beside }
        return root.appending(path: ".build/debug/warren").path
    }()

    /// A script of this target.
    static func script(_ name: String) -> String { root.appending(path: "Tests/TestSupport/scripts/\(name)").path }
}
