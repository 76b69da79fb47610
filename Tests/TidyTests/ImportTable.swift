/// Which module may import which: the picture of the house, as a table.
enum ImportTable {
    struct Row {
        /// Modules of this package.
        let modules: Set<String>
        /// Modules of other packages.
        let packages: Set<String>

        init(_ modules: Set<String> = [], packages: Set<String> = []) {
            self.modules = modules
            self.packages = packages
        }
    }

    private static let nio: Set<String> = ["NIOCore", "NIOPosix", "NIOConcurrencyHelpers"]
    private static let collections: Set<String> = ["DequeModule", "HeapModule", "OrderedCollections", "BitCollections"]

    static let rows: [String: Row] = [
        // Leaves: no import of each other.
        "AMQP": Row(),
        "CJournal": Row(),
        "CNcurses": Row(),
        "CMalloc": Row(),
        "Journal": Row(["CJournal"]),
        "Management": Row(),
        "Raft": Row(packages: collections),

        "AMQPClient": Row(["AMQP"], packages: nio.union(["NIOSSL"])),
        "AMQPServer": Row(["AMQP", "Broker", "Journal", "Management"], packages: nio.union(["NIOSSL"])),
        "Broker": Row(["AMQP", "Journal", "Management", "Raft"], packages: collections),
        "Console": Row(["Management", "Monitor", "Terminal"], packages: ["Yams"]),
        // The client's calls take the protocol's methods, and load runs on loops of its own.
        "Drills": Row(["AMQP", "AMQPClient", "Management"], packages: nio.union(["Histogram"])),
        "ManagementClient": Row(
            ["Management"], packages: nio.union(["AsyncHTTPClient", "NIOHTTP1", "NIOSSL", "NIOFoundationCompat"])),
        "ManagementServer": Row(
            ["Management"], packages: nio.union(["Hummingbird", "HTTPTypes", "Logging", "ServiceLifecycle"])),
        "Monitor": Row(["Management"]),
        "Terminal": Row(["CNcurses"]),
        "warren": Row(
            [
                "AMQP", "AMQPClient", "AMQPServer", "Broker", "Console", "Drills", "Journal", "Management",
                "ManagementClient", "CMalloc", "ManagementServer", "Monitor", "Terminal",
            ], packages: ["ArgumentParser", "Logging", "ServiceLifecycle", "Yams"]),
    ]

    /// What comes with the toolchain.
    static let system: Set<String> = [
        "Darwin", "Dispatch", "Foundation", "FoundationEssentials", "Glibc", "Musl", "Synchronization",
    ]

    /// Modules whose tests must build in about a minute.
    static let light = ["AMQP", "Broker", "Console", "Journal", "Monitor", "Raft", "Terminal"]

    /// Packages that take minutes to build: TLS, cryptography, HTTP.
    static let heavy: Set<String> = [
        "AsyncHTTPClient", "Crypto", "FoundationNetworking", "HTTPTypes", "Hummingbird", "NIOHTTP1", "NIOHTTP2",
        "NIOSSL", "X509", "_CryptoExtras",
    ]

    /// Imports of a file that its module's row does not allow.
    static func violations(in file: SourceFile) -> [Violation] {
        guard let module = file.module else { return [] }
        guard let row = rows[module] else {
            return [Violation(path: file.path, line: 0, reason: "module \(module) is not in the import table")]
        }
        return file.code.enumerated().compactMap { number, line in
            guard let imported = importedModule(line) else { return nil }
            if row.modules.contains(imported) || row.packages.contains(imported) || system.contains(imported) {
                return nil
            }
            return Violation(path: file.path, line: number + 1, reason: "\(module) must not import \(imported)")
        }
    }

    private static func importedModule(_ line: String) -> String? {
        let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
        guard let keyword = words.firstIndex(of: "import"), keyword + 1 < words.count else { return nil }
        let modifiers: Set<String> = ["public", "package", "internal", "fileprivate", "private"]
        guard words[..<keyword].allSatisfy({ $0.hasPrefix("@") || modifiers.contains($0) }) else { return nil }
        let kinds: Set<String> = ["class", "enum", "func", "let", "protocol", "struct", "typealias", "var"]
        let name = words[(keyword + 1)...].first { !kinds.contains($0) }
        return name.map { String($0.prefix { $0 != "." }) }
    }
}
