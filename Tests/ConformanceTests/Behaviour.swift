import Foundation
import TestSupport
import Testing

/// One thing that brokers do, written once as a script in `behaviours/`.
struct Behaviour: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let sentence: String

    var testDescription: String { "\(name): \(sentence)" }

    /// The program that runs behaviours against a broker.
    static let runner = Repository.root.appending(path: "Tests/ConformanceTests/behaviours/run.py").path

    /// All behaviours, or why they cannot be listed.
    static let listing = Result {
        try Command.output([Repository.python, runner, "--list"])
            .split(separator: "\n")
            .map { try JSONDecoder().decode(Behaviour.self, from: Data($0.utf8)) }
    }

    static var all: [Behaviour] { (try? listing.get()) ?? [] }
}
