import Management
import Testing

/// Policies through any endpoint.
extension EndpointBehaviourTests {
    @Test("policies are set, listed, shown where they count, and cleared", arguments: Way.allCases)
    func policies(way: Way) async throws {
        try await withEndpoint(way) { endpoint, _ in
            #expect(try await endpoint.capabilities().hasPolicies)
            try await endpoint.declareVhost(name: "other")
            try await endpoint.declareQueue(vhost: "/", name: "orders ü", settings: QueueSettings())
            let short = PolicyInfo(
                vhost: "/", name: "a/short ü", pattern: "^orders ü$", appliesTo: "queues", priority: -2,
                definition: ["max-length": 10, "overflow": "reject-publish", "ha-mode": "nodes", "ha-params": ["a"]])
            try await endpoint.setPolicy(short)
            let wide = PolicyInfo(
                vhost: "/", name: "b", pattern: "(?!amq)", definition: ["alternate-exchange": "amq.fanout"])
            try await endpoint.setPolicy(wide)
            var changed = short
            changed.priority = 4
            try await endpoint.setPolicy(changed)
            #expect(try await endpoint.policies(vhost: nil) == [changed, wide])
            #expect(try await endpoint.policies(vhost: "/") == [changed, wide])
            #expect(try await endpoint.policies(vhost: "other") == [])
            let queue = try await endpoint.queue(vhost: "/", name: "orders ü")
            #expect(queue.policy == "a/short ü" && queue.effectivePolicyDefinition == changed.definition)
            let exchanges = try await endpoint.exchanges(ListRequest(vhost: "/")).items
            #expect(exchanges.first { $0.name == "amq.direct" }?.policy == "b")
            try await endpoint.clearPolicy(vhost: "/", name: "a/short ü")
            #expect(try await endpoint.queue(vhost: "/", name: "orders ü").policy == "b")
            try await endpoint.clearPolicy(vhost: "/", name: "b")
            let free = try await endpoint.queue(vhost: "/", name: "orders ü")
            #expect(free.policy == nil && free.effectivePolicyDefinition == [:])
            for (vhost, name) in [("/", "b"), ("none", "b")] {
                #expect(
                    isNotFound(
                        await failure { () async throws(EndpointError) in
                            try await endpoint.clearPolicy(vhost: vhost, name: name)
                        }))
            }
            #expect(
                isNotFound(
                    await failure { () async throws(EndpointError) in try await endpoint.policies(vhost: "none") }))
        }
    }

    private static let refusedPolicies: [(definition: [String: JSONValue], problem: String)] = [
        ([:], "no policy provided"),
        (["bar": "b", "foo": 1], "[{<<\"bar\">>,<<\"b\">>},{<<\"foo\">>,1}] are not recognised policy settings"),
        (["message-ttl": -1], "-1 is not a valid message TTL"), (["expires": 0], "0 is not a valid queue expiry"),
        (["message-ttl": "é"], "<<\"é\">> is not a valid message TTL"),
        (["max-length": true], "true is not a valid maximum length"),
        (["max-length": .null], "null is not a valid maximum length"),
        (["max-length-bytes": [1, "a<b&"]], "[1,<<\"a<b&\">>] is not a valid maximum length in bytes"),
        (["overflow": ["a": ["b": []]]], "#{<<\"a\">> => #{<<\"b\">> => []}} is not a valid overflow value"),
        (["delivery-limit": 1.5], "1.5 is not a valid delivery limit"),
        (["dead-letter-exchange": 1], "1 is not a valid dead letter exchange name"),
        (["dead-letter-routing-key": []], "[] is not a valid dead letter routing key"),
        (["alternate-exchange": 2], "2 is not a valid alternate exchange name"),
        (["ha-mode": "x"], "<<\"x\">> is not a valid ha-mode value"),
        (["ha-mode": "exactly"], "ha-mode=\"exactly\" takes an integer, none given"),
        (["ha-mode": "exactly", "ha-params": "2"], "ha-mode=\"exactly\" takes an integer, <<\"2\">> given"),
        (["ha-mode": "nodes", "ha-params": []], "ha-mode=\"nodes\" list must be non-empty"),
        (
            ["ha-mode": "nodes", "ha-params": [1, "a"]],
            "ha-mode=\"nodes\" takes a list of strings, [1] was not a string"
        ),
        (["ha-mode": "all", "ha-params": 1], "ha-mode=\"all\" does not take parameters"),
        (
            ["ha-params": 2],
            "ha-mode must be specified to specify ha-params, ha-sync-mode or ha-promote-on-shutdown"
        ),
        (
            ["ha-mode": "all", "ha-sync-mode": "x"],
            "ha-sync-mode must be \"manual\" or \"automatic\", got <<\"x\">>"
        ),
        (
            ["ha-mode": "all", "ha-promote-on-failure": "x"],
            "ha-promote-on-failure must be \"always\" or \"when-synced\", got <<\"x\">>"
        ),
        (["queue-master-locator": "x"], "<<\"x\">> invalid queue-master-locator value"),
        (["queue-mode": "lazy"], "policy setting 'queue-mode' is not implemented yet"),
    ]

    @Test("a policy that makes no sense is refused in RabbitMQ's words", arguments: Way.allCases)
    func refusedPolicies(way: Way) async throws {
        try await withEndpoint(way) { endpoint, _ in
            for (definition, problem) in Self.refusedPolicies {
                let policy = PolicyInfo(vhost: "/", name: "p", pattern: "^a", definition: definition)
                let error = await failure { () async throws(EndpointError) in try await endpoint.setPolicy(policy) }
                #expect(reason(error) == "Validation failed\n\n\(problem)\n")
            }
            let all = PolicyInfo(vhost: "/", name: "p", pattern: "(", appliesTo: "foo", definition: [:])
            let error = await failure { () async throws(EndpointError) in try await endpoint.setPolicy(all) }
            #expect(
                reason(error) == """
                    Validation failed

                    no policy provided
                    apply-to 'foo' unrecognised; should be 'queues', 'exchanges' or 'all'
                    pattern should be regular expression but is invalid: {"missing )",1}

                    """)
            #expect(try await endpoint.policies(vhost: nil) == [])
            let nowhere = PolicyInfo(vhost: "none", name: "p", pattern: "^a", definition: ["max-length": 1])
            #expect(
                isNotFound(
                    await failure { () async throws(EndpointError) in try await endpoint.setPolicy(nowhere) }))
        }
    }
}
