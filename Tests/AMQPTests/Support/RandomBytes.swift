import AMQP
import Foundation
import Testing

/// The bytes that a hexadecimal text stands for.
func bytes(hex: String) -> [UInt8] {
    let digits = hex.utf8.map { UInt8($0 < 58 ? $0 - 48 : ($0 | 32) - 87) }
    return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

/// Random values for methods and tables, from a seed that tests print and take back from `WARREN_FUZZ_SEED`.
struct RandomBytes {
    static let seed: UInt64 =
        ProcessInfo.processInfo.environment["WARREN_FUZZ_SEED"].flatMap(UInt64.init) ?? .random(in: .min ... .max)
    /// How many random cases each test tries; `WARREN_FUZZ_ITERATIONS` makes a long run of it.
    static let iterations =
        ProcessInfo.processInfo.environment["WARREN_FUZZ_ITERATIONS"].flatMap(Int.init) ?? 2000

    private static let letters = ["a", "é", ".", "#", "€", "x", "-"]
    private var state: UInt64

    init(seed: UInt64 = Self.seed) { state = seed }

    /// SplitMix64 (Steele, Lea and Flood, 2014).
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func integer<Integer: FixedWidthInteger>() -> Integer { Integer(truncatingIfNeeded: next()) }
    mutating func flag() -> Bool { next() & 1 == 0 }
    mutating func count(below limit: Int) -> Int { Int(next() % UInt64(limit)) }
    mutating func text() -> String {
        (0..<count(below: 20)).map { _ in Self.letters[count(below: Self.letters.count)] }.joined()
    }
    mutating func bytes() -> [UInt8] { (0..<count(below: 40)).map { _ in integer() } }

    mutating func table(depth: Int = 0) -> FieldTable {
        var table = FieldTable()
        for number in 0..<count(below: 5) { table["\(number)\(text())"] = value(depth: depth + 1) }
        return table
    }

    private mutating func value(depth: Int) -> FieldValue {
        switch count(below: depth > 3 ? 14 : 16) {
        case 0: .boolean(flag())
        case 1: .int8(integer())
        case 2: .uint8(integer())
        case 3: .int16(integer())
        case 4: .uint16(integer())
        case 5: .int32(integer())
        case 6: .uint32(integer())
        case 7: .int64(integer())
        case 8: .float(Float(count(below: 1000)) / 8)
        case 9: .double(Double(count(below: 1000)) / 8)
        case 10: .timestamp(integer())
        case 11: .bytes(bytes())
        case 12: .binary(bytes())
        case 13: .void
        case 14: .table(table(depth: depth))
        default: .array((0..<count(below: 4)).map { _ in value(depth: depth + 1) })
        }
    }
}
