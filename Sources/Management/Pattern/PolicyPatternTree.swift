/// An expression as a tree.
indirect enum PolicyPatternTree: Hashable, Sendable {
    case byte(ByteSet)
    case place(PolicyPattern.Place)
    case sequence([PolicyPatternTree])
    case choice([PolicyPatternTree])
    /// From least to most times; `nil`: any number more.
    case repeated(PolicyPatternTree, Int, Int?)
    /// Only where this comes next, or only where it does not.
    case look(PolicyPatternTree, isNegative: Bool)
}

/// Writes a tree out as steps.
struct PolicyPatternCompiler {
    typealias Step = PolicyPattern.Step

    private(set) var steps: [Step] = []
    /// Where each block begins.
    private(set) var blocks: [Int] = []
    /// Blocks of what is looked for ahead, by what it is: a repetition writes its part out several times.
    private var known: [PolicyPatternTree: Int] = [:]

    /// Writes an expression; false where it has too many steps.
    mutating func compile(_ tree: PolicyPatternTree) -> Bool { block(tree) != nil }

    /// Writes a block with those in it before it; says where it begins.
    private mutating func block(_ tree: PolicyPatternTree) -> Int? {
        guard lookAheads(of: tree) else { return nil }
        let start = steps.count
        blocks.append(start)
        guard write(tree) else { return nil }
        steps.append(.match)
        return start
    }

    private mutating func lookAheads(of tree: PolicyPatternTree) -> Bool {
        switch tree {
        case .byte, .place: return true
        case .sequence(let parts), .choice(let parts):
            for part in parts where !lookAheads(of: part) { return false }
            return true
        case .repeated(let part, _, let most): return most == 0 || lookAheads(of: part)
        case .look(let part, _):
            if known[part] != nil { return true }
            guard let start = block(part) else { return false }
            known[part] = start
            return true
        }
    }

    private mutating func write(_ tree: PolicyPatternTree) -> Bool {
        guard steps.count < PolicyPattern.mostSteps else { return false }
        switch tree {
        case .byte(let set): steps.append(.byte(set))
        case .place(let place): steps.append(.place(place))
        case .look(let part, let isNegative): steps.append(.look(known[part] ?? 0, isNegative: isNegative))
        case .sequence(let parts): for part in parts where !write(part) { return false }
        case .choice(let parts): return write(choice: parts)
        case .repeated(let part, let least, let most): return write(part, least, most)
        }
        return true
    }

    private mutating func write(choice parts: [PolicyPatternTree]) -> Bool {
        var ends: [Int] = []
        for (place, part) in parts.enumerated() {
            let isLast = place == parts.count - 1
            let fork = steps.count
            if !isLast { steps.append(.fork(fork + 1, fork + 1)) }
            guard write(part) else { return false }
            if isLast { break }
            ends.append(steps.count)
            steps.append(.jump(0))
            steps[fork] = .fork(fork + 1, steps.count)
        }
        for end in ends { steps[end] = .jump(steps.count) }
        return true
    }

    private mutating func write(_ part: PolicyPatternTree, _ least: Int, _ most: Int?) -> Bool {
        for _ in 0..<least {
            let before = steps.count
            guard write(part) else { return false }
            // Nothing, so many times, is nothing: counts of nothing in each other must not take time.
            if steps.count == before { return true }
        }
        guard let most else {
            let fork = steps.count
            steps.append(.fork(fork + 1, fork + 1))
            guard write(part) else { return false }
            steps.append(.jump(fork))
            steps[fork] = .fork(fork + 1, steps.count)
            return true
        }
        var forks: [Int] = []
        for _ in least..<most {
            forks.append(steps.count)
            steps.append(.jump(0))
            let before = steps.count
            guard write(part) else { return false }
            if steps.count == before { break }
        }
        for fork in forks { steps[fork] = .fork(fork + 1, steps.count) }
        return true
    }
}
