import AMQP
import Testing

@testable import Broker

extension TestCluster {
    /// A queue of "/" as a node has it.
    func queue(_ name: String, on number: Int) throws -> ClassicQueue {
        try #require(node(number).virtualHosts["/"]?.queues[name])
    }

    /// Lets time pass until all nodes hear each other and know the same.
    func settle() -> Bool {
        run(10_000) {
            members.allSatisfy { member in
                (1...3).allSatisfy { member.node?.cluster?.isUp(UInt32($0)) == true }
            }
        } && converge()
    }

    /// The bodies of all messages of a queue, got one by one.
    func drain(_ client: WireClient, _ queue: String, acking: Bool = true) -> [String] {
        var bodies: [String] = []
        while ask(client, BasicGet(queue: queue)) == "basic.get-ok" {
            run { client.bodies.count == 1 }
            bodies += client.bodies
            guard acking, case .method(_, .basicGetOK(let got))? = client.frames.first else { continue }
            client.send(BasicAck(deliveryTag: got.deliveryTag), 1)
        }
        return bodies
    }
}

/// An object that does not stay in memory for being looked at.
struct Glimpse {
    private weak var object: AnyObject?

    init(_ object: AnyObject?) { self.object = object }

    var isGone: Bool { object == nil }
}

extension WireClient {
    /// What was delivered.
    var deliveries: [BasicDeliver] {
        frames.compactMap { if case .method(_, .basicDeliver(let delivery)) = $0 { delivery } else { nil } }
    }

    /// The last answer to a declaration.
    var declared: QueueDeclareOK? {
        frames.compactMap { if case .method(_, .queueDeclareOK(let declareOK)) = $0 { declareOK } else { nil } }.last
    }

    /// The numbers of the publishes that were confirmed and refused, as far as frames say.
    var confirmed: (acks: Set<UInt64>, nacks: Set<UInt64>) {
        var acks: Set<UInt64> = []
        var nacks: Set<UInt64> = []
        for frame in frames {
            switch frame {
            case .method(_, .basicAck(let ack)) where ack.multiple:
                acks.formUnion((1...ack.deliveryTag).filter { !nacks.contains($0) })
            case .method(_, .basicAck(let ack)): acks.insert(ack.deliveryTag)
            case .method(_, .basicNack(let nack)): nacks.insert(nack.deliveryTag)
            default: break
            }
        }
        return (acks, nacks)
    }
}
