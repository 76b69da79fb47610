import Journal
import Raft

@testable import Broker

/// What a seed's world is like.
struct ClusterWeather {
    var nodes: Int
    /// Frames are lost, doubled and overtaken, where they may be; thousandths of them.
    var lossiness: Int
    var isLossy: Bool { lossiness > 0 }
    let hasBadClocks: Bool
    let keepsNothingWarm: Bool
    /// Most that a tick waits, and mostly a sync.
    var tickMicroseconds: Int
    var syncMicroseconds: Int
    /// What the longest time can be that bytes take from node to node, mostly; microseconds.
    var latencies = [100, 500, 3000]
    let segmentBytes: Int
    var snapshotEntries: Int
    /// Milliseconds between mishaps, on average.
    var calmMilliseconds: Int
    /// How likely each kind of mishap is against the others.
    var crashes: Int
    var partitions: Int
    var resets: Int
    var pauses: Int
    var slowDisks: Int
    /// How often a node that has just voted for another crashes at once and is back soon; percent.
    var ambushPercent: Int
    /// How often that happens when the other has just been elected, which is cut off from all before it can say so;
    /// percent.
    var coupPercent: Int
    /// A node's clock may show another time of day after a restart.
    let hasJumpingClocks: Bool
    /// A disk may turn out to be spoiled after a crash: one at a time, when the others have everything.
    let spoilsDisks: Bool
    /// The first nodes, whose disks are slower than the others' all the time.
    var laggards = 0
    /// Who leads the metadata is who crashes.
    var isHardOnLeaders = false
    /// Nodes never stay away.
    var isBackAtOnce = false

    init(_ random: inout SplitMix64) {
        nodes = random.chance(75) ? 3 : 5
        lossiness = random.pick([0, 0, 10, 60, 200])
        hasBadClocks = random.chance(70)
        keepsNothingWarm = random.chance(30)
        tickMicroseconds = random.pick([5, 100, 1000])
        syncMicroseconds = random.pick([300, 2000, 10_000])
        segmentBytes = random.pick([6000, 20_000, 200_000, Journal.segmentBytes])
        snapshotEntries = random.pick([16, 64, 4096])
        calmMilliseconds = random.pick([60, 200, 600])
        crashes = random.pick([0, 2, 6])
        partitions = random.pick([0, 2, 6])
        resets = random.pick([0, 1, 4])
        pauses = random.pick([0, 1])
        slowDisks = random.pick([0, 1])
        ambushPercent = random.pick([0, 0, 0, 2, 10])
        coupPercent = ambushPercent
        hasJumpingClocks = random.chance(30)
        spoilsDisks = random.chance(40)
    }

    /// The world in which a mistake is noticed soon.
    init(_ random: inout SplitMix64, for fault: ClusterFault) {
        self.init(&random)
        switch fault {
        case .forgottenVote:
            // Elections in which one node stands as early as another and asks later, for its disk is slow. Whoever wins
            // meanwhile does not get to say so, and who made it win forgets that it did, and is there to be asked again.
            nodes = 3
            lossiness = 0
            latencies = [3000]
            (tickMicroseconds, syncMicroseconds) = (100, 300)
            (calmMilliseconds, crashes, partitions, resets) = (300, 6, 0, 0)
            (pauses, slowDisks, laggards) = (0, 0, 1)
            (ambushPercent, coupPercent) = (0, 60)
            isHardOnLeaders = true
            isBackAtOnce = true
        case .truncatedCommit:
            // Much that comes late, and leaders that go when it has.
            nodes = 3
            lossiness = 200
            (calmMilliseconds, crashes, partitions, resets) = (60, 6, 4, 0)
        case .unmirroredConfirm:
            // Leaders that others cannot hear, though clients can, until a mirror leads; and leaders that do not come back.
            nodes = 3
            (calmMilliseconds, crashes, partitions) = (200, 2, 6)
            (pauses, resets) = (0, 0)
        case .confirmBeforeMajority, .staleLeaderAnswers, .lostDeduplication: break
        }
    }
}

