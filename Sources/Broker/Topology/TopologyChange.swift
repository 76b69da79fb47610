internal import AMQP

/// A change of the metadata: proposed by a node, applied by every node in the same order.
///
/// Everything that decides the outcome is in the change and in the metadata, so that applying it gives the same
/// answer everywhere.
enum TopologyChange {
    case declareVirtualHost(name: String)
    case deleteVirtualHost(name: String)
    case declareExchange(virtualHost: String, name: String, settings: ExchangeDefinition)
    case deleteExchange(virtualHost: String, name: String, ifUnused: Bool)
    case declareQueue(virtualHost: String, name: String, settings: QueueDefinition)
    case deleteQueue(virtualHost: String, name: String, id: UInt64)
    case bind(virtualHost: String, exchange: String, Binding)
    case unbind(virtualHost: String, exchange: String, Binding)
    case setPolicy(virtualHost: String, Policy)
    case clearPolicy(virtualHost: String, name: String)
}

/// A change and where it stands in the metadata.
typealias IndexedChange = (index: UInt64, change: TopologyChange)
