/// Appends numbers and bytes in the form that `ByteReader` takes.
struct ByteWriter {
    var bytes: [UInt8] = []

    mutating func byte(_ value: UInt8) { bytes.append(value) }

    /// Seven bits a byte, the lowest first, so that small numbers are small (LEB128).
    mutating func number(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    mutating func block(_ value: [UInt8]) {
        number(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    mutating func member(_ value: MemberID) {
        number(UInt64(value.node))
        number(value.incarnation)
    }

    mutating func position(_ value: LogPosition) {
        number(value.index)
        number(value.term)
    }

    mutating func payload(_ value: RaftPayload) {
        block(value.bytes)
        number(value.reference)
        number(UInt64(value.referencedBytes))
    }

    mutating func members(_ value: [MemberID]) {
        number(UInt64(value.count))
        for one in value { member(one) }
    }

    mutating func membership(_ value: Membership) {
        members(value.voters)
        members(value.learners)
    }
}
