import ArgumentParser
import Console
import Foundation

/// How the console looks and what it may do.
struct DisplayOptions: ParsableArguments {
    @Flag(name: .customLong("read-only"), help: "Bar every change of the broker.")
    var isReadOnly = false

    @Option(help: ArgumentHelp("Refresh this often; a remote broker no more than every 5 s.", valueName: "seconds"))
    var refresh = 1.0

    @Option(help: ArgumentHelp("A theme's name, or the path of a theme file.", valueName: "name"))
    var theme: String?

    func validate() throws {
        guard refresh >= 0.5, refresh <= 3600 else {
            throw ValidationError("--refresh \(refresh): use 0.5 to 3600 seconds")
        }
    }

    func settings(label: String? = nil) throws -> ConsoleSettings {
        do {
            let themes = try ThemeLibrary(wanted: theme, environment: ProcessInfo.processInfo.environment)
            return ConsoleSettings(themes: themes, isReadOnly: isReadOnly, label: label)
        } catch {
            throw Failure("--theme: \(error)", .usage)
        }
    }

    /// How often to refresh.
    var interval: Duration { .milliseconds(Int(refresh * 1000)) }
}
