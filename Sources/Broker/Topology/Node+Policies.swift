/// Policies at work. Which policy counts for an object is a function of the metadata alone, so that all nodes agree on it
/// at any place in the log; it is looked up when policies or objects change, never for a message.
extension Node {
    /// The policy that counts for a queue; nil without any.
    func effectivePolicy(of queue: ClassicQueue) -> Policy? {
        queue.policyChoice.current(
            in: queue.virtualHost.policies, for: queue.name, queue.settings.isQuorum ? .quorumQueue : .classicQueue)
    }

    /// The policy that counts for an exchange; nil without any.
    func effectivePolicy(of exchange: Exchange, in host: VirtualHost) -> Policy? {
        exchange.policyChoice.current(in: host.policies, for: exchange.name, .exchange)
    }

    /// Another policy counts for a queue than what it was told last, or one counts for a queue that has just been declared.
    /// Called on every node, once for each change.
    func policyChanged(of queue: ClassicQueue, from old: Policy?, to new: Policy?) {
        queue.policyChanged(to: new)
        cluster?.mirrors.review()
    }

    /// The same for an exchange.
    func policyChanged(of exchange: Exchange, in host: VirtualHost, from old: Policy?, to new: Policy?) {
        // Where it leads may have changed.
        topologyVersion += 1
    }

    /// Tells a queue which policy counts, if that is another one than before.
    func tellPolicy(to queue: ClassicQueue) {
        let (old, new) = (queue.policyChoice.told, effectivePolicy(of: queue))
        guard old != new else { return }
        queue.policyChoice.told = new
        policyChanged(of: queue, from: old, to: new)
    }

    /// Tells an exchange which policy counts, if that is another one than before.
    func tellPolicy(to exchange: Exchange, in host: VirtualHost) {
        let (old, new) = (exchange.policyChoice.told, effectivePolicy(of: exchange, in: host))
        guard old != new else { return }
        exchange.policyChoice.told = new
        policyChanged(of: exchange, in: host, from: old, to: new)
    }

    // MARK: Changes

    /// Makes the policies of a vhost what a snapshot says.
    func replacePolicies(_ policies: [Policy], in host: VirtualHost) {
        let names = Set(policies.map(\.name))
        var changes = 0
        for policy in host.policies.sorted where !names.contains(policy.name) && host.policies.clear(policy.name) {
            changes += 1
        }
        for policy in policies where host.policies.set(policy) { changes += 1 }
        if changes > 0 { tellPolicies(in: host) }
    }

    func setPolicy(_ policy: Policy, in host: VirtualHost) -> Answer {
        if host.policies.set(policy) { tellPolicies(in: host) }
        return .done
    }

    /// Clearing what is not there succeeds: whoever asks has looked before.
    func clearPolicy(_ name: String, in host: VirtualHost) -> Answer {
        if host.policies.clear(name) { tellPolicies(in: host) }
        return .done
    }

    /// Tells all objects of a vhost: some at once, the others a slice a tick.
    private func tellPolicies(in host: VirtualHost) {
        var exchanges = host.sortedExchanges[...]
        var queues = host.queues.values.sorted { $0.id < $1.id }[...]
        func tellSome(_ node: Node) -> Bool {
            var budget = Limits.policyStepsPerSlice
            while budget > 0, let exchange = exchanges.popFirst() {
                budget -= host.policies.cost(of: exchange.name)
                if host.exchanges[exchange.name] === exchange { node.tellPolicy(to: exchange, in: host) }
            }
            while budget > 0, let queue = queues.popFirst() {
                budget -= host.policies.cost(of: queue.name)
                if !queue.isDeleted { node.tellPolicy(to: queue) }
            }
            return exchanges.isEmpty && queues.isEmpty
        }
        // A journal that is read again declares everything behind its policies.
        if !tellSome(self) { later(.control { tellSome($0) }) }
    }
}
