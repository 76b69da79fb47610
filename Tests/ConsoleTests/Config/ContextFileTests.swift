import Foundation
import Testing

@testable import Console

/// The contexts of a text, as of a file `/etc/warren/config.yaml`.
private func parse(_ text: String, mode: Int = 0o644) throws -> ContextFile {
    try ContextFile.parse(text, file: URL(filePath: "/etc/warren/config.yaml"), mode: mode, home: "/home-of-ops")
}

@Test("a context says where a broker is, who asks, and what may be done")
func contexts() throws {
    let file = try parse(
        """
        contexts:
          production:
            urls: [https://mq-a.example, "https://mq-b.example:15671/mq"]
            user: ops
            password_command: [pass, show, mq]
            vhost: /orders
            read_only: true
            locked: true
            insecure: false
            theme: high-contrast
            refresh: 2.5
          here:
            url: http://localhost:15672
            refresh: 5
        """)
    #expect(
        file.contexts == [
            Context(
                name: "production", urls: ["https://mq-a.example", "https://mq-b.example:15671/mq"], user: "ops",
                password: .command(["pass", "show", "mq"]), vhost: "/orders", isReadOnly: true, isLocked: true,
                isInsecure: false, theme: "high-contrast", refresh: .milliseconds(2500)),
            Context(
                name: "here", urls: ["http://localhost:15672"], user: nil, password: nil, vhost: nil,
                isReadOnly: false, isLocked: nil, isInsecure: false, theme: nil, refresh: .seconds(5)),
        ])
    #expect(try file.context(named: "here").urls == ["http://localhost:15672"])
    #expect {
        try file.context(named: "there")
    } throws: {
        "\($0)" == "/etc/warren/config.yaml: there is no context 'there'; there are production, here"
    }
}

@Test("a password comes from a file, a command, a variable, or a file that only its owner can read")
func passwordSources() throws {
    for (line, source) in [
        ("password_file: /run/mq", PasswordSource.file("/run/mq")), ("password_file: mq", .file("/etc/warren/mq")),
        ("password_file: ~/mq", .file("/home-of-ops/mq")), ("password_env: MQ", .environment("MQ")),
        ("password_command: pass show mq", .command(["pass show mq"])), ("password: \"1\"", .plain("1")),
        ("password: 12", .plain("12")),
    ] {
        let file = try parse("contexts:\n  a:\n    url: http://x\n    \(line)\n", mode: 0o600)
        #expect(file.contexts[0].password == source)
    }
}

@Test(
    "a bad configuration is an error with its line and field",
    arguments: [
        ("context: {}", 1, "context", "there is no such field"),
        ("contexts: [a]", 1, "contexts", "names of contexts"),
        ("contexts:\n  a b: {}", 2, "contexts", "a name without spaces"),
        ("contexts:\n  a: 3", 2, "contexts.a", "fields are expected here"),
        ("contexts:\n  a:\n    uri: http://x", 3, "contexts.a.uri", "there is no such field"),
        ("contexts:\n  a: { user: x }", 2, "contexts.a.url", "the address is missing"),
        ("contexts:\n  a:\n    url: x", 3, "contexts.a.url", "no http or https address"),
        ("contexts:\n  a:\n    url: amqp://x", 3, "contexts.a.url", "no http or https address"),
        ("contexts:\n  a:\n    urls: []", 3, "contexts.a.urls", "an address or a list"),
        ("contexts:\n  a:\n    urls:\n    - http://x\n    - y", 5, "contexts.a.urls", "no http or https"),
        ("contexts:\n  a:\n    url: http://x\n    urls: [http://y]", 4, "contexts.a.urls", "not both"),
        ("contexts:\n  a:\n    url: http://u:s3cret@x", 3, "contexts.a.url", "no user or password here"),
        ("contexts:\n  a:\n    url: http://x\n    locked: maybe", 4, "contexts.a.locked", "true or false"),
        ("contexts:\n  a:\n    url: http://x\n    refresh: 0.1", 4, "contexts.a.refresh", "0.5 to 60"),
        ("contexts:\n  a:\n    url: http://x\n    refresh: .nan", 4, "contexts.a.refresh", "0.5 to 60"),
        ("contexts:\n  a:\n    url: http://x\n    vhost:", 4, "contexts.a.vhost", "a text is expected"),
        ("contexts:\n  a:\n    url: http://x\n    password: s3cret", 4, "contexts.a.password", "mode 644"),
        (
            "contexts:\n  a:\n    url: http://x\n    password_env: A\n    password_file: b", 5,
            "contexts.a.password_file", "only one of"
        ),
        ("contexts:\n  a:\n    url: http://x\n    password_command: []", 4, "contexts.a.password_command", "a command"),
        ("contexts: {", 2, nil, "not YAML"),
    ] as [(String, Int, String?, String)])
