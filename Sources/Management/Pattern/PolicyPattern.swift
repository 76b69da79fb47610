/// The regular expression of a policy, over the bytes of a name, with the meaning it has for RabbitMQ (Erlang's `re`, which
/// is PCRE without Unicode): `^(?!amq\.)`, `^orders\.\d+$`, `\.(jobs|events)$`.
///
/// An expression is somebody else's input and runs for every name, so it is bounded by construction: it is matched by
/// following all ways through it at once, from a name's end to its start, and never by going back. A match takes at
/// most its steps times the name's bytes (`cost(of:)`). What that cannot do is refused: references to groups, recursion,
/// lookbehind, atomic groups and possessive repetitions.
public struct PolicyPattern: Hashable, Sendable {
    /// Bytes of a text that is still taken.
    public static let longestText = 1024
    /// Steps of an expression, counted repetitions written out.
    public static let mostSteps = 512
    /// Groups in groups, so that reading an expression cannot exhaust the stack.
    static let deepestNesting = 32

    /// Why an expression is refused.
    public struct Problem: Error, Hashable, Sendable {
        /// In PCRE's words, where it refuses the expression too.
        public var problem: String
        /// In bytes from its start.
        public var offset: Int
        /// Whether it is one for RabbitMQ, and only too much or too special here.
        public var isOnlyHere = false
    }

    /// One step of the machine; unless it says otherwise, the next step follows.
    enum Step: Hashable, Sendable {
        /// A byte of the set.
        case byte(ByteSet)
        /// Only at some place in the name.
        case place(Place)
        /// Only where the block that begins with this step matches from here on, or only where it does not.
        case look(Int, isNegative: Bool)
        /// Both of these.
        case fork(Int, Int)
        /// That one.
        case jump(Int)
        /// The end of a block.
        case match
    }

    /// A place between two bytes.
    enum Place: Hashable, Sendable {
        case start, end
        /// Behind a line's end too, or before it.
        case lineStart, lineEnd
        /// The name's end, or before a newline that ends it.
        case endOrNewline
        case wordBoundary, noWordBoundary
    }

    /// As it was written.
    public let text: String
    /// Blocks one after the other, those within others first and the expression itself last, each up to its match.
    private let steps: [Step]
    /// Steps from which one is reached without a byte.
    private let sources: [[Int]]
    /// Where each block begins, and at the end all steps do.
    private let blocks: [Int]

    /// The expression a text means.
    public init(_ text: String) throws(Problem) {
        self.text = text
        var parser = PolicyPatternParser(text)
        let tree = try parser.parse()
        var compiler = PolicyPatternCompiler()
        guard compiler.compile(tree) else {
            throw Problem(
                problem: "regular expression is too large: more than \(Self.mostSteps) steps", offset: text.utf8.count,
                isOnlyHere: true)
        }
        steps = compiler.steps
        blocks = compiler.blocks + [steps.count]
        var sources = [[Int]](repeating: [], count: steps.count)
        for (place, step) in steps.enumerated() {
            switch step {
            case .byte, .match: break
            case .place, .look: sources[place + 1].append(place)
            case .jump(let target): sources[target].append(place)
            case .fork(let one, let other):
                sources[one].append(place)
                if other != one { sources[other].append(place) }
            }
        }
        self.sources = sources
    }

    /// How much a match with a name may take, in steps.
    public func cost(of name: String) -> Int { steps.count * (name.utf8.count + 1) }

    /// Whether it matches anywhere in a name.
    public func matches(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        let start = blocks[blocks.count - 2]
        // From which steps the rest of the name leads to the end of their block.
        var leads = [Bool](repeating: false, count: steps.count)
        var later = leads
        var open: [Int] = []
        for place in (0...bytes.count).reversed() {
            swap(&leads, &later)
            for step in leads.indices { leads[step] = false }
            // A block is asked by those around it: it comes before them.
            for block in blocks.indices.dropLast() {
                for step in blocks[block]..<blocks[block + 1] where !leads[step] {
                    switch steps[step] {
                    case .match: open.append(step)
                    case .byte(let set):
                        if place < bytes.count, later[step + 1], set.contains(bytes[place]) { open.append(step) }
                    default: break
                    }
                }
                while let step = open.popLast() {
                    guard !leads[step] else { continue }
                    leads[step] = true
                    for source in sources[step] where !leads[source] && isOpen(source, at: place, in: bytes, leads) {
                        open.append(source)
                    }
                }
            }
            // A match may begin at every byte.
            if leads[start] { return true }
        }
        return false
    }

    /// Whether one gets on from a step without a byte.
    private func isOpen(_ step: Int, at place: Int, in bytes: [UInt8], _ leads: [Bool]) -> Bool {
        switch steps[step] {
        case .place(let wanted): wanted.isHere(place, in: bytes)
        case .look(let block, let isNegative): leads[block] != isNegative
        case .fork, .jump: true
        case .byte, .match: false
        }
    }
}

extension PolicyPattern.Place {
    func isHere(_ place: Int, in bytes: [UInt8]) -> Bool {
        let newline = UInt8(ascii: "\n")
        switch self {
        case .start: return place == 0
        case .end: return place == bytes.count
        case .lineStart: return place == 0 || (place < bytes.count && bytes[place - 1] == newline)
        case .lineEnd: return place == bytes.count || bytes[place] == newline
        case .endOrNewline:
            return place == bytes.count || (place == bytes.count - 1 && bytes[place] == newline)
        case .wordBoundary, .noWordBoundary:
            let before = place > 0 && ByteSet.word.contains(bytes[place - 1])
            let behind = place < bytes.count && ByteSet.word.contains(bytes[place])
            return (before != behind) == (self == .wordBoundary)
        }
    }
}
