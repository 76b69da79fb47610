/// An endpoint that can be looked at: the embedded broker, a remote management API, or a scripted one in tests.
///
/// Every call may take as long as the endpoint's own time limits allow, and throws an ``EndpointError``.
public protocol Inspecting: Sendable {
    /// Where this is, for a person: without userinfo, such as `http://mq.example:15672` or `demo@local`.
    var address: String { get }

    /// What it is and what it can do. Asked once and remembered by the endpoint.
    func capabilities() async throws(EndpointError) -> EndpointCapabilities

    /// The broker at a glance.
    func overview() async throws(EndpointError) -> Overview

    /// The nodes it knows, down ones included, by name.
    func nodes() async throws(EndpointError) -> [NodeInfo]

    /// One page of the queues. A page past the end is an empty page, or ``EndpointError/refused(_:reason:)``
    /// where the broker says so.
    func queues(_ request: QueuePageRequest) async throws(EndpointError) -> Page<QueueInfo>

    /// One queue with its consumers. Throws ``EndpointError/notFound(_:)`` where there is none.
    func queue(vhost: String, name: String) async throws(EndpointError) -> QueueInfo

    /// One page of the exchanges.
    func exchanges(_ request: ListRequest) async throws(EndpointError) -> Page<ExchangeInfo>

    /// The bindings at one end, the default exchange's among them, in the broker's order. Throws
    /// ``EndpointError/notFound(_:)`` where the queue or exchange does not exist.
    func bindings(_ scope: BindingScope) async throws(EndpointError) -> [BindingInfo]

    /// One page of the client connections.
    func connections(_ request: ListRequest) async throws(EndpointError) -> Page<ConnectionInfo>

    /// One page of the channels.
    func channels(_ request: ListRequest) async throws(EndpointError) -> Page<ChannelInfo>

    /// One channel with its consumers. Throws ``EndpointError/notFound(_:)`` where there is none.
    func channel(name: String) async throws(EndpointError) -> ChannelInfo

    /// The consumers of a vhost, or of all that the user may see.
    func consumers(vhost: String?) async throws(EndpointError) -> [ConsumerInfo]

    /// The vhosts that the user may see, by name.
    func vhosts() async throws(EndpointError) -> [VhostInfo]

    /// The policies of a vhost, or of all that the user may see, by vhost and name. Throws ``EndpointError/notFound(_:)``
    /// where the vhost does not exist.
    func policies(vhost: String?) async throws(EndpointError) -> [PolicyInfo]
}
