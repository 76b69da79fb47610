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
}
