internal import AMQP

/// The control plane's way in: requests that are answered by a call instead of by a frame.
extension Node {
    /// Carries out a request and calls `completed` on the loop when it has been answered.
    func request(_ request: Request, in host: String, completed: @escaping (Answer) -> Void) {
        guard let virtualHost = virtualHosts[host] else {
            completed(.failed(ProtocolException(.notFound, "no vhost '\(host)'")))
            return
        }
        guard isServing else { return completed(.failed(.notServing(configuration.name))) }
        lastControl += 1
        controlAnswers[lastControl] = completed
        submit(request, from: .control(lastControl), in: virtualHost)
    }

    func answerControl(_ number: UInt64, _ answer: Answer) {
        controlAnswers.removeValue(forKey: number)?(answer)
    }

    /// Visits every queue that there is now in the order of declaration, a slice a tick, then calls `finished`.
    func visitQueues(_ visit: @escaping (ClassicQueue) -> Void, finished: @escaping () -> Void) {
        let queues = queueList.slots
        var position = 0
        later(
            .control { _ in
                let end = min(position + Limits.listedPerSlice, queues.count)
                for queue in queues[position..<end] {
                    if let queue, !queue.isDeleted { visit(queue) }
                }
                position = end
                guard position == queues.count else { return false }
                finished()
                return true
            })
    }
}
