internal import AMQP

/// Where a binding leads to.
enum Destination: Hashable, Comparable {
    case queue(String)
    case exchange(String)

    var name: String {
        switch self {
        case .queue(let name), .exchange(let name): name
        }
    }
}

/// A binding of a queue or an exchange to an exchange. Two bindings that differ only in their arguments are two
/// bindings (AMQP 0-9-1, `queue.bind`).
struct Binding: Hashable {
    let destination: Destination
    let routingKey: [UInt8]
    let arguments: FieldTable
}
