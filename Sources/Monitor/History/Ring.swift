/// The last so many elements, oldest first. Appending is O(1) and forgets the oldest once full.
public struct Ring<Element> {
    /// How many elements it holds at most.
    public let capacity: Int
    private var storage: [Element] = []
    /// Where the oldest element lies once the ring is full.
    private var head = 0

    /// An empty ring. `capacity` must be positive.
    public init(capacity: Int) {
        precondition(capacity > 0, "a ring holds at least one element")
        self.capacity = capacity
    }

    /// Adds the newest element.
    public mutating func append(_ element: Element) {
        if storage.count < capacity {
            storage.append(element)
        } else {
            storage[head] = element
            head = (head + 1) % capacity
        }
    }
}

extension Ring: RandomAccessCollection {
    /// 0, the oldest.
    public var startIndex: Int { 0 }
    /// One past the newest.
    public var endIndex: Int { storage.count }
    /// The element at a place, counted from the oldest.
    public subscript(position: Int) -> Element { storage[(head + position) % storage.count] }
}

extension Ring {
    /// A ring of the same capacity with the elements up to the first that fails a test.
    func prefix(while passes: (Element) -> Bool) -> Ring {
        var ring = Ring(capacity: capacity)
        for element in self {
            guard passes(element) else { break }
            ring.append(element)
        }
        return ring
    }
}

extension Ring: Sendable where Element: Sendable {}
