internal import NIOCore

/// The AMQP port of a node of a cluster: open while the node serves. On the node's loop only.
///
/// While it does not serve, the port is closed, so that a client's connection is refused at once and it goes on to the next
/// node; one that is accepted and closed again would look like a broker that misbehaves.
final class ClusterListener {
    private let port: ReservedPort
    private let eventLoop: any EventLoop
    private var channel: (any NIOCore.Channel)?
    private var isOpening = false
    /// The driver whose connections come in; nil while the port is to be closed.
    private var driver: NodeDriver?
    /// Called whenever it was opened or closed, and where it could not be opened.
    var changed: (Result<Bool, any Error>) -> Void = { _ in }

    /// A port that could not be opened is tried again after this.
    private static let retry = TimeAmount.seconds(1)

    init(_ port: ReservedPort, on eventLoop: any EventLoop) {
        self.port = port
        self.eventLoop = eventLoop
    }

    var isOpen: Bool { channel != nil }

    /// Opens the port for a driver's node, or with nil closes it; what is under way is finished first.
    func serve(_ driver: NodeDriver?) {
        self.driver = driver
        settle()
    }

    private func settle() {
        if let driver, channel == nil, !isOpening { return open(driver) }
        guard driver == nil, let closing = channel else { return }
        channel = nil
        closing.close(promise: nil)
        changed(.success(false))
    }

    private func open(_ driver: NodeDriver) {
        isOpening = true
        let (host, number) = (port.host, port.port)
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        AMQPListener.bind(host: host, port: number, driver: driver).hop(to: eventLoop).whenComplete { result in
            bound.value.opened(result, for: driver)
        }
    }

    private func opened(_ result: Result<any NIOCore.Channel, any Error>, for opened: NodeDriver) {
        isOpening = false
        switch result {
        case .success(let channel):
            // The node may have ended meanwhile, and another one have begun.
            guard driver === opened else {
                channel.close(promise: nil)
                return settle()
            }
            self.channel = channel
            changed(.success(true))
        case .failure(let error):
            changed(.failure(error))
            let bound = NIOLoopBound(self, eventLoop: eventLoop)
            eventLoop.scheduleTask(in: Self.retry) { bound.value.settle() }
        }
    }
}
