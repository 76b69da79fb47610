import Benchmark
import Workloads

let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(metrics: [.wallClock, .instructions, .throughput], maxDuration: .seconds(3))
    for workload in Workload.all {
        Benchmark(workload.description) { benchmark in
            let run = workload.prepare()
            benchmark.startMeasurement()
            for _ in benchmark.scaledIterations { run() }
        }
    }
}
