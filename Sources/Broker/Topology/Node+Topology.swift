internal import AMQP

/// Applying topology changes: the only code that alters exchanges, queues and bindings.
extension Node {
    func apply(_ change: TopologyChange) -> Answer {
        topologyIndex += 1
        do throws(ProtocolException) {
            switch change {
            case .declareVirtualHost(let name):
                // Routes are remembered by vhost: a new one changes none.
                if virtualHosts[name] == nil { virtualHosts[name] = VirtualHost(name: name) }
                return .done
            case .deleteVirtualHost(let name):
                return try deleteVirtualHost(virtualHost(name))
            case .declareExchange(let host, let name, let settings):
                return try declareExchange(in: virtualHost(host), name, settings)
            case .deleteExchange(let host, let name, let ifUnused):
                return try deleteExchange(in: virtualHost(host), name, ifUnused: ifUnused)
            case .declareQueue(let host, let name, let settings):
                return try declareQueue(in: virtualHost(host), name, settings)
            case .deleteQueue(let host, let name, let id):
                return try deleteQueue(in: virtualHost(host), name, id: id)
            case .bind(let host, let exchange, let binding):
                return try bind(in: virtualHost(host), exchange, binding)
            case .unbind(let host, let exchange, let binding):
                return try unbind(in: virtualHost(host), exchange, binding)
            case .setPolicy(let host, let policy): return setPolicy(policy, in: try virtualHost(host))
            case .clearPolicy(let host, let name): return clearPolicy(name, in: try virtualHost(host))
            }
        } catch {
            return .failed(error)
        }
    }

    private func virtualHost(_ name: String) throws(ProtocolException) -> VirtualHost {
        guard let host = virtualHosts[name] else {
            throw ProtocolException(.notAllowed, "vhost \(name) not found")
        }
        return host
    }

    /// The name is gone at once, with the connections that opened it; its queues go in slices.
    private func deleteVirtualHost(_ host: VirtualHost) throws(ProtocolException) -> Answer {
        virtualHosts[host.name] = nil
        topologyVersion += 1
        for connection in sortedConnections where connection.virtualHost === host && connection.phase == .open {
            connection.fail(ProtocolException(.connectionForced, "vhost '\(host.name)' is deleted"))
            noteDirty(connection)
        }
        var names = host.queues.keys.sorted()
        later(
            .control { node in
                for _ in 0..<Limits.listedPerSlice {
                    guard let name = names.popLast() else { return true }
                    guard let queue = host.queues[name] else { continue }
                    host.removeQueue(name)
                    _ = node.retire(queue)
                }
                return false
            })
        return .done
    }

    private func declareExchange(
        in host: VirtualHost, _ name: String, _ settings: ExchangeDefinition
    ) throws(ProtocolException) -> Answer {
        if let known = host.exchanges[name] {
            try checkEquivalent(known, settings, host)
            return .done
        }
        let exchange = Exchange(name: name, settings: settings)
        host.add(exchange)
        topologyVersion += 1
        tellPolicy(to: exchange, in: host)
        return .done
    }

    private func checkEquivalent(
        _ exchange: Exchange, _ settings: ExchangeDefinition, _ host: VirtualHost
    ) throws(ProtocolException) {
        func differs(_ argument: String, _ received: String, _ current: String) -> ProtocolException {
            .inequivalent(
                argument, "exchange", exchange.name, host.name, received: "'\(received)'", current: "'\(current)'")
        }
        let current = exchange.settings
        if settings.kind != current.kind { throw differs("type", settings.kind.rawValue, current.kind.rawValue) }
        for (argument, received, known) in [
            ("durable", settings.isDurable, current.isDurable),
            ("auto_delete", settings.isAutoDelete, current.isAutoDelete),
            ("internal", settings.isInternal, current.isInternal),
        ] where received != known {
            throw differs(argument, "\(received)", "\(known)")
        }
        try checkEquivalent(
            ExchangeArguments.compared, "exchange", exchange.name, host, settings.arguments, current.arguments)
    }

