import AMQP
import AMQPClient
import AMQPServer
import Broker
import Management
import TestSupport
import Testing

extension OneAtATime {
    @Suite("Endpoints of a cluster", .timeLimit(.minutes(2)), .serialized)
    struct ClusterEndpointTests {
        @Test("every node's endpoint lists all queues with what is in them, wherever they live")
        func queues() async throws {
            try await withCluster { cluster in
                for number in 1...3 { try await cluster.fill("q\(number)", with: number * 10, on: number) }
                for endpoint in (1...3).map(cluster.endpoint(of:)) + [cluster.endpoint] {
                    let queues = try await endpoint.queues(QueuePageRequest(sort: .name)).items
                    #expect(queues.map(\.name) == ["q1", "q2", "q3"])
                    #expect(queues.map(\.messages) == [10, 20, 30])
                    #expect(queues.map(\.node) == cluster.names && queues.allSatisfy { $0.state == "running" })
                    #expect(try await endpoint.queue(vhost: "/", name: "q3").messagesReady == 30)
                    #expect(try await endpoint.overview().queueTotals.messages?.value == 60)
                    #expect(try await endpoint.overview().objectTotals.queues == 3)
                    #expect(try await endpoint.overview().listeners.map(\.node) == cluster.names)
                    #expect(try await endpoint.vhosts().map(\.messages) == [60])
                }
                try await cluster.inject(.crash, 2)
                let page = try await cluster.endpoint(of: 3).queues(QueuePageRequest(sort: .name))
                #expect(page.items.map(\.messages) == [10, nil, 30])
                #expect(page.items.map(\.state) == ["running", "down", "running"])
                #expect(try await cluster.endpoint(of: 1).queue(vhost: "/", name: "q2").state == "down")
                let nodes = try await cluster.endpoint.nodes()
                #expect(nodes.map(\.name) == cluster.names && nodes.map(\.running) == [true, false, true])
                #expect(nodes[1].memUsed == nil && nodes.allSatisfy(\.partitions.isEmpty))
                await #expect(throws: EndpointError.unreachable(cluster.names[1], reason: "the node has stopped")) {
                    _ = try await cluster.endpoint(of: 2).queue(vhost: "/", name: "q1")
                }
            }
        }

