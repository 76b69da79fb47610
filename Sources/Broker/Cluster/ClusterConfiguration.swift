/// What a node is told about the cluster that it is a member of. The members are the same for all of them and do not
/// change; a node alone has none of this.
public struct ClusterConfiguration {
    /// This node's number, from 1.
    public var node: UInt32
    /// The names of all nodes: node `k` is `names[k - 1]`.
    public var names: [String]
    /// Higher at every start of this node than at any before, and not 0. Whoever starts the node keeps it.
    public var incarnation: UInt64
    /// What carries bytes to the other nodes.
    public var transport: any ClusterTransport
    /// Where this node records what happens and the confirms of watched queues; nil records nothing.
    public var recorder: TimelineRecorder?
    /// A log of the metadata with more entries than this is replaced by a snapshot.
    public var snapshotEntries = 4096

    /// One member of a cluster.
    public init(node: UInt32, names: [String], incarnation: UInt64, transport: any ClusterTransport) {
        precondition(node >= 1 && Int(node) <= names.count, "node \(node) is none of the \(names.count) members")
        precondition(incarnation > 0, "incarnations begin at 1")
        self.node = node
        self.names = names
        self.incarnation = incarnation
        self.transport = transport
    }

    /// The numbers of the other nodes, ascending.
    var peers: [UInt32] { (1...UInt32(names.count)).filter { $0 != node } }
}

/// What carries bytes between the nodes of one process. What is sent in one call arrives in one call of
/// `Node.receive(fromPeer:bytes:now:)`, whole and in order, or is lost with the link, which both sides are then told by
/// `Node.linkReset`.
public protocol ClusterTransport: AnyObject {
    /// Sends bytes, which are valid during the call. Calls back into no node before it returns.
    func send(_ bytes: UnsafeRawBufferPointer, to node: UInt32)
}