/// What goes wrong, and how it comes right again.
extension ClusterWorld {
    /// Something goes wrong, sometimes several things at once.
    func mishap() {
        guard isStormy else { return }
        plan(.mishap, after: random.nanoseconds(upToMicroseconds: weather.calmMilliseconds * 2000))
        let kinds = [weather.crashes, weather.partitions, weather.resets, weather.pauses, weather.slowDisks]
        let sum = kinds.reduce(0, +)
        guard sum > 0 else { return }
        var roll = random.below(sum)
        let kind = kinds.firstIndex { weight in
            defer { roll -= weight }
            return roll < weight
        }
        switch kind {
        case 0: crashSome()
        case 1: partition()
        case 2:
            let link = random.pick(links)
            link.sever()
            let gap = random.pick([2000, 200_000, 1_500_000])
            plan(.reconnect(link), after: random.nanoseconds(upToMicroseconds: gap))
        case 3: pause()
        default: slowDisk()
        }
    }

    private func crashSome() {
        // Mostly one; now and then the power of the whole house.
        let count = random.chance(80) ? 1 : random.between(1, nodes.count)
        let ending: SurvivingDisk.Ending = random.chance(60) ? .power : .process
        for _ in 0..<count {
            let leaders = weather.isHardOnLeaders ? nodes.filter(\.leadsMetadata) : []
            let node = random.pick(leaders.isEmpty ? nodes : leaders)
            guard node.isRunning else { continue }
            let isSpoiled = weather.spoilsDisks && maySpoil(node) && random.chance(60)
            node.crash(ending)
            if isSpoiled { node.spoil() }
            let gap = weather.isBackAtOnce ? 5000 : random.pick([10_000, 300_000, 2_500_000])
            plan(.restart(node), after: random.nanoseconds(upToMicroseconds: gap))
        }
    }

    /// Whether no other node has lost anything that has not been replaced: then all members of all groups are there, and
    /// agree on who they are.
    private func maySpoil(_ node: ClusterNode) -> Bool {
        // One that has not caught up has not opened the members that it has.
        guard nodes.allSatisfy({ $0.isServing && ($0 === node || $0.spoiledThrough == nil) }) else { return false }
        let replicas = nodes.flatMap { $0.node?.replicas.all.filter { !$0.isLost } ?? [] }
        let memberships = Dictionary(grouping: replicas, by: \.group.id).values
        // order-free: each by itself
        return memberships.allSatisfy { members in
            let voters = members.map(\.group.member).sorted()
            return members.allSatisfy {
                $0.group.membership == Membership(voters: voters)
                    && $0.group.membership(at: $0.group.commitIndex) == $0.group.membership
            }
        }
    }

    /// A node has given its vote to another.
    func voted(_ node: ClusterNode) {
        guard isStormy, weather.ambushPercent > 0, random.chance(weather.ambushPercent) else { return }
        plan(
            .ambush(node, life: node.life),
            after: random.nanoseconds(upToMicroseconds: 2 * weather.syncMicroseconds + 1000))
    }

    func ambush(_ node: ClusterNode) {
        guard isStormy else { return }
        statistics.ambushes += 1
        node.crash(random.chance(50) ? .power : .process)
        plan(.restart(node), after: random.nanoseconds(upToMicroseconds: 5000))
    }

    /// A node has been elected.
    func elected(_ node: ClusterNode) {
        guard isStormy, weather.coupPercent > 0, random.chance(weather.coupPercent) else { return }
        let voters = nodes.filter { logs.electors.contains($0.number) }
        guard !voters.isEmpty else { return }
        plan(.coup(node, life: node.life, voter: random.pick(voters)), after: 0)
    }

    /// A node that has just been elected is cut off before it can say so, and who has voted for it is ambushed: in the
    /// same term another may ask for that vote.
    func overthrow(_ node: ClusterNode, _ voter: ClusterNode) {
        guard isStormy, voter.isRunning else { return }
        statistics.coups += 1
        lastPartition += 1
        trace.say { "\(clock) partition \(lastPartition): node \(node.number), just elected, alone, cut" }
        for link in links(of: node) { link.cut(by: lastPartition) }
        plan(.relief(.partition(lastPartition)), after: random.nanoseconds(upToMicroseconds: 200_000))
        ambush(voter)
    }

