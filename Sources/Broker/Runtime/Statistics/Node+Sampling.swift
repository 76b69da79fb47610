/// Readings of all counters once a second while anything happens, so that whoever asks once gets rates as well.
extension Node {
    /// Something that changes with every event that is counted.
    private var activity: UInt64 {
        counters.publish &+ counters.deliverGet &+ counters.ack &+ counters.confirm &+ counters.getEmpty
            &+ UInt64(truncatingIfNeeded: connections.count) &+ quorum.activity
    }

    /// What happened on the connections of this node's clients.
    var clientCounters: MessageCounters {
        var sum = counters.minus(relayedCounters)
        guard cluster != nil else { return sum }
        for connection in sortedConnections where connection.isRelay {
            for channel in connection.sortedChannels { sum = sum.minus(channel.counters) }
        }
        return sum
    }

    /// At the end of a tick: sees to it that what happened is read.
    func noteActivity() {
        guard !isSampling, activity != sampledActivity else { return }
        isSampling = true
        watchStatistics(until: now.advanced(milliseconds: Limits.samplingMilliseconds))
    }

    /// The next reading is due. After the last event there are two more, which bring the rates to 0.
    func sampleStatistics() {
        let isQuiet = activity == sampledActivity
        quietSamples = isQuiet ? quietSamples + 1 : 0
        sampledActivity = activity
        readings.take(clientCounters, at: now)
        for connection in sortedConnections {
            connection.readings.take(connection.octets, at: now)
            for channel in connection.sortedChannels { channel.readings.take(channel.counters, at: now) }
        }
        for host in sortedVirtualHosts {
            for exchange in host.exchanges.values {  // order-free: each by itself
                exchange.readings.take(exchange.counters, at: now)
            }
        }
        visitQueues(
            { [now, quorum] in $0.readings.take(quorum.member($0.id)?.counters ?? $0.counters, at: now) }, finished: {})
        if quietSamples < 2 {
            watchStatistics(until: now.advanced(milliseconds: Limits.samplingMilliseconds))
        } else {
            isSampling = false
            quietSamples = 0
        }
    }
}
