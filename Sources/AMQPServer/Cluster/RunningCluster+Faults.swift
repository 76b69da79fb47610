internal import Broker
internal import Journal
public import Management

/// Hurting nodes and links on purpose.
extension RunningCluster: FaultInjecting {
    /// What is in force now.
    public func faults() async throws(EndpointError) -> FaultState { faultState }

    var faultState: FaultState {
        FaultState(
            nodes: nodes.map { FaultState.Node(name: $0.name, state: $0.state.fault) },
            links: links.all.map { link in
                FaultState.Link(
                    between: [name(link.ends.0), name(link.ends.1)], isCut: link.isCut,
                    slowMilliseconds: Int(link.delay / 1_000_000))
            })
    }

    private func name(_ number: UInt32) -> String { nodes[Int(number) - 1].name }

    /// Hurts a node or a link, or mends it; returns when it has happened.
    ///
    /// A node may be isolated while it is dead, and a link cut: they are when it starts. `restart` returns when the node has
    /// read its directory; `nodeServing` on the timeline says when clients may come.
    public func inject(_ fault: Fault) async throws(EndpointError) {
        await turnstile.enter()
        defer { turnstile.leave() }
        switch fault {
        case .node(let name, let fault): try await inject(fault, into: node(name))
        case .link(let one, let other, let fault): try inject(fault, into: node(one), node(other))
        }
    }

    private func node(_ name: String) throws(EndpointError) -> ClusterNode {
        guard let node = nodes.first(where: { $0.name == name }) else { throw .notFound("node '\(name)'") }
        return node
    }

    private func inject(_ fault: NodeFault, into node: ClusterNode) async throws(EndpointError) {
        let phase = node.state.phase
        func refuse(_ reason: String) -> EndpointError { .refused("\(fault.rawValue) \(node.name)", reason: reason) }
        switch fault {
        case .crash, .powerLoss:
            if phase == .dead { throw refuse("it is dead already; restart it") }
            timeline.note(.nodeDown, node.name, isInjected: true, text: fault == .crash ? "crashed" : "lost its power")
            if let error = await end(node, losesPower: fault == .powerLoss) { throw refuse(error.description) }
        case .pause:
            if phase == .dead { throw refuse("it is dead; restart it") }
            if phase == .paused { throw refuse("it is paused already") }
            timeline.note(.nodeDown, node.name, isInjected: true, text: "paused")
            await node.pause()
            changes.fire()
        case .resume:
            if phase != .paused { throw refuse(phase == .dead ? "it is dead; restart it" : "it is not paused") }
            timeline.note(.nodeUp, node.name, isInjected: true, text: Self.goesOn)
            await node.resume()
        case .isolate:
            links.change({ $0.has(node.number) }, { $0.isCut = true })
            timeline.note(.cut, node.name, isInjected: true, text: "all its links")
        case .heal:
            links.change({ $0.has(node.number) }, { $0.mend() })
            timeline.note(.healed, node.name, isInjected: true, text: "all its links")
        case .restart:
            try await restart(node, refuse)
        }
    }

    private func restart(_ node: ClusterNode, _ refuse: (String) -> EndpointError) async throws(EndpointError) {
        do {
            if node.state.phase != .dead {
                timeline.note(.nodeDown, node.name, isInjected: true, text: "stopped")
                try await stop(node)
            }
            try await begin(node)
        } catch {
            throw refuse("\(error)")
        }
    }

    private func inject(
        _ fault: LinkFault, into one: ClusterNode, _ other: ClusterNode
    ) throws(EndpointError) {
        let between = "\(one.name) – \(other.name)"
        guard one !== other else {
            throw .refused("\(fault.rawValue) the link \(between)", reason: "a link has two ends")
        }
        links.change({ $0.has(one.number, other.number) }) { link in
            switch fault {
            case .cut: link.isCut = true
            case .slow: link.delay = UInt64(LinkFault.slowMilliseconds) * 1_000_000
            case .heal: link.mend()
            }
        }
        let text = fault == .slow ? "the link to \(other.name): slow" : "the link to \(other.name)"
        timeline.note(fault == .heal ? .healed : .cut, one.name, isInjected: true, text: text)
    }
}

extension ClusterLinks.Link {
    /// Whole, and at full speed.
    fileprivate mutating func mend() {
        isCut = false
        delay = 0
    }
}

extension ClusterNode.View {
    /// How it is, for a person.
    var fault: FaultState.State {
        switch phase {
        case .dead: .crashed
        case .paused: .paused
        case .running: isServing ? .running : isInMinority ? .minority : .starting
        }
    }
}
