internal import AMQP

/// Who holds the contents of a mirrored queue, as the metadata has it (RabbitMQ, "Classic Queue Mirroring").
///
/// One leads: it alone serves clients, and confirms nothing that an in-sync mirror does not hold. So whoever is in sync
/// here may lead next without losing what was confirmed; every change of the leader raises the epoch, and what belongs to
/// an older epoch is refused.
struct QueueMirroring: Hashable, Sendable {
    /// Who leads, and which start of it.
    var leader: QueueHome
    /// Raised with every leader, also where the same node leads again after a start.
    var epoch: UInt64
    /// Where in the metadata this epoch began.
    var index: UInt64
    /// The mirrors that hold everything that was confirmed, the eldest first, without the leader.
    var inSync: [QueueHome] = []
    /// The mirrors that do not, the eldest first.
    var unsynchronised: [JoiningMirror] = []

    /// So many low bits of a sequence count messages; those above are the epoch in which it came. So no two messages of a
    /// queue ever have the same sequence, whoever led when.
    static let epochShift: UInt64 = 40

    /// Of a queue that was declared without mirrors.
    init(leader: QueueHome, index: UInt64, inSync: [QueueHome] = []) {
        self.leader = leader
        epoch = 1
        self.index = index
        self.inSync = inSync.filter { $0.node != leader.node }
    }

    /// Whether anybody but the leader holds something.
    var isMirrored: Bool { !inSync.isEmpty || !unsynchronised.isEmpty }

    /// All mirrors, those in sync first.
    var mirrors: [QueueHome] { inSync + unsynchronised.map(\.home) }

    func isMirror(_ node: UInt32) -> Bool { mirrors.contains { $0.node == node } }
    func isInSync(_ node: UInt32) -> Bool { inSync.contains { $0.node == node } }

    /// The sequence behind which those of this epoch begin.
    var sequenceFloor: UInt64 { epoch << Self.epochShift }

    // MARK: Changes

    /// Does what somebody asked for, if it still fits; returns whether it did.
    mutating func apply(_ change: MirrorChange.Kind, at index: UInt64, mayLoseMessages: Bool) -> Bool {
        switch change {
        case .added(let home):
            guard home.node != leader.node, !isMirror(home.node) else { return false }
            unsynchronised.append(JoiningMirror(home: home, index: index))
        case .synchronised(let mirror):
            guard let place = unsynchronised.firstIndex(of: mirror) else { return false }
            inSync.append(unsynchronised.remove(at: place).home)
        case .lost(let node):
            guard isMirror(node) else { return false }
            forget(node)
        case .promoted(let home):
            if !isInSync(home.node) {
                guard mayLoseMessages, isMirror(home.node) else { return false }
                // What they have is not what this one has.
                inSync = []
            }
            lead(home, at: index)
        }
        return true
    }

    /// A node has started: what did not survive its last end is not there any more. If it led, the eldest mirror in sync that
    /// was up then leads, for it holds transient messages as well, and the node joins it with nothing (RabbitMQ, "Classic
    /// Queue Mirroring": the leader's process has died). Without any the node goes on with what its disk has; if that
    /// is not all that it had, only where no other has everything. Nil where nobody has the queue.
    func afterStart(
        of started: QueueHome, isDurable: Bool, hasLostData: Bool, up: [QueueHome], at index: UInt64
    ) -> QueueMirroring? {
        func isEarlier(_ home: QueueHome) -> Bool {
            home.node == started.node && home.incarnation < started.incarnation
        }
        var after = self
        after.unsynchronised.removeAll { isEarlier($0.home) }
        if !isDurable || hasLostData { after.inSync.removeAll(where: isEarlier) }
        guard isEarlier(leader) else { return after }
        var mirror = after.inSync.first(where: up.contains)
        if mirror == nil, !isDurable || hasLostData, let eldest = after.inSync.first {
            // It may have started anew as well: then it has what its disk has.
            mirror = isDurable ? up.first { $0.node == eldest.node } ?? eldest : eldest
        }
        guard let next = mirror ?? (isDurable ? started : nil) else { return nil }
        after.lead(next, at: index)
        if next.node != started.node { after.unsynchronised.append(JoiningMirror(home: started, index: index)) }
        return after
    }

    /// The leader has gone for good: the eldest mirror in sync leads. Nil where there is none.
    func succeeded(at index: UInt64) -> QueueMirroring? {
        guard let next = inSync.first else { return nil }
        var after = self
        after.lead(next, at: index)
        return after
    }

