import Foundation
import Management
import Testing

/// Replies as brokers give them become values; what is missing or odd becomes "not provided".
@Suite struct DecodingTests {
    private func decode<Value: Decodable>(_ type: Value.Type = Value.self, _ text: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(text.utf8))
    }

    @Test("RabbitMQ's overview gives versions, totals, counters and listeners")
    func overview() throws {
        let overview = try decode(Overview.self, CapturedReplies.overview)
        #expect(overview.productName == "RabbitMQ")
        #expect(overview.rabbitmqVersion == "3.10.8")
        #expect(overview.node == "rabbit@localhost")
        #expect(overview.queueTotals.messagesReady == Measured(40, rate: 0))
        #expect(overview.queueTotals.messagesUnacknowledged?.value == 10)
        #expect(overview.objectTotals.consumers == 1)
        #expect(overview.messageStats.publish == Measured(50, rate: 0))
        #expect(overview.messageStats.confirm == Measured(0, rate: 0))
        #expect(overview.listeners.first?.port == 5672)
        #expect(overview.listeners.count == 3)
    }

    @Test("RabbitMQ's node list gives memory, disk, descriptors and alarms")
    func nodes() throws {
        let node = try #require(try decode([NodeInfo].self, CapturedReplies.nodes).first)
        #expect(node.name == "rabbit@localhost")
        #expect(node.running == true)
        #expect(node.memUsed == 138_203_136)
        #expect(node.memLimit == 10_110_600_806)
        #expect(node.memAlarm == false)
        #expect(node.fdUsed == 40)
        #expect(node.uptime == 681_808)
        #expect(node.partitions.isEmpty)
    }

    @Test("a page of queues gives its counts and each queue's numbers")
    func page() throws {
        let page = try decode(Page<QueueInfo>.self, CapturedReplies.page)
        #expect(page.totalCount == 1 && page.filteredCount == 1 && page.pageSize == 2 && page.pageCount == 1)
        #expect(page.isWhole)
        let queue = try #require(page.items.first)
        #expect(queue.id == QueueID(vhost: "/", name: "mgmt.cap"))
        #expect(queue.arguments == ["x-max-length": 5000])
        #expect(queue.messagesReady == 40 && queue.messagesUnacknowledged == 10 && queue.messages == 50)
        #expect(queue.memory == 48120)
        #expect(queue.policy == nil)
        #expect(queue.messageStats?.deliverGet == Measured(10, rate: 0))
        #expect(queue.messageStats?.confirm == nil, "RabbitMQ has no confirms per queue")
    }

    @Test("a page without statistics has depths and no rates")
    func pageWithoutStatistics() throws {
        let queue = try #require(try decode(Page<QueueInfo>.self, CapturedReplies.pageWithoutStatistics).items.first)
        #expect(queue.messagesReady == 40)
        #expect(queue.messageStats == nil && queue.consumers == nil && queue.memory == nil)
    }

    @Test("a single queue names its consumers, their prefetch and their channel")
    func queueDetail() throws {
        let queue = try decode(QueueInfo.self, CapturedReplies.queue)
        let consumer = try #require(queue.consumerDetails?.first)
        #expect(consumer.prefetchCount == 10 && consumer.ackRequired == true && consumer.active == true)
        #expect(consumer.channelDetails?.user == "guest")
        #expect(consumer.channelDetails?.number == 1)
    }

    @Test("a queue with nothing but a name is a stub, not an error")
    func stub() throws {
        let queue = try decode(QueueInfo.self, #"{"vhost": "/", "name": "q"}"#)
        #expect(queue == QueueInfo(vhost: "/", name: "q"))
    }

    @Test(
        "a field of the wrong type is not provided and costs nothing else",
        arguments: [
            (#""memory": """#, \QueueInfo.memory), (#""memory": null"#, \.memory),
            (#""messages": "many""#, \.messages), (#""messages": {}"#, \.messages),
            (#""consumers": 1.5"#, \.consumers), (#""messages": 99999999999999999999999"#, \.messages),
        ] as [(String, any KeyPath<QueueInfo, Int?> & Sendable)])
    func wrongTypes(field: String, path: any KeyPath<QueueInfo, Int?> & Sendable) throws {
        let text = #"{"vhost": "/", "name": "q", "messages_ready": 7, "# + field + "}"
        let queue = try decode(QueueInfo.self, text)
        #expect(queue[keyPath: path] == nil)
        #expect(queue.messagesReady == 7)
    }

    @Test("empty Erlang lists where objects are meant are not provided")
    func erlangLists() throws {
        let queue = try decode(
            QueueInfo.self,
            """
            {"vhost": "/", "name": "q", "arguments": [], "message_stats": [], "policy": "", "exclusive": "no",
             "consumer_details": [{"consumer_tag": "t", "channel_details": [], "prefetch_count": 0}],
             "unheard_of": {"a": [1]}}
            """)
        #expect(queue.arguments.isEmpty && queue.messageStats == nil && queue.policy == nil)
        #expect(queue.exclusive == nil)
        #expect(queue.consumerDetails?.first?.channelDetails == nil)
        #expect(queue.consumerDetails?.first?.prefetchCount == 0, "0 is measured, not missing")
    }

    @Test("a whole number written as a float counts; a rate may be missing")
    func floats() throws {
        let stats = try decode(
            MessageStats.self,
            #"{"publish": 12.0, "publish_details": {"rate": 3}, "ack": 4, "get": "", "confirm": 1, "confirm_details": 2}"#
        )
        #expect(stats.publish == Measured(12, rate: 3))
        #expect(stats.ack == Measured(4) && stats.confirm == Measured(1))
        #expect(stats.get == nil)
    }

    @Test("disk monitoring that is off leaves the node readable")
    func diskMonitoringOff() throws {
        let node = try decode(
            NodeInfo.self,
            #"{"name": "a@b", "running": true, "disk_free": "disk_free_monitoring_disabled", "mem_used": 5}"#)
        #expect(node.diskFree == nil && node.memUsed == 5)
        #expect(try decode(NodeInfo.self, #"{"name": "c@d", "running": false}"#).running == false)
    }

    @Test("an object without its name is refused")
    func nameless() {
        #expect(throws: DecodingError.self) { try decode(QueueInfo.self, #"{"vhost": "/"}"#) }
        #expect(throws: DecodingError.self) { try decode(NodeInfo.self, "{}") }
        #expect(throws: DecodingError.self) { try decode(Page<QueueInfo>.self, #"{"items": [{"name": 1}]}"#) }
    }

    @Test("a list without paging is a page that holds everything")
    func bareList() throws {
        let page = try decode(Page<QueueInfo>.self, #"[{"vhost":"/","name":"b"},{"vhost":"/","name":"a"}]"#)
        #expect(page.items.map(\.name) == ["b", "a"] && page.totalCount == 2 && page.isWhole)
    }

    @Test("what is written can be read back unchanged, in RabbitMQ's field names")
    func roundTrip() throws {
        var queue = try decode(QueueInfo.self, CapturedReplies.queue)
        queue.arguments["nested"] = .object(["list": .array([1, "a", true, .null, .number(0.5)])])
        queue.members = ["a@b"]
        let text = try JSONEncoder().encode(queue)
        #expect(try JSONDecoder().decode(QueueInfo.self, from: text) == queue)
        let fields = try JSONDecoder().decode([String: JSONValue].self, from: text)
        #expect(fields["messages_ready"] == 40)
        guard case .object(let stats) = fields["message_stats"] else {
            Issue.record("message_stats is not an object")
            return
        }
        #expect(stats["deliver_get_details"] == .object(["rate": 0]))

        let overview = try decode(Overview.self, CapturedReplies.overview)
        #expect(try JSONDecoder().decode(Overview.self, from: JSONEncoder().encode(overview)) == overview)
        let page = try decode(Page<QueueInfo>.self, CapturedReplies.page)
        #expect(try JSONDecoder().decode(Page<QueueInfo>.self, from: JSONEncoder().encode(page)) == page)
    }

    @Test("counts of a page that make no sense are brought to where they can be reckoned with")
    func senselessPage() throws {
        let page = try decode(
            Page<QueueInfo>.self,
            #"{"items":[],"page":9223372036854775807,"page_size":500,"filtered_count":-10,"page_count":-1}"#)
        #expect((1...1_000_000_000).contains(page.page) && page.filteredCount == 0 && page.pageCount == 1)
        #expect((page.page - 1).multipliedReportingOverflow(by: page.pageSize).overflow == false)
    }
}
