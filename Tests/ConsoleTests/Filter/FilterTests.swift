import Management
import Monitor
import Terminal
import Testing

@testable import Console

/// The names of the fixture's queues that pass.
private func passing(_ text: String) throws -> [String] {
    let filter = try Filter<QueueInfo>(text)
    return Fixture.queues(step: 12).filter(filter.passes).map(\.name)
}

@Test(
    "a filter chooses by text, inverse, expression and field, and all its terms must hold",
    arguments: [
        ("ORD", ["orders.eu", "orders.us", "orders.eu.de.retail.dead-letter"]),
        ("!a !o", []),
        ("orders !dead", ["orders.eu", "orders.us"]),
        ("~^orders\\.(eu|us)$", ["orders.eu", "orders.us"]),
        ("!~[ae]", ["invoices", "orders.eu", "orders.us"].filter { !$0.contains("e") }),
        ("ready>1000", ["invoices", "orders.eu"]), ("ready>1.8k ready<=2K", ["orders.eu"]),
        ("unacked>=50", ["invoices", "orders.eu"]),
        ("consumers=0", ["orders.eu.de.retail.dead-letter"]),
        ("type=QUORUM in>500", ["orders.eu", "orders.us"]),
        ("state!=running", ["amq.gen-7fQ2cXyTz0Lk3vB9wA"]), ("vhost=/ mail", ["mail"]),
        ("!ready<100 !ready>1000", ["orders.us", "payments"]),
        ("memory=140k name=mail", ["mail"]), ("memory<140k", []), ("durable=no", []), ("durable=yes rep", ["reports"]),
    ] as [(String, [String])])
func filters(text: String, names: [String]) throws {
    #expect(try passing(text) == names)
}

@Test("an empty filter lets everything pass and is not in force")
func emptyFilter() throws {
    for text in ["", "   "] {
        #expect(try passing(text).count == 9)
        #expect(try Filter<QueueInfo>(text).isEmpty)
    }
    #expect(QueueFilter().isEmpty)
}

@Test("what the broker does not provide passes no comparison, turned around or not")
func missingValues() throws {
    for text in ["ready=0", "!ready=0", "ready!=0", "!state=running"] {
        #expect(!(try passing(text).contains("reports")), "\(text)")
    }
}

@Test("quotes keep spaces and signs")
func quotes() throws {
    let queues = ["a = b", "a=b", "~x", "!x", "a b"].map { QueueInfo(vhost: "/", name: $0) }
    for (text, names) in [
        ("\"a = b\"", ["a = b"]), ("\"a=\"b", ["a=b"]), ("\"~\"", ["~x"]), ("\"!x\"", ["!x"]), ("!\"!\" x", ["~x"]),
        ("name=\"a b\"", ["a b"]), ("\"a b\"", ["a b"]), ("~\"a b|x\"", ["~x", "!x", "a b"]),
    ] {
        let filter = try Filter<QueueInfo>(text)
        #expect(queues.filter(filter.passes).map(\.name) == names, "\(text)")
    }
}

@Test(
    "a filter that cannot be read says what is wrong, where, and what is expected",
    arguments: [
        ("!", 2, "nothing to look for", "a text, ~regex or a field"),
        ("mail \"a b", 6, "the quote is not closed", "a second \""),
        ("x redy>5", 3, "there is no field 'redy'", "one of name, vhost,"),
        (">5", 1, "no field before '>'", "one of name, vhost,"),
        ("!=5", 2, "no field before '='", "one of name"),
        ("ready>", 7, "no value", "a number such as 1000, 10k or 2M"),
        ("ready>1x", 7, "'1x' is none", "a number such as"), ("ready>1.2.3", 7, "'1.2.3' is none", "a number"),
        ("ready>.5", 7, "'.5' is none", "a number"), ("ready>1e9", 7, "'1e9' is none", "a number"),
        ("ready>99999999999999999999", 7, "is none", "a number"), ("ready==5", 7, "'=5' is none", "a number"),
        ("memory<1Q", 8, "'1Q' is none", "a size such as"),
        ("state>running", 6, "'state' is not a number", "= or !="),
        ("durable=perhaps", 9, "'perhaps' is none", "yes or no"), ("type=\"\"", 6, "no value", "a text"),
        ("~", 2, "nothing to look for", "an expression"), ("a ~(b", 4, "the group is not closed", ")"),
        ("~a**", 4, "a repetition of a repetition", "one of"), ("~[b-a]", 6, "the range runs backwards", "the lower"),
        ("~a)", 3, "')' closes nothing", "\\)"), ("~\\q", 3, "\\q is not known", "\\d"),
    ] as [(String, Int, String, String)])
