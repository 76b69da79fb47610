import Management
import Testing

/// Errors are sentences a person can act on.
@Suite struct EndpointErrorTests {
    @Test(
        "an error says what happened, to what, and what to do",
        arguments: [
            (
                .unreachable("http://mq:15672", reason: "connection refused"),
                "http://mq:15672 cannot be reached (connection refused); "
                    + "check that the broker and its management API run there"
            ),
            (
                .timedOut("http://mq:15672", after: .milliseconds(1500)),
                "http://mq:15672 gave no complete answer within 1.5 s; it may be overloaded, try again"
            ),
            (
                .forbidden("the list of nodes", tagNeeded: "monitoring"),
                "this user may not use the list of nodes; give it the tag 'monitoring' or a permission in that vhost"
            ),
            (
                .refused("deleting queue 'q'", reason: "queue 'q' in vhost '/' not empty"),
                "the broker refused deleting queue 'q': queue 'q' in vhost '/' not empty"
            ),
            (
                .throttled(retryAfter: .seconds(Int64.max)),
                "the broker asks to wait 9223372036854775807 s before the next request"
            ),
        ] as [(EndpointError, String)])
    func sentences(error: EndpointError, sentence: String) {
        #expect(error.message == sentence)
    }

    @Test("text from a broker cannot carry control characters into the message")
    func controls() {
        let error = EndpointError.server(status: 500, reason: "bad\u{1b}[2J\r\n\u{9b}31m\u{7f}")
        #expect(!error.message.unicodeScalars.contains { $0.properties.generalCategory == .control })
    }
}
