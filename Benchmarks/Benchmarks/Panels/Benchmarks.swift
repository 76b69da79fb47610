import Benchmark
import Console
import Management
import Monitor
import Terminal

/// Ten thousand queues as a broker would list them.
private func queues() -> [QueueInfo] {
    (0..<10_000).map { number in
        var queue = QueueInfo(vhost: "/", name: "orders.\(number &* 7919 % 10_000).eu")
        queue.type = "classic"
        queue.state = "running"
        queue.messagesReady = number &* 31 % 5000
        queue.messagesUnacknowledged = number % 7
        queue.messages = (queue.messagesReady ?? 0) + number % 7
        queue.consumers = number % 3
        return queue
    }
}

private func console(columns: Int, rows: Int) throws -> ConsoleState {
    var monitor = MonitorState(endpoints: ["http://localhost:15672"])
    monitor.capabilities = .embedded(version: "0")
    monitor.status = .live
    monitor.queues = Sample(value: Page(whole: queues()), sampledAt: .seconds(1))
    monitor.time = .seconds(1)
    return ConsoleState(
        settings: ConsoleSettings(themes: try ThemeLibrary(wanted: nil, environment: [:])), monitor: monitor,
        size: Size(columns: columns, rows: rows), panel: .queues)
}

let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(metrics: [.wallClock, .instructions], maxDuration: .seconds(3))
    for (columns, rows) in [(80, 24), (160, 48), (200, 60)] {
        Benchmark("one frame of 10,000 queues at \(columns)x\(rows)") { benchmark in
            let state = try console(columns: columns, rows: rows)
            benchmark.startMeasurement()
            for _ in benchmark.scaledIterations { blackHole(state.render()) }
        }
    }
    for (name, field) in [("ready messages", QueueSortField.messagesReady), ("name", .name)] {
        Benchmark("sort 10,000 queues by \(name)") { benchmark in
            let all = queues()
            benchmark.startMeasurement()
            for _ in benchmark.scaledIterations { blackHole(all.sorted(by: field, descending: true)) }
        }
    }
    Benchmark("filter 10,000 queues by name") { benchmark in
        let all = queues()
        let request = QueuePageRequest(pageSize: 500, nameFilter: "77")
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations { blackHole(try request.page(of: all)) }
    }
}
