internal import Management

/// What only a Warren has: faults and the timeline of a cluster, below "/api/warren".
extension ManagementAPI {
    /// Answers a request whose path begins with "warren".
    func warren(_ request: APIRequest) async throws -> APIReply {
        guard request.path.count == 2 else { throw APIFailure.notFound }
        switch request.path[1] {
        case "faults": return try await faults(request)
        case "timeline":
            try request.mustRead()
            guard let seconds = Int(request.query["seconds"] ?? "10"), seconds > 0 else {
                throw APIFailure.bad("seconds: a number from 1 to \(ClusterTimeline.secondsMax)")
            }
            return try .json(try await recorder().timeline(seconds: seconds))
        case "watch":
            guard request.method == .put else { throw APIFailure.notAllowed }
            try await recorder().watch(try request.json([QueueID].self))
            return .done
        default: throw APIFailure.notFound
        }
    }

    private func faults(_ request: APIRequest) async throws -> APIReply {
        guard request.isFromThisMachine else {
            throw APIFailure(
                status: 403, error: "forbidden", reason: "faults are injected from the broker's own machine only")
        }
        guard let faults = endpoint as? any FaultInjecting, try await endpoint.capabilities().injectsFaults else {
            throw APIFailure(
                status: 404, error: "Object Not Found",
                reason:
                    "nodes are hurt only in a cluster that was started with --faults: warren serve --nodes 3 --faults")
        }
        switch request.method {
        case .get, .head: return try .json(try await faults.faults())
        case .post:
            let fault: Fault = try request.json(Fault.self)
            do throws(EndpointError) {
                try await faults.inject(fault)
            } catch .notFound(let what) {
                throw APIFailure(status: 404, error: "Object Not Found", reason: "there is no \(what)")
            } catch .refused(let what, let reason) {
                throw APIFailure.bad("\(what): \(reason)")
            }
            return .done
        default: throw APIFailure.notAllowed
        }
    }

    private func recorder() async throws -> any TimelineRecording {
        guard let recorder = endpoint as? any TimelineRecording, try await endpoint.capabilities().recordsTimeline
        else {
            throw APIFailure(
                status: 404, error: "Object Not Found",
                reason: "a cluster has a timeline, one node alone has none: warren serve --nodes 3")
        }
        return recorder
    }
}
