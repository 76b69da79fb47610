internal import Foundation

/// The CPU time of a process on this machine.
struct ProcessTime {
    /// Seconds of user and system time of the process and all its threads so far (proc(5), fields 14 and 15); nil when
    /// there is no such process.
    static func seconds(of process: Int32) -> Double? {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            // The second field is the command in parentheses and may hold anything.
            let end = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return nil }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}