func filterErrors(text: String, column: Int, problem: String, expected: String) {
    #expect {
        try Filter<QueueInfo>(text)
    } throws: { error in
        guard let error = error as? FilterError else { return false }
        let isRight =
            error.column == column && error.problem.contains(problem) && error.expected.hasPrefix(expected)
        if !isRight { Issue.record("\(error)") }
        return isRight
    }
}

@Test(
    "names go to the server, as one text or as an expression; fields and dear expressions stay",
    arguments: [
        ("ord", "ord", false, false), ("ready>5", "", false, true), ("ord ready>5", "ord", false, true),
        ("!a.b(", "^(?!.*a\\.b\\()", true, false), ("a !b", "^(?=.*a)(?!.*b)", true, false),
        ("~^a.*b$", "^a.*b$", true, false), ("~^a|b x", "^(?=.*(?:^a|b))(?=.*x)", true, false),
        ("~(a+)+ x", "x", false, true), ("~a*b*c*", "", false, true), ("", "", false, false),
    ] as [(String, String, Bool, Bool)])
func serverPart(text: String, name: String, isRegex: Bool, hasLocalPart: Bool) throws {
    let filter = try Filter<QueueInfo>(text)
    #expect(filter.serverPart == ServerNameFilter(text: name, isRegex: isRegex))
    #expect(filter.hasLocalPart == hasLocalPart)
}

@Test(
    "what goes to the server means there what it means here",
    arguments: ["ord !dead", "~^orders", "!~e.$", "~(eu|us)$ !x", "a.b", "~[^a-y0-9.-]", "~^[a-m]\\w+$", "!a !b"])
func serverAgrees(text: String) throws {
    let filter = try Filter<QueueInfo>(text)
    var request = QueuePageRequest()
    QueueFilter(text: text).apply(to: &request)
    let queues = Fixture.queues(step: 12) + ["A.B", "axb", "Zoo"].map { QueueInfo(vhost: "/", name: $0) }
    #expect(try request.page(of: queues).items.map(\.name) == queues.filter(filter.passes).map(\.name))
    #expect(!filter.hasLocalPart)
}

/// What every table of fields must be.
private func check<Item: Filterable>(_: Item.Type) {
    let names = Item.filterFields.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(names.first == "name")
    for field in Item.filterFields {
        #expect(!field.name.contains { "<>=!~\" ".contains($0) || $0.isUppercase } && !field.meaning.isEmpty)
        let value = ["text": "x", "number": "1", "bytes": "1", "flag": "yes"]["\(field.kind)"] ?? ""
        #expect(throws: Never.self) { try Filter<Item>("\(field.name)=\(value)") }
        #expect(Filter<Item>.help.contains { $0.form == field.name && $0.meaning == field.meaning })
    }
}

@Test("every resource has a table of fields, each of which a filter can name and the help explains")
func fieldTables() {
    check(QueueInfo.self)
    check(ExchangeInfo.self)
    check(ConnectionInfo.self)
    check(ChannelInfo.self)
    check(NodeInfo.self)
}

@Test("a field filter keeps the rows that pass, says how many, and Escape clears it")
func fieldFilterInThePanel() throws {
    var state = try Fixture.console(columns: 120)
    _ = state.press("/unacked>=50".map(Key.character))
    #expect(state.queues.rows.map(\.id.name) == ["invoices", "orders.eu"])
    _ = state.press([.enter])
    #expect(state.queues.rows.map(\.id.name) == ["invoices", "orders.eu"])
    _ = state.update(.monitor(Fixture.monitor()), at: state.now)
    #expect(state.queues.rows.map(\.id.name) == ["invoices", "orders.eu"])
    #expect(state.lines[3].contains("2 of 9 queues  filter unacked>=50"))
    let page = Fixture.monitor { monitor in
        let items = monitor.queues.value?.items ?? []
        monitor.queues.value = Page(items: items, page: 1, pageSize: 9, filteredCount: 10_000, totalCount: 10_000)
    }
    _ = state.update(.monitor(page), at: state.now)
    #expect(state.lines[3].contains("filter unacked>=50  2 of this page match"))
    _ = state.press([.escape])
    _ = state.update(.monitor(Fixture.monitor()), at: state.now)
    #expect(state.queues.rows.count == 9)
}

@Test("a filter with an error stays open on Enter, shows the error and hides no row")
func filterErrorInThePanel() throws {
    var state = try Fixture.console(columns: 160)
    _ = state.press("/redy>5".map(Key.character) + [.enter])
    guard case .filter? = state.dialog else {
        Issue.record("the filter has closed")
        return
    }
    #expect(state.lines[3].contains("column 1: there is no field 'redy'; expected one of name, vhost"))
    #expect(state.queues.rows.count == 9 && state.queues.filter.isEmpty)
}
