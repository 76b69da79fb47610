import ArgumentParser

/// The exit codes of the program.
enum ExitStatus: Int32 {
    /// The answer is no: findings, or a drill that failed.
    case no = 1
    /// The command line is wrong.
    case usage = 2
    /// An endpoint or an address cannot be had (EX_UNAVAILABLE).
    case unavailable = 69
    /// The disk fails, or what is on it cannot be used (EX_IOERR).
    case ioError = 74
    /// Not permitted (EX_NOPERM).
    case notPermitted = 77
}

/// An error for the person at the terminal: what, where, what to do; and the exit code that goes with it.
struct Failure: Error, CustomStringConvertible {
    let description: String
    let status: ExitStatus

    init(_ description: String, _ status: ExitStatus) {
        self.description = description
        self.status = status
    }
}

extension Result where Failure == any Error {
    /// What came of some work, so that what must follow it follows either way.
    init(_ work: () async throws -> Success) async {
        do {
            self = .success(try await work())
        } catch {
            self = .failure(error)
        }
    }
}
