internal import AMQP
internal import Journal

/// Something the engine does over and over, small enough to be measured by itself: by the clock in the benchmark
/// `Engine`, by counted instructions in `scripts/thresholds.py`.
public struct Workload: Sendable {
    /// A name without spaces, as on a command line and in `Thresholds`.
    public let name: String
    /// What one run does, for a person.
    public let description: String
    /// Messages, frames or records in one run.
    public let units: Int
    /// Sets it up and returns what does one run.
    public let prepare: @Sendable () -> () -> Void

    /// All of them.
    public static let all = [
        Workload(
            name: "parse", description: "find all frames of a read of 500 messages", units: 3 * Engine.batch,
            prepare: parse),
        Workload(name: "deliver", description: "publish to deliver, 500 messages", units: Engine.batch) {
            deliver(queues: 1, confirms: false)
        },
        Workload(
            name: "deliver-confirms", description: "publish to deliver with confirms, 500 messages",
            units: Engine.batch
        ) { deliver(queues: 1, confirms: true) },
        Workload(name: "deliver-10", description: "publish to deliver in 10 queues, 500 messages", units: Engine.batch)
        { deliver(queues: 10, confirms: false) },
        Workload(
            name: "deliver-durable", description: "publish to deliver, persistent with confirms, 500 messages",
            units: Engine.batch, prepare: deliverDurable),
        Workload(
            name: "confirms", description: "confirm 500 messages that no queue takes", units: Engine.batch,
            prepare: confirms),
        Workload(
            name: "topic", description: "route 500 messages over 10,000 topic bindings", units: Engine.batch,
            prepare: topic),
        Workload(
            name: "journal", description: "append 500 records and seal their batch", units: journalRecords,
            prepare: journal),
    ]

    @Sendable
    private static func parse() -> () -> Void {
        let read = Engine.reads(exchange: "amq.fanout", keys: [""])[0]
        return {
            let frames = read.withUnsafeBytes { bytes in
                var count = 0
                var offset = 0
                while let frame = try? FrameParser.next(
                    UnsafeRawBufferPointer(rebasing: bytes[offset...]), maxFrameSize: 131_072)
                {
                    offset += frame.byteCount
                    count += 1
                }
                return count
            }
            precondition(frames == 3 * Engine.batch)
        }
    }

    private static func deliver(queues: Int, confirms: Bool) -> () -> Void {
        let engine = Engine()
        engine.send { writer in
            for number in 0..<queues {
                let name = "q\(number)"
                writer.writeMethodFrame(QueueDeclare(queue: name), channel: 1)
                writer.writeMethodFrame(QueueBind(queue: name, exchange: "amq.fanout", routingKey: ""), channel: 1)
                writer.writeMethodFrame(BasicConsume(queue: name, noAck: true), channel: 1)
            }
        }
        if confirms { engine.confirm() }
        engine.reads = Engine.reads(exchange: "amq.fanout", keys: [""])
        return engine.publishBatch
    }

    @Sendable
    private static func deliverDurable() -> () -> Void {
        let engine = Engine(isDurable: true)
        engine.send { writer in
            writer.writeMethodFrame(QueueDeclare(queue: "q", durable: true), channel: 1)
            writer.writeMethodFrame(BasicConsume(queue: "q", noAck: true), channel: 1)
        }
        engine.confirm()
        engine.reads = Engine.reads(exchange: "", keys: ["q"], isPersistent: true)
        return engine.publishBatch
    }

    /// Without a queue a confirm waits for nothing: what is left is taking the publishes and saying so in few acks.
    @Sendable
    private static func confirms() -> () -> Void {
        let engine = Engine()
        engine.confirm()
        engine.reads = Engine.reads(exchange: "amq.fanout", keys: [""])
        return engine.publishBatch
    }

    /// Words of the topic bindings and keys; their square is the number of bindings.
    private static let topicWords = 100

    /// Each key matches three bindings of 10,000. There are more keys than the broker remembers routes for.
    @Sendable
    private static func topic() -> () -> Void {
        let engine = Engine()
        engine.send { $0.writeMethodFrame(QueueDeclare(queue: "q"), channel: 1) }
        engine.send { $0.writeMethodFrame(BasicConsume(queue: "q", noAck: true), channel: 1) }
        for first in 0..<topicWords {
            engine.send { writer in
                for second in 0..<topicWords {
                    let pattern =
                        switch second {
                        case 0: "a\(first).#"
                        case 1: "*.*.c\(first)"
                        default: "a\(first).b\(second).*"
                        }
                    writer.writeMethodFrame(
                        QueueBind(queue: "q", exchange: "amq.topic", routingKey: pattern), channel: 1)
                }
            }
        }
        let keys = (0..<topicWords * topicWords).map { number in
            "a\(number % topicWords).b\(number / topicWords % topicWords).c\(number * 7 % topicWords)"
        }
        engine.reads = Engine.reads(exchange: "amq.topic", keys: keys)
        return engine.publishBatch
    }

    private static let journalRecords = 500
    /// Octets of a record: a small message with its header.
    private static let recordBytes = 150

    @Sendable
    private static func journal() -> () -> Void {
        var journal = Journal(storage: InstantStorage())
        let payload = [UInt8](repeating: UInt8(ascii: "x"), count: recordBytes)
        return {
            append(payload, to: &journal)
            guard let (storage, batch) = journal.beginFlush() else { preconditionFailure("nothing was appended") }
            storage.write(batch) { journal.completed(batch, $0) }
            journal.removeSegments(through: journal.segment - 1)
        }
    }

    /// Under one access, so that the check of a captured variable does not count with each record.
    private static func append(_ payload: [UInt8], to journal: inout Journal) {
        payload.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return }
            for _ in 0..<journalRecords {
                journal.append(kind: 1, byteCount: bytes.count).copyMemory(from: start, byteCount: bytes.count)
            }
        }
    }
}