    /// Compares optional arguments as RabbitMQ does (`rabbit_misc:assert_args_equivalence`).
    private func checkEquivalent(
        _ names: [String], _ kind: String, _ name: String, _ host: VirtualHost, _ received: FieldTable,
        _ current: FieldTable
    ) throws(ProtocolException) {
        for argument in names {
            let (new, old) = (received[argument], current[argument])
            let texts: (String, String)
            switch (new, old) {
            case (nil, nil): continue
            case (let new?, let old?):
                if new.isSameHeader(as: old) { continue }
                texts = ("'\(new.plainText)'", "'\(old.plainText)'")
            default: texts = (describe(new), describe(old))
            }
            throw .inequivalent(argument, kind, name, host.name, received: texts.0, current: texts.1)
        }
    }

    private func describe(_ value: FieldValue?) -> String {
        value.map { "the value '\($0.plainText)' of type '\($0.erlangType)'" } ?? "none"
    }

    private func deleteExchange(
        in host: VirtualHost, _ name: String, ifUnused: Bool
    ) throws(ProtocolException) -> Answer {
        // Deleting what does not exist succeeds (RabbitMQ, "Specification": exchange.delete is idempotent).
        guard let exchange = host.exchanges[name] else { return .done }
        if ifUnused, exchange.bindingCount > 0 {
            throw ProtocolException(.preconditionFailed, "exchange '\(name)' in vhost '\(host.name)' in use")
        }
        host.removeExchange(exchange)
        topologyVersion += 1
        return .done
    }

    private func declareQueue(
        in host: VirtualHost, _ name: String, _ settings: QueueDefinition
    ) throws(ProtocolException) -> Answer {
        if let known = host.queues[name] {
            try checkEquivalent(known, settings)
            known.touch()
            return .declared(queue: name, messages: known.readyCount, consumers: known.consumers.count)
        }
        let queue = ClassicQueue(id: topologyIndex, name: name, virtualHost: host, settings: settings, node: self)
        host.add(queue)
        topologyVersion += 1
        register(queue)
        tellPolicy(to: queue)
        beginMirrors(of: queue)
        return .declared(queue: name, messages: 0, consumers: 0)
    }

    func checkEquivalent(_ queue: ClassicQueue, _ settings: QueueDefinition) throws(ProtocolException) {
        let host = queue.virtualHost
        let current = queue.settings
        func differs(_ argument: String, _ received: String, _ current: String) -> ProtocolException {
            .inequivalent(argument, "queue", queue.name, host.name, received: received, current: current)
        }
        if current.exclusiveOwner != settings.exclusiveOwner
            || (current.exclusiveOwner != nil && current.home != settings.home)
        {
            // Connections are numbered by their nodes.
            throw .locked(queue.name, host.name)
        }
        if settings.isDurable != current.isDurable {
            throw differs("durable", "'\(settings.isDurable)'", "'\(current.isDurable)'")
        }
        if settings.isAutoDelete != current.isAutoDelete {
            throw differs("auto_delete", "'\(settings.isAutoDelete)'", "'\(current.isAutoDelete)'")
        }
        try checkEquivalent(
            QueueArguments.compared, "queue", queue.name, host, settings.arguments, current.arguments)
    }

    private func deleteQueue(
        in host: VirtualHost, _ name: String, id: UInt64
    ) throws(ProtocolException) -> Answer {
        guard let queue = host.queues[name], queue.id == id else { return .removed(messages: 0) }
        host.removeQueue(name)
        topologyVersion += 1
        return .removed(messages: retire(queue))
    }

    private func bind(
        in host: VirtualHost, _ exchange: String, _ binding: Binding
    ) throws(ProtocolException) -> Answer {
        guard let source = host.exchanges[exchange] else { throw .noExchange(exchange, host.name) }
        switch binding.destination {
        case .queue(let name): if host.queues[name] == nil { throw .noQueue(name, host.name) }
        case .exchange(let name): if host.exchanges[name] == nil { throw .noExchange(name, host.name) }
        }
        if host.bind(source, binding) { topologyVersion += 1 }
        return .done
    }

    private func unbind(
        in host: VirtualHost, _ exchange: String, _ binding: Binding
    ) throws(ProtocolException) -> Answer {
        // What has gone meanwhile took the binding with it.
        if let source = host.exchanges[exchange] {
            host.unbind(source, binding)
            topologyVersion += 1
        }
        return .done
    }
}
