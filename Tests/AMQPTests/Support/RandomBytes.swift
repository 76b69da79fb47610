import AMQP
import Foundation

/// Random values from a seed. `WARREN_FUZZ_SEED` replaces the seed, so that a failure can be seen again.
struct RandomBytes: RandomNumberGenerator {
    let seed: UInt64
    private var state: UInt64

    init(seed: UInt64) {
        self.seed = seed
        state = seed
    }

    /// A seed from the environment, or another one for each run.
    static func seed() -> UInt64 {
        ProcessInfo.processInfo.environment["WARREN_FUZZ_SEED"].flatMap { UInt64($0) } ?? .random(in: 0...UInt64.max)
    }

    /// SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    mutating func flag() -> Bool { next() & 1 == 0 }

    /// Any number; often one at the end of its range.
    mutating func integer<Number: FixedWidthInteger>() -> Number {
        switch next() % 4 {
        case 0: [0, 1, .max, .min].randomElement(using: &self) ?? 0
        default: Number(truncatingIfNeeded: next())
        }
    }

    /// At most 255 bytes of text, some of it beyond ASCII; often empty, sometimes of the greatest length.
    mutating func text() -> String {
        switch next() % 8 {
        case 0: return ""
        case 1: return String(repeating: "x", count: 255)
        default: break
        }
        let alphabet = Array("abcXYZ019.-_*#/ äß€漢😀\u{0}\u{7F}")
        return String(
            (0..<Int.random(in: 1...20, using: &self)).map { _ in alphabet.randomElement(using: &self) ?? "a" })
    }

    /// A few bytes of any value.
    mutating func bytes() -> [UInt8] { (0..<Int.random(in: 0...40, using: &self)).map { _ in integer() } }

    mutating func table(depth: Int = 0) -> FieldTable {
        var table = FieldTable()
        for _ in 0..<Int.random(in: 0...4, using: &self) { table[text()] = value(depth: depth) }
        return table
    }

    /// A value of any type. Not a number is left out, because it is not equal to itself.
    mutating func value(depth: Int = 0) -> FieldValue {
        switch Int.random(in: 0..<(depth < 4 ? 17 : 15), using: &self) {
        case 0: return .boolean(flag())
        case 1: return .int8(integer())
        case 2: return .uint8(integer())
        case 3: return .int16(integer())
        case 4: return .uint16(integer())
        case 5: return .int32(integer())
        case 6: return .uint32(integer())
        case 7: return .int64(integer())
        case 8: return .float(Float.random(in: -1e30...1e30, using: &self))
        case 9: return .double(Double.random(in: -1e300...1e300, using: &self))
        case 10: return .decimal(scale: integer(), integer())
        case 11: return .bytes(bytes())
        case 12: return .binary(bytes())
        case 13: return .timestamp(integer())
        case 14: return .void
        case 15: return .table(table(depth: depth + 1))
        default:
            return .array((0..<Int.random(in: 0...3, using: &self)).map { _ in value(depth: depth + 1) })
        }
    }

    mutating func properties() -> BasicProperties {
        var properties = BasicProperties()
        if flag() { properties.contentType = text() }
        if flag() { properties.contentEncoding = text() }
        if flag() { properties.headers = table() }
        if flag() { properties.deliveryMode = integer() }
        if flag() { properties.priority = integer() }
        if flag() { properties.correlationID = text() }
        if flag() { properties.replyTo = text() }
        if flag() { properties.expiration = text() }
        if flag() { properties.messageID = text() }
        if flag() { properties.timestamp = integer() }
        if flag() { properties.type = text() }
        if flag() { properties.userID = text() }
        if flag() { properties.appID = text() }
        if flag() { properties.clusterID = text() }
        return properties
    }
}
