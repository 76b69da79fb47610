internal import DequeModule

/// What is known of one node that has sent commands: how far it has come, what it was answered, and its consumers.
final class QuorumOrigin {
    /// An answer that its node may ask for again.
    struct Stored: Hashable {
        let number: UInt64
        /// Nil for a refused publish.
        let kind: QuorumAnswer?
        let value: UInt64
        let second: UInt64
    }

    let node: UInt32
    private(set) var incarnation: UInt64
    /// The number of its next command.
    var next: UInt64 = 1
    /// It has the answers of all commands below.
    private(set) var floor: UInt64 = 1
    /// By ascending number, none below the floor.
    private(set) var stored: Deque<Stored> = []
    /// The last transaction that has been applied; of all its incarnations.
    var lastTransaction: UInt64 = 0
    /// By ascending id.
    private(set) var consumers: ContiguousArray<QuorumConsumer> = []

    init(node: UInt32, incarnation: UInt64) {
        self.node = node
        self.incarnation = incarnation
    }

    /// A later incarnation begins anew, but for its transactions. Its consumers have been ended.
    func begin(_ incarnation: UInt64) {
        self.incarnation = incarnation
        next = 1
        floor = 1
        stored = []
        consumers = []
    }

    // MARK: Answers

    func raiseFloor(to number: UInt64) {
        guard number > floor else { return }
        floor = min(number, next)
        while let first = stored.first, first.number < floor { stored.removeFirst() }
    }

    func store(_ answer: Stored) {
        if answer.number >= floor { stored.append(answer) }
    }

    func answer(to number: UInt64) -> Stored? {
        var (low, high) = (0, stored.count)
        while low < high {
            let middle = (low + high) / 2
            if stored[middle].number < number { low = middle + 1 } else { high = middle }
        }
        return low < stored.count && stored[low].number == number ? stored[low] : nil
    }

    /// Its node is down: what it was told of consumers is void. That a publish was refused stays true, and telling it
    /// anything else when it asks again would be a lie.
    func forgetAnswers() { stored.removeAll { $0.kind != nil } }

    // MARK: Consumers

    @inline(__always)
    func consumer(_ id: UInt64) -> QuorumConsumer? {
        let place = place(of: id)
        return place < consumers.count && consumers[place].id == id ? consumers[place] : nil
    }

    func add(_ consumer: QuorumConsumer) { consumers.insert(consumer, at: place(of: consumer.id)) }

    func remove(_ id: UInt64) -> QuorumConsumer? {
        let place = place(of: id)
        return place < consumers.count && consumers[place].id == id ? consumers.remove(at: place) : nil
    }

    func takeConsumers() -> ContiguousArray<QuorumConsumer> {
        defer { consumers = [] }
        return consumers
    }

    @inline(__always)
    private func place(of id: UInt64) -> Int {
        var (low, high) = (0, consumers.count)
        while low < high {
            let middle = (low + high) / 2
            if consumers[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low
    }

    // MARK: Snapshots

    /// As a snapshot has it; nil where that makes no sense.
    init?(
        node: UInt32, incarnation: UInt64, next: UInt64, floor: UInt64, lastTransaction: UInt64, stored: Deque<Stored>
    ) {
        guard lastTransaction < QuorumBatch.numberLimit else { return nil }
        guard next >= 1, next <= QuorumBatch.numberLimit * 2, floor >= 1, floor <= next else { return nil }
        var before = floor - 1
        for answer in stored {
            guard answer.number > before, answer.number < next else { return nil }
            before = answer.number
        }
        self.node = node
        self.incarnation = incarnation
        self.next = next
        self.floor = floor
        self.lastTransaction = lastTransaction
        self.stored = stored
    }
}
