import Testing

/// Every rule catches a planted violation and lets the honest neighbour pass.
@Suite("the tidy rules catch what they are for")
struct RulesCatchTests {
    private func broker(_ text: String) -> SourceFile { SourceFile(path: "Sources/Broker/Planted.swift", text: text) }

    @Test("an import upwards is caught, however it is written")
    func imports() {
        for planted in [
            "import AMQPServer", "public import NIOSSL", "@testable internal import Console",
            "import struct Yams.Node", "@preconcurrency import AsyncHTTPClient",
        ] {
            #expect(ImportTable.violations(in: broker(planted)).count == 1, "\(planted)")
        }
        for fine in ["import AMQP", "internal import Journal", "// import NIOSSL", "let text = \"import NIOSSL\""] {
            #expect(ImportTable.violations(in: broker(fine)) == [], "\(fine)")
        }
    }

    @Test("a file of a module that the table does not know is caught")
    func unknownModule() {
        #expect(ImportTable.violations(in: SourceFile(path: "Sources/Planted/A.swift", text: "")).count == 1)
    }

    @Test("a dependency upwards in Package.swift is caught, plain or as a product")
    func manifest() {
        let manifest = PackageManifest(
            """
            .target(name: "Broker", dependencies: ["AMQP", .product(name: "NIOSSL", package: "nio"), "Console"]),
            .target(name: "AMQP", swiftSettings: settings),
            .target(name: "Support", path: "Tests/Support"),
            .executableTarget(name: "warren", dependencies: ["Broker"]),
            """)
        #expect(manifest.targets.map(\.name) == ["AMQP", "Broker", "warren"])
        #expect(
            manifest.violations.map(\.reason) == [
                "Broker must not depend on Console", "Broker must not depend on NIOSSL",
            ])
    }

    @Test("a file over the limit is caught, and an exception that could be lowered")
    func lengths() {
        let long = broker(String(repeating: "\n", count: 401))
        #expect(LengthRatchet.violations(in: long, exceptions: [:]).count == 1)
        #expect(LengthRatchet.violations(in: long, exceptions: [long.path: 401]) == [])
        #expect(LengthRatchet.violations(in: long, exceptions: [long.path: 402]).count == 1)
        #expect(LengthRatchet.violations(in: broker(String(repeating: "\n", count: 400)), exceptions: [:]) == [])
    }

    @Test("print in a library is caught, and only there")
    func prints() {
        #expect(LineRules.prints(in: broker("    print(\"hello\")")).count == 1)
        #expect(LineRules.prints(in: broker("guard ok else { return debugPrint(x) }")).count == 1)
        for fine in ["pretty.print(x)", "func print(_ x: Int)", "// print(x)", "\"print(x)\"", "fingerprint(x)"] {
            #expect(LineRules.prints(in: broker(fine)) == [], "\(fine)")
        }
        #expect(LineRules.prints(in: SourceFile(path: "Sources/warren/A.swift", text: "print(1)")) == [])
    }

    @Test("an unexplained force is caught, and only a force")
    func forcing() {
        for planted in [
            "let a = b!", "let a = b!.c", "try! run()", "x as! Int", "list[0]!", "call()!", "var a: Int!",
            "URL(string: \"http://x\")!", "f(a!, b)",
        ] {
            #expect(LineRules.forcing(in: broker(planted)).count == 1, "\(planted)")
        }
        for fine in [
            "if a != b {", "a!=b", "!isReady", "guard !done else { return }", "f(!a)", "\"what!\"", "// what!",
            "let a = b!  // set in the initialiser", "#if !os(Linux)", "/* a! */ let b = 1", "\"\"\"\nwow!\n\"\"\"",
        ] {
            #expect(LineRules.forcing(in: broker(fine)) == [], "\(fine)")
        }
        #expect(LineRules.forcing(in: broker("let a = \"\\(b!)\"")).count == 1)
    }

    @Test("a walk through a dictionary or set is caught")
    func order() {
        let declared = "var queues: [String: Queue] = [:]\nlet ids: Set<Int>\nvar seen = Set<Int>()\nlet list: [Int]\n"
        for planted in [
            "for queue in queues.values {", "for (name, queue) in queues {", "for id in ids where id > 1 {",
            "self.queues.map { $0 }", "let x = queues.keys", "ids.filter { $0 > 1 }", "seen.first",
            "for queue in node.queues.values {",
        ] {
            let file = broker(declared + planted)
            #expect(OrderRule([file]).violations(in: file).map(\.line) == [5], "\(planted)")
        }
        for fine in [
            "for queue in queues.values.sorted(by: less) {", "queues[name]", "queues.count", "ids.contains(3)",
            "for item in list {", "list.map { $0 }", "queues.removeAll()",
            "for id in ids { total += id }  // order-free: a sum", "let x = queues.values\n    .sorted()",
            "// order-free: a sum\nfor id in ids { total += id }",
        ] {
            let file = broker(declared + fine)
            #expect(OrderRule([file]).violations(in: file) == [], "\(fine)")
        }
    }

    @Test("a dictionary declared in another file of the module is known")
    func orderAcrossFiles() {
        let other = broker("var channels: [UInt16: Channel] = [:]")
        let file = SourceFile(
            path: "Sources/Broker/User.swift", text: "for c in connection.channels.values { c.end() }")
        #expect(OrderRule([other, file]).violations(in: file).count == 1)
        let local = SourceFile(path: "Sources/Broker/Own.swift", text: "let channels: [Int]\nchannels.map { $0 }")
        #expect(OrderRule([other, local]).violations(in: local) == [])
    }

    @Test("a stranger at the top of the repository is caught")
    func topLevel() {
        #expect(TopLevelRule.violations(["Package.swift", "notes.txt", ".ci", "scripts"]) == ["notes.txt", "scripts"])
    }

    @Test("a test without a sentence is caught")
    func names() {
        func file(_ text: String) -> SourceFile { SourceFile(path: "Tests/A/A.swift", text: text) }
        for planted in [
            "@Test func works()", "@Test(.disabled()) func works()", "@Test(\"works\") func works()", "@Test",
        ] {
            #expect(LineRules.unnamedTests(in: file(planted)).count == 1, "\(planted)")
        }
        for fine in [
            "@Test(\"a queue is empty\") func empty()", "@Test(\n    \"a queue is empty\",\n", "// @Test func a()",
            "let text = \"@Test func\"", "@Test(\"a queue\", arguments: [1])",
        ] {
            #expect(LineRules.unnamedTests(in: file(fine)) == [], "\(fine)")
        }
    }

    @Test("a sleep in a test is caught in every language")
    func sleeps() {
        func found(_ name: String, _ text: String) -> Int {
            LineRules.sleeps(in: SourceFile(path: "Tests/" + name, text: text)).count
        }
        #expect(found("A/A.swift", "try await Task.sleep(for: .seconds(1))") == 1)
        #expect(found("A/A.swift", "usleep(1000)") == 1)
        #expect(found("A/a.py", "time.sleep(1)") == 1)
        #expect(found("run", "start; sleep 5") == 1)
        #expect(found("A/A.swift", "// never sleep(1)") == 0)
        #expect(found("TestSupport/Eventually.swift", "try await clock.sleep(for: interval)") == 0)
    }

    @Test("a path of somebody's machine is caught")
    func localPaths() {
        func found(_ text: String) -> Int {
            LineRules.localPaths(in: SourceFile(path: "README.md", text: text)).count
        }
        #expect(found("cd /" + "home/ada/warren") == 1)
        #expect(found("let path = \"/" + "Users/ada/warren\"") == 1)
        #expect(found("GET https://example.org/" + "home/page, or Tests/" + "work/a") == 0)
    }

    @Test("comments and strings are told from code")
    func masking() {
        let file = broker("let a = #\"x \"y\" \\(z)\"# // says\nb /* one /* two */ still */ c\n\"\\(d + \"e\" + f)\"")
        #expect(file.code[0].hasPrefix("let a = #\""))
        #expect(!file.code[0].contains("z"))
        #expect(file.comments[0] == "// says")
        #expect(file.code[1].split(separator: " ") == ["b", "c"])
        #expect(file.code[2].contains("d +") && file.code[2].contains("+ f") && !file.code[2].contains("e"))
    }
}
