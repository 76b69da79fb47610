import Management

/// Who leads where: exchanges with their bindings below them, and what those lead to, as lines of a tree.
struct ExchangeTree {
    /// Lines drawn at most: the same part of a tree may hang in many places.
    static let lineLimit = 5_000
    /// How deep it goes at most.
    static let depthLimit = 32

    private let types: [ObjectID: String]
    private let bindings: [ObjectID: [BindingInfo]]
    private(set) var lines: [ObjectDetail.Line] = []
    /// Whether there was more than ``lineLimit`` lines.
    private(set) var isCut = false

    /// The tree from one exchange, or from every exchange that none leads to. Exchanges that lead to each other in a
    /// circle stand at the top too, once.
    init(_ exchanges: [ExchangeInfo], _ all: [BindingInfo], from root: ObjectID?) {
        types = Dictionary(exchanges.map { ($0.id, $0.type ?? "") }, uniquingKeysWith: { first, _ in first })
        let named = all.filter { !$0.source.isEmpty }
        bindings = Dictionary(grouping: named) { ObjectID(vhost: $0.vhost, name: $0.source) }
            .mapValues { $0.sorted { ($0.routingKey, $0.destination) < ($1.routingKey, $1.destination) } }
        if let root {
            grow(root)
            return
        }
        let led = Set(
            named.filter { $0.destinationType == .exchange }.map { ObjectID(vhost: $0.vhost, name: $0.destination) })
        let known = exchanges.map(\.id).filter { !$0.name.isEmpty }.sorted()
        for id in known where !led.contains(id) && bindings[id] != nil { grow(id) }
        for id in known where bindings[id] != nil && !seen.contains(id) { grow(id) }
        let idle = known.filter { bindings[$0] == nil && !led.contains($0) }
        if !idle.isEmpty {
            if !lines.isEmpty { add(.empty) }
            add(.head("\(idle.count) WITHOUT BINDINGS"))
        }
        for id in idle {
            add(.row(title(id), .dim, ObjectDetail.Link(opens: .object(.exchange(id)))))
        }
    }

    private var seen: Set<ObjectID> = []

    private func title(_ id: ObjectID) -> String {
        let type = types[id].map { " (\($0))" } ?? ""
        return "\(ObjectRef.exchange(id).name)\(type)"
    }

    private mutating func add(_ line: ObjectDetail.Line) {
        if lines.count < Self.lineLimit { lines.append(line) } else { isCut = true }
    }

    private mutating func grow(_ root: ObjectID) {
        if !lines.isEmpty { add(.empty) }
        add(.row(title(root), .title, ObjectDetail.Link(opens: .object(.exchange(root)))))
        grow(under: root, indent: "", above: [root])
    }

    private mutating func grow(under id: ObjectID, indent: String, above: Set<ObjectID>) {
        seen.insert(id)
        let children = bindings[id] ?? []
        for (place, binding) in children.enumerated() {
            guard !isCut else { return }
            let isLast = place == children.count - 1
            let key = binding.routingKey.isEmpty ? "" : "\(binding.routingKey) "
            let arguments = binding.arguments.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value) " }.joined()
            let next = ObjectID(vhost: binding.vhost, name: binding.destination)
            let isExchange = binding.destinationType == .exchange
            let isCircle = isExchange && above.contains(next)
            let name = isExchange ? title(next) : "queue \(binding.destination)"
            add(
                .row(
                    "\(indent)\(isLast ? "└─" : "├─") \(key)\(arguments)→ \(name)\(isCircle ? " ↺" : "")",
                    isExchange ? .title : .text, binding.link(to: .destination)))
            if isExchange, !isCircle, above.count < Self.depthLimit {
                grow(under: next, indent: indent + (isLast ? "   " : "│  "), above: above.union([next]))
            }
        }
    }
}

extension ObjectDetail {
    /// The tree from an exchange, or of everything.
    init(treeFrom root: ObjectID?, _ exchanges: [ExchangeInfo], _ bindings: [BindingInfo]) {
        self.init()
        let tree = ExchangeTree(exchanges, bindings, from: root)
        lines = tree.lines
        if lines.isEmpty { lines = [.row("there are no bindings", .dim, nil)] }
        if tree.isCut { lines.append(.row("… only the first \(ExchangeTree.lineLimit) lines", .warning, nil)) }
    }
}