    private mutating func lead(_ home: QueueHome, at index: UInt64) {
        forget(home.node)
        leader = home
        epoch += 1
        self.index = index
    }

    private mutating func forget(_ node: UInt32) {
        inSync.removeAll { $0.node == node }
        unsynchronised.removeAll { $0.node == node }
    }
}

/// A mirror that does not hold everything yet. A node that was lost and joins again is another one: what was said of the one
/// before, and comes late, means nothing for it.
struct JoiningMirror: Hashable, Sendable {
    let home: QueueHome
    /// Where in the metadata it joined.
    let index: UInt64

    var node: UInt32 { home.node }
}

/// A change of who holds a mirrored queue: it is applied only in the epoch that it was meant for.
struct MirrorChange: Hashable, Sendable {
    /// What is asked for.
    enum Kind: Hashable, Sendable {
        /// A node begins to be a mirror, with nothing.
        case added(QueueHome)
        /// A mirror has everything.
        case synchronised(JoiningMirror)
        /// A node is no mirror any more.
        case lost(UInt32)
        /// The leader is gone; this mirror leads. One that is not in sync may only where the policy says so.
        case promoted(QueueHome)
    }

    let queue: UInt64
    let epoch: UInt64
    let kind: Kind
}

// MARK: Bytes

extension QueueHome {
    func encode(into writer: inout WireWriter) {
        writer.write(node)
        writer.write(incarnation)
    }

    init(from reader: inout WireReader) throws(WireError) {
        let node = try reader.readUInt32()
        self.init(node: node, incarnation: try reader.readUInt64())
    }

    static func encode(_ homes: [QueueHome], into writer: inout WireWriter) {
        writer.write(UInt8(clamping: homes.count))
        for home in homes { home.encode(into: &writer) }
    }

    static func list(from reader: inout WireReader) throws(WireError) -> [QueueHome] {
        var homes: [QueueHome] = []
        for _ in 0..<(try reader.readUInt8()) { homes.append(try QueueHome(from: &reader)) }
        // No node twice.
        guard Set(homes.map(\.node)).count == homes.count else { throw .malformed }
        return homes
    }
}

extension QueueMirroring {
    /// Epoch 8, index 8, the leader 12, then how many mirrors in sync 1 and each 12, the others the same, and where each of those
    /// joined 8.
    func encode(into writer: inout WireWriter) {
        writer.write(epoch)
        writer.write(index)
        leader.encode(into: &writer)
        QueueHome.encode(inSync, into: &writer)
        QueueHome.encode(unsynchronised.map(\.home), into: &writer)
        for mirror in unsynchronised { writer.write(mirror.index) }
    }

    init(from reader: inout WireReader) throws(WireError) {
        epoch = try reader.readUInt64()
        index = try reader.readUInt64()
        leader = try QueueHome(from: &reader)
        inSync = try QueueHome.list(from: &reader)
        for home in try QueueHome.list(from: &reader) {
            unsynchronised.append(JoiningMirror(home: home, index: try reader.readUInt64()))
        }
        // Epochs that sequences have room for.
        guard epoch >> 22 == 0 else { throw .malformed }
    }
}

extension MirrorChange {
    /// The queue's id 8, the epoch 8, what it is 1, the node 4, its incarnation 8, and where it joined 8 or 0.
    func encode(into writer: inout WireWriter) {
        writer.write(queue)
        writer.write(epoch)
        let (code, home, index): (UInt8, QueueHome, UInt64) =
            switch kind {
            case .added(let home): (1, home, 0)
            case .synchronised(let mirror): (2, mirror.home, mirror.index)
            case .lost(let node): (3, QueueHome(node: node, incarnation: 0), 0)
            case .promoted(let home): (4, home, 0)
            }
        writer.write(code)
        home.encode(into: &writer)
        writer.write(index)
    }

    init(from reader: inout WireReader) throws(WireError) {
        queue = try reader.readUInt64()
        epoch = try reader.readUInt64()
        let code = try reader.readUInt8()
        let home = try QueueHome(from: &reader)
        let index = try reader.readUInt64()
        switch code {
        case 1: kind = .added(home)
        case 2: kind = .synchronised(JoiningMirror(home: home, index: index))
        case 3: kind = .lost(home.node)
        case 4: kind = .promoted(home)
        default: throw .malformed
        }
    }
}
