import AMQPServer
import Foundation
import Management
import ManagementClient
import TestSupport
import Testing

@testable import ManagementServer

@Suite("The management of a cluster", .timeLimit(.minutes(2)), .serialized)
struct ClusterManagementTests {
    private static let passwords = ["guest": "guest"]

    private func request(
        _ line: String, body: String = "", password: String = "guest", isFromThisMachine: Bool = true
    ) throws -> APIRequest {
        let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
        let method = try #require(APIRequest.Method(rawValue: parts[0]))
        return try #require(
            APIRequest(
                method: method, target: parts[1],
                authorization: "Basic " + Data("guest:\(password)".utf8).base64EncodedString(),
                body: Array(body.utf8), isFromThisMachine: isFromThisMachine))
    }

    private func withCluster(
        allowsFaults: Bool = true, _ body: (RunningCluster) async throws -> Void
    ) async throws {
        let cluster = try await RunningCluster.start(ClusterOptions(allowsFaults: allowsFaults))
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(cluster))
        } catch {
            result = .failure(error)
        }
        try await cluster.stop()
        try result.get()
    }

    private func api(_ endpoint: any Inspecting & Administering) -> ManagementAPI {
        ManagementAPI(endpoint: endpoint, authentication: BasicAuthentication(passwords: Self.passwords))
    }

    private func text(_ reply: APIReply) -> String { String(decoding: reply.body, as: UTF8.self) }

    @Test("leaders of quorum queues are spread over the nodes when that is asked for")
    func rebalance() async throws {
        try await withCluster { cluster in
            let endpoint: any Inspecting & Administering = cluster.endpoint(of: 1)
            for number in 1...6 {
                try await endpoint.declareQueue(
                    vhost: "/", name: "q\(number)",
                    settings: QueueSettings(durable: true, arguments: ["x-queue-type": .string("quorum")]))
            }
            func leaders() async throws -> [String: Int] {
                let queues = try await endpoint.queues(QueuePageRequest()).items
                return Dictionary(queues.compactMap { queue in queue.leader.map { ($0, 1) } }, uniquingKeysWith: +)
            }
            try await eventually("leaders of all") { try await leaders().values.reduce(0, +) == 6 ? true : nil }
            // Wherever they were elected, one node leads them all now.
            let replicas: any ReplicaInspecting = cluster.endpoint(of: 3)
            for number in 1...6 {
                try await replicas.transferLeader(vhost: "/", queue: "q\(number)", to: cluster.names[2])
            }
            try await eventually("one leader of all") { try await leaders() == [cluster.names[2]: 6] ? true : nil }
            let api = api(cluster.endpoint(of: 2))
            #expect(await api.reply(to: try request("GET /api/rebalance/queues")).status == 405)
            #expect(await api.reply(to: try request("POST /api/rebalance/all")).status == 404)
            #expect(await api.reply(to: try request("POST /api/rebalance/queues")).status == 204)
            try await eventually("two leaders on each node") {
                try await leaders() == Dictionary(uniqueKeysWithValues: cluster.names.map { ($0, 2) }) ? true : nil
            }
        }
    }

    @Test("faults and the timeline are asked for, and refused, in the shapes that the API describes")
    func shapes() async throws {
        try await withCluster { cluster in
            let api = api(cluster.endpoint(of: 2))
            func status(_ line: String, _ body: String = "") async throws -> Int {
                await api.reply(to: try request(line, body: body)).status
            }
            let state = await api.reply(to: try request("GET /api/warren/faults"))
            #expect(state.status == 200)
            let found = try JSONDecoder().decode(FaultState.self, from: Data(state.body))
            #expect(found.nodes.map(\.state) == [.running, .running, .running] && found.links.count == 3)
            let crash = #"{"node":"warren1@localhost","fault":"crash"}"#
            #expect(try await status("POST /api/warren/faults", crash) == 204)
            let again = await api.reply(to: try request("POST /api/warren/faults", body: crash))
            #expect(again.status == 400 && text(again).contains("it is dead already; restart it"))
            #expect(
                try await status(
                    "POST /api/warren/faults", #"{"link":["warren1@localhost","warren2@localhost"],"fault":"cut"}"#)
                    == 204)
            let unknown = await api.reply(
                to: try request("POST /api/warren/faults", body: #"{"node":"nobody","fault":"crash"}"#))
            #expect(unknown.status == 404 && text(unknown).contains("there is no node 'nobody'"))
            for bad in [
                "", "{", "[]", #"{"node":"warren1@localhost"}"#, #"{"node":"warren1@localhost","fault":"burn"}"#,
            ] {
                #expect(try await status("POST /api/warren/faults", bad) == 400, "\(bad)")
            }
            #expect(try await status("DELETE /api/warren/faults") == 405)
            #expect(try await status("GET /api/warren/nothing") == 404)
            #expect(try await status("PUT /api/warren/watch", #"[{"vhost":"/","name":"q"}]"#) == 204)
            #expect(try await status("PUT /api/warren/watch", "{}") == 400)
            #expect(try await status("GET /api/warren/timeline?seconds=0") == 400)
            let timeline = await api.reply(to: try request("GET /api/warren/timeline?seconds=30"))
            let decoded = try JSONDecoder().decode(ClusterTimeline.self, from: Data(timeline.body))
            #expect(decoded.queues.map(\.name) == ["q"])
            #expect(decoded.events.contains { $0.kind == .nodeDown && $0.isInjected })
        }
    }

    @Test("faults come from the broker's own machine, from who may log in, and where they were allowed")
    func refused() async throws {
        try await withCluster(allowsFaults: false) { cluster in
            let reply = await api(cluster.endpoint).reply(to: try request("GET /api/warren/faults"))
            #expect(reply.status == 404 && text(reply).contains("--faults"))
        }
        try await withCluster { cluster in
            let api = api(cluster.endpoint)
            let body = #"{"node":"warren1@localhost","fault":"crash"}"#
            let remote = await api.reply(
                to: try request("POST /api/warren/faults", body: body, isFromThisMachine: false))
            #expect(remote.status == 403)
            let stranger = await api.reply(to: try request("POST /api/warren/faults", body: body, password: "x"))
            #expect(stranger.status == 401)
            #expect(try await cluster.faults().nodes[0].state == .running)
        }
        let alone = try await RunningBroker.start(port: nil)
        let reply = await api(alone.endpoint).reply(to: try request("GET /api/warren/timeline"))
        #expect(reply.status == 404 && text(reply).contains("--nodes 3"))
        try await alone.stop()
    }

    @Test("each node's port goes down with it and comes back, and a node can be crashed through its own port")
    func ports() async throws {
        try await withCluster { cluster in
            let reserved = try (0..<3).map { _ in try ReservedPort(host: "127.0.0.1", port: 0) }
            let management = try await ClusterManagement.start(
                reserved.enumerated().map { place, port in
                    ClusterManagement.Node(
                        endpoint: cluster.endpoint(of: place + 1), host: port.host, port: port.port, reservation: port)
                }, passwords: Self.passwords, changes: cluster.changesOfNodes())
            var remotes: [RemoteEndpoint] = []
            for address in management.addresses {
                let url = try EndpointURL("http://\(address)")
                remotes.append(try RemoteEndpoint(url, credentials: Credentials(for: url, environment: [:])))
            }
            let capabilities = try await remotes[0].capabilities()
            #expect(capabilities.injectsFaults && capabilities.recordsTimeline)
            for number in 0..<3 {
                let name = cluster.names[number]
                try await remotes[number].inject(.node(name, .crash))
                try await eventually("the port of \(name) to be closed") { () -> Bool? in
                    do throws(EndpointError) {
                        _ = try await remotes[number].overview()
                        return nil
                    } catch {
                        if case .unreachable = error { return true }
                        return nil
                    }
                }
                let other = remotes[(number + 1) % 3]
                #expect(try await other.faults().nodes[number].state == .crashed)
                #expect(try await other.nodes().map(\.running) == (0..<3).map { $0 != number })
                try await other.inject(.node(name, .restart))
                try await eventually("the port of \(name) to be open") { try? await remotes[number].overview() }
                try await eventually("all to serve") {
                    try await other.faults().nodes.allSatisfy { $0.state == .running } ? true : nil
                }
            }
            try await remotes[2].inject(.node(cluster.names[0], .pause))
            await #expect(throws: EndpointError.self) { _ = try await remotes[0].overview() }
            // The program lives: through its port a paused node is woken up.
            try await remotes[0].inject(.node(cluster.names[0], .resume))
            try await eventually("it to answer") { try? await remotes[0].overview() }
            try await remotes[1].watch([QueueID(vhost: "/", name: "q")])
            let timeline = try await remotes[1].timeline(seconds: 30)
            #expect(timeline.queues.count == 1 && timeline.events.filter { $0.kind == .nodeDown }.count == 4)
            for remote in remotes { await remote.shutdown() }
            await management.stop()
        }
    }

    @Test("a Warren without faults, and one node alone, say so as capabilities")
    func capabilities() async throws {
        let alone = try await RunningBroker.start(port: nil)
        let listener = try await ManagementListener.start(alone.endpoint, passwords: Self.passwords)
        let url = try EndpointURL("http://\(listener.address)")
        let remote = try RemoteEndpoint(url, credentials: Credentials(for: url, environment: [:]))
        let capabilities = try await remote.capabilities()
        #expect(!capabilities.injectsFaults && !capabilities.recordsTimeline)
        await remote.shutdown()
        await listener.stop()
        try await alone.stop()
    }
}
