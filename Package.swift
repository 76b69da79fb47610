// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
    name: "warren",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "warren", targets: ["warren"]),
        .library(name: "Broker", targets: ["Broker"]),
        .library(name: "AMQPServer", targets: ["AMQPServer"]),
        .library(name: "Journal", targets: ["Journal"]),
        // For `Benchmarks`, which is a package of its own.
        .library(name: "AMQP", targets: ["AMQP"]),
        .library(name: "Console", targets: ["Console"]),
        .library(name: "Management", targets: ["Management"]),
        .library(name: "Monitor", targets: ["Monitor"]),
        .library(name: "Terminal", targets: ["Terminal"]),
    ],
    dependencies: [
        // The command line of `warren`: parsing, help, completion scripts.
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        // Heap and ordered containers the standard library lacks.
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        // Event loops and sockets of the broker and of the AMQP client.
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        // The HTTP client behind a remote management endpoint, TLS included.
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        // The HTTP server of the management API.
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        // Hummingbird's: the types of its requests, its log and its orderly end.
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        // Themes and configuration are YAML files that people write.
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        // Latency percentiles that do not lose the tail.
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    ],
    targets: [
        // Leaves: no import of each other.
        .systemLibrary(name: "CNcurses"),
        .systemLibrary(name: "CMalloc"),
        .target(name: "AMQP", swiftSettings: settings),
        // CRC-32C by the processor's instruction, which Swift has no way to ask for.
        .target(name: "CJournal"),
        .target(name: "Journal", dependencies: ["CJournal"], swiftSettings: settings),
        .target(name: "Management", swiftSettings: settings),
        .target(name: "Raft", swiftSettings: settings),

        .target(name: "Terminal", dependencies: ["CNcurses"], swiftSettings: settings),
        .target(
            name: "Broker",
            dependencies: [
                "AMQP", "Raft", "Journal", "Management",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HeapModule", package: "swift-collections"),
            ],
            swiftSettings: settings),
        .target(
            name: "AMQPServer",
            dependencies: [
                "Broker", "AMQP", "Journal", "Management",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .target(
            name: "AMQPClient",
            dependencies: [
                "AMQP",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .target(
            name: "ManagementClient",
            dependencies: [
                "Management",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .target(
            name: "ManagementServer",
            dependencies: [
                "Management",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .target(name: "Monitor", dependencies: ["Management"], swiftSettings: settings),
        .target(
            name: "Console",
            dependencies: [
                "Monitor", "Terminal", "Management",
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: settings),
        .target(
            name: "Drills",
            dependencies: [
                "AMQPClient", "AMQP", "Management",
                .product(name: "Histogram", package: "hdrhistogram-swift"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "warren",
            dependencies: [
                "Console", "Drills", "Monitor", "AMQPServer", "ManagementClient", "ManagementServer", "Broker",
                "AMQPClient", "Terminal", "Management", "CMalloc", "Journal",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings),

        .testTarget(name: "AMQPTests", dependencies: ["AMQP"], swiftSettings: settings),
        .testTarget(name: "JournalTests", dependencies: ["Journal", "CJournal"], swiftSettings: settings),
        .testTarget(name: "RaftTests", dependencies: ["Raft"], exclude: ["Transcripts"], swiftSettings: settings),
        .testTarget(name: "ManagementTests", dependencies: ["Management"], swiftSettings: settings),
        .testTarget(name: "TerminalTests", dependencies: ["Terminal"], swiftSettings: settings),
        .testTarget(
            name: "BrokerTests", dependencies: ["Broker", "Raft", "AMQP", "Journal", "Management"],
            swiftSettings: settings),
        .testTarget(
            name: "SimulationTests", dependencies: ["Broker", "Raft", "AMQP", "Journal"], swiftSettings: settings),
        .testTarget(
            name: "AMQPServerTests",
            dependencies: ["AMQPServer", "AMQPClient", "Broker", "AMQP", "Journal", "Management", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "AMQPClientTests", dependencies: ["AMQPClient", "AMQPServer", "AMQP"], swiftSettings: settings),
        .testTarget(
            name: "ManagementClientTests", dependencies: ["ManagementClient", "Management"],
            swiftSettings: settings),
        .testTarget(
            name: "ManagementServerTests",
            dependencies: [
                "ManagementServer", "ManagementClient", "Management", "AMQPServer", "AMQPClient", "AMQP",
                "TestSupport",
            ],
            swiftSettings: settings),
        .testTarget(name: "MonitorTests", dependencies: ["Monitor", "Management"], swiftSettings: settings),
        .testTarget(
            name: "ConsoleTests", dependencies: ["Console", "Monitor", "Terminal", "Management"],
            exclude: ["Goldens"], swiftSettings: settings),
        .testTarget(
            name: "DrillsTests",
            dependencies: ["Drills", "AMQP", "AMQPClient", "AMQPServer", "Broker", "Management", "TestSupport"],
            swiftSettings: settings),
        // Brokers, terminals and conditions with deadlines, for the two suites that test the built program.
        .target(name: "TestSupport", path: "Tests/TestSupport", exclude: ["scripts"], swiftSettings: settings),
        .testTarget(
            name: "ConformanceTests", dependencies: ["TestSupport"],
            exclude: ["behaviours", "restart.py", "crash.py", "failover.py", "failover_clusters.py", "powerloss.c"],
            swiftSettings: settings),
        .testTarget(name: "ConsoleEndToEndTests", dependencies: ["TestSupport"], swiftSettings: settings),
        .testTarget(name: "TidyTests", swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)

// `WARREN_ONLY=SimulationTests` leaves out what that target does not need: `Tests/simulate` builds it in release.
if let only = Context.environment["WARREN_ONLY"] {
    var needed = [only]
    var next = 0
    while next < needed.count {
        let target = package.targets.first { $0.name == needed[next] }
        for dependency in target?.dependencies ?? [] {
            if case .byNameItem(let name, _) = dependency, !needed.contains(name) { needed.append(name) }
        }
        next += 1
    }
    package.targets.removeAll { !needed.contains($0.name) }
    package.products = []
}
