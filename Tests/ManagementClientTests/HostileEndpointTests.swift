import Foundation
import Management
import ManagementClient
import Testing

/// Everything the console can ask of an endpoint, against servers that mean no good.
@Suite(.timeLimit(.minutes(2))) struct HostileEndpointTests {
    private static let secret = "s3cret-pa55"
    private static let queue = ObjectID(vhost: "/", name: "q")

    /// One call of an endpoint, whatever it gives.
    struct Call: Sendable {
        let name: String
        let run: @Sendable (RemoteEndpoint) async throws(EndpointError) -> Void
    }

    private static let binding = BindingInfo(vhost: "/", source: "e", destination: "q", routingKey: "k")

    /// Every requirement of `Inspecting` and `Administering`.
    static let calls: [Call] = [
        Call(name: "capabilities") { endpoint async throws(EndpointError) in _ = try await endpoint.capabilities() },
        Call(name: "overview") { endpoint async throws(EndpointError) in _ = try await endpoint.overview() },
        Call(name: "nodes") { endpoint async throws(EndpointError) in _ = try await endpoint.nodes() },
        Call(name: "queues") { endpoint async throws(EndpointError) in
            _ = try await endpoint.queues(QueuePageRequest())
        },
        Call(name: "queue") { endpoint async throws(EndpointError) in
            _ = try await endpoint.queue(vhost: "/", name: "q")
        },
        Call(name: "exchanges") { endpoint async throws(EndpointError) in
            _ = try await endpoint.exchanges(ListRequest())
        },
        Call(name: "bindings") { endpoint async throws(EndpointError) in
            _ = try await endpoint.bindings(.toQueue(queue))
        },
        Call(name: "all bindings") { endpoint async throws(EndpointError) in
            _ = try await endpoint.bindings(.all(vhost: nil))
        },
        Call(name: "connections") { endpoint async throws(EndpointError) in
            _ = try await endpoint.connections(ListRequest(vhost: "/"))
        },
        Call(name: "channels") { endpoint async throws(EndpointError) in
            _ = try await endpoint.channels(ListRequest())
        },
        Call(name: "channel") { endpoint async throws(EndpointError) in
            _ = try await endpoint.channel(name: "c (1)")
        },
        Call(name: "consumers") { endpoint async throws(EndpointError) in
            _ = try await endpoint.consumers(vhost: nil)
        },
        Call(name: "vhosts") { endpoint async throws(EndpointError) in _ = try await endpoint.vhosts() },
        Call(name: "declare vhost") { endpoint async throws(EndpointError) in
            try await endpoint.declareVhost(name: "v")
        },
        Call(name: "delete vhost") { endpoint async throws(EndpointError) in
            try await endpoint.deleteVhost(name: "v")
        },
        Call(name: "declare queue") { endpoint async throws(EndpointError) in
            try await endpoint.declareQueue(vhost: "/", name: "q", settings: QueueSettings())
        },
        Call(name: "delete queue") { endpoint async throws(EndpointError) in
            try await endpoint.deleteQueue(vhost: "/", name: "q", ifEmpty: false, ifUnused: false)
        },
        Call(name: "purge") { endpoint async throws(EndpointError) in
            _ = try await endpoint.purgeQueue(vhost: "/", name: "q")
        },
        Call(name: "declare exchange") { endpoint async throws(EndpointError) in
            try await endpoint.declareExchange(vhost: "/", name: "e", settings: ExchangeSettings(type: "topic"))
        },
        Call(name: "delete exchange") { endpoint async throws(EndpointError) in
            try await endpoint.deleteExchange(vhost: "/", name: "e", ifUnused: false)
        },
        Call(name: "bind") { endpoint async throws(EndpointError) in try await endpoint.bind(binding) },
        Call(name: "unbind") { endpoint async throws(EndpointError) in try await endpoint.unbind(binding) },
        Call(name: "publish") { endpoint async throws(EndpointError) in
            _ = try await endpoint.publish(
                OutgoingMessage(routingKey: "k", payload: [1], properties: [:]), vhost: "/", exchange: "e")
        },
        Call(name: "get") { endpoint async throws(EndpointError) in
            _ = try await endpoint.getMessages(vhost: "/", queue: "q", count: 1, mode: .requeue, truncate: nil)
        },
        Call(name: "close connection") { endpoint async throws(EndpointError) in
            try await endpoint.closeConnection(name: "c", reason: "r")
        },
    ]

    /// What a hostile server does, and whether any call may take it for an answer.
    enum Hostility: String, CaseIterable, Sendable {
        case unauthorized, forbidden, throttled, unavailable, endless, cut, dripping, silent, tooLarge
        case number, text, null, wrongTypes, hugeNumbers, nested, notJSON, hostileText, redirect

        func reply(elsewhere: String) -> ScriptedServer.Reply {
            switch self {
            case .unauthorized: return .json(#"{"error":"not_authorized"}"#, status: 401)
            case .forbidden: return .json("", status: 403)
            case .throttled: return .json("", status: 429, headers: "Retry-After: 99999999999999999999\r\n")
            case .unavailable: return .json(#"{"reason":["no"]}"#, status: 503)
            case .endless:
                return .drip("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[1,2,\r\n")
            case .cut: return .sendAndClose("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n[{\"name\": \"q")
            case .dripping: return .drip("HTTP/1.1 200 OK\r\nContent-Len")
            case .silent: return .hang
            case .tooLarge:
                return .send(
                    "HTTP/1.1 200 OK\r\nContent-Length: 21000000\r\n\r\n" + String(repeating: " ", count: 4_096))
            case .number: return .json("17")
            case .text: return .json("\"text\"")
            case .null: return .json("null")
            case .wrongTypes:
                return .json(#"[{"name": 5, "vhost": [], "messages": "many", "items": {}, "routed": "yes"}]"#)
            case .hugeNumbers:
                return .json(
                    #"{"items": [], "page": 1e300, "page_count": -5, "page_size": 9223372036854775807, "total_count": 1e19}"#
                )
            case .nested: return .json(String(repeating: "[", count: 100_000))
            case .notJSON: return .json("<html>It works!</html>")
            case .hostileText:
                return .json(#"{"error": "\u001b[2J", "reason": "\u001b]0;title\u0007\u202egnp.exe"}"#, status: 400)
            case .redirect:
                return .send("HTTP/1.1 302 Found\r\nLocation: \(elsewhere)/api\r\nContent-Length: 0\r\n\r\n")
            }
        }

        /// Whether only time ends it.
        var isSlow: Bool { [.endless, .dripping, .silent].contains(self) }

        /// Answers of the wrong shape are none; where only the status counts, any body will do.
        var isAlwaysAnError: Bool {
            switch self {
            case .number, .text, .null, .wrongTypes, .hugeNumbers, .nested, .notJSON: false
            default: true
            }
        }
    }

    @Test("no call hangs, traps or gives the secret away, whatever the server does", arguments: Hostility.allCases)
    func hostile(hostility: Hostility) async throws {
        let elsewhere = try ScriptedServer { _ in .json("{}") }
        defer { elsewhere.stop() }
        let reply = hostility.reply(elsewhere: elsewhere.url)
        let server = try ScriptedServer { _ in reply }
        defer { server.stop() }
        let patience: Duration = hostility.isSlow ? .milliseconds(250) : .seconds(20)
        let limits = RemoteLimits(requestTimeout: patience, largestReply: 1_000_000)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for call in Self.calls {
                group.addTask {
                    let url = try EndpointURL("http://admin:\(Self.secret)@127.0.0.1:\(server.port)")
                    let endpoint = try RemoteEndpoint(
                        url, credentials: Credentials(for: url, environment: [:]), limits: limits)
                    do throws(EndpointError) {
                        try await call.run(endpoint)
                        #expect(!hostility.isAlwaysAnError, "\(call.name) took it for an answer")
                    } catch {
                        #expect(!error.message.contains(Self.secret), "\(call.name)")
                        if hostility == .redirect, case .unreachable = error { Issue.record("\(call.name): \(error)") }
                    }
                    await endpoint.shutdown()
                }
            }
            try await group.waitForAll()
        }
        if !hostility.isSlow { #expect(server.requests.count >= Self.calls.count) }
        #expect(elsewhere.requests.isEmpty, "nothing goes to another origin")
    }
}
