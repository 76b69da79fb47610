import Management

/// The forms there are.
extension Form {
    /// Declares a queue. What it refuses, RabbitMQ would refuse.
    static func declareQueue(vhost: String, product: EndpointCapabilities.Product?, at now: Duration) -> Form {
        let types =
            switch product {
            case .warren: ["classic", "quorum"]
            case .lavinMQ: ["classic", "stream"]
            default: ["classic", "quorum", "stream"]
            }
        return Form(
            "Declare a queue", verb: "Declare",
            fields: [
                .text("name"), .text("vhost", vhost), .choice("type", types), .flag("durable", true),
                .flag("auto-delete", false), .text("arguments"),
            ], at: now
        ) { fields throws(Problem) in
            try check(name: fields[0].text, field: 0, what: "a queue")
            if fields[1].text.isEmpty { throw Problem(1, "a vhost is needed; the default one is \"/\"") }
            let type = fields[2].text
            if type != "classic", !fields[3].isOn { throw Problem(3, "a \(type) queue is always durable") }
            if type != "classic", fields[4].isOn { throw Problem(4, "a \(type) queue cannot delete itself") }
            return .declareQueue(
                QueueID(vhost: fields[1].text, name: fields[0].text),
                QueueSettings(
                    durable: fields[3].isOn, autoDelete: fields[4].isOn, type: type,
                    arguments: try arguments(fields[5].text, field: 5)))
        }
    }

    /// Declares an exchange.
    static func declareExchange(vhost: String, at now: Duration) -> Form {
        Form(
            "Declare an exchange", verb: "Declare",
            fields: [
                .text("name"), .text("vhost", vhost), .choice("type", ["direct", "fanout", "topic", "headers"]),
                .flag("durable", true), .flag("auto-delete", false), .flag("internal", false),
                .text("alternate"), .text("arguments"),
            ], at: now
        ) { fields throws(Problem) in
            try check(name: fields[0].text, field: 0, what: "an exchange")
            if fields[1].text.isEmpty { throw Problem(1, "a vhost is needed; the default one is \"/\"") }
            var arguments = try arguments(fields[7].text, field: 7)
            if !fields[6].text.isEmpty { arguments["alternate-exchange"] = .string(fields[6].text) }
            return .declareExchange(
                ObjectID(vhost: fields[1].text, name: fields[0].text),
                ExchangeSettings(
                    type: fields[2].text, durable: fields[3].isOn, autoDelete: fields[4].isOn,
                    internal: fields[5].isOn, arguments: arguments))
        }
    }

    /// Sets a policy: a new one, or a known one anew.
    static func setPolicy(_ known: PolicyInfo?, vhost: String, at now: Duration) -> Form {
        Form(
            known.map { "Set policy \($0.name)" } ?? "Set a policy", verb: "Set",
            warning: "It counts at once for all names that match and have no policy of a higher priority.",
            fields: [
                .text("name", known?.name ?? ""), .text("vhost", vhost),
                .text("pattern", known?.pattern ?? "^"),
                .choice("applies to", ["queues", "exchanges", "all"], known?.appliesTo),
                .text("priority", "\(known?.priority ?? 0)"), .text("definition", known?.settings ?? ""),
            ], at: now
        ) { fields throws(Problem) in
            if fields[0].text.isEmpty { throw Problem(0, "a policy needs a name") }
            if fields[0].text.utf8.count > 255 { throw Problem(0, "a name has at most 255 bytes") }
            if fields[1].text.isEmpty { throw Problem(1, "a vhost is needed; the default one is \"/\"") }
            do throws(PolicyPattern.Problem) {
                _ = try PolicyPattern(fields[2].text)
            } catch {
                // What only Warren cannot match is for the broker to refuse.
                if !error.isOnlyHere { throw Problem(2, "no pattern: \(error.problem) at \(error.offset)") }
            }
            guard let priority = Int(fields[4].text) else { throw Problem(4, "a whole number, the highest counts") }
            let definition = try arguments(fields[5].text, field: 5)
            if definition.isEmpty { throw Problem(5, "a setting is needed, such as max-length=1000") }
            return .setPolicy(
                PolicyInfo(
                    vhost: fields[1].text, name: fields[0].text, pattern: fields[2].text,
                    appliesTo: fields[3].text, priority: priority, definition: definition))
        }
    }

