/// What can happen in the world of a simulated cluster.
enum ClusterEvent: PlannedEvent {
    /// A tick that was asked for.
    case tick(ClusterNode, life: Int)
    /// A tick that the node asked for by its next deadline.
    case alarm(ClusterNode, life: Int, at: UInt64)
    case restart(ClusterNode)

    /// Something reaches one end of a link, in order.
    case arrival(LinkEnd)
    /// A frame that was held up, or doubled, on its way.
    case lateFrame(LinkEnd, epoch: Int, [UInt8])
    /// Two nodes try to connect.
    case reconnect(ClusterLink)
    /// What a black hole has swallowed comes out.
    case unstall(LinkEnd, number: Int)

    case flushDone(ClusterDisk)
    case readDone(ClusterDisk, Int)

    case toNode(ClusterConnection)
    case toClient(ClusterConnection)
    case connect(ClusterClient)
    case act(ClusterClient)

    /// A node that has just voted crashes.
    case ambush(ClusterNode, life: Int)
    /// A node that has just been elected is cut off from all, and one whose vote it got crashes.
    case coup(ClusterNode, life: Int, voter: ClusterNode)
    /// The next thing goes wrong.
    case mishap
    /// Something that went wrong comes right.
    case relief(Mishap)

    /// In a cluster something always happens: nobody waits for quiet.
    var isBackground: Bool { true }
}

/// Something that went wrong and will come right.
enum Mishap {
    /// A partition, by its number.
    case partition(Int)
    case slowDisk(ClusterNode)
}
