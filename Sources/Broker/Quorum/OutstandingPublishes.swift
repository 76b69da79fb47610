internal import DequeModule

/// The publishes of a node's clients to one quorum queue that nothing has been heard of yet, by the numbers of their
/// commands.
struct OutstandingPublishes {
    /// Publishes of one channel that follow each other in both counts.
    struct Run {
        let channel: ChannelReference
        /// The number of the first one's command.
        fileprivate(set) var command: UInt64
        /// The number of the first one on its channel.
        fileprivate(set) var publish: UInt64
        fileprivate(set) var count: UInt64

        /// The last one on its channel.
        var last: UInt64 { publish + count - 1 }

        fileprivate func part(from offset: UInt64, count: UInt64) -> Run {
            Run(channel: channel, command: command + offset, publish: publish + offset, count: count)
        }
    }

    private var runs = Deque<Run>()

    /// How many there are. Takes time in proportion to the runs.
    var count: Int { runs.reduce(0) { $0 + Int(clamping: $1.count) } }

    /// Adds a channel's publish; commands come in ascending order.
    mutating func add(_ publish: UInt64, of channel: ChannelReference, command: UInt64) {
        if let last = runs.last, last.channel == channel, last.command + last.count == command,
            last.publish + last.count == publish
        {
            runs[runs.count - 1].count += 1
        } else {
            runs.append(Run(channel: channel, command: command, publish: publish, count: 1))
        }
    }

    /// Takes the first ones, of one channel, whose commands are not above a number; nil when there are none.
    mutating func popFirst(through number: UInt64) -> Run? {
        guard let run = runs.first, run.command <= number else { return nil }
        let count = min(run.count, number - run.command + 1)
        if count == run.count {
            runs.removeFirst()
        } else {
            runs[0] = run.part(from: count, count: run.count - count)
        }
        return run.part(from: 0, count: count)
    }

    /// Takes the one of a command.
    mutating func remove(_ number: UInt64) -> Run? {
        var (low, high) = (0, runs.count)
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].command + runs[middle].count <= number { low = middle + 1 } else { high = middle }
        }
        guard low < runs.count, runs[low].command <= number else { return nil }
        let place = low
        let run = runs[place]
        let before = number - run.command
        let parts = [run.part(from: 0, count: before), run.part(from: before + 1, count: run.count - before - 1)]
        runs.replaceSubrange(place...place, with: parts.filter { $0.count > 0 })
        return run.part(from: before, count: 1)
    }
}
