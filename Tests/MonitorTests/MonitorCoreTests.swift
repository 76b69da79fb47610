import Management
import Testing

@testable import Monitor

/// How answers and commands enter the state.
@Suite struct MonitorCoreTests {
    private func queue(_ name: String, ready: Int) -> QueueInfo {
        var queue = QueueInfo(vhost: "/", name: name)
        queue.messagesReady = ready
        return queue
    }

    /// A core whose page of queues has just come: `loaded` of `filtered`.
    private func core(loaded: [QueueInfo], filtered: Int) -> MonitorCore {
        var core = MonitorCore(
            addresses: ["a"], interval: .seconds(1), visible: [.queues], queues: QueuePageRequest())
        var open = core.apply(.started, at: .zero).fetches
        while !open.isEmpty {
            let request = open.removeFirst()
            let answer: MonitorCore.Answer? =
                switch request.resource {
                case .capabilities: .capabilities(.embedded(version: "1"))
                case .queues:
                    .queues(Page(items: loaded, page: 1, pageSize: 2, filteredCount: filtered, totalCount: filtered))
                default: nil
                }
            guard let answer else { break }
            open += core.apply(.finished(request.id, .success(answer)), at: .zero).fetches
        }
        return core
    }

    @Test("a change of order shows at once where the whole list is loaded")
    func sortAtHand() {
        var core = core(loaded: [queue("a", ready: 1), queue("b", ready: 2)], filtered: 2)
        let request = QueuePageRequest(sort: .messagesReady, descending: true)
        let actions = core.apply(.list(request), at: .zero)
        #expect(core.state.queues.value?.items.map(\.name) == ["b", "a"])
        #expect(core.state.listedQueues == request)
        #expect(actions.fetches.contains { $0.resource == .queues(request) }, "and is asked for as well")
    }

    @Test("a part of a list is never sorted as if it were all")
    func partIsNotSorted() {
        var core = core(loaded: [queue("a", ready: 1), queue("b", ready: 2)], filtered: 3)
        let request = QueuePageRequest(sort: .messagesReady, descending: true)
        _ = core.apply(.list(request), at: .zero)
        #expect(core.state.queues.value?.items.map(\.name) == ["a", "b"])
        #expect(core.state.listedQueues.sort == nil && core.state.wantedQueues == request)
    }

    @Test("a failed refresh keeps the last answer and says why it failed")
    func failureKeepsAnswer() {
        var core = core(loaded: [queue("a", ready: 1)], filtered: 1)
        let error = EndpointError.server(status: 500, reason: "oops")
        let actions = core.apply(.refresh, at: .seconds(1))
        for request in actions.fetches where request.resource.kind == .queues {
            _ = core.apply(.finished(request.id, .failure(error)), at: .seconds(1))
        }
        #expect(core.state.queues.value?.items.count == 1)
        #expect(core.state.queues.error == error)
        #expect(core.state.queues.age(at: .seconds(1)) == .seconds(1))
    }
}
