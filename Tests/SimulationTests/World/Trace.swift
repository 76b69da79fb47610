import AMQP

/// What happened, as a hash of everything and, when asked for, as text.
///
/// FNV-1a with 64 bits (Fowler, Noll, Vo; draft-eastlake-fnv): the same in every process, unlike `Hasher`.
struct Trace {
    private(set) var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    /// Keeps lines of text, which costs time.
    let isReadable: Bool
    private(set) var lines: [String] = []

    init(isReadable: Bool) { self.isReadable = isReadable }

    mutating func add(_ number: UInt64) {
        var number = number
        for _ in 0..<8 {
            add(byte: UInt8(truncatingIfNeeded: number))
            number >>= 8
        }
    }

    mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { add(byte: byte) }
    }

    private mutating func add(byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }

    /// A method with its arguments, in short.
    static func text(_ method: any MethodPayload) -> String {
        "\(method)".replacing("AMQP.", with: "").replacing(", arguments: FieldTable(pairs: [])", with: "")
            .replacing(/, [a-zA-Z]+: false/, with: "")
    }

    mutating func say(_ line: () -> String) {
        if isReadable { lines.append(line()) }
    }
}

/// Why a simulation stopped, and how to see it again.
struct SimulationFailure: Error, Equatable, CustomStringConvertible {
    let seed: UInt64
    /// Events handled until then.
    let step: Int
    let hash: UInt64
    let reason: String
    /// The last lines of the trace, when it was kept.
    var lastLines: [String] = []

    var description: String {
        """
        seed \(seed), step \(step), trace \(hex(hash)): \(reason)
        replay: WARREN_SIMULATION_SEED=\(seed) swift test --filter SimulationTests
        \(lastLines.joined(separator: "\n"))
        """
    }
}

func hex(_ hash: UInt64) -> String {
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}
