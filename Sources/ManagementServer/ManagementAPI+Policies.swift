internal import Management

/// `/api/policies`.
extension ManagementAPI {
    func policies(_ request: APIRequest) async throws -> APIReply {
        let path = request.path
        switch (path.count, request.method) {
        case (1, .get): return try .json(try await endpoint.policies(vhost: nil))
        case (2, .get):
            try await vhost(path[1])
            return try .json(try await endpoint.policies(vhost: path[1]))
        case (3, _): return try await policy(request, ObjectID(vhost: path[1], name: path[2]))
        case (1...2, _): throw APIFailure.notAllowed
        default: throw APIFailure.notFound
        }
    }

    private func policy(_ request: APIRequest, _ id: ObjectID) async throws -> APIReply {
        switch request.method {
        case .get, .head:
            guard let found = try await find(id) else { throw APIFailure.notFound }
            return try .json(found)
        case .put:
            let body = try request.json([String: JSONValue].self)
            guard try await endpoint.vhosts().contains(where: { $0.name == id.vhost }) else {
                throw APIFailure(status: 404, error: "not_found", reason: "vhost_not_found")
            }
            let policy = try policy(of: body, id)
            let isKnown = try await find(id) != nil
            do throws(EndpointError) {
                try await endpoint.setPolicy(policy)
            } catch {
                if case .refused(_, let reason) = error { throw APIFailure.bad(reason.escapingMarkup) }
                throw error
            }
            return isKnown ? .done : .created
        case .delete:
            try await endpoint.clearPolicy(vhost: id.vhost, name: id.name)
            return .done
        default:
            throw APIFailure.notAllowed
        }
    }

    private func find(_ id: ObjectID) async throws -> PolicyInfo? {
        guard try await endpoint.vhosts().contains(where: { $0.name == id.vhost }) else { return nil }
        return try await endpoint.policies(vhost: id.vhost).first { $0.name == id.name }
    }

    /// The policy that a body describes. What has the wrong type is refused as RabbitMQ does; the endpoint looks at the rest.
    private func policy(of body: [String: JSONValue], _ id: ObjectID) throws -> PolicyInfo {
        let missing = ["pattern", "definition"].filter { body[$0] == nil }
        if !missing.isEmpty {
            throw APIFailure.bad("[" + missing.map { "{key_missing,\($0)}" }.joined(separator: ",") + "]")
        }
        guard case .object(let definition)? = body["definition"] else {
            throw APIFailure.bad("definition must be a dictionary")
        }
        var problems: [String] = []
        if let pattern = body["pattern"], pattern.stringValue == nil {
            problems.append("pattern should be a binary but was \(pattern.erlangTerm)")
        }
        if let target = body["apply-to"], target.stringValue == nil {
            problems.append("apply-to should be binary, actually was \(target.erlangTerm)")
        }
        if let priority = body["priority"], priority.integerValue == nil {
            // RabbitMQ takes fractions too.
            problems.append("priority should be a number, actually was \(priority.erlangTerm)")
        }
        if !problems.isEmpty {
            let reason = "Validation failed\n\n" + problems.map { $0 + "\n" }.joined()
            throw APIFailure.bad(reason.escapingMarkup)
        }
        return PolicyInfo(
            vhost: id.vhost, name: id.name, pattern: body["pattern"]?.stringValue ?? "",
            appliesTo: body["apply-to"]?.stringValue ?? "all", priority: body["priority"]?.integerValue ?? 0,
            definition: definition)
    }
}

extension String {
    /// As RabbitMQ writes what comes from outside into the reasons of this resource (`escape_html_tags`).
    fileprivate var escapingMarkup: String {
        reduce(into: "") { text, character in
            switch character {
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "&": text += "&amp;"
            default: text.append(character)
            }
        }
    }
}
