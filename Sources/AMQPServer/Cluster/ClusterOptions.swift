internal import Broker
internal import Journal

/// What a cluster in this process is started with.
public struct ClusterOptions: Sendable {
    /// Most nodes there may be.
    public static let nodesMax = 7

    /// Nodes, 2 to ``nodesMax``. More than half of them must be up for any to serve.
    public var nodes: Int
    /// Address to listen on.
    public var host: String
    /// AMQP port of the first node; node `k` has this one plus `k - 1`. 0 means any free one for each.
    public var port: Int
    /// Where each node has a directory of its own, with what is durable. Nil for a temporary one that is removed at the
    /// end; what was synced survives a crash of a node in it as anywhere else.
    public var data: DataOptions?
    /// Whether people may hurt its nodes through its endpoints.
    public var allowsFaults: Bool

    /// Three nodes on free ports of this machine, in a temporary directory, unless told otherwise.
    public init(
        nodes: Int = 3, host: String = "127.0.0.1", port: Int = 0, data: DataOptions? = nil, allowsFaults: Bool = false
    ) {
        self.nodes = nodes
        self.host = host
        self.port = port
        self.data = data
        self.allowsFaults = allowsFaults
    }

    /// The names of the nodes, in order.
    public var names: [String] { (1...nodes).map { "warren\($0)@localhost" } }
}

/// What the nodes of a cluster have in common.
struct ClusterNodeSettings: @unchecked Sendable {
    /// What each is configured with but for what is its own. Its storage is none.
    let template: NodeConfiguration
    let names: [String]
    let directory: ClusterDirectory
    let data: DataOptions

    /// What a node is configured with, in each of its lives.
    func configuration(of number: UInt32) -> NodeConfiguration {
        var configuration = template
        configuration.name = names[Int(number) - 1]
        configuration.seed = template.seed &+ UInt64(number)
        return configuration
    }

    /// A node's own directory.
    func data(of number: UInt32) -> DataOptions {
        DataOptions(path: directory.path(of: directoryName(of: number)), sync: data.sync, salvages: data.salvages)
    }

    /// Whether a node had a journal that is not in its directory any more. Throws where that cannot be found out.
    func hasLostJournal(_ number: UInt32) throws(StorageError) -> Bool {
        try directory.hasLostJournal(of: directoryName(of: number))
    }

    private func directoryName(of number: UInt32) -> String { Self.directoryName(names[Int(number) - 1]) }

    /// What a node's directory is called: its name without the host.
    static func directoryName(_ node: String) -> String { String(node.prefix { $0 != "@" }) }
}