        @Test("what is done through one node's endpoint is done where the queue lives")
        func commands() async throws {
            try await withCluster { cluster in
                try await cluster.fill("q", with: 5, on: 2)
                let endpoint = cluster.endpoint(of: 1)
                #expect(
                    try await endpoint.publish(
                        OutgoingMessage(routingKey: "q", payload: Array("six".utf8)), vhost: "/", exchange: ""))
                let messages = try await endpoint.getMessages(
                    vhost: "/", queue: "q", count: 10, mode: .requeue, truncate: nil)
                #expect(messages.count == 6 && messages.last?.payload == Array("six".utf8))
                #expect(try await endpoint.purgeQueue(vhost: "/", name: "q") == 6)
                try await endpoint.deleteQueue(vhost: "/", name: "q", ifEmpty: true, ifUnused: true)
                #expect(try await cluster.endpoint(of: 3).queues(QueuePageRequest()).items.isEmpty)

                try await cluster.fill("down", with: 1, on: 2)
                try await cluster.inject(.crash, 2)
                await #expect(throws: EndpointError.self) {
                    _ = try await endpoint.purgeQueue(vhost: "/", name: "down")
                }
            }
        }

        @Test(
            "a message goes to all queues that it is routed to, on several nodes and replicated, before the answer comes"
        )
        func publishing() async throws {
            try await withCluster { cluster in
                for number in 1...3 {
                    try await cluster.fill("q\(number)", with: 0, on: number)
                    try await cluster.fill("wide\(number)", with: 0, on: number, type: "quorum")
                }
                let queues = try await cluster.endpoint.queues(QueuePageRequest(sort: .name)).items.map(\.name)
                #expect(queues == ["q1", "q2", "q3", "wide1", "wide2", "wide3"])
                for queue in queues {
                    try await cluster.endpoint.bind(
                        BindingInfo(vhost: "/", source: "amq.fanout", destination: queue))
                }
                for number in 1...3 {
                    #expect(
                        try await cluster.endpoint(of: number).publish(
                            OutgoingMessage(routingKey: "any", payload: Array("\(number)".utf8)), vhost: "/",
                            exchange: "amq.fanout"))
                    for queue in queues {
                        let messages = try await cluster.endpoint(of: number).getMessages(
                            vhost: "/", queue: queue, count: 10, mode: .requeue, truncate: nil)
                        #expect(messages.map(\.payload) == (1...number).map { Array("\($0)".utf8) }, "\(queue)")
                    }
                }
                try await cluster.inject(.crash, 3)
                await #expect(
                    throws: EndpointError.refused(
                        "exchange 'amq.fanout' in vhost '/'",
                        reason: "NOT_FOUND - home node 'warren3@localhost' of durable queue 'q3' in vhost '/' is down "
                            + "or inaccessible; other queues may have it")
                ) {
                    _ = try await cluster.endpoint(of: 1).publish(
                        OutgoingMessage(routingKey: "any", payload: []), vhost: "/", exchange: "amq.fanout")
                }
            }
        }

        @Test("connections, channels and consumers of all nodes are listed with theirs, and closed from any")
        func connections() async throws {
            try await withCluster { cluster in
                var clients: [ClientConnection] = []
                var endings: [Ending] = []
                for number in 1...3 {
                    let client = try await cluster.connect(number)
                    clients.append(client)
                    let channel = try await client.openChannel()
                    try await channel.call(QueueDeclare(queue: "q\(number)"))
                    try await channel.call(BasicConsume(queue: "q\(number)"))
                    endings.append(await Ending(of: channel))
                }
                let endpoint = cluster.endpoint(of: 3)
                let connections = try await endpoint.connections(ListRequest()).items
                #expect(connections.map(\.node) == cluster.names)
                #expect(try await endpoint.channels(ListRequest()).items.map(\.node) == cluster.names)
                #expect(
                    try await endpoint.consumers(vhost: nil).compactMap(\.queue?.name).sorted() == ["q1", "q2", "q3"])
                let totals = try await endpoint.overview().objectTotals
                #expect(totals.connections == 3 && totals.channels == 3 && totals.consumers == 3)
                try await endpoint.closeConnection(name: connections[0].name, reason: "enough")
                #expect(try await endings[0].wait() == .refused(code: 320, text: "CONNECTION_FORCED - enough"))
                await #expect(throws: EndpointError.self) {
                    try await endpoint.closeConnection(name: "nobody", reason: "enough")
                }
                for client in clients { await client.abort() }
            }
        }

        @Test("nodes that do not hear each other name each other as partitioned")
        func partitions() async throws {
            try await withCluster { cluster in
                let names = cluster.names
                try await cluster.inject(.link(names[0], names[2], .cut))
                try await eventually("partitions") {
                    try await cluster.endpoint(of: 2).nodes().map(\.partitions) == [[names[2]], [], [names[0]]]
                        ? true : nil
                }
            }
        }

        @Test("the timeline has what was injected, what came of it, and the confirms of watched queues on every node")
        func timeline() async throws {
            try await withCluster { cluster in
                try await cluster.fill("q", with: 1, on: 2)
                try await cluster.endpoint.watch([QueueID(vhost: "/", name: "q")])
                try await cluster.fill("q", with: 50, on: 2)
                try await cluster.fill("other", with: 50, on: 1)
                try await cluster.inject(.crash, 2)
                try await cluster.inject(.restart, 2)
                try await cluster.wait(for: 2, toBe: .running)
                try await cluster.fill("q", with: 20, on: 2)
                let timeline = try await cluster.endpoint(of: 3).timeline(seconds: 30)
                #expect(
                    timeline.nodes.map(\.name) == cluster.names && timeline.nodes.allSatisfy { $0.state == .running })
                let queue = try #require(timeline.queues.first)
                #expect(
                    timeline.queues.count == 1 && queue.leader == cluster.names[1] && queue.online == [cluster.names[1]]
                )
                #expect(queue.confirms.reduce(0, +) == 70)
                #expect(queue.confirms.count == Int((timeline.now - queue.start) / 10) + 1)
                let second = timeline.events.filter { $0.node == cluster.names[1] }.map { ($0.kind, $0.isInjected) }
                let kinds: [ClusterTimeline.Event.Kind] = [.nodeDown, .nodeUp, .nodeServing]
                let life = second.filter { kinds.contains($0.0) }
                #expect(life.map(\.0) == [.nodeUp, .nodeServing, .nodeDown, .nodeUp, .nodeServing])
                #expect(life.map(\.1) == [false, false, true, true, false])
                #expect(timeline.events.contains { $0.kind == .leaderElected && $0.term != nil })
                let ofQueue = timeline.events.filter { $0.queue == "q" }
                #expect(ofQueue.map(\.kind) == [.available, .unavailable, .available])
                #expect(ofQueue.map(\.text) == ["", "404 until it returns", ""])
                #expect(timeline.events.map(\.at) == timeline.events.map(\.at).sorted())
                // One that is paused has not forgotten what it confirmed.
                try await cluster.inject(.pause, 2)
                #expect(try await cluster.endpoint.timeline(seconds: 30).queues.first?.confirms.reduce(0, +) == 70)
                await #expect(throws: EndpointError.self) {
                    try await cluster.endpoint.watch((1...11).map { QueueID(vhost: "/", name: "q\($0)") })
                }
            }
        }

        @Test("a leader that one node cannot hear has not been lost, and the timeline does not say so")
        func notLost() async throws {
            try await withCluster { cluster in
                try await cluster.fill("wide", with: 1, on: 2, type: "quorum")
                let (id, names) = (QueueID(vhost: "/", name: "wide"), cluster.names)
                try await cluster.endpoint.watch([id])
                let leader = try await eventually("a leader") {
                    try await cluster.endpoint.queue(vhost: id.vhost, name: id.name).leader
                }
                let other = try #require(names.first { $0 != leader })
                try await cluster.inject(.link(leader, other, .cut))
                try await eventually("that they do not hear each other") {
                    try await cluster.endpoint.nodes().contains { $0.partitions == [leader] } ? true : nil
                }
                let timeline = try await cluster.endpoint.timeline(seconds: 30)
                #expect(timeline.queues.map(\.leader) == [leader])
                #expect(!timeline.events.contains { $0.kind == .leaderLost && $0.queue == "wide" })
                try await cluster.inject(.crash, (names.firstIndex(of: leader) ?? 0) + 1)
                try await eventually("the loss of the leader") {
                    try await cluster.endpoint.timeline(seconds: 30).events
                        .contains { $0.kind == .leaderLost && $0.queue == "wide" } ? true : nil
                }
            }
        }

        @Test("nodes are hurt through an endpoint only where that was allowed")
        func allowed() async throws {
            try await withCluster(ClusterOptions()) { cluster in
                let capabilities = try await cluster.endpoint.capabilities()
                #expect(!capabilities.injectsFaults && capabilities.recordsTimeline)
                await #expect(throws: EndpointError.self) {
                    try await cluster.endpoint.inject(.node(cluster.names[0], .crash))
                }
            }
            let alone = try await RunningBroker.start(port: nil)
            let capabilities = try await alone.endpoint.capabilities()
            #expect(!capabilities.injectsFaults && !capabilities.recordsTimeline)
            await #expect(throws: EndpointError.self) { _ = try await alone.endpoint.timeline(seconds: 1) }
            try await alone.stop()
        }
    }
}
