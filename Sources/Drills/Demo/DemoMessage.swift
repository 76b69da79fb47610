/// The text in front of a demo's message that says which it is: "5f3a90c1-01-000000012345".
struct DemoMessage: Hashable {
    /// Which run of the demo it belongs to.
    var run: UInt32
    /// The publisher's place in its flow.
    var publisher: Int
    /// The message's number there.
    var number: UInt64

    static let byteCount = 8 + 1 + 2 + 1 + 12

    /// Writes it to the front of a body, which has room for it.
    func write(to body: inout [UInt8]) {
        guard body.count >= Self.byteCount else { return }
        Self.write(UInt64(run), to: &body, 0..<8, base: 16)
        body[8] = UInt8(ascii: "-")
        Self.write(UInt64(publisher), to: &body, 9..<11, base: 10)
        body[11] = UInt8(ascii: "-")
        Self.write(number, to: &body, 12..<24, base: 10)
    }

    private static func write(_ value: UInt64, to body: inout [UInt8], _ places: Range<Int>, base: UInt64) {
        var rest = value
        for place in places.reversed() {
            let digit = UInt8(rest % base)
            body[place] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
            rest /= base
        }
    }
}

extension DemoMessage {
    /// Reads it from a body; nil where that is somebody else's.
    init?(_ body: UnsafeRawBufferPointer) {
        guard body.count >= Self.byteCount, body[8] == UInt8(ascii: "-"), body[11] == UInt8(ascii: "-"),
            let run = Self.read(body, 0..<8, base: 16), let publisher = Self.read(body, 9..<11, base: 10),
            let number = Self.read(body, 12..<24, base: 10)
        else { return nil }
        self.init(run: UInt32(truncatingIfNeeded: run), publisher: Int(publisher), number: number)
    }

    private static func read(_ body: UnsafeRawBufferPointer, _ places: Range<Int>, base: UInt64) -> UInt64? {
        var value: UInt64 = 0
        for place in places {
            let digit: UInt8
            switch body[place] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = body[place] - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = body[place] - UInt8(ascii: "a") + 10
            default: return nil
            }
            guard digit < base else { return nil }
            value = value * base + UInt64(digit)
        }
        return value
    }
}
