/// What an entry carries, which the core never looks into.
///
/// Small commands go into `bytes`. A large body stays where the owner keeps it, and the entry carries a reference that
/// only the owner understands, with the body's size for the flow limits. So a log of a million messages costs a few
/// dozen bytes an entry, however large their bodies are, and copying an entry copies no body. A concrete type and not a
/// generic parameter: an unspecialised generic call across modules costs four times a direct one, and specialising
/// would put the whole core into the interface of the module.
///
/// A reference has no meaning on another node: the owner puts the body beside the message it sends, and its own
/// reference into the message it receives, before it calls `step`.
public struct RaftPayload: Equatable, Sendable {
    /// Bytes that travel with the entry. Copying them copies a pointer.
    public var bytes: [UInt8]
    /// What the owner finds the body by; 0 when there is none.
    public var reference: UInt64
    /// Size of what is referred to, in bytes.
    public var referencedBytes: UInt32

    /// Makes a payload.
    public init(_ bytes: [UInt8] = [], reference: UInt64 = 0, referencedBytes: UInt32 = 0) {
        self.bytes = bytes
        self.reference = reference
        self.referencedBytes = referencedBytes
    }

    /// What it weighs on a link, in bytes.
    public var size: Int { bytes.count + Int(referencedBytes) }
}

/// One entry of a group's log.
public struct RaftEntry: Equatable, Sendable {
    /// What an entry is for.
    public enum Kind: UInt8, Sendable {
        /// A command of the owner.
        case command = 0
        /// The first entry of a leader's term, which carries nothing: with it everything before commits (Raft §5.4.2, §8).
        case termStart = 1
        /// A membership, in force from the moment it is in the log (thesis §4.1).
        case membership = 2
    }

    /// Its place in the log, from 1.
    public let index: UInt64
    /// The term of the leader that made it.
    public let term: UInt64
    /// What it is for.
    public let kind: Kind
    /// What it carries.
    public var payload: RaftPayload

    /// What an entry weighs beside its payload, in bytes, for the flow limits.
    static let overhead = 16

    /// Makes an entry, as an owner does that reads its log back.
    public init(index: UInt64, term: UInt64, kind: Kind, payload: RaftPayload) {
        self.index = index
        self.term = term
        self.kind = kind
        self.payload = payload
    }

    /// What it weighs on a link, in bytes.
    var size: Int { payload.size + Self.overhead }
}

/// A place in the log. An entry that is applied at this index is the proposed one only when its term is the same.
public struct LogPosition: Hashable, Sendable {
    /// The index.
    public let index: UInt64
    /// The term of the entry there.
    public let term: UInt64

    /// Makes a position.
    public init(index: UInt64, term: UInt64) {
        self.index = index
        self.term = term
    }
}

extension LogPosition: CustomStringConvertible {
    /// Index and term.
    public var description: String { "\(index)@\(term)" }
}

/// Bounds of numbers that come from peers, so that adding to them cannot overflow.
enum RaftBounds {
    /// No real term or index comes near it.
    static let max: UInt64 = 1 << 62
}
