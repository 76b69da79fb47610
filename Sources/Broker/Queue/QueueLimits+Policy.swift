internal import AMQP

/// What the policy that counts for a queue adds to its arguments (RabbitMQ, "Policies"): of two numbers the smaller one
/// holds, of everything else the argument.
extension QueueLimits {
    func merged(with policy: Policy?, arguments: FieldTable) -> QueueLimits {
        guard let policy else { return self }
        var merged = self
        func smaller(_ number: Int?, _ setting: String) -> Int? {
            guard let other = policy.number(setting).map({ Int(clamping: $0) }) else { return number }
            return number.map { min($0, other) } ?? other
        }
        /// No timer waits for ever; nobody sees the difference.
        func sooner(_ milliseconds: UInt64?, _ setting: String) -> UInt64? {
            guard let other = policy.number(setting).map({ UInt64(clamping: min($0, Expiration.longest)) }) else {
                return milliseconds
            }
            return milliseconds.map { min($0, other) } ?? other
        }
        merged.maxLength = smaller(maxLength, "max-length")
        merged.maxBytes = smaller(maxBytes, "max-length-bytes")
        merged.messageTTL = sooner(messageTTL, "message-ttl")
        merged.expires = sooner(expires, "expires")
        // Of a quorum queue's overflow the policy has the last word (RabbitMQ 3.10, `rabbit_quorum_queue`).
        let isOpen = arguments["x-overflow"] == nil || arguments[QueueArguments.type]?.text == QuorumSettings.type
        if isOpen, let overflow = policy.definition["overflow"]?.text {
            merged.rejectsPublishes = overflow != "drop-head"
            merged.deadLettersRefused = overflow == "reject-publish-dlx"
        }
        return merged
    }
}

extension DeadLetterTarget {
    /// What a queue's arguments say, and where they say nothing its policy; nil without an exchange.
    init?(_ arguments: FieldTable, policy: Policy?) {
        func name(_ argument: String, _ setting: String) -> [UInt8]? {
            guard case .bytes(let name) = arguments[argument] ?? policy?.definition[setting] else { return nil }
            return name
        }
        guard let exchange = name(Self.exchangeArgument, "dead-letter-exchange") else { return nil }
        self.exchange = exchange
        routingKey = name(Self.routingKeyArgument, "dead-letter-routing-key")
    }
}

extension Policy {
    /// A setting that is a whole number and not negative.
    func number(_ setting: String) -> Int64? {
        guard let number = definition[setting]?.integer, number >= 0 else { return nil }
        return number
    }
}

extension ClassicQueue {
    /// Another policy counts: what it limits holds from now on. Messages that are there keep the lifetime that they came
    /// with, as in RabbitMQ.
    func policyChanged(to policy: Policy?) {
        let arguments = settings.arguments
        let declared = try? QueueLimits(arguments, queue: name, virtualHost: virtualHost.name)
        limits = (declared ?? .none).merged(with: policy, arguments: arguments)
        // A route knows whether one of its queues may refuse.
        node.topologyVersion += 1
        let target = DeadLetterTarget(arguments, policy: policy)
        if let quorum = distant as? QuorumQueue {
            quorum.limit(QuorumLimits(settings, limits, policy: policy, deadLetters: target), deadLetters: target)
        } else {
            deadLetterTarget = target
        }
        guard !isRemote else { return }
        lifetimeChanged()
        if !dying.isEmpty { letDie() }
        if limits.limitsLength { noteLength() }
    }
}
