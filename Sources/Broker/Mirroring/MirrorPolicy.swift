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
    /// `ha-sync-mode`: whether a new mirror is sent what was there before it.
    var synchronisesAutomatically = false

    init(_ mode: Mode) { self.mode = mode }
}

extension Node {
    /// What the policy says of a queue's mirrors that applies to it, or would if it were declared.
    func mirrorPolicy(ofQueue name: String, in host: String) -> MirrorPolicy? { mirrorPolicySource?(name) }
}

extension ClassicQueue {
    /// What its policy says of its mirrors.
    var mirrorPolicy: MirrorPolicy? { node.mirrorPolicy(ofQueue: name, in: virtualHost.name) }
}
