import Management

extension NodeInfo: Filterable {
    var filterName: String { name }

    static let filterFields: [FilterField<NodeInfo>] = [
        .text("name", "the node's name, whole", \.name),
        .text("type", "disc or ram", \.type),
        .flag("running", "whether it is up", \.running),
        .bytes("memory", "memory in use", \.memUsed),
        .bytes("disk", "disk space free", \.diskFree),
        .count("fd", "file descriptors in use", \.fdUsed),
        .count("sockets", "sockets in use", \.socketsUsed),
        .count("runq", "processes waiting to run", \.runQueue),
        .count("uptime", "seconds since it started") { $0.uptime.map { $0 / 1000 } },
        .flag("memory-alarm", "whether publishers are blocked for memory", \.memAlarm),
        .flag("disk-alarm", "whether publishers are blocked for disk space", \.diskFreeAlarm),
        .count("partitions", "nodes it does not see") { $0.partitions.count },
    ]
}