    private func pause() {
        let node = random.pick(nodes)
        let length = random.nanoseconds(upToMicroseconds: random.pick([20_000, 200_000, 1_200_000]))
        node.pausedUntil = max(node.pausedUntil, time + length)
        statistics.pauses += 1
        trace.say { "\(clock) node \(node.number) stands still for \(length / 1_000_000) ms" }
    }

    private func slowDisk() {
        let node = random.pick(nodes)
        node.isDiskSlow = true
        statistics.slowDisks += 1
        trace.say { "\(clock) the disk of node \(node.number) is slow" }
        plan(.relief(.slowDisk(node)), after: random.nanoseconds(upToMicroseconds: 2_000_000))
    }

    /// The links that are apart in one of the classic shapes.
    private func shape() -> (String, [ClusterLink]) {
        let order = shuffled(nodes)
        switch random.below(4) {
        case 0:
            let alone = order[0]
            statistics.isolations += 1
            return ("node \(alone.number) alone", links(of: alone))
        case 1:
            statistics.halves += 1
            let half = Set(order.prefix(nodes.count / 2).map(\.number))
            let apart = links.filter { half.contains($0.low.number) != half.contains($0.high.number) }
            return ("\(half.sorted()) apart from the others", apart)
        case 2 where nodes.count >= 5:
            statistics.rings += 1
            // Each reaches its two neighbours: all have a majority, and no two have the same.
            let joined = order.indices.map { place in
                let neighbours = [order[place].number, order[(place + 1) % order.count].number]
                return neighbours.sorted()
            }
            return ("a ring", links.filter { !joined.contains([$0.low.number, $0.high.number]) })
        default:
            let link = random.pick(links)
            return (link.name, [link])
        }
    }

    private func shuffled(_ nodes: [ClusterNode]) -> [ClusterNode] {
        var nodes = nodes
        for place in nodes.indices.dropLast() { nodes.swapAt(place, random.between(place, nodes.count - 1)) }
        return nodes
    }

    private func partition() {
        lastPartition += 1
        let number = lastPartition
        let (text, apart) = shape()
        // Cut so that everybody is told, or a black hole: in both directions or in one.
        let isHole = random.chance(40)
        let isOneWay = isHole && random.chance(30)
        let how = isHole ? "unseen" : "cut"
        if isHole { statistics.blackHoles += 1 }
        trace.say { "\(clock) partition \(number): \(text), \(how)\(isOneWay ? ", one way" : "")" }
        for link in apart {
            if isHole {
                link.ends[0].stall(number)
                if !isOneWay { link.ends[1].stall(number) }
            } else {
                link.cut(by: number)
            }
        }
        plan(
            .relief(.partition(number)),
            after: random.nanoseconds(upToMicroseconds: random.pick([100_000, 700_000, 3_000_000])))
    }

    func relieve(_ mishap: Mishap) {
        switch mishap {
        case .slowDisk(let node): node.isDiskSlow = false
        case .partition(let number):
            trace.say { "\(clock) partition \(number) ends" }
            for link in links {
                for end in link.ends where end.stall == number {
                    // TCP may have given up meanwhile.
                    if random.chance(50) { link.sever(losingAll: true) }
                    end.unstall(number)
                }
                if link.cuts.remove(number) != nil || !link.isConnected {
                    plan(.reconnect(link), after: random.nanoseconds(upToMicroseconds: 100_000))
                }
            }
        }
    }

    /// All comes right: at once, but that nodes which stand still do so to their end.
    func heal() {
        trace.say { "\(clock) everything heals" }
        for number in 0...lastPartition { relieve(.partition(number)) }
        for node in nodes {
            node.isDiskSlow = false
            node.start()
        }
        for link in links { plan(.reconnect(link), after: random.nanoseconds(upToMicroseconds: 100_000)) }
    }
}
