import Management
import Terminal

/// The form a queue is declared with. What it refuses, RabbitMQ would refuse.
struct DeclareQueueForm: Sendable {
    /// What can have the focus, in the order of Tab.
    enum Field: Int, CaseIterable, Sendable {
        case name, vhost, type, durable, autoDelete, cancel, declare
    }

    /// A name's limit in bytes: it is a short string (AMQP 0-9-1 §4.2.5.3).
    static let longestName = 255

    var name = TextField()
    var vhost: TextField
    /// The types the broker knows, the first by default.
    var types: [String]
    var typeIndex = 0
    var durable = true
    var autoDelete = false
    var focus = Field.name
    /// Whether declaring was tried: what is wrong is shown from then on.
    var wasTried = false

    /// An empty form for a vhost.
    init(vhost: String, product: EndpointCapabilities.Product?) {
        self.vhost = TextField(text: vhost)
        switch product {
        case .warren: types = ["classic"]
        case .lavinMQ: types = ["classic", "stream"]
        default: types = ["classic", "quorum", "stream"]
        }
    }

    var type: String { types[typeIndex] }

    /// What keeps it from being declared; `nil` where nothing does.
    var problem: (field: Field, text: String)? {
        if name.text.isEmpty { return (.name, "a queue needs a name") }
        if name.text.utf8.count > Self.longestName {
            return (.name, "\(name.text.utf8.count) bytes; a name has at most \(Self.longestName)")
        }
        if name.text.hasPrefix("amq.") { return (.name, "names that begin with \"amq.\" belong to the broker") }
        if vhost.text.isEmpty { return (.vhost, "a vhost is needed; the default one is \"/\"") }
        if type != "classic", !durable { return (.durable, "a \(type) queue is always durable") }
        if type != "classic", autoDelete { return (.autoDelete, "a \(type) queue cannot delete itself") }
        return nil
    }

    /// What is asked of the broker.
    var mutation: Mutation {
        .declareQueue(
            QueueID(vhost: vhost.text, name: name.text),
            QueueSettings(durable: durable, autoDelete: autoDelete, type: type))
    }

    /// What a key led to.
    enum Outcome: Hashable { case stays, cancelled, declared }

    /// Takes a key. `canConfirm` is false while the form has only just appeared.
    mutating func press(_ key: Key, canConfirm: Bool) -> Outcome {
        switch (key, focus) {
        case (.escape, _): return .cancelled
        case (.tab, _): move(1)
        case (.backTab, _): move(-1)
        case (.down, _): move(1)
        case (.up, _): move(-1)
        case (.enter, .cancel): return .cancelled
        case (.enter, .declare):
            wasTried = true
            if let problem {
                focus = problem.field
                return .stays
            }
            return canConfirm ? .declared : .stays
        case (.enter, _):
            // From a field straight to the button; a second Enter declares.
            wasTried = true
            focus = problem?.field ?? .declare
        case (_, .name): name.handle(key)
        case (_, .vhost): vhost.handle(key)
        case (.left, .type): turnType(-1)
        case (.right, .type), (" ", .type): turnType(1)
        case (" ", .durable), (.left, .durable), (.right, .durable): durable.toggle()
        case (" ", .autoDelete), (.left, .autoDelete), (.right, .autoDelete): autoDelete.toggle()
        case (.left, .declare): focus = .cancel
        case (.right, .cancel): focus = .declare
        default: break
        }
        return .stays
    }

    /// Takes a pasted text: into a text field, and nowhere else.
    mutating func paste(_ text: String) {
        switch focus {
        case .name: name.insert(text)
        case .vhost: vhost.insert(text)
        default: break
        }
    }

    private mutating func move(_ step: Int) {
        let count = Field.allCases.count
        focus = Field(rawValue: (focus.rawValue + step + count) % count) ?? .name
    }

    private mutating func turnType(_ step: Int) {
        typeIndex = (typeIndex + step + types.count) % types.count
    }
}
