import AMQPClient
import Drills
import Management
import Monitor

/// The probe of the drills as the monitor wants one: what measures confirms on a broker that does not record them.
struct CanaryProbe: ConfirmProbing {
    /// Where it may publish through.
    let addresses: [AMQPURI]

    /// A name for its queue that nobody else has.
    static func name() -> String { "warren.canary.\(String(UInt32.random(in: .min ... .max), radix: 36))" }

    func run(_ queue: QueueID, report: @escaping @Sendable (ProbeReport) -> Void) async {
        let addresses = addresses.map { address in
            var address = address
            address.virtualHost = queue.vhost
            return address
        }
        await ConfirmProbe(addresses: addresses).run(queue: queue.name) { said in
            switch said {
            case .publishing(let through): report(.publishing(through: through))
            case .confirmed(let at): report(.confirmed(at: at))
            case .interrupted(let reason): report(.interrupted(reason))
            case .failed(let reason): report(.failed(reason))
            }
        }
    }
}
