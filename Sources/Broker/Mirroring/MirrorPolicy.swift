internal import AMQP

/// What a policy says of a queue's mirrors (RabbitMQ, "Classic Queue Mirroring").
struct MirrorPolicy: Hashable, Sendable {
    /// `ha-mode` and `ha-params`: who holds the queue, the leader included.
    enum Mode: Hashable, Sendable {
        /// Every node.
        case all
        /// So many nodes.
        case exactly(Int)
        /// These nodes, by their names.
        case nodes([String])
    }

    var mode: Mode
    /// `ha-promote-on-failure`: whether a mirror that is not in sync may lead where none that is can. RabbitMQ's default is
    /// `always`; here messages are lost only where somebody has said so.
    var promotesUnsynchronised = false
    /// `ha-promote-on-shutdown`: the same where the leader's node was stopped in order and will be back with everything.
    var promotesUnsynchronisedOnShutdown = false
    /// `ha-sync-mode`: whether a new mirror is sent what was there before it.
    var synchronisesAutomatically = false

    /// Whether a mirror that is not in sync may lead in some case.
    var mayLoseMessages: Bool { promotesUnsynchronised || promotesUnsynchronisedOnShutdown }

    /// What a policy says; nil where it says nothing of mirrors.
    init?(_ policy: Policy?) {
        guard let definition = policy?.definition, let name = definition["ha-mode"]?.text else { return nil }
        switch (name, definition["ha-params"]) {
        case ("all", _): mode = .all
        case ("exactly", let count?):
            guard let count = count.integer, count > 0 else { return nil }
            mode = .exactly(Int(clamping: count))
        case ("nodes", .array(let names)?): mode = .nodes(names.compactMap(\.text))
        default: return nil
        }
        promotesUnsynchronised = definition["ha-promote-on-failure"]?.text == "always"
        promotesUnsynchronisedOnShutdown = definition["ha-promote-on-shutdown"]?.text == "always"
        synchronisesAutomatically = definition["ha-sync-mode"]?.text == "automatic"
    }
}

extension Node {
    /// What the policy says of a queue's mirrors that will count when it is declared.
    func mirrorPolicy(ofQueue name: String, in host: String) -> MirrorPolicy? {
        MirrorPolicy(virtualHosts[host]?.policies.effective(for: name, .classicQueue))
    }
}

extension ClassicQueue {
    /// What its policy says of its mirrors.
    var mirrorPolicy: MirrorPolicy? { settings.isQuorum ? nil : MirrorPolicy(node.effectivePolicy(of: self)) }
}
