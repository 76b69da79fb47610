import ArgumentParser
import Console
import Foundation

/// How the console looks and what it may do.
struct DisplayOptions: ParsableArguments {
    @Flag(name: .customLong("read-only"), help: "Bar every change of the broker.")
    var isReadOnly = false

    @Option(help: ArgumentHelp("Refresh this often; a remote broker no more than every 5 s.", valueName: "seconds"))
    var refresh: Double?

    @Option(
        name: .customLong("keys"),
        help: ArgumentHelp("A file of own keys; else keys.yaml in the configuration folder.", valueName: "path"))
    var keyFile: String?

    @Option(help: ArgumentHelp("A theme's name, or the path of a theme file.", valueName: "name"))
    var theme: String?

    func validate() throws {
        guard let refresh else { return }
        guard refresh >= 0.5, refresh <= 60 else {
            throw ValidationError("--refresh \(refresh): use 0.5 to 60 seconds")
        }
    }

    /// The settings; what a context says of the theme counts where the command line says nothing.
    func settings(label: String? = nil, theme fallback: String? = nil) throws -> ConsoleSettings {
        let environment = ProcessInfo.processInfo.environment
        var settings: ConsoleSettings
        do {
            let themes = try ThemeLibrary(wanted: theme ?? fallback, environment: environment)
            settings = ConsoleSettings(themes: themes, isReadOnly: isReadOnly, label: label)
        } catch {
            throw Failure("--theme: \(error)", .usage)
        }
        settings.utcOffset = .seconds(TimeZone.current.secondsFromGMT())
        do throws(KeyFileErrors) {
            settings.keys = try KeyMap.load(path: keyFile, environment: environment)
        } catch {
            if keyFile != nil { throw Failure("--keys: \(error)", .usage) }
            settings.problems = error.errors
        }
        return settings
    }

    /// How often to refresh, where it is said.
    var interval: Duration? { refresh.map { .milliseconds(Int($0 * 1000)) } }
}
