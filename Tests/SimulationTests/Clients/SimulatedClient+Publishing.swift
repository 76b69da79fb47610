import AMQP

@testable import Broker

/// Publishing, a frame or more at a time.
extension SimulatedClient {
    private func bodySize() -> Int {
        if simulation.random.below(1000) < largeBodies { return simulation.random.between(262_100, 307_200) }
        switch simulation.random.below(100) {
        case 0..<10: return 0
        case 10..<85: return simulation.random.between(1, 200)
        case 85..<97: return simulation.random.between(200, 9000)
        default: return simulation.random.between(9000, 140_000)
        }
    }

    func publish(on channel: ChannelModel) {
        let (exchange, key) = destination()
        let isPersistent = simulation.random.chance(50)
        let expiration = simulation.random.chance(6) ? simulation.random.pick(Self.lifetimes) : nil
        publish(
            MessageModel.Route(
                host: host, exchange: exchange, key: key, isPersistent: isPersistent,
                isMandatory: simulation.random.chance(25), expiration: expiration),
            size: bodySize(), on: channel)
    }

    /// Milliseconds, from none at all to longer than any seed takes.
    private static let lifetimes: [UInt64] = [0, 1, 20, 1000, 36_000_000]

    private func destination() -> (exchange: String, key: String) {
        switch simulation.random.below(100) {
        case 0..<45: return ("", simulation.random.pick(Topology.stable + Topology.volatile))
        case 45..<60:
            return (Topology.direct, simulation.random.pick(["one", "two", "three", "four", "nine"]))
        case 60..<75: return (Topology.fanout, "any")
        case 75..<92:
            let words = (0..<simulation.random.between(1, 4)).map { _ in simulation.random.pick(Topology.topicWords) }
            return (Topology.topic, words.joined(separator: "."))
        case 92..<98: return ("", "nowhere")
        default: return (Topology.volatileExchange, "any")
        }
    }

    private func publish(_ route: MessageModel.Route, size: Int, on channel: ChannelModel, atOnce: Bool = false) {
        let message = simulation.newMessage(on: channel, route, size: size)
        var frames: [[UInt8]] = []
        func add(_ write: (inout WireWriter) -> Void) {
            var writer = WireWriter()
            write(&writer)
            frames.append(Array(writer.bytes))
        }
        add {
            $0.writeMethodFrame(
                BasicPublish(exchange: route.exchange, routingKey: route.key, mandatory: route.isMandatory),
                channel: channel.number)
        }
        let header = ContentHeader(
            bodySize: UInt64(message.body.count),
            properties: BasicProperties(
                deliveryMode: route.isPersistent ? 2 : nil, expiration: route.expiration.map { "\($0)" },
                messageID: "\(message.id)"))
        add { $0.writeFrame(.header, channel: channel.number) { header.encode(into: &$0) } }
        // Some clients send smaller frames than they may.
        let largest = simulation.random.chance(80) ? frameMax - 8 : simulation.random.between(50, frameMax - 8)
        var start = 0
        while start < message.body.count {
            let end = min(start + max(largest, message.body.count / 40), message.body.count, start + frameMax - 8)
            add { writer in
                writer.writeFrame(.body, channel: channel.number) { payload in
                    message.body[start..<end].withUnsafeBytes { payload.write($0) }
                }
            }
            start = end
        }
        simulation.trace.say {
            "\(channel.name): publishes \(message.id) to '\(route.exchange)' '\(route.key)', \(size) bytes"
                + (route.isPersistent ? ", persistent" : "") + (route.isMandatory ? ", mandatory" : "")
                + (route.expiration.map { ", for \($0) ms" } ?? "")
        }
        channel.unsent = frames.reversed()
        channel.unsentMessage = message
        sendMore(of: channel, atOnce: atOnce || simulation.random.chance(80))
    }

    /// Sends more frames of a publish; other channels may come in between.
    func sendMore(of channel: ChannelModel, atOnce: Bool = false) {
        guard let connection, channel.isUsable else { return }
        let count = atOnce ? channel.unsent.count : simulation.random.between(1, channel.unsent.count)
        for _ in 0..<count {
            guard let frame = channel.unsent.popLast() else { break }
            frame.withUnsafeBytes { connection.send($0) }
        }
        guard channel.unsent.isEmpty, let message = channel.unsentMessage else { return }
        channel.unsentMessage = nil
        // In a transaction it comes with the commit.
        guard message.transaction == nil else { return }
        connection.note(publish: message)
        channel.expect(.published(message))
    }

    /// So many copies in so many queues that the commit takes three slices or more: what the first two write may be on the
    /// disk when the node crashes.
    func publishLargeTransaction(on channel: ChannelModel) {
        guard channel.transaction != nil else { return }
        owesLargeTransaction = false
        let key = "a.c"
        let copies = Topology.certainQueues(host, Topology.topic, key).count
        for _ in 0..<simulation.random.between(2, 3) * Limits.sliceEntries / copies + 20 where channel.isUsable {
            let route = MessageModel.Route(
                host: host, exchange: Topology.topic, key: key, isPersistent: simulation.random.chance(90),
                isMandatory: false, expiration: nil)
            publish(route, size: simulation.random.below(20), on: channel, atOnce: true)
        }
        endTransaction(on: channel)
    }
}
