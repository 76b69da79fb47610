import ArgumentParser
import Foundation
import Management
import ManagementClient

/// Where a command finds a broker that is not its own.
struct EndpointOptions: ParsableArguments {
    @Option(
        name: .customLong("connect"),
        help: ArgumentHelp(
            "Management URL of a RabbitMQ, LavinMQ or Warren. Give more than one for the nodes of a cluster.",
            discussion: "User and password come from WARREN_USER and WARREN_PASSWORD; guest/guest otherwise.",
            valueName: "url"))
    var addresses: [String] = []

    @Flag(help: "Send the password over plain HTTP to another machine.")
    var insecure = false

    /// The endpoints of the URLs, in their order.
    func open() throws -> [RemoteEndpoint] {
        let environment = ProcessInfo.processInfo.environment
        return try addresses.map { text in
            do {
                let url = try EndpointURL(text)
                if url.hasPassword {
                    Main.standardError(
                        "warren: the password in the URL of \(url.address) shows in process lists; "
                            + "set \(Credentials.passwordVariable) instead")
                }
                return try RemoteEndpoint(
                    url, credentials: Credentials(for: url, environment: environment), allowInsecure: insecure)
            } catch {
                throw Failure("--connect: \(error)", .usage)
            }
        }
    }
}

extension EndpointError {
    /// What the program ends with.
    var failure: Failure {
        switch self {
        case .unauthorized, .forbidden: Failure(message, .notPermitted)
        default: Failure(message, .unavailable)
        }
    }
}
