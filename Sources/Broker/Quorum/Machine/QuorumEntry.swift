/// A message in a quorum queue: where it lies, and what changes about it.
struct QuorumEntry: BitwiseCopyable {
    /// The batch's place in the machine's table, and the message's in the batch.
    let batch: UInt32
    let offset: UInt32
    let byteCount: UInt32
    /// Bytes of the body, for the statistics.
    let bodyBytes: UInt32
    /// When it expires, in milliseconds of the log's time; `never` for most.
    let expiry: UInt64
    /// How often it came back.
    var deliveryCount: UInt32 = 0
    let flags: UInt32

    static let never = UInt64.max
    static let persistent: UInt32 = 1
}

/// The batches that messages lie in, each as long as one of its messages is needed.
struct QuorumBatchTable: ~Copyable {
    private struct Slot {
        var bytes: [UInt8]
        var live: Int
    }

    private var slots: ContiguousArray<Slot> = []
    private var free: ContiguousArray<UInt32> = []
    /// Bytes of all batches in it.
    private(set) var heldBytes = 0

    /// Adds a batch with one reference.
    mutating func add(_ bytes: [UInt8]) -> UInt32 {
        heldBytes += bytes.count
        if let slot = free.popLast() {
            slots[Int(slot)] = Slot(bytes: bytes, live: 1)
            return slot
        }
        slots.append(Slot(bytes: bytes, live: 1))
        return UInt32(slots.count - 1)
    }

    /// Adds a batch whose bytes are not there yet, with one reference.
    mutating func addEmpty() -> UInt32 { add([]) }

    /// The bytes of a batch that was added without them.
    mutating func fill(_ slot: UInt32, with bytes: [UInt8]) {
        heldBytes += bytes.count
        slots[Int(slot)].bytes = bytes
    }

    @inline(__always)
    mutating func retain(_ slot: UInt32) { slots[Int(slot)].live &+= 1 }

    @inline(__always)
    mutating func release(_ slot: UInt32) {
        slots[Int(slot)].live &-= 1
        if slots[Int(slot)].live == 0 { drop(slot) }
    }

    @inline(never)
    private mutating func drop(_ slot: UInt32) {
        heldBytes -= slots[Int(slot)].bytes.count
        slots[Int(slot)].bytes = []
        free.append(slot)
    }

    func bytes(_ slot: UInt32) -> [UInt8] { slots[Int(slot)].bytes }

    /// Calls with the bytes of a message.
    func withBytes<Result>(of entry: QuorumEntry, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        slots[Int(entry.batch)].bytes.withUnsafeBytes {
            body(UnsafeRawBufferPointer(rebasing: $0[Int(entry.offset)..<Int(entry.offset) + Int(entry.byteCount)]))
        }
    }
}
