/// Bindings of a topic exchange in a tree of words: `*` stands for one word, `#` for any number of words, none
/// included (AMQP 0-9-1 §3.1.3.3; RabbitMQ, "Topic Exchange").
///
/// A message walks the tree word by word, so that it costs what it matches and not how many bindings there are.
final class TopicTrie {
    private final class Branch {
        var children: [ArraySlice<UInt8>: Branch] = [:]
        /// Bindings whose pattern ends here, ascending.
        var numbers: [UInt64] = []

        var isBare: Bool { children.isEmpty && numbers.isEmpty }
    }

    private static let dot = UInt8(ascii: ".")
    private static let star: ArraySlice<UInt8> = [UInt8(ascii: "*")]
    private static let hash: ArraySlice<UInt8> = [UInt8(ascii: "#")]

    private let root = Branch()

    func insert(_ number: UInt64, pattern: [UInt8]) {
        var branch = root
        for word in Self.words(pattern) {
            if let next = branch.children[word] {
                branch = next
            } else {
                let next = Branch()
                branch.children[word] = next
                branch = next
            }
        }
        branch.numbers.append(number)
    }

    func remove(_ number: UInt64, pattern: [UInt8]) {
        var path: [(parent: Branch, word: ArraySlice<UInt8>)] = []
        var branch = root
        for word in Self.words(pattern) {
            guard let next = branch.children[word] else { return }
            path.append((branch, word))
            branch = next
        }
        branch.numbers.remove(ascending: number)
        while branch.isBare, let (parent, word) = path.popLast() {
            parent.children[word] = nil
            branch = parent
        }
    }

    /// The bindings that match, oldest first, each once.
    func match(_ routingKey: UnsafeRawBufferPointer) -> [UInt64] {
        let words = Self.words(Array(routingKey))
        // Branches reached after the words read so far. `#` loops on its branch; a set keeps the walk linear in
        // words times branches where patterns such as `#.#.#` would otherwise multiply.
        var reached: [Branch] = []
        var seen: Set<ObjectIdentifier> = []
        func reach(_ branch: Branch) {
            guard seen.insert(ObjectIdentifier(branch)).inserted else { return }
            reached.append(branch)
            if let any = branch.children[Self.hash] { reach(any) }
        }
        var loops: [Branch] = []
        var looping: Set<ObjectIdentifier> = []
        reach(root)
        for word in words {
            // Every `#` reached so far may take this word too.
            for branch in reached {
                if let any = branch.children[Self.hash], looping.insert(ObjectIdentifier(any)).inserted {
                    loops.append(any)
                }
            }
            let before = reached
            reached = []
            seen.removeAll(keepingCapacity: true)
            for branch in loops { reach(branch) }
            for branch in before {
                if let next = branch.children[word] { reach(next) }
                if let next = branch.children[Self.star], word != Self.star { reach(next) }
            }
        }
        return reached.flatMap(\.numbers).sorted()
    }

    /// The words between the dots; an empty key has none.
    private static func words(_ key: [UInt8]) -> [ArraySlice<UInt8>] {
        key.isEmpty ? [] : key.split(separator: dot, omittingEmptySubsequences: false)
    }
}
