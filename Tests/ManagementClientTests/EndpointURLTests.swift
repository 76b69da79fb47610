import Management
import ManagementClient
import Testing

/// Addresses and credentials: what is accepted, and that nothing secret is shown.
@Suite struct EndpointURLTests {
    @Test(
        "an address is shown with its port and without userinfo",
        arguments: [
            ("http://localhost", "http://localhost:15672"),
            ("https://u:p%40w@mq.example/rabbit/", "https://mq.example:443/rabbit"),
            ("HTTP://[::1]:8080?x=1", "http://[::1]:8080"),
        ])
    func addresses(text: String, address: String) throws {
        #expect(try EndpointURL(text).address == address)
    }

    @Test(
        "what is no address is refused",
        arguments: ["", "mq:15672", "amqp://u:p@h", "http://", "http://h:99999"])
    func noAddress(text: String) {
        #expect(throws: ConfigurationError.notAnAddress) { try EndpointURL(text) }
    }

    @Test("the URL's user and password come first, then the environment, then guest")
    func order() throws {
        let environment = ["WARREN_USER": "env", "WARREN_PASSWORD": "envpw"]
        let full = try EndpointURL("http://url:p%40w@h")
        #expect(full.hasPassword)
        #expect(try Credentials(for: full, environment: environment) == Credentials(user: "url", password: "p@w"))
        let userOnly = try EndpointURL("http://url@h")
        #expect(!userOnly.hasPassword)
        #expect(try Credentials(for: userOnly, environment: environment) == Credentials(user: "url", password: "envpw"))
        let bare = try EndpointURL("http://h")
        #expect(try Credentials(for: bare, environment: environment) == Credentials(user: "env", password: "envpw"))
        #expect(try Credentials(for: bare, environment: [:]) == Credentials(user: "guest", password: "guest"))
        #expect(throws: ConfigurationError.passwordMissing(user: "url")) {
            try Credentials(for: userOnly, environment: [:])
        }
    }

    @Test("credentials and addresses can be printed and dumped without showing the password")
    func printing() throws {
        let credentials = Credentials(user: "u", password: "s3cret")
        let url = try EndpointURL("http://u:s3cret@h")
        var dumped = ""
        dump(credentials, to: &dumped)
        dump(url, to: &dumped)
        let printed = "\(credentials) \(String(reflecting: credentials)) \(url) \(String(reflecting: url)) \(dumped)"
        #expect(!printed.contains("s3cret"))
    }

    @Test("plain http beyond loopback needs to be allowed")
    func insecure() async throws {
        let credentials = Credentials(user: "u", password: "p")
        for text in ["http://mq.example", "http://127.0.0.1.evil.example", "http://127.1.example.1", "http://10.0.0.1"]
        {
            let url = try EndpointURL(text)
            #expect(throws: ConfigurationError.insecure(address: url.address)) {
                try RemoteEndpoint(url, credentials: credentials)
            }
        }
        for text in ["http://127.8.9.1", "http://localhost", "http://[::1]", "https://mq.example"] {
            await (try RemoteEndpoint(EndpointURL(text), credentials: credentials)).shutdown()
        }
        await (try RemoteEndpoint(EndpointURL("http://10.0.0.1"), credentials: credentials, allowInsecure: true))
            .shutdown()
    }
}
