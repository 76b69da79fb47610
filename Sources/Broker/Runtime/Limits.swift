/// The limits of a node, each one named. Sizes are bytes unless the name says otherwise.
enum Limits {
    /// Largest frame (RabbitMQ's `frame_max`).
    static let frameMax: UInt32 = 131_072
    /// Before tuning no frame may be larger (AMQP 0-9-1 §1.4.2.6, frame-min-size).
    static let frameMin: UInt32 = 4096
    /// Most channels in a connection (RabbitMQ's `channel_max`).
    static let channelMax: UInt16 = 2047
    /// Seconds proposed between heartbeats (RabbitMQ's `heartbeat`).
    static let heartbeatSeconds: UInt16 = 60
    /// Seconds a client has to get from connecting to an open connection (RabbitMQ's `handshake_timeout`).
    static let handshakeSeconds: UInt64 = 10
    /// Largest message (RabbitMQ's `max_message_size` in 3.x).
    static let messageBytes: UInt64 = 134_217_728
    /// Bodies above this are kept and sent in chunks of this size.
    static let chunkBytes = 262_144
    /// What one connection may be sent in one tick before others have their turn.
    static let outboundBytesPerTick = 262_144
    /// Outbound memory that an idle connection keeps.
    static let idleOutboundBytes = 65_536
    /// Frames held back for a channel that waits for an answer, before its connection stops reading.
    static let heldBackBytes = 1_048_576
    /// Messages that one queue delivers in one go before others have their turn.
    static let deliveriesPerTurn = 1024
    /// Deliveries of all queues in one tick.
    static let deliveriesPerTick = 4096
    /// Entries released, requeued or listed in one slice of a long task.
    static let sliceEntries = 2048
    /// Messages dead-lettered in one tick, and about as many bytes of them.
    static let deadLettersPerTick = 128
    static let deadLetterBytesPerTick = 1_048_576
    /// What waits for room where it goes looks again after this, nanoseconds.
    static let deadLetterPauseNanoseconds: UInt64 = 1_000_000
    /// Refusals that follow from each other at once, and refused messages that may wait for the next tick.
    static let deadLetterDepth = 8
    static let refusedDeadLetters = 65_536
    /// How long ends of messages, and publishes that nobody waits for, gather before they are written, milliseconds.
    static let flushMilliseconds: UInt64 = 10
    /// A journal of fewer segments is left as it is.
    static let journalSegmentsMin = 4
    /// Above so many times what is needed of it a journal is written anew.
    static let journalFactor = 3
    /// Records looked at in one slice of that, and bytes written.
    static let rewrittenPerSlice = 512
    static let rewrittenBytesPerSlice = 262_144
    /// Looks at one segment before a pass goes on with the next: what moves between two looks is found by the second.
    static let rewritingAttempts = 3
    /// What may wait for the disk before publishers are not read any more, and before the journal is not written anew.
    static let journalPendingBytes = 33_554_432
    static let rewritingPendingBytes = 8_388_608
    /// Above this part of the memory limit messages that the disk has leave memory.
    static let warmPart = 8
    /// What stays at the head of a queue.
    static let keptWarmBytes = 1_048_576
    static let keptWarm = 1024
    /// Messages cooled and queues visited for that in one tick.
    static let cooledPerTick = 1024
    static let queuesCooledPerTick = 64
    /// Messages read back at once: at first, and at most; and about as many bytes.
    static let fetchedFirst = 16
    static let fetchedMost = 1024
    static let fetchedBytes = 1_048_576
    /// What a message has beside its body, about.
    static let fetchedOverhead = 160
    /// Deliveries looked at in one slice, and channels.
    static let unackedPerSlice = 1024
    static let channelsPerSlice = 64
    /// Consumers ended in one slice.
    static let consumersPerSlice = 1024
    /// Queues described in one slice of a listing.
    static let listedPerSlice = 64
    /// Steps of policies' patterns taken in one slice to find out which policies count, at most.
    static let policyStepsPerSlice = 65_536
    /// Consumers that a queue may have for a list to describe them.
    static let consumersListed = 16
    /// How long a change of a cluster's metadata may wait to be applied, milliseconds (RabbitMQ: Khepri's default time-out).
    static let proposalMilliseconds: UInt64 = 30_000
    /// How long it may wait while no leader is known, milliseconds: three election time-outs.
    static let leaderlessMilliseconds: UInt64 = 450
    /// After this it is handed to the leader again, milliseconds.
    static let proposalRetryMilliseconds: UInt64 = 300
    /// After this the end of a queue that nobody uses is asked for again, milliseconds (RabbitMQ: `quorum_tick_interval`).
    static let unusedRetryMilliseconds: UInt64 = 5_000
    /// What is given out of a Raft group in one tick, in portions of its own limits.
    static let flushesPerTick = 8
    /// A piece of a snapshot, in the journal and on a link.
    static let snapshotPieceBytes = 131_072
    /// Between two slices of a snapshot, nanoseconds.
    static let snapshotPauseNanoseconds: UInt64 = 1_000_000
    /// The metadata is written down again where that frees so many times as much as it takes.
    static let snapshotGain = 4
    /// Commands of a quorum queue that nobody has answered are handed over again after this, milliseconds.
    static let quorumRetryMilliseconds: UInt64 = 300
    /// The same while nobody is known to lead, milliseconds.
    static let quorumLeaderlessMilliseconds: UInt64 = 20
    /// Deliveries that a leader sends to another node in one go, in bytes; a single one may be larger.
    static let quorumDeliveredBytes = 4_194_304
    /// Commands for quorum queues that may be on their way before publishers are not read any more.
    static let quorumBacklogBytes = 134_217_728
    /// And what of that one queue may have, so that one that stands still does not stop the others.
    static let quorumQueueBacklogBytes = 16_777_216
    /// Deliveries that may wait for room in their connection, of one consumer; more stay with the queue.
    static let quorumPending = 1024
    static let quorumPendingBytes = 1_048_576
    /// Deliveries sent again in one go.
    static let quorumResumed = 1024
    /// Deliveries on their way to a consumer that does not acknowledge.
    static let quorumAutomaticAckWindow = 1024
    /// A log of more bytes than this, and than twice what is in the queue, is replaced by a snapshot; entries that late
    /// members may still want stay, so many and about so many bytes.
    static let quorumLogBytes = 8_388_608
    static let quorumEntriesKept: UInt64 = 256
    static let quorumKeptBytes = 1_048_576
    /// What may be on its way on a relay between two nodes, in each direction.
    static let relayWindowBytes = 1_048_576
    /// Most in one frame of it.
    static let relayPieceBytes = 262_144
    /// What may wait for a relay before its client is not read any more.
    static let relayWaitingBytes = 4_194_304
    /// Channels of a relay, those included that are being closed, above which its client does not publish.
    static let relayChannels = 8_192
    /// Relays of all other nodes to one.
    static let relaysMax = 32_768
    /// Queues that a message on a relay may be for.
    static let relayQueues = 8_192
    /// Messages of transactions handed over to another node or a quorum queue together, and about as many bytes; a single
    /// transaction may be larger.
    static let rolledForwardSteps = 1_024
    static let rolledForwardBytes = 1_048_576
    /// What could not be handed over is tried again after this, milliseconds.
    static let rollForwardRetryMilliseconds: UInt64 = 50
    /// Largest transaction for one quorum queue, whose log takes it as one entry, and what may be said of the messages of a
    /// transaction that go to other nodes.
    static let quorumTransactionBytes = 136_314_880
    static let slipBytes = 67_108_864
    /// Bytes of operations that may be on their way to one mirror of a queue, frames written for it in one tick, and what may
    /// wait for it before publishers are not read any more.
    static let mirrorWindowBytes = 4_194_304
    static let mirrorFramesPerTick = 16
    static let mirrorBacklogBytes = 33_554_432
    /// Messages looked at in one slice of copying what was there before a mirror.
    static let mirrorCopiedPerSlice = 512
    /// Changes of mirrored queues in one entry of the metadata.
    static let mirrorChanges = 256
    /// Who should hold what is looked at again after this while it is not as it should be, and a change is asked for again,
    /// nanoseconds.
    static let mirrorReviewNanoseconds: UInt64 = 100_000_000
    static let mirrorRetryNanoseconds: UInt64 = 1_000_000_000
    /// How long a node must have been down before what does not survive it goes, milliseconds.
    static let nodeDownMilliseconds: UInt64 = 1_000
    /// Requests carried out in one tick.
    static let requestsPerTick = 256
    /// Most between two looks for deliveries that have been unacknowledged too long (RabbitMQ's channel tick).
    static let deliveryAckCheckMilliseconds: UInt64 = 60_000
    /// Messages that the control plane may read at once.
    static let fetchedMax = 10_000
    /// And bytes of their bodies; one may be larger.
    static let fetchedBodyBytes = 33_554_432
    /// Between two readings of the counters.
    static let samplingMilliseconds: UInt64 = 1000
    /// Between two looks at the memory in use.
    static let memoryCheckMilliseconds: UInt64 = 100
    /// So many looks at the memory make one at the disk, and one at what clients hold.
    static let diskCheckWindows: UInt64 = 10
    /// Above this part of the limit publishers share what is left.
    static let memoryTightPercent = 80
    /// The part of the memory left that one connection may fill until the next look.
    static let memoryShares = 64
    /// What a connection may publish until the next look however little is left.
    static let publishedBytesMin = 16_384
    /// Reading resumes when memory has fallen to this part of the limit.
    static let memoryResumePercent = 90
}
