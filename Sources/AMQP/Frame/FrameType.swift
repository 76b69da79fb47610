/// What a frame carries (AMQP 0-9-1 §4.2.3).
@frozen
public enum FrameType: UInt8, Sendable {
    /// A method.
    case method = 1
    /// The header of a content.
    case header = 2
    /// A part of a content's body.
    case body = 3
    /// A sign of life.
    case heartbeat = 8
}
