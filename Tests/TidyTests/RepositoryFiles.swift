import Foundation

/// The files of the repository that belong to it: those that `.gitignore` does not name.
enum RepositoryFiles {
    static let root = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Names at the top, sorted.
    static func topLevel() throws -> [String] { try names(in: root) }

    /// All text files, sorted by path.
    static let all: [SourceFile] = {
        var found: [SourceFile] = []
        collect(root, "", into: &found)
        return found
    }()

    static func swift(under folder: String) -> [SourceFile] {
        all.filter { $0.path.hasPrefix(folder + "/") && $0.path.hasSuffix(".swift") }
    }

    private static let ignored: [String] = {
        let text = (try? String(contentsOf: root.appending(path: ".gitignore"), encoding: .utf8)) ?? ""
        return [".git"] + text.split(separator: "\n").map(String.init)
    }()

    private static func isIgnored(_ name: String) -> Bool {
        ignored.contains { pattern in
            if pattern.hasPrefix("*") { return name.hasSuffix(pattern.dropFirst()) }
            if pattern.hasSuffix("*") { return name.hasPrefix(pattern.dropLast()) }
            return name == pattern.replacing("/", with: "")
        }
    }

    private static func names(in folder: URL) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { !isIgnored($0) }.sorted()
    }

    private static func collect(_ folder: URL, _ prefix: String, into found: inout [SourceFile]) {
        for name in (try? names(in: folder)) ?? [] {
            let item = folder.appending(path: name)
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: item.path, isDirectory: &isFolder) else { continue }
            if isFolder.boolValue {
                collect(item, prefix + name + "/", into: &found)
            } else if let text = try? String(contentsOf: item, encoding: .utf8) {
                found.append(SourceFile(path: prefix + name, text: text))
            }
        }
    }
}
