/// Why bytes are not a message.
public enum RaftDecodingError: Error, Hashable, Sendable {
    /// They end too early.
    case truncated
    /// Something follows the message.
    case trailingBytes
    /// A number is too large for what it stands for, or not in its shortest form.
    case badNumber
    /// A kind of message or entry that does not exist, or a flag that is neither 0 nor 1.
    case unknownKind
    /// A membership that names somebody twice, or out of order.
    case badMembership
}

/// Reads what `ByteWriter` wrote, and refuses everything else: there is one form only of each value. Never traps, and
/// never allocates more than the bytes at hand can fill.
struct ByteReader {
    private let bytes: ArraySlice<UInt8>
    private var offset: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        offset = bytes.startIndex
    }

    var remaining: Int { bytes.endIndex - offset }

    func finish() throws(RaftDecodingError) {
        if remaining > 0 { throw .trailingBytes }
    }

    mutating func byte() throws(RaftDecodingError) -> UInt8 {
        guard remaining > 0 else { throw .truncated }
        defer { offset += 1 }
        return bytes[offset]
    }

    mutating func flag() throws(RaftDecodingError) -> Bool {
        switch try byte() {
        case 0: return false
        case 1: return true
        default: throw .unknownKind
        }
    }

    mutating func number() throws(RaftDecodingError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let next = try byte()
            if shift == 63, next > 1 { throw .badNumber }
            value |= UInt64(next & 0x7f) << shift
            if next & 0x80 == 0 {
                if next == 0, shift > 0 { throw .badNumber }
                return value
            }
            shift += 7
        }
    }

    mutating func small() throws(RaftDecodingError) -> UInt32 {
        guard let value = UInt32(exactly: try number()) else { throw .badNumber }
        return value
    }

    /// A count of things that take at least so many bytes each.
    mutating func count(minimumSize: Int) throws(RaftDecodingError) -> Int {
        guard let count = Int(exactly: try number()), count <= remaining / minimumSize else { throw .truncated }
        return count
    }

    mutating func block() throws(RaftDecodingError) -> [UInt8] {
        let count = try count(minimumSize: 1)
        defer { offset += count }
        return Array(bytes[offset..<offset + count])
    }

    mutating func member() throws(RaftDecodingError) -> MemberID {
        let node = try small()
        return MemberID(node: node, incarnation: try number())
    }

    mutating func position() throws(RaftDecodingError) -> LogPosition {
        let index = try number()
        return LogPosition(index: index, term: try number())
    }

    mutating func payload() throws(RaftDecodingError) -> RaftPayload {
        let bytes = try block()
        let reference = try number()
        return RaftPayload(bytes, reference: reference, referencedBytes: try small())
    }

    mutating func members() throws(RaftDecodingError) -> [MemberID] {
        let count = try count(minimumSize: 2)
        guard count <= Membership.maxMembers else { throw .badMembership }
        var members: [MemberID] = []
        for _ in 0..<count { members.append(try member()) }
        return members
    }

    mutating func membership() throws(RaftDecodingError) -> Membership {
        let voters = try members()
        guard let membership = Membership(sortedVoters: voters, sortedLearners: try members()) else {
            throw .badMembership
        }
        return membership
    }
}
