// swift-tools-version: 6.1
import PackageDescription

// A package of its own, so that the product does not carry the harness.
let package = Package(
    name: "benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "warren", path: ".."),
        // Runs each benchmark many times and prints percentiles. Without traits: its malloc counter does not build here.
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
    ],
    targets: [
        // What the engine does over and over, for `Engine` by the clock and for `Instructions` by count.
        .target(
            name: "Workloads",
            dependencies: [
                .product(name: "Broker", package: "warren"), .product(name: "AMQP", package: "warren"),
                .product(name: "Journal", package: "warren"),
            ],
            path: "Benchmarks/Workloads"),
        .executableTarget(name: "Instructions", dependencies: ["Workloads"], path: "Benchmarks/Instructions"),
        .executableTarget(
            name: "Engine",
            dependencies: [.product(name: "Benchmark", package: "benchmark"), "Workloads"],
            path: "Benchmarks/Engine",
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]),
        .executableTarget(
            name: "Panels",
            dependencies: [
                .product(name: "Benchmark", package: "benchmark"), .product(name: "Console", package: "warren"),
                .product(name: "Monitor", package: "warren"), .product(name: "Management", package: "warren"),
                .product(name: "Terminal", package: "warren"),
            ],
            path: "Benchmarks/Panels",
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]),
    ]
)
