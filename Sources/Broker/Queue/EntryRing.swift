/// A queue's messages in order: a ring buffer of trivial entries that doubles when full and halves when nearly empty.
///
/// Written here because a `Deque` of 24-byte entries costs three times as much an append: this one is a store and a
/// masked index.
struct EntryRing<Entry: BitwiseCopyable>: ~Copyable {
    private var storage: UnsafeMutablePointer<Entry>
    private var mask: Int
    private var head = 0
    private(set) var count = 0
    private let smallest: Int

    init(capacity: Int = 16) {
        precondition(capacity > 0 && capacity & (capacity - 1) == 0)
        smallest = capacity
        storage = .allocate(capacity: capacity)
        mask = capacity - 1
    }

    deinit { storage.deallocate() }

    var isEmpty: Bool { count == 0 }

    /// Memory held, in bytes.
    var residentBytes: Int { (mask + 1) * MemoryLayout<Entry>.stride }

    @inline(__always)
    mutating func append(_ entry: Entry) {
        if count == mask + 1 { resize(to: (mask + 1) * 2) }
        storage[(head &+ count) & mask] = entry
        count += 1
    }

    @inline(__always)
    var first: Entry {
        precondition(count > 0)
        return storage[head]
    }

    @inline(__always)
    var last: Entry {
        precondition(count > 0)
        return storage[(head &+ count &- 1) & mask]
    }

    @inline(__always)
    mutating func removeFirst() {
        precondition(count > 0)
        head = (head &+ 1) & mask
        count -= 1
        if count < (mask + 1) >> 3, mask + 1 > max(smallest, 4096) { resize(to: (mask + 1) >> 1) }
    }

    /// The entry `index` places behind the first one.
    @inline(__always)
    subscript(index: Int) -> Entry {
        get {
            precondition(index >= 0 && index < count)
            return storage[(head &+ index) & mask]
        }
        set {
            precondition(index >= 0 && index < count)
            storage[(head &+ index) & mask] = newValue
        }
    }

    /// Keeps the first `newCount` entries.
    mutating func truncate(to newCount: Int) {
        precondition(newCount >= 0 && newCount <= count)
        count = newCount
    }

    private mutating func resize(to capacity: Int) {
        let fresh = UnsafeMutablePointer<Entry>.allocate(capacity: capacity)
        let untilEnd = min(count, mask + 1 - head)
        fresh.update(from: storage + head, count: untilEnd)
        (fresh + untilEnd).update(from: storage, count: count - untilEnd)
        storage.deallocate()
        storage = fresh
        head = 0
        mask = capacity - 1
    }
}