func badContexts(text: String, line: Int, field: String?, reason: String) {
    #expect {
        try parse(text)
    } throws: { error in
        guard let error = error as? FileError else { return false }
        let isRight = error.line == line && error.field == field && error.reason.contains(reason)
        if !isRight { Issue.record("\(error)") }
        return isRight && !error.description.contains("s3cret")
    }
}

@Test("no printing and no dump shows a plain password")
func secretContext() throws {
    let file = try parse("contexts:\n  a:\n    url: http://x\n    password: s3cret", mode: 0o600)
    var dumped = ""
    dump(file.contexts, to: &dumped)
    for text in [dumped, "\(file)", String(reflecting: file.contexts), "\(file.contexts[0].password as Any)"] {
        #expect(!text.contains("s3cret"))
    }
}

@Test("the configuration is found where it belongs, its mode decides on plain passwords, and none is no error")
func contextPlaces() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "warren-config-\(UUID())")
    try FileManager.default.createDirectory(at: folder.appending(path: "warren"), withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let environment = ["XDG_CONFIG_HOME": folder.path]
    #expect(try ContextFile.load(path: nil, environment: environment).contexts.isEmpty)
    #expect(try ContextFile.load(path: nil, environment: [:]).contexts.isEmpty)
    let file = folder.appending(path: "warren/config.yaml")
    try "contexts:\n  a:\n    url: http://x\n    password: s3cret\n".write(to: file, atomically: true, encoding: .utf8)
    for (mode, isTaken) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false), (0o644, false)] {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
        let loaded = try? ContextFile.load(path: nil, environment: environment)
        #expect((loaded?.contexts.first?.password == .plain("s3cret")) == isTaken, "mode \(String(mode, radix: 8))")
    }
    #expect(throws: FileError.self) { try ContextFile.load(path: folder.path + "/none", environment: [:]) }
}

@Test("passwords are read: the first line of a file or of what a command prints, or a variable")
func readingPasswords() throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "warren-password-\(UUID())")
    defer { try? FileManager.default.removeItem(at: file) }
    try " s3cret é\r\nmore\n".write(to: file, atomically: true, encoding: .utf8)
    #expect(try PasswordSource.file(file.path).read(environment: [:]) == " s3cret é")
    #expect(try PasswordSource.environment("MQ").read(environment: ["MQ": "s3cret"]) == "s3cret")
    #expect(try PasswordSource.command(["printf", "%s", "a b"]).read(environment: [:]) == "a b")
    #expect(try PasswordSource.command(["echo s3cret | tr s S"]).read(environment: [:]) == "S3cret")
    #expect(try PasswordSource.plain("x").read(environment: [:]) == "x")
}

@Test(
    "a password that cannot be had is an error that says where it should have come from",
    arguments: [
        (PasswordSource.environment("MQ"), "password_env MQ: it is not set"),
        (.file("/nonexistent/mq"), "password_file /nonexistent/mq: cannot be read"),
        (.file("/dev/null"), "password_file /dev/null: its first line is empty"),
        (.command(["exit 3"]), "password_command exit 3: ended with status 3"),
        (.command(["no-such-program-here", "x"]), "password_command no-such-program-here: ended with status 127"),
        (.command(["true", "x"]), "password_command true: its first line is empty"),
        (.command(["head", "-c", "5000", "/dev/zero"]), "at most 4096 bytes"),
    ])
func passwordErrors(source: PasswordSource, message: String) {
    #expect {
        try source.read(environment: [:])
    } throws: {
        "\($0)".contains(message)
    }
}
