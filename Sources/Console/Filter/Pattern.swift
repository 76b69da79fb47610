/// A regular expression over names, bounded by construction: it is matched by following all ways through it at once
/// (Thompson's method), never by going back, so that no expression takes longer than its steps times the name's
/// letters. Swift's own `Regex` goes back and cannot be stopped.
///
/// Knows what filters need, with the meaning it has in PCRE, which RabbitMQ uses: letters in either case, `.`, `[a-z]`,
/// `[^a-z]`, `\d \w \s` and their opposites, `^`, `$`, `|`, `( )`, `(?: )`, `*`, `+`, `?`, `{n}`, `{n,}`, `{n,m}`.
struct Pattern: Hashable, Sendable {
    /// More letters than this are no filter any more.
    static let longestText = 255
    /// More steps than this, counted repetitions written out, are refused: with the 255 bytes of a name that bounds a
    /// match to 65,280 moves.
    static let mostSteps = 256
    /// Groups in groups, so that reading an expression cannot exhaust the stack.
    static let deepestNesting = 32

    /// Why an expression is refused.
    struct Problem: Error, Hashable, Sendable {
        /// In characters from its start.
        var offset: Int
        var problem: String
        var expected: String
    }

    /// One step of the machine.
    enum Step: Hashable, Sendable {
        /// A letter of the set, then the next step.
        case letter(LetterSet)
        /// Only at the name's start, or at its end.
        case start, end
        /// Both of these.
        case fork(Int, Int)
        /// That one.
        case jump(Int)
        /// The name matches.
        case match
    }

    /// As typed.
    let text: String
    /// Whether a matcher that goes back is also sure to be quick with it: at most two repetitions, none of
    /// something with a repetition or a choice in it. Only such an expression is given to a broker.
    let isCheap: Bool
    private let steps: [Step]

    /// The expression a text means.
    init(_ text: String) throws(Problem) {
        self.text = text
        var parser = PatternParser(text)
        let tree = try parser.parse()
        var steps: [Step] = []
        guard Self.compile(tree, into: &steps), steps.count < Self.mostSteps else {
            throw Problem(
                offset: 0, problem: "the expression is too large",
                expected: "one of fewer than \(Self.mostSteps) steps; smaller {counts}")
        }
        self.steps = steps + [.match]
        isCheap = tree.repetitions <= 2 && tree.repeatsOnlyStraight
    }

    /// Whether it matches anywhere in a name.
    func matches(_ name: String) -> Bool {
        let letters = name.unicodeScalars.map(Letter.init)
        var threads = Threads(steps.count)
        var next = Threads(steps.count)
        for place in 0...letters.count {
            // A match may begin at every letter.
            if follow(0, place, letters.count, &threads) { return true }
            if place == letters.count { break }
            for step in threads.list {
                guard case .letter(let set) = steps[step], set.contains(letters[place]) else { continue }
                if follow(step + 1, place + 1, letters.count, &next) { return true }
            }
            swap(&threads, &next)
            next.clear()
        }
        return false
    }

    /// Adds a step and those reached from it without a letter; true where one of them is the match.
    private func follow(_ first: Int, _ place: Int, _ count: Int, _ threads: inout Threads) -> Bool {
        threads.open.append(first)
        while let step = threads.open.popLast() {
            guard threads.add(step) else { continue }
            switch steps[step] {
            case .match:
                threads.open.removeAll(keepingCapacity: true)
                return true
            case .letter: break
            case .start: if place == 0 { threads.open.append(step + 1) }
            case .end: if place == count { threads.open.append(step + 1) }
            case .jump(let target): threads.open.append(target)
            case .fork(let one, let other):
                threads.open.append(other)
                threads.open.append(one)
            }
        }
        return false
    }

    /// Writes a tree out as steps; false where they are too many.
    private static func compile(_ tree: PatternTree, into steps: inout [Step]) -> Bool {
        guard steps.count < mostSteps else { return false }
        switch tree {
        case .letter(let set): steps.append(.letter(set))
        case .start: steps.append(.start)
        case .end: steps.append(.end)
        case .sequence(let parts): return parts.allSatisfy { compile($0, into: &steps) }
        case .choice(let parts):
            var ends: [Int] = []
            for (place, part) in parts.enumerated() {
                let isLast = place == parts.count - 1
                let fork = steps.count
                if !isLast { steps.append(.fork(fork + 1, fork + 1)) }
                guard compile(part, into: &steps) else { return false }
                if isLast { break }
                ends.append(steps.count)
                steps.append(.jump(0))
                steps[fork] = .fork(fork + 1, steps.count)
            }
            for end in ends { steps[end] = .jump(steps.count) }
        case .repeated(let part, let least, let most):
            for _ in 0..<least {
                let before = steps.count
                guard compile(part, into: &steps) else { return false }
                // Nothing, so many times, is nothing: counts of nothing in each other must not take time.
                if steps.count == before { break }
            }
            guard let most else {
                let fork = steps.count
                steps.append(.fork(fork + 1, fork + 1))
                guard compile(part, into: &steps) else { return false }
                steps.append(.jump(fork))
                steps[fork] = .fork(fork + 1, steps.count)
                return true
            }
            var forks: [Int] = []
            for _ in least..<most {
                forks.append(steps.count)
                steps.append(.jump(0))
                guard compile(part, into: &steps) else { return false }
            }
            for fork in forks { steps[fork] = .fork(fork + 1, steps.count) }
        }
        return true
    }

    /// Steps the machine stands at, each once.
    private struct Threads {
        private(set) var list: [Int] = []
        /// Steps still to be followed; kept here so that it need not be made for every letter.
        var open: [Int] = []
        private var isThere: [Bool]

        init(_ count: Int) { isThere = Array(repeating: false, count: count) }

        mutating func add(_ step: Int) -> Bool {
            if isThere[step] { return false }
            isThere[step] = true
            list.append(step)
            return true
        }

        mutating func clear() {
            for step in list { isThere[step] = false }
            list.removeAll(keepingCapacity: true)
        }
    }
}