    /// Binds something to an exchange that is known.
    static func bind(from source: ObjectID, at now: Duration) -> Form {
        Form(
            "Bind to \(source.name)", verb: "Bind",
            fields: [.text("queue"), .choice("kind", ["queue", "exchange"]), .text("key"), .text("arguments")], at: now
        ) { fields throws(Problem) in
            if fields[0].text.isEmpty { throw Problem(0, "name the queue or exchange that messages go to") }
            try check(key: fields[2].text, field: 2)
            return .bind(
                BindingInfo(
                    vhost: source.vhost, source: source.name, destination: fields[0].text,
                    destinationType: fields[1].text == "queue" ? .queue : .exchange, routingKey: fields[2].text,
                    arguments: try arguments(fields[3].text, field: 3)))
        }
    }

    /// Binds a queue that is known to an exchange.
    static func bind(to queue: QueueID, at now: Duration) -> Form {
        Form(
            "Bind \(queue.name)", verb: "Bind", fields: [.text("exchange"), .text("key"), .text("arguments")], at: now
        ) { fields throws(Problem) in
            if fields[0].text.isEmpty { throw Problem(0, "name the exchange that messages come from") }
            try check(key: fields[1].text, field: 1)
            return .bind(
                BindingInfo(
                    vhost: queue.vhost, source: fields[0].text, destination: queue.name, routingKey: fields[1].text,
                    arguments: try arguments(fields[2].text, field: 2)))
        }
    }

    /// Publishes one message.
    static func publish(to exchange: ObjectID, key: String, at now: Duration) -> Form {
        Form(
            "Publish to \(exchange.name.isEmpty ? "the default exchange" : exchange.name)", verb: "Publish",
            fields: [
                .text("key", key), .text("body"), .flag("persistent", true), .text("type", "text/plain"),
                .text("headers"),
            ], at: now
        ) { fields throws(Problem) in
            try check(key: fields[0].text, field: 0)
            if exchange.name.isEmpty, fields[0].text.isEmpty { throw Problem(0, "the key names the queue") }
            if fields[3].text.utf8.count > 255 { throw Problem(3, "a content type has at most 255 bytes") }
            var properties: [String: JSONValue] = ["delivery_mode": .integer(fields[2].isOn ? 2 : 1)]
            if !fields[3].text.isEmpty { properties["content_type"] = .string(fields[3].text) }
            let headers = try arguments(fields[4].text, field: 4)
            if !headers.isEmpty { properties["headers"] = .object(headers) }
            return .publish(
                exchange,
                OutgoingMessage(
                    routingKey: fields[0].text, payload: Array(fields[1].text.utf8), properties: properties))
        }
    }

    /// Moves or copies messages.
    static func move(from queue: QueueID, ready: Int?, at now: Duration) -> Form {
        Form(
            "Move messages of \(queue.name)", verb: "Go",
            warning: "Each is published to the other queue first, then removed here; header types go through JSON.",
            fields: [
                .text("to queue"), .text("count", "\(min(max(ready ?? 1, 1), moveLimit))"),
                .choice("do", ["move", "copy"]),
            ], at: now
        ) { fields throws(Problem) in
            let to = fields[0].text
            if to.isEmpty { throw Problem(0, "name the queue the messages go to") }
            try check(key: to, field: 0)
            if to == queue.name { throw Problem(0, "they are in that queue already") }
            let keeps = fields[2].text == "copy"
            let limit = keeps ? Transfer.copyLimit : moveLimit
            guard let count = Int(fields[1].text), (1...limit).contains(count) else {
                throw Problem(1, "a count from 1 to \(Figures.exact(limit))")
            }
            return .move(from: queue, to: to, count: count, keeps: keeps)
        }
    }

    /// Messages moved with one form.
    private static let moveLimit = 10_000

    /// Reads messages.
    static func getMessages(from queue: QueueID, at now: Duration) -> Form {
        Form(
            "Get messages of \(queue.name)", verb: "Get",
            warning: "Reading changes them: what stays is marked redelivered, and counts as a delivery.",
            fields: [.text("count", "1"), .choice("then", ["put back", "remove"])], at: now
        ) { fields throws(Problem) in
            guard let count = Int(fields[0].text), (1...100).contains(count) else {
                throw Problem(0, "a count from 1 to 100")
            }
            return .getMessages(queue, count: count, mode: fields[1].text == "remove" ? .remove : .requeue)
        }
    }
}
