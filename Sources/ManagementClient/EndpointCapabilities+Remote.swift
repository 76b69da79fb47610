import Management

extension EndpointCapabilities {
    /// What a remote endpoint can do, by the product and version its overview names.
    init(remote overview: Overview) {
        if let version = overview.lavinmqVersion {
            self.init(product: .lavinMQ, version: version, sortsAndFilters: true, hasPolicies: true)
            return
        }
        let version = overview.productVersion ?? overview.rabbitmqVersion ?? ""
        switch overview.productName {
        case "Warren":
            self.init(
                product: .warren, version: version, statisticsInterval: .seconds(1), sortsAndFilters: true,
                listsAllNodes: true)
        case "RabbitMQ", nil:
            // `disable_stats` and `enable_queue_totals` were probed on 3.10.8; earlier versions are not supported.
            self.init(
                product: .rabbitMQ, version: version, sortsAndFilters: true,
                listsWithoutStatistics: Self.isAtLeast(version, major: 3, minor: 10), listsAllNodes: true,
                hasPolicies: true)
        case let name?:
            self.init(product: .other(name), version: version)
        }
    }

    private static func isAtLeast(_ version: String, major: Int, minor: Int) -> Bool {
        let parts = version.split(separator: ".").prefix(2).map { Int($0) ?? 0 }
        guard let first = parts.first else { return false }
        return (first, parts.count > 1 ? parts[1] : 0) >= (major, minor)
    }
}
