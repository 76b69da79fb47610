import Foundation
import Management
import ManagementClient
import Synchronization
import Testing

/// A remote endpoint against a server that answers whatever the test says.
@Suite(.timeLimit(.minutes(1))) struct RemoteEndpointTests {
    private static let secret = "s3cret-pa55"
    private static let rabbit = #"{"product_name": "RabbitMQ", "rabbitmq_version": "3.10.8"}"#

    /// Runs `body` with an endpoint on a scripted server, and shuts both down.
    private func withEndpoint(
        limits: RemoteLimits = RemoteLimits(),
        _ answer: @escaping @Sendable (ScriptedServer.Request) -> ScriptedServer.Reply,
        _ body: (RemoteEndpoint, ScriptedServer) async throws -> Void
    ) async throws {
        let server = try ScriptedServer(answer)
        defer { server.stop() }
        let url = try EndpointURL("http://admin:\(Self.secret)@127.0.0.1:\(server.port)/")
        let endpoint = try RemoteEndpoint(url, credentials: Credentials(for: url, environment: [:]), limits: limits)
        #expect(endpoint.address == server.url, "the address shows no userinfo")
        let result = await Result { try await body(endpoint, server) }
        await endpoint.shutdown()
        try result.get()
    }

    /// The error of a call, which must throw.
    private func failure(_ call: () async throws(EndpointError) -> some Any) async -> EndpointError? {
        do throws(EndpointError) {
            let value = try await call()
            Issue.record("gave \(value) instead of an error")
            return nil
        } catch {
            #expect(!error.message.contains(Self.secret))
            return error
        }
    }

    @Test("the user and password go as basic authentication to the right path")
    func authentication() async throws {
        try await withEndpoint({ _ in .json(Self.rabbit) }) { endpoint, server in
            #expect(try await endpoint.overview().productName == "RabbitMQ")
            let request = try #require(server.requests.first)
            #expect(request.line == "GET /api/overview")
            let expected = Data("admin:\(Self.secret)".utf8).base64EncodedString()
            #expect(request.headers["authorization"] == "Basic \(expected)")
        }
    }

    @Test(
        "a refusal says what was refused and what would help",
        arguments: [
            (401, #"{"error":"not_authorized","reason":"Login failed"}"#, .unauthorized("ADDRESS")),
            (401, "", .unauthorized("ADDRESS")),
            (
                401, #"{"error":"not_authorised","reason":"Not monitor user"}"#,
                .forbidden("the list of nodes", tagNeeded: "monitoring")
            ),
            (403, "", .forbidden("the list of nodes", tagNeeded: "monitoring")),
            (404, #"{"error":"Object Not Found","reason":"Not Found"}"#, .notFound("the list of nodes")),
            (400, #"{"reason":"no"}"#, .refused("the list of nodes", reason: "no")),
            (500, "<html>", .server(status: 500, reason: "status 500")),
            (503, #"{"reason":"booting"}"#, .server(status: 503, reason: "booting")),
        ] as [(Int, String, EndpointError)])
    func refusals(status: Int, body: String, expected: EndpointError) async throws {
        try await withEndpoint({ _ in .json(body, status: status) }) { endpoint, server in
            let error = await failure { () async throws(EndpointError) in try await endpoint.nodes() }
            #expect(error == (expected == .unauthorized("ADDRESS") ? .unauthorized(server.url) : expected))
        }
    }

    @Test("too many requests says how long to wait, where the server says so")
    func throttled() async throws {
        for (header, wait) in [("Retry-After: 7\r\n", Duration.seconds(7)), ("Retry-After: soon\r\n", nil), ("", nil)] {
            try await withEndpoint({ _ in .json("", status: 429, headers: header) }) { endpoint, _ in
                let error = await failure { () async throws(EndpointError) in try await endpoint.overview() }
                #expect(error == .throttled(retryAfter: wait))
            }
        }
    }

    @Test("a redirect to another origin is reported, not followed, and no secret goes there")
    func redirect() async throws {
        let elsewhere = try ScriptedServer { _ in .json(Self.rabbit) }
        defer { elsewhere.stop() }
        let location = "http://x:y@127.0.0.1:\(elsewhere.port)/api/overview?token=1"
        try await withEndpoint({ _ in .json("", status: 302, headers: "Location: \(location)\r\n") }) { endpoint, _ in
            let error = await failure { () async throws(EndpointError) in try await endpoint.overview() }
            let reason = "it redirects to http://127.0.0.1:\(elsewhere.port); give that address if it is right"
            #expect(error == .server(status: 302, reason: reason))
        }
        #expect(elsewhere.requests.isEmpty)
    }

    @Test("a body cut off in the middle is an error, with or without a length")
    func truncated() async throws {
        let cut = #"{"product_name": "Rab"#
        try await withEndpoint({ _ in .sendAndClose("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n\(cut)") }) {
            endpoint, server in
            let error = await failure { () async throws(EndpointError) in try await endpoint.overview() }
            #expect(error == .unreachable(server.url, reason: "the connection was closed"))
        }
        try await withEndpoint({ _ in .sendAndClose("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n\(cut)") }) {
            endpoint, _ in
            let error = await failure { () async throws(EndpointError) in try await endpoint.overview() }
            #expect(error == .malformed("the overview: not JSON, or cut off"))
        }
    }

    @Test("a reply larger than the limit is refused, whether announced or endless")
    func oversize() async throws {
        let limits = RemoteLimits(largestReply: 1000)
        let announced = ScriptedServer.Reply.json(String(repeating: " ", count: 1001))
        let endless = ScriptedServer.Reply.drip(
            "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + String(repeating: " ", count: 2000))
        for reply in [announced, endless] {
            try await withEndpoint(limits: limits, { _ in reply }) { endpoint, _ in
                let error = await failure { () async throws(EndpointError) in try await endpoint.overview() }
                #expect(error == .malformed("the overview is larger than 1000 bytes"))
            }
        }
    }

    @Test("something that does not speak HTTP is told from a broker that is away")
    func notHTTP() async throws {
        try await withEndpoint({ _ in .sendAndClose("AMQP\u{0}\u{0}\u{9}\u{1}") }) { endpoint, server in
            let error = await failure { () async throws(EndpointError) in try await endpoint.overview() }
            #expect(error == .malformed("\(server.url) does not speak HTTP"))
        }
    }

    @Test("a reply of another shape is malformed and says where")
    func wrongTypes() async throws {
        try await withEndpoint({ _ in .json(#"[{"name": "a@b"}, {"running": true}]"#) }) { endpoint, _ in
            let error = await failure { () async throws(EndpointError) in try await endpoint.nodes() }
            #expect(error == .malformed("the list of nodes: no 'name' at 1"))
        }
        try await withEndpoint({ _ in .json("<html>login</html>") }) { endpoint, _ in
            let error = await failure { () async throws(EndpointError) in try await endpoint.nodes() }
            #expect(error == .malformed("the list of nodes: not JSON, or cut off"))
        }
    }

    @Test("a server that never answers, or never ends, times out")
    func slow() async throws {
        let limits = RemoteLimits(requestTimeout: .milliseconds(300))
        let drip = ScriptedServer.Reply.drip("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        for reply in [ScriptedServer.Reply.hang, drip] {
            try await withEndpoint(limits: limits, { _ in reply }) { endpoint, server in
                let error = await failure { () async throws(EndpointError) in try await endpoint.overview() }
                #expect(error == .timedOut(server.url, after: .milliseconds(300)))
            }
        }
    }

    @Test("where nothing listens the endpoint is unreachable and says why")
    func refusedConnection() async throws {
        let server = try ScriptedServer { _ in .hang }
        let url = try EndpointURL("http://guest@127.0.0.1:\(server.port)")
        server.stop()
        let endpoint = try RemoteEndpoint(
            url, credentials: Credentials(for: url, environment: [:]), limits: RemoteLimits(connectTimeout: .seconds(2))
        )
        let error = await failure { () async throws(EndpointError) in try await endpoint.overview() }
        #expect(error == .unreachable(url.address, reason: "connection refused"))
        await endpoint.shutdown()
        let afterwards = await failure { () async throws(EndpointError) in try await endpoint.overview() }
        #expect(afterwards == .unreachable(url.address, reason: "the endpoint was shut down"))
    }

    @Test("a cancelled request ends at once as cancelled")
    func cancellation() async throws {
        try await withEndpoint({ _ in .hang }) { endpoint, server in
            let call = Task { await failure { () async throws(EndpointError) in try await endpoint.overview() } }
            try await wait { !server.requests.isEmpty }
            call.cancel()
            #expect(await call.value == .cancelled)
        }
    }

    @Test("no more than two requests are in flight at once")
    func inFlight() async throws {
        let counts = Mutex((now: 0, most: 0))
        let gate = DispatchSemaphore(value: 0)
        let answer: @Sendable (ScriptedServer.Request) -> ScriptedServer.Reply = { _ in
            counts.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
            gate.wait()
            counts.withLock { $0.now -= 1 }
            return .json("[]")
        }
        try await withEndpoint(answer) { endpoint, server in
            try await withThrowingTaskGroup { group in
                for _ in 0..<8 { group.addTask { _ = try await endpoint.nodes() } }
                for served in 0..<8 {
                    try await wait { counts.withLock { $0.now } == min(2, 8 - served) }
                    gate.signal()
                }
                try await group.waitForAll()
            }
            #expect(server.requests.count == 8)
        }
        #expect(counts.withLock { $0.most } == 2)
    }

    @Test("pages, order and filter go to the server, names and vhosts percent-encoded")
    func queueRequests() async throws {
        let page =
            #"{"items": [{"vhost": "/", "name": "q"}], "page": 2, "page_count": 3, "page_size": 10, "total_count": 30, "filtered_count": 25, "item_count": 10}"#
        try await withEndpoint({ $0.line.hasSuffix("overview") ? .json(Self.rabbit) : .json(page) }) {
            endpoint, server in
            let request = QueuePageRequest(
                page: 2, pageSize: 10, sort: .publishRate, descending: true, nameFilter: "a b/&ü", vhost: "/")
            let answer = try await endpoint.queues(request)
            #expect(answer.filteredCount == 25 && answer.pageCount == 3)
            #expect(
                server.requests.last?.line
                    == "GET /api/queues/%2F?page=2&page_size=10&sort=message_stats.publish_details.rate"
                    + "&sort_reverse=true&name=a%20b%2F%26%C3%BC&use_regex=false")
            _ = try await endpoint.queues(QueuePageRequest(withStatistics: false))
            #expect(
                server.requests.last?.line
                    == "GET /api/queues?page=1&page_size=100&disable_stats=true&enable_queue_totals=true")
            #expect(server.requests.count { $0.line == "GET /api/overview" } == 1, "capabilities are asked for once")
        }
    }

    @Test("a page that is no longer there gives the first one")
    func pageOutOfRange() async throws {
        let answer: @Sendable (ScriptedServer.Request) -> ScriptedServer.Reply = { request in
            if request.line.hasSuffix("overview") { return .json(Self.rabbit) }
            if request.line.contains("page=9&") {
                return .json(
                    #"{"error":"page_out_of_range","reason":"Page out of range, page: 9 page size: 100, len: 1"}"#,
                    status: 400)
            }
            return .json(#"{"items": [], "page": 1, "page_count": 0, "page_size": 100}"#)
        }
        try await withEndpoint(answer) { endpoint, _ in
            let page = try await endpoint.queues(QueuePageRequest(page: 9))
            #expect(page.page == 1 && page.pageCount == 1 && page.items.isEmpty)
        }
    }

    @Test("a broker that does not page is paged, sorted and filtered here")
    func withoutPaging() async throws {
        let list = #"[{"vhost": "/", "name": "b"}, {"vhost": "/", "name": "a"}, {"vhost": "/", "name": "x"}]"#
        let answer: @Sendable (ScriptedServer.Request) -> ScriptedServer.Reply = {
            .json($0.line.hasSuffix("overview") ? #"{"product_name": "Hare"}"# : list)
        }
        try await withEndpoint(answer) { endpoint, _ in
            let page = try await endpoint.queues(QueuePageRequest(pageSize: 2, sort: .name))
            #expect(page.items.map(\.name) == ["a", "b"] && page.totalCount == 3 && page.pageCount == 2)
            #expect(try await endpoint.capabilities().product == .other("Hare"))
        }
    }

    @Test("a change that is refused names the change, one to what is gone names the object")
    func refusedChanges() async throws {
        let refusal = #"{"error":"bad_request","reason":"queue 'q' in vhost '/' not empty"}"#
        try await withEndpoint({
            $0.line.hasSuffix("if-empty=true") ? .json(refusal, status: 400) : .json("", status: 404)
        }) {
            endpoint, server in
            let notEmpty = await failure { () async throws(EndpointError) in
                try await endpoint.deleteQueue(vhost: "/", name: "q", ifEmpty: true, ifUnused: false)
            }
            #expect(
                notEmpty == .refused("deleting queue 'q' in vhost '/'", reason: "queue 'q' in vhost '/' not empty"))
            let gone = await failure { () async throws(EndpointError) in
                try await endpoint.purgeQueue(vhost: "/", name: "q") as Any
            }
            #expect(gone == .notFound("queue 'q' in vhost '/'"))
            #expect(
                server.requests.allSatisfy { $0.headers["accept"] == nil }, "RabbitMQ answers 406 to a purge with it")
        }
    }

    @Test("https where plain http is spoken says so")
    func tlsToPlain() async throws {
        let plain = try ScriptedServer(greeting: "HTTP/1.1 400 Bad Request\r\n\r\n") { _ in .hang }
        defer { plain.stop() }
        let url = try EndpointURL("https://127.0.0.1:\(plain.port)")
        let endpoint = try RemoteEndpoint(url, credentials: Credentials(user: "u", password: Self.secret))
        let error = await failure { () async throws(EndpointError) in try await endpoint.overview() }
        #expect(error == .unreachable(url.address, reason: "it does not speak TLS on that port"))
        await endpoint.shutdown()
    }

    @Test("declaring, deleting and purging send what RabbitMQ expects")
    func administration() async throws {
        try await withEndpoint({ _ in .send("HTTP/1.1 204 No Content\r\n\r\n") }) { endpoint, server in
            let settings = QueueSettings(type: "quorum", arguments: ["x-max-length": 5])
            try await endpoint.declareQueue(vhost: "/", name: "a/b", settings: settings)
            try await endpoint.deleteQueue(vhost: "v", name: "q", ifEmpty: true, ifUnused: true)
            try await endpoint.deleteQueue(vhost: "v", name: "q", ifEmpty: false, ifUnused: false)
            #expect(try await endpoint.purgeQueue(vhost: "v", name: "q") == nil)
            #expect(
                server.requests.map(\.line) == [
                    "PUT /api/queues/%2F/a%2Fb", "DELETE /api/queues/v/q?if-empty=true&if-unused=true",
                    "DELETE /api/queues/v/q", "DELETE /api/queues/v/q/contents",
                ])
            let body = try JSONDecoder().decode(JSONValue.self, from: Data(server.requests[0].body.utf8))
            let arguments = JSONValue.object(["x-queue-type": "quorum", "x-max-length": 5])
            #expect(body == .object(["durable": true, "auto_delete": false, "arguments": arguments]))
        }
    }

    /// Waits until a condition holds, ten seconds at most.
    private func wait(_ condition: () -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(10)
        while !condition() {
            try #require(ContinuousClock.now < deadline, "waited in vain")
            await Task.yield()
        }
    }
}

extension Result where Failure == any Error {
    /// The outcome of an asynchronous call.
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
