public import Management

/// What was measured of a loss, for other programs: each watched queue with its outage, and what is still safe.
public struct FailoverReport: Hashable, Sendable, Codable {
    /// A watched queue.
    public struct Queue: Hashable, Sendable, Codable {
        /// The vhost it lives in.
        public var vhost: String
        /// Its name.
        public var name: String
        /// "classic", "quorum" or "mirrored".
        public var type: String
        /// Who leads it now; nil while nobody does.
        public var leader: String?
        /// How long it confirmed nothing, milliseconds; nil where there was no outage, or none is known.
        public var outageMilliseconds: Double?
        /// "ended", "lasting", "none", "idle" or "not_measured".
        public var outage: String

        enum CodingKeys: String, CodingKey {
            case vhost, name, type, leader, outage
            case outageMilliseconds = "outage_ms"
        }
    }

    /// What the loss began with; nil where nothing was lost.
    public var loss: ClusterTimeline.Event?
    /// How closely times are known, milliseconds.
    public var precisionMilliseconds: Double
    /// The watched queues.
    public var queues: [Queue]
    /// What is still safe, in words.
    public var stillSafe: String

    enum CodingKeys: String, CodingKey {
        case loss, queues
        case precisionMilliseconds = "precision_ms"
        case stillSafe = "still_safe"
    }

    /// What a recording says of its newest loss.
    public init(_ recording: FailoverRecording) {
        let picture = FailoverTimeline(recording, width: 1)
        loss = picture.loss?.cause
        precisionMilliseconds = recording.precision
        queues = picture.queues.map { line in
            let word =
                switch line.outage {
                case .ended: "ended"
                case .lasting: "lasting"
                case .none: "none"
                case .idle: "idle"
                case .notMeasured: "not_measured"
                }
            return Queue(
                vhost: line.id.vhost, name: line.id.name, type: line.type, leader: line.leader,
                outageMilliseconds: line.outage.milliseconds, outage: word)
        }
        stillSafe = StillSafe(recording).sentence
    }
}
