/// The bytes of a message. Which version of them two nodes speak, and how they are framed, is the owner's business.
extension RaftMessage {
    private enum Tag: UInt8 {
        case append = 1
        case appendReply, appendRefusal, vote, voteReply, timeoutNow, status, snapshotChunk, snapshotReply
    }

    /// The smallest entry: index and term are left out, kind, and an empty payload.
    private static let minimumEntrySize = 5

    /// Appends the message's bytes.
    public func encode(into bytes: inout [UInt8]) {
        var writer = ByteWriter(bytes: bytes)
        bytes = []
        writer.byte(tag.rawValue)
        writer.number(group)
        writer.member(from)
        writer.member(to)
        writer.number(term)
        encodeBody(into: &writer)
        bytes = writer.bytes
    }

    /// The message's bytes.
    public func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        encode(into: &bytes)
        return bytes
    }

    private var tag: Tag {
        switch body {
        case .append: .append
        case .appendReply: .appendReply
        case .appendRefusal: .appendRefusal
        case .vote: .vote
        case .voteReply: .voteReply
        case .timeoutNow: .timeoutNow
        case .status: .status
        case .snapshotChunk: .snapshotChunk
        case .snapshotReply: .snapshotReply
        }
    }

    private func encodeBody(into writer: inout ByteWriter) {
        switch body {
        case .append(let append):
            writer.position(append.previous)
            writer.number(append.commit)
            writer.number(append.round)
            writer.number(UInt64(append.entries.count))
            for entry in append.entries {
                writer.byte(entry.kind.rawValue)
                writer.number(entry.term)
                writer.payload(entry.payload)
            }
        case .appendReply(let reply):
            for number in [reply.match, reply.received, reply.commit, reply.round] { writer.number(number) }
        case .appendRefusal(let refusal):
            writer.number(refusal.previousIndex)
            writer.position(refusal.hint)
            writer.number(refusal.round)
        case .vote(let request):
            writer.byte(request.isPreVote ? 1 : 0)
            writer.byte(request.isTransfer ? 1 : 0)
            writer.position(request.last)
        case .voteReply(let reply):
            writer.byte(reply.isPreVote ? 1 : 0)
            writer.byte(reply.isGranted ? 1 : 0)
            writer.number(reply.candidacy)
        case .timeoutNow: break
        case .status(let status):
            writer.byte(status.leader == nil ? 0 : 1)
            if let leader = status.leader { writer.member(leader) }
            writer.position(status.last)
            writer.number(status.commit)
        case .snapshotChunk(let chunk):
            writer.position(chunk.mark.position)
            writer.membership(chunk.mark.membership)
            writer.number(chunk.offset)
            writer.byte(chunk.isLast ? 1 : 0)
            writer.payload(chunk.payload)
        case .snapshotReply(let reply):
            writer.number(reply.index)
            writer.number(reply.nextOffset)
            writer.byte(reply.isComplete ? 1 : 0)
        }
    }

    /// Reads one message that fills the bytes. Takes any bytes, and throws for those that are no message. A message
    /// that can be read need not make sense; `RaftGroup.step` ignores what does not.
    public init(decoding bytes: ArraySlice<UInt8>) throws(RaftDecodingError) {
        var reader = ByteReader(bytes)
        guard let tag = Tag(rawValue: try reader.byte()) else { throw .unknownKind }
        group = try reader.number()
        from = try reader.member()
        to = try reader.member()
        term = try reader.number()
        body = try Self.body(tag, from: &reader)
        try reader.finish()
    }

    private static func body(_ tag: Tag, from reader: inout ByteReader) throws(RaftDecodingError) -> Body {
        switch tag {
        case .append: return .append(try append(from: &reader))
        case .appendReply:
            let match = try reader.number()
            let received = try reader.number()
            let commit = try reader.number()
            return .appendReply(
                AppendReply(match: match, received: received, commit: commit, round: try reader.number()))
        case .appendRefusal:
            let previous = try reader.number()
            let hint = try reader.position()
            return .appendRefusal(AppendRefusal(previousIndex: previous, hint: hint, round: try reader.number()))
        case .vote:
            let isPreVote = try reader.flag()
            let isTransfer = try reader.flag()
            return .vote(VoteRequest(isPreVote: isPreVote, isTransfer: isTransfer, last: try reader.position()))
        case .voteReply:
            let isPreVote = try reader.flag()
            let isGranted = try reader.flag()
            return .voteReply(
                VoteReply(isPreVote: isPreVote, candidacy: try reader.number(), isGranted: isGranted))
        case .timeoutNow: return .timeoutNow
        case .status:
            let leader = try reader.flag() ? try reader.member() : nil
            let last = try reader.position()
            return .status(GroupStatus(leader: leader, last: last, commit: try reader.number()))
        case .snapshotChunk:
            let position = try reader.position()
            let mark = SnapshotMark(position: position, membership: try reader.membership())
            let offset = try reader.number()
            let isLast = try reader.flag()
            return .snapshotChunk(
                SnapshotChunk(mark: mark, offset: offset, payload: try reader.payload(), isLast: isLast))
        case .snapshotReply:
            let index = try reader.number()
            let nextOffset = try reader.number()
            return .snapshotReply(
                SnapshotReply(index: index, nextOffset: nextOffset, isComplete: try reader.flag()))
        }
    }

    /// Entries follow each other, so their indices need not be sent.
    private static func append(from reader: inout ByteReader) throws(RaftDecodingError) -> Append {
        let previous = try reader.position()
        let commit = try reader.number()
        let round = try reader.number()
        let count = try reader.count(minimumSize: minimumEntrySize)
        guard previous.index < RaftBounds.max else { throw .badNumber }
        var entries: [RaftEntry] = []
        for offset in 0..<UInt64(count) {
            guard let kind = RaftEntry.Kind(rawValue: try reader.byte()) else { throw .unknownKind }
            let term = try reader.number()
            entries.append(
                RaftEntry(index: previous.index + 1 + offset, term: term, kind: kind, payload: try reader.payload()))
        }
        return Append(previous: previous, commit: commit, round: round, entries: entries)
    }
}

extension Membership {
    /// What a membership entry carries.
    func encoded() -> [UInt8] {
        var writer = ByteWriter()
        writer.membership(self)
        return writer.bytes
    }

    /// The membership that an entry carries; nil where it is of another kind.
    public init?(entry: RaftEntry) {
        guard entry.kind == .membership else { return nil }
        self.init(decoding: entry.payload.bytes)
    }

    /// Reads what a membership entry carries; nil when it is anything else.
    init?(decoding bytes: [UInt8]) {
        var reader = ByteReader(bytes[...])
        guard let membership = try? reader.membership(), reader.remaining == 0 else { return nil }
        self = membership
    }
}
