public import Management
internal import Synchronization

/// The management ports of a cluster's nodes: each goes down with its node and comes back with it.
public final class ClusterManagement: Sendable {
    /// A node's endpoint and the address that is its own.
    public struct Node: Sendable {
        let endpoint: any Inspecting & Administering
        let host: String
        let port: Int
        /// What keeps the port this process's while nothing listens there.
        private let reservation: (any Sendable)?

        /// A node that is managed at an address, whose port is not 0. `reservation` is kept as long as the port is needed.
        public init(
            endpoint: any Inspecting & Administering, host: String, port: Int, reservation: (any Sendable)? = nil
        ) {
            self.reservation = reservation
            self.endpoint = endpoint
            self.host = host
            self.port = port
        }
    }

    private let nodes: [Node]
    private let passwords: [String: String]
    private let trouble: @Sendable (String) -> Void
    private let listeners: Mutex<[ManagementListener?]>
    private let following = Mutex<Task<Void, Never>?>(nil)

    private init(_ nodes: [Node], _ passwords: [String: String], _ trouble: @escaping @Sendable (String) -> Void) {
        self.nodes = nodes
        self.passwords = passwords
        self.trouble = trouble
        listeners = Mutex(Array(repeating: nil, count: nodes.count))
    }

    /// Opens a port for each node, and from then on follows `changes`: which node, from 0, and whether it is alive.
    /// `trouble` is told in words where a port cannot be opened again. Throws ``ManagementListenError`` where one cannot be
    /// opened at first; none is open then.
    public static func start(
        _ nodes: [Node], passwords: [String: String], changes: AsyncStream<(node: Int, isAlive: Bool)>,
        trouble: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> ClusterManagement {
        let management = ClusterManagement(nodes, passwords, trouble)
        do {
            for place in nodes.indices { try await management.open(place) }
        } catch {
            await management.stop()
            throw error
        }
        let task = Task { [weak management] in
            for await change in changes { await management?.follow(change.node, isAlive: change.isAlive) }
        }
        management.following.withLock { $0 = task }
        return management
    }

    /// "HOST:PORT" of each node, open or not.
    public var addresses: [String] { nodes.map { "\($0.host):\($0.port)" } }

    private func open(_ place: Int) async throws {
        guard listeners.withLock({ $0[place] }) == nil else { return }
        let node = nodes[place]
        let listener = try await ManagementListener.start(
            node.endpoint, host: node.host, port: node.port, passwords: passwords)
        listeners.withLock { $0[place] = listener }
    }

    private func close(_ place: Int) async {
        let listener = listeners.withLock { listeners in
            defer { listeners[place] = nil }
            return listeners[place]
        }
        await listener?.stop()
    }

    private func follow(_ place: Int, isAlive: Bool) async {
        guard isAlive else { return await close(place) }
        do {
            try await open(place)
        } catch {
            trouble("\(error)")
        }
    }

    /// Closes all ports.
    public func stop() async {
        following.withLock { $0 }?.cancel()
        await following.withLock { $0 }?.value
        for place in nodes.indices { await close(place) }
    }
}
