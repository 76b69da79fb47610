/// What a client does when its turn comes.
extension SimulatedClient {
    func act() {
        guard !isHung, isReady, let connection, !connection.isOver, !isClosing(connection) else { return }
        let live = connection.observer.channels.filter(\.isUsable)
        let busy = live.filter { !$0.unsent.isEmpty }
        if !busy.isEmpty, simulation.random.chance(60) {
            sendMore(of: simulation.random.pick(busy))
            return
        }
        let free = live.filter { $0.unsent.isEmpty }
        if free.isEmpty || (live.count < 4 && simulation.random.chance(10)) {
            openChannel()
            return
        }
        let channel = simulation.random.pick(free)
        switch simulation.random.below(1000) {
        case 0..<8: simulation.cutSoon(connection)
        case 8..<13: hang(for: simulation.random.nanoseconds(upToMicroseconds: 12_000_000))
        case 13..<22: hang(for: simulation.random.nanoseconds(upToMicroseconds: 100_000))
        case 22..<25: closeConnection()
        case 25..<40: close(channel)
        case 40..<160 where channel.transaction != nil: endTransaction(on: channel)
        default:
            let choice = simulation.random.below(publishing + consuming + administering)
            if choice < publishing {
                if owesLargeTransaction, channel.transaction != nil { return publishLargeTransaction(on: channel) }
                for _ in 0..<simulation.random.between(1, 8) where channel.unsent.isEmpty { publish(on: channel) }
            } else if choice < publishing + consuming {
                consume(on: channel)
            } else {
                administer(on: channel)
            }
        }
    }
}
