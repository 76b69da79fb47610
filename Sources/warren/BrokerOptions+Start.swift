import AMQPServer
import Broker
import Journal
import ManagementServer
import Terminal

/// Starting what the options ask for.
extension BrokerOptions {
    /// Starts the broker, and its management API where a port is named or `defaultHTTPPort` is one; a taken port ends the
    /// program with the ways out.
    func start(
        defaultPort: Int, defaultHTTPPort: Int? = nil, defaultData: String? = nil
    ) async throws -> RunningServices {
        // --faults alone means nothing without other nodes.
        if faults, nodeCount == 1 { throw Failure("--faults needs a cluster: use --nodes 3", .usage) }
        let path = ephemeral ? nil : data ?? defaultData
        let options = path.map { DataOptions(path: $0, sync: sync.mode, salvages: salvage) }
        let ports = (amqp: amqpPort ?? defaultPort, http: httpPort ?? defaultHTTPPort)
        do {
            return nodeCount == 1 ? try await startAlone(ports, options) : try await startCluster(ports, options)
        } catch let error as StorageError {
            throw Failure(error.description, .ioError)
        } catch let error as ListenError where error.isTaken {
            throw Failure(
                """
                \(error). Ways out:
                  another port:                 --amqp-port 0 (any free one) or --amqp-port \(min(error.port + 1, 65535))
                  look at what listens there:   warren --connect http://\(error.host):15672
                """, .unavailable)
        } catch let error as ListenError {
            throw Failure("\(error). Choose an address of this machine with --bind", .unavailable)
        } catch let error as ManagementListenError {
            throw Failure(
                """
                \(error). Ways out:
                  another port:                 --http-port 0 (any free one) or --http-port \(min(error.port + 1, 65535))
                  look at what listens there:   warren --connect http://\(error.host):\(error.port)
                """, .unavailable)
        }
    }

    private func startAlone(_ ports: (amqp: Int, http: Int?), _ data: DataOptions?) async throws -> RunningServices {
        let configuration = configuration
        let broker = try await RunningBroker.start(
            configuration, host: bind, port: ports.amqp, data: data, progress: Self.progress())
        guard let port = ports.http else { return RunningServices(broker) }
        do {
            return RunningServices(
                broker,
                try await ManagementListener.start(
                    broker.endpoint, host: bind, port: port, passwords: configuration.passwords))
        } catch {
            try? await broker.stop()
            throw error
        }
    }

    private func startCluster(_ ports: (amqp: Int, http: Int?), _ data: DataOptions?) async throws -> RunningServices {
        let configuration = configuration
        // Nodes that are down keep their ports, so each is taken before any node starts.
        let reserved = try ports.http.map { try reserve($0) }
        let cluster = try await RunningCluster.start(
            ClusterOptions(
                nodes: nodeCount, host: bind, port: ports.amqp, data: data, allowsFaults: faults),
            template: configuration, trouble: { Self.say($0) }, progress: Self.progress())
        guard let reserved else { return RunningServices(cluster) }
        do {
            let nodes = reserved.enumerated().map { place, port in
                ClusterManagement.Node(
                    endpoint: cluster.endpoint(of: place + 1), host: port.host, port: port.port, reservation: port)
            }
            return RunningServices(
                cluster,
                try await ClusterManagement.start(
                    nodes, passwords: configuration.passwords, changes: cluster.changesOfNodes(),
                    trouble: { Self.say($0) }))
        } catch {
            try? await cluster.stop()
            throw error
        }
    }

    /// Takes a management port for each node.
    private func reserve(_ first: Int) throws -> [ReservedPort] {
        do {
            return try (0..<nodeCount).map { try ReservedPort(host: bind, port: first == 0 ? 0 : first + $0) }
        } catch let error as ListenError where error.isTaken {
            throw ManagementListenError(host: error.host, port: error.port, reason: "it is in use", isTaken: true)
        }
    }

    /// Says something on standard error, unless the screen is the console's.
    private static func say(_ text: String) {
        if !Screen.isAvailable { Main.standardError("warren: \(text)") }
    }

    /// Tells how far the reading of a journal has come, where it takes long.
    private static func progress() -> @Sendable (DataDirectory.Progress) -> Void {
        let begin = ContinuousClock.now
        return { progress in
            guard ContinuousClock.now - begin > .seconds(1) else { return }
            say("reading segment \(progress.segments) of \(progress.total) …")
        }
    }
}
