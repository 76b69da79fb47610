import Management

/// Faults as they are typed: "crash warren2", "cut warren1 warren2".
extension Fault {
    /// The verbs that take two nodes.
    static let linkVerbs: [String: LinkFault] = ["cut": .cut, "slow": .slow, "mend": .heal]

    /// All verbs, in the order of completion.
    static let verbs = NodeFault.allCases.map(\.rawValue) + ["cut", "slow", "mend"]

    /// The fault that words name; nil where they name none.
    init?(words: String) {
        let parts = words.split(whereSeparator: \.isWhitespace).map(String.init)
        guard let verb = parts.first else { return nil }
        if let fault = NodeFault(rawValue: verb), parts.count == 2 {
            self = .node(parts[1], fault)
        } else if let fault = Self.linkVerbs[verb], parts.count == 3, parts[1] != parts[2] {
            self = .link(parts[1], parts[2], fault)
        } else {
            return nil
        }
    }
}
