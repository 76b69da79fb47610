import AMQPClient
import ArgumentParser
import Console
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

    @Option(
        name: .customLong("amqp"),
        help: ArgumentHelp(
            "AMQP URL that the Failover panel's probe may publish through. Give one for each node of a cluster.",
            valueName: "url"))
    var amqpAddresses: [String] = []

    @Flag(help: "Send the password over plain HTTP to another machine.")
    var insecure = false

    @Option(
        help: ArgumentHelp(
            "A context of config.yaml: its URLs, user, password and limits.", valueName: "name"))
    var context: String?

    func validate() throws {
        if context != nil, !addresses.isEmpty {
            throw ValidationError("--context and --connect name two endpoints: use one of them")
        }
    }

    /// Endpoints with what was said about them.
    struct Target {
        var endpoints: [RemoteEndpoint]
        var context: Context?
        var lock: Lock
    }

    /// The probe of the Failover panel; nil where no address is named for it.
    func probe() throws -> CanaryProbe? {
        guard !amqpAddresses.isEmpty else { return nil }
        do throws(ClientError) {
            var addresses: [AMQPURI] = []
            for text in amqpAddresses { addresses.append(try AMQPURI(text)) }
            return CanaryProbe(addresses: addresses)
        } catch {
            throw Failure("--amqp: \(error)", .usage)
        }
    }

    /// Where to connect to; nil where nothing is named.
    func target() throws -> Target? {
        let environment = ProcessInfo.processInfo.environment
        guard let name = context else {
            guard !addresses.isEmpty else { return nil }
            return try target(addresses, context: nil, environment: environment)
        }
        let found: Context
        do throws(FileError) {
            found = try ContextFile.load(path: nil, environment: environment).context(named: name)
        } catch {
            throw Failure("--context: \(error)", .usage)
        }
        return try target(found.urls, context: found, environment: environment)
    }

    private func target(
        _ addresses: [String], context: Context?, environment: [String: String]
    ) throws -> Target {
        var environment = environment
        do throws(PasswordError) {
            if let user = context?.user { environment[Credentials.userVariable] = user }
            if let password = try context?.password?.read(environment: environment) {
                environment[Credentials.passwordVariable] = password
            }
        } catch {
            throw Failure("--context \(context?.name ?? ""): \(error)", .usage)
        }
        var isLoopback = true
        var host = ""
        let endpoints = try addresses.map { text in
            do {
                let url = try EndpointURL(text)
                isLoopback = isLoopback && url.isLoopback
                if host.isEmpty { host = url.host }
                if url.hasPassword {
                    Main.standardError(
                        "warren: the password in the URL of \(url.address) shows in process lists; "
                            + "set \(Credentials.passwordVariable) instead")
                }
                return try RemoteEndpoint(
                    url, credentials: Credentials(for: url, environment: environment),
                    allowInsecure: insecure || context?.isInsecure == true)
            } catch {
                throw Failure("\(context == nil ? "--connect" : "--context"): \(error)", .usage)
            }
        }
        let lock = Lock(name: context?.name ?? host, isLoopback: isLoopback, locked: context?.isLocked)
        return Target(endpoints: endpoints, context: context, lock: lock)
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
