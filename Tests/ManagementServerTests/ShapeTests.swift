import AMQPServer
import Foundation
import Management
import Testing

@testable import ManagementServer

/// Status codes and bodies as RabbitMQ 3.10.8 gave them to the same requests.
@Suite struct ShapeTests {
    private struct Step: Sendable {
        let request: String
        let body: String
        let status: Int
        let reply: String

        init(_ request: String, _ body: String, _ status: Int, _ reply: String = "") {
            self.request = request
            self.body = body
            self.status = status
            self.reply = reply
        }

        init(_ request: String, _ status: Int, _ reply: String = "") { self.init(request, "", status, reply) }
    }

    private static let absent = #"{"error":"Object Not Found","reason":"Not Found"}"#

    private static let steps: [Step] = [
        Step("PUT /api/queues/%2f/zz", #"{"durable":false}"#, 201),
        Step("PUT /api/queues/%2F/zz", #"{"durable":false}"#, 204),
        Step(
            "PUT /api/queues/%2f/zz", #"{"durable":true}"#, 400,
            #"{"error":"bad_request","reason":"inequivalent arg 'durable' for queue 'zz' in vhost '/': "#
                + #"received 'true' but current is 'false'"}"#),
        Step("PUT /api/queues/%2f/zz2", "{bad", 400, #"{"error":"bad_request","reason":"not_json"}"#),
        Step("PUT /api/queues/nov/zz", "{}", 404),
        Step("GET /api/queues/%2f/none", 404, absent),
        Step("GET /api/nothing", 404, absent),
        Step("PUT /api/policies/%2F/p", "{}", 400, #""reason":"[{key_missing,pattern},{key_missing,definition}]""#),
        Step(
            "PUT /api/policies/%2F/p", #"{"pattern":1,"definition":{"max-length":1},"priority":"1"}"#, 400,
            #"Validation failed\n\npattern should be a binary but was 1\n"#
                + #"priority should be a number, actually was &lt;&lt;\"1\"&gt;&gt;\n"#),
        Step("PUT /api/policies/%2F/p", #"{"pattern":"^zz","definition":{"max-length":5},"priority":3}"#, 201),
        Step("PUT /api/policies/%2F/p", #"{"pattern":"^zz","definition":{"max-length":5},"apply-to":"queues"}"#, 204),
        Step(
            "GET /api/policies/%2F/p", 200,
            #"{"apply-to":"queues","definition":{"max-length":5},"name":"p","pattern":"^zz","priority":0,"vhost":"/"}"#),
        Step("GET /api/queues/%2F/zz", 200, #""effective_policy_definition":{"max-length":5}"#),
        Step("GET /api/policies/none", 404, absent),
        Step("GET /api/policies/%2F/none", 404, absent),
        Step("DELETE /api/policies/%2F/none", 404, absent),
        Step(
            "PUT /api/policies/none/p", #"{"pattern":"x","definition":{"max-length":5}}"#, 404,
            #"{"error":"not_found","reason":"vhost_not_found"}"#),
        Step("POST /api/policies/%2F", "{}", 405),
        Step("DELETE /api/policies/%2F/p", 204),
        Step("GET /api/policies", 200, "[]"),
        Step("POST /api/overview", 405),
        Step("PUT /api/exchanges/%2f/ee", #"{"type":"direct"}"#, 201),
        Step("PUT /api/exchanges/%2f/ee", #"{"type":"direct"}"#, 204),
        Step(
            "PUT /api/exchanges/%2f/e2", #"{"type":"nope"}"#, 400,
            #"{"error":"bad_request","reason":"unknown exchange type 'nope'"}"#),
        Step("POST /api/bindings/%2f/e/ee/q/zz", #"{"routing_key":"a b/c","arguments":{}}"#, 201),
        Step(
            "GET /api/bindings/%2f/e/ee/q/zz", 200,
            #""destination":"zz","destination_type":"queue","properties_key":"a+b%2Fc","routing_key":"a b/c""#),
        Step("POST /api/bindings/%2f/e/ee/q/zz", #"{"routing_key":"k","arguments":{"x":1}}"#, 201),
        Step("GET /api/queues/%2f/zz/bindings", 200, #""properties_key":"zz","routing_key":"zz","source":"""#),
        Step("DELETE /api/bindings/%2f/e/ee/q/zz/nope", 404, absent),
        Step("DELETE /api/bindings/%2f/e/ee/q/zz/a%2Bb%252Fc", 204),
        Step(
            "POST /api/exchanges/%2f/ee/publish",
            #"{"properties":{},"routing_key":"k","payload":"hi","payload_encoding":"string"}"#, 200,
            #"{"routed":true}"#),
        Step("POST /api/exchanges/%2f/ee/publish", #"{"routing_key":"k","payload":"hi"}"#, 400, "key_missing"),
        Step(
            "POST /api/queues/%2f/zz/get", #"{"count":5,"ackmode":"ack_requeue_true","encoding":"auto"}"#, 200,
            #""payload":"hi","payload_bytes":2,"payload_encoding":"string""#),
        Step("POST /api/queues/%2f/zz/get", #"{"count":5}"#, 400, "key_missing"),
        Step(
            "DELETE /api/queues/%2f/zz?if-empty=true", 400,
            #"{"error":"bad_request","reason":"queue 'zz' in vhost '/' not empty"}"#),
        Step(
            "DELETE /api/exchanges/%2f/ee?if-unused=true", 400,
            #"{"error":"bad_request","reason":"exchange 'ee' in vhost '/' in use"}"#),
        Step("GET /api/queues?page=1&page_size=10", 200, #""filtered_count":1,"item_count":1,"items":[{"#),
        Step(
            "GET /api/queues?page=9&page_size=10", 400,
            #"{"error":"page_out_of_range","reason":"Page out of range, page: 9 page size: 10, len: 1"}"#),
        Step(
            "GET /api/queues?page=x", 400,
            #"{"error":"bad_request","reason":"Pagination parameters are invalid"}"#),
        Step(
            "GET /api/queues?page=1&page_size=501", 400,
            #"{"error":"invalid_pagination_parameters","reason":"Invalid pagination parameters: page number 1, "#
                + #"page size 501"}"#),
        Step("GET /api/queues?page=9223372036854775807&page_size=500", 400, "page_out_of_range"),
        Step("DELETE /api/queues/%2f/zz/contents", 204),
        Step("DELETE /api/queues/%2f/zz", 204),
        Step("DELETE /api/queues/%2f/zz", 404, absent),
        Step("DELETE /api/exchanges/%2f/ee", 204),
        Step("DELETE /api/connections/none", 404, absent),
        Step("PUT /api/vhosts/vv", 201),
        Step("PUT /api/vhosts/vv", 204),
        Step("GET /api/queues/vv", 200, "[]"),
        Step("DELETE /api/vhosts/vv", 204),
        Step("GET /api/queues/vv", 404, absent),
        Step("GET /api/whoami", 200, #"{"name":"guest","tags":["administrator"]}"#),
        Step("GET /api/nodes/none", 404, absent),
    ]

    private func request(_ line: String, body: String = "", password: String = "guest") throws -> APIRequest {
        let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
        let method = try #require(APIRequest.Method(rawValue: parts[0]))
        return try #require(
            APIRequest(
                method: method, target: parts[1],
                authorization: "Basic " + Data("guest:\(password)".utf8).base64EncodedString(),
                body: Array(body.utf8)))
    }

    /// A body with its objects' fields in order, so that texts can be compared.
    private func ordered(_ body: [UInt8]) throws -> String {
        guard !body.isEmpty else { return "" }
        let value = try JSONSerialization.jsonObject(with: Data(body), options: .fragmentsAllowed)
        let data = try JSONSerialization.data(
            withJSONObject: value, options: [.sortedKeys, .withoutEscapingSlashes, .fragmentsAllowed])
        return String(decoding: data, as: UTF8.self)
    }

    @Test("a session of requests is answered as RabbitMQ answers it")
    func session() async throws {
        let broker = try await RunningBroker.start(port: nil)
        let api = ManagementAPI(
            endpoint: broker.endpoint, authentication: BasicAuthentication(passwords: ["guest": "guest"]))
        for step in Self.steps {
            let reply = await api.reply(to: try request(step.request, body: step.body))
            let body = try ordered(reply.body)
            #expect(reply.status == step.status, "\(step.request): \(body)")
            #expect(step.reply.isEmpty || body.contains(step.reply), "\(step.request): \(body)")
        }
        try await broker.stop()
    }

    @Test("without the right password nothing is answered")
    func authentication() async throws {
        let broker = try await RunningBroker.start(port: nil)
        let api = ManagementAPI(
            endpoint: broker.endpoint, authentication: BasicAuthentication(passwords: ["guest": "guest", "none": ""]))
        for password in ["", "gues", "guestguest", "Guest"] {
            let reply = await api.reply(to: try request("GET /api/overview", password: password))
            #expect(reply.status == 401)
            #expect(reply.headers.contains { $0.name == "www-authenticate" })
        }
        let bare = try #require(APIRequest(method: .get, target: "/api/overview"))
        #expect(await api.reply(to: bare).status == 401)
        try await broker.stop()
    }

    @Test(
        "a target that is no path of the API is none",
        arguments: ["/", "", "/api", "/other/overview", "/api/queues/%zz", "/api/queues/%2", "/api/%ff%fe", "*"])
    func targets(target: String) {
        #expect(APIRequest(method: .get, target: target) == nil)
    }

    @Test("parts of a path are decoded one by one, and a query by name")
    func decoding() throws {
        let request = try #require(
            APIRequest(method: .get, target: "/api/queues/%2Fa%2f/b%20c+d/?x=%26+&flag&y=1=2"))
        #expect(request.path == ["queues", "/a/", "b c+d"])
        #expect(request.query == ["x": "& ", "flag": "", "y": "1=2"])
    }
}
