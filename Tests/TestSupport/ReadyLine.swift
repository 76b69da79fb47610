/// The line by which a broker says where it listens: `ready amqp=HOST:PORT[,…] http=HOST:PORT[,…]`.
public struct ReadyLine: Sendable {
    /// Ports of the AMQP listeners, in the order of the nodes.
    public let amqpPorts: [Int]
    /// Ports of the management listeners; none where the broker has none.
    public let httpPorts: [Int]

    /// Reads a line; a line that is something else has no ports.
    public init(_ line: String) {
        let words = line.split(separator: " ")
        func ports(_ prefix: String) -> [Int] {
            guard words.first == "ready", let word = words.first(where: { $0.hasPrefix(prefix) }) else { return [] }
            return word.dropFirst(prefix.count).split(separator: ",").compactMap { address in
                address.lastIndex(of: ":").flatMap { Int(address[address.index(after: $0)...]) }
            }
        }
        amqpPorts = ports("amqp=")
        httpPorts = ports("http=")
    }
}
