internal import AMQP
public import Management

/// What can be looked at beyond the queues.
extension EmbeddedEndpoint {
    /// One page of the exchanges, by vhost and name.
    public func exchanges(_ request: ListRequest) async throws(EndpointError) -> Page<ExchangeInfo> {
        let lists: [[ExchangeInfo]] = try await askAll { node, reply in
            reply(
                node.sortedVirtualHosts.flatMap { host in
                    host.sortedExchanges.map { node.info(of: $0, in: host) }
                })
        }
        return request.page(of: Self.combined(lists), name: \.name, vhost: \.vhost)
    }

    /// The bindings at one end, the default exchange's first; of a vhost, exchange by exchange.
    public func bindings(_ scope: BindingScope) async throws(EndpointError) -> [BindingInfo] {
        if case .all(let vhost) = scope { return try await allBindings(vhost) }
        let found: [BindingInfo]?? = try await ask { node, reply in reply(.some(node.bindings(scope))) }
        guard case .some(.some(let bindings)) = found else {
            switch scope {
            case .toQueue(let id): throw .notFound(Self.title(queue: id.name, id.vhost))
            case .fromExchange(let id), .toExchange(let id): throw .notFound(Self.title(exchange: id.name, id.vhost))
            case .all: return []
            }
        }
        return bindings
    }

    /// One question for each exchange, so that the loop is never held for all of them.
    private func allBindings(_ vhost: String?) async throws(EndpointError) -> [BindingInfo] {
        var bindings: [BindingInfo] = []
        var request = ListRequest(vhost: vhost)
        while true {
            let page = try await exchanges(request)
            for exchange in page.items {
                do throws(EndpointError) {
                    bindings += try await self.bindings(.fromExchange(exchange.id))
                } catch .notFound {
                    // Deleted since it was listed.
                }
            }
            guard page.page < page.pageCount else { return bindings }
            request.page += 1
        }
    }

    /// One page of the client connections, oldest first.
    public func connections(_ request: ListRequest) async throws(EndpointError) -> Page<ConnectionInfo> {
        let all: [[ConnectionInfo]] = try await askAll { node, reply in
            reply(node.clientConnections.map(node.info(of:)))
        }
        return request.page(of: all.flatMap { $0 }, name: \.name, vhost: \.vhost)
    }

    /// One page of the channels, by connection and number.
    public func channels(_ request: ListRequest) async throws(EndpointError) -> Page<ChannelInfo> {
        let all: [[ChannelInfo]] = try await askAll { node, reply in
            reply(
                node.clientConnections.flatMap { connection in
                    connection.sortedChannels.map { node.info(of: $0, withConsumers: false) }
                })
        }
        return request.page(of: all.flatMap { $0 }, name: \.name, vhost: \.vhost)
    }

    /// One channel with its consumers.
    public func channel(name: String) async throws(EndpointError) -> ChannelInfo {
        let found: [ChannelInfo?] = try await askAll { node, reply in
            for connection in node.clientConnections {
                for channel in connection.sortedChannels where channel.name == name {
                    return reply(.some(node.info(of: channel, withConsumers: true)))
                }
            }
            reply(.some(nil))
        }
        guard let channel = found.compactMap({ $0 }).first else { throw .notFound("channel '\(name)'") }
        return channel
    }

    /// The consumers of a vhost, or of all.
    public func consumers(vhost: String?) async throws(EndpointError) -> [ConsumerInfo] {
        let lists: [[ConsumerInfo]] = try await askAll { node, reply in
            var infos: [ConsumerInfo] = []
            node.visitQueues(
                { queue in
                    // Those of a classic queue are known at its home, those of a quorum queue where they are connected.
                    guard vhost == nil || queue.virtualHost.name == vhost,
                        queue.distant == nil || queue.settings.isQuorum
                    else { return }
                    infos += queue.consumers.all.map(node.info(of:))
                }, finished: { reply(infos) })
        }
        return lists.flatMap { $0 }
    }

    /// The vhosts, by name.
    public func vhosts() async throws(EndpointError) -> [VhostInfo] {
        let lists: [[VhostInfo]] = try await askAll { node, reply in
            var sums: [String: QueueSums] = [:]
            node.visitQueues(
                { sums[$0.virtualHost.name, default: QueueSums()].add($0) },
                finished: {
                    reply(
                        node.sortedVirtualHosts.map { host in
                            var info = VhostInfo(name: host.name)
                            let sum = sums[host.name] ?? QueueSums()
                            info.messagesReady = sum.ready
                            info.messagesUnacknowledged = sum.unacked
                            info.messages = sum.ready + sum.unacked
                            return info
                        })
                })
        }
        return Self.combined(lists)
    }
}

extension Node {
    /// The bindings at one end, or nil where there is nothing of that name.
    fileprivate func bindings(_ scope: BindingScope) -> [BindingInfo]? {
        switch scope {
        case .toQueue(let id):
            guard let host = virtualHosts[id.vhost], host.queues[id.name] != nil else { return nil }
            let implicit = BindingInfo(vhost: id.vhost, source: "", destination: id.name, routingKey: id.name)
            return [implicit]
                + host.bindings(to: .queue(id.name)).map { info(of: $0.binding, from: $0.source, in: host) }
        case .toExchange(let id):
            guard let host = virtualHosts[id.vhost], host.exchanges[id.name] != nil else { return nil }
            return host.bindings(to: .exchange(id.name)).map { info(of: $0.binding, from: $0.source, in: host) }
        case .fromExchange(let id):
            guard let host = virtualHosts[id.vhost], let exchange = host.exchanges[id.name] else { return nil }
            if id.name.isEmpty {
                return host.queues.keys.sorted().map {
                    BindingInfo(vhost: id.vhost, source: "", destination: $0, routingKey: $0)
                }
            }
            return exchange.bindings.map { info(of: $0, from: exchange, in: host) }
        case .all: return nil
        }
    }
}
