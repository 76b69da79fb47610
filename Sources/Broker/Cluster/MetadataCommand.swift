internal import AMQP
internal import Raft

/// What an entry of the metadata group asks every node to do.
enum MetadataCommand {
    /// A change of the topology.
    case change(TopologyChange)
    /// The proposing node has started: what did not survive its last end goes, and once it has applied this, it has
    /// caught up with everything that was committed before it started. The leader adds who is up, as far as it knows: what
    /// the node led goes to one of them rather than lose anything.
    case nodeStarted(up: [QueueHome], hasLostData: Bool)
    /// A node has gone, in this incarnation or an earlier one: what does not survive it goes, and its names are free.
    case nodeDown(QueueHome)
    /// Changes of who holds mirrored queues.
    case mirrors([MirrorChange])
}

/// The bytes of a command: what it is 1, and a change as `TopologyRecord` has it, followed by what that leaves out because
/// a node alone does not write it down: of a queue whether it is durable 1, its owner and its home (each 0, or 1 and what
/// it is) and the members it begins with (their number 1, each 4) and the mirrors (their
/// number 1, each 12), of a deleted exchange whether only if it is unused 1. In network byte order, as all of AMQP.
extension MetadataCommand {
    private enum Kind: UInt8 {
        case change = 1, nodeStarted, nodeDown, nodeStartedAnew, mirrors = 16
    }

    /// - Parameter index: Where the change stands in the metadata, in a snapshot; 0 in an entry, which has its own.
    func encoded(index: UInt64 = 0) -> [UInt8] {
        var writer = WireWriter()
        switch self {
        case .nodeStarted(let up, let hasLostData):
            writer.write((hasLostData ? Kind.nodeStartedAnew : .nodeStarted).rawValue)
            QueueHome.encode(up, into: &writer)
        case .nodeDown(let home):
            writer.write(Kind.nodeDown.rawValue)
            writer.write(home.node)
            writer.write(home.incarnation)
        case .mirrors(let changes):
            writer.write(Kind.mirrors.rawValue)
            writer.write(UInt32(changes.count))
            for change in changes { change.encode(into: &writer) }
        case .change(let change):
            writer.write(Kind.change.rawValue)
            Self.encode(change, index: index, into: &writer)
        }
        return Array(writer.bytes)
    }

    private static func encode(_ change: TopologyChange, index: UInt64, into writer: inout WireWriter) {
        TopologyRecord.encode(change, index: index).withUnsafeBytes { writer.write($0) }
        switch change {
        case .deleteExchange(_, _, let ifUnused): writer.write(ifUnused ? 1 as UInt8 : 0)
        case .declareQueue(_, _, let settings):
            writer.write(settings.isDurable ? 1 as UInt8 : 0)
            writer.write(settings.exclusiveOwner == nil ? 0 as UInt8 : 1)
            if let owner = settings.exclusiveOwner { writer.write(owner.rawValue) }
            writer.write(settings.home == nil ? 0 as UInt8 : 1)
            if let home = settings.home {
                writer.write(home.node)
                writer.write(home.incarnation)
            }
            writer.write(UInt8(clamping: settings.members.count))
            for member in settings.members { writer.write(member) }
            QueueHome.encode(settings.mirrors, into: &writer)
        default: break
        }
    }

    /// Of the bytes of a start whether the node has lost data before it; nil of any others.
    static func hasLostData(_ bytes: some Sequence<UInt8>) -> Bool? {
        switch bytes.first(where: { _ in true }).flatMap(Kind.init(rawValue:)) {
        case .nodeStarted: false
        case .nodeStartedAnew: true
        default: nil
        }
    }

    /// Reads a command and its index. Throws where the bytes make none.
    static func decode(
        _ bytes: UnsafeRawBufferPointer
    ) throws(WireError) -> (index: UInt64, command: MetadataCommand) {
        var reader = WireReader(bytes)
        guard let kind = Kind(rawValue: try reader.readUInt8()) else { throw .malformed }
        guard kind == .change else {
            let command: MetadataCommand
            switch kind {
            case .mirrors:
                var changes: [MirrorChange] = []
                for _ in 0..<(try reader.readUInt32()) { changes.append(try MirrorChange(from: &reader)) }
                command = .mirrors(changes)
            case .nodeDown: command = .nodeDown(try QueueHome(from: &reader))
            // Earlier versions wrote nothing of who was up.
            default:
                command = .nodeStarted(
                    up: reader.remaining == 0 ? [] : try QueueHome.list(from: &reader),
                    hasLostData: kind == .nodeStartedAnew)
            }
            guard reader.remaining == 0 else { throw .malformed }
            return (0, command)
        }
        var (index, change) = try TopologyRecord.decode(from: &reader)
        switch change {
        case .deleteExchange(let host, let name, _):
            change = .deleteExchange(virtualHost: host, name: name, ifUnused: try reader.readUInt8() != 0)
        case .declareQueue(let host, let name, var settings):
            settings.isDurable = try reader.readUInt8() != 0
            if try reader.readUInt8() != 0 { settings.exclusiveOwner = ConnectionID(try reader.readUInt64()) }
            if try reader.readUInt8() != 0 {
                let node = try reader.readUInt32()
                settings.home = QueueHome(node: node, incarnation: try reader.readUInt64())
            }
            for _ in 0..<(try reader.readUInt8()) { settings.members.append(try reader.readUInt32()) }
            settings.mirrors = try QueueHome.list(from: &reader)
            // No node twice, and not more than a group can have.
            guard settings.members.count <= Membership.maxMembers, settings.members.first != 0,
                zip(settings.members, settings.members.dropFirst()).allSatisfy({ $0 < $1 })
            else { throw .malformed }
            change = .declareQueue(virtualHost: host, name: name, settings: settings)
        default: break
        }
        guard reader.remaining == 0 else { throw .malformed }
        return (index, .change(change))
    }
}

/// A command on its way into the log, and what it is known by there: the node that proposed it 4, its incarnation 8, its
/// number 8, the lowest number that this incarnation still waits for 8, little-endian, then the command.
struct MetadataProposal {
    /// What comes before the command.
    static let headerBytes = 28

    var node: UInt32
    var incarnation: UInt64
    var number: UInt64
    var floor: UInt64

    /// The bytes of the proposal with its command's bytes.
    func encoded(_ command: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.headerBytes + command.count)
        bytes.appendNumber(node)
        bytes.appendNumber(incarnation)
        bytes.appendNumber(number)
        bytes.appendNumber(floor)
        bytes += command
        return bytes
    }

    /// Reads what comes before the command; nil where it is not there.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count > Self.headerBytes, let incarnation = bytes.number(at: 4), let number = bytes.number(at: 12),
            let floor = bytes.number(at: 20)
        else { return nil }
        node = UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self))
        self.incarnation = incarnation
        self.number = number
        self.floor = floor
    }

    init(node: UInt32, incarnation: UInt64, number: UInt64, floor: UInt64) {
        self.node = node
        self.incarnation = incarnation
        self.number = number
        self.floor = floor
    }
}
