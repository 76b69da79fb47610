import Management
import Terminal

/// A form for a change: text fields, choices and switches, one below the other, and what they make of it.
struct Form: Sendable {
    /// One line of the form.
    struct Field: Sendable {
        enum Value: Sendable {
            case text(TextField)
            case choice([String], Int)
            case flag(Bool)
        }

        let label: String
        var value: Value

        static func text(_ label: String, _ text: String = "") -> Field {
            Field(label: label, value: .text(TextField(text: text)))
        }
        static func choice(_ label: String, _ choices: [String], _ chosen: String? = nil) -> Field {
            Field(label: label, value: .choice(choices, chosen.flatMap(choices.firstIndex) ?? 0))
        }
        static func flag(_ label: String, _ isOn: Bool) -> Field { Field(label: label, value: .flag(isOn)) }

        var text: String {
            switch value {
            case .text(let field): field.text
            case .choice(let choices, let index): choices[index]
            case .flag(let isOn): isOn ? "yes" : "no"
            }
        }
        var isOn: Bool { if case .flag(true) = value { true } else { false } }
    }

    /// What is wrong with the form, and in which field.
    struct Problem: Error, Hashable {
        var field: Int
        var text: String

        init(_ field: Int, _ text: String) {
            self.field = field
            self.text = text
        }
    }

    let title: String
    /// What to know before, where there is something.
    let warning: String?
    let verb: String
    var fields: [Field]
    let openedAt: Duration
    /// The field in focus; behind the last the Cancel button, then the other.
    private(set) var focus: Int
    /// Whether it was tried: what is wrong is shown from then on.
    private(set) var wasTried = false
    private let make: @Sendable ([Field]) throws(Problem) -> Mutation

    init(
        _ title: String, verb: String, warning: String? = nil, fields: [Field], at now: Duration,
        make: @escaping @Sendable ([Field]) throws(Problem) -> Mutation
    ) {
        self.title = title
        self.verb = verb
        self.warning = warning
        self.fields = fields
        openedAt = now
        self.make = make
        focus = 0
    }

    var cancel: Int { fields.count }
    var submit: Int { fields.count + 1 }

    /// What keeps it from being sent; nil where nothing does.
    var problem: Problem? {
        do throws(Problem) {
            _ = try make(fields)
            return nil
        } catch {
            return error
        }
    }

    /// What a key led to.
    enum Outcome: Hashable {
        case stays, cancelled
        case sent(Mutation)
    }

    /// Takes a key; nothing is sent in the first moments of the form.
    mutating func press(_ key: Key, at now: Duration) -> Outcome {
        switch key {
        case .escape, .control("c"): return .cancelled
        case .tab, .down: focus = (focus + 1) % (submit + 1)
        case .backTab, .up: focus = (focus + submit) % (submit + 1)
        case .enter: return enter(at: now)
        case .left where focus == submit: focus = cancel
        case .right where focus == cancel: focus = submit
        default: if fields.indices.contains(focus) { change(key) }
        }
        return .stays
    }

    private mutating func enter(at now: Duration) -> Outcome {
        if focus == cancel { return .cancelled }
        wasTried = true
        do throws(Problem) {
            let mutation = try make(fields)
            // From a field straight to the button; a second Enter sends.
            guard focus == submit else {
                focus = submit
                return .stays
            }
            return now - openedAt >= ConfirmDialog.deafTime ? .sent(mutation) : .stays
        } catch {
            focus = error.field
            return .stays
        }
    }

    private mutating func change(_ key: Key) {
        switch fields[focus].value {
        case .text(var field):
            field.handle(key)
            fields[focus].value = .text(field)
        case .choice(let choices, let index):
            let step = key == .left ? -1 : key == .right || key == " " ? 1 : 0
            fields[focus].value = .choice(choices, (index + step + choices.count) % choices.count)
        case .flag(let isOn):
            if key == " " || key == .left || key == .right { fields[focus].value = .flag(!isOn) }
        }
    }

    /// Takes a pasted text: into a text field, and nowhere else.
    mutating func paste(_ text: String) {
        guard fields.indices.contains(focus), case .text(var field) = fields[focus].value else { return }
        field.insert(text)
        fields[focus].value = .text(field)
    }
}

extension Form {
    /// Reads `name=value` pairs with blanks between them: whole numbers and true/false as such, the rest as text.
    static func arguments(_ text: String, field: Int) throws(Problem) -> [String: JSONValue] {
        var arguments: [String: JSONValue] = [:]
        for pair in text.split(separator: " ") {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2, !sides[0].isEmpty else {
                throw Problem(field, "'\(pair)' is not name=value")
            }
            guard sides[0].utf8.count <= 255 else { throw Problem(field, "a name has at most 255 bytes") }
            arguments[String(sides[0])] = value(String(sides[1]))
        }
        return arguments
    }

    private static func value(_ text: String) -> JSONValue {
        if let number = Int(text) { return .integer(number) }
        switch text {
        case "true": return .bool(true)
        case "false": return .bool(false)
        default: return .string(text)
        }
    }

    /// Checks a name that is made up.
    static func check(name: String, field: Int, what: String) throws(Problem) {
        if name.isEmpty { throw Problem(field, "\(what) needs a name") }
        if name.utf8.count > 255 { throw Problem(field, "\(name.utf8.count) bytes; a name has at most 255") }
        if name.hasPrefix("amq.") { throw Problem(field, "names that begin with \"amq.\" belong to the broker") }
    }

    /// Checks a routing key.
    static func check(key: String, field: Int) throws(Problem) {
        if key.utf8.count > 255 { throw Problem(field, "\(key.utf8.count) bytes; a key has at most 255") }
    }
}
