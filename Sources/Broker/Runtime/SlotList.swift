/// Objects in the order in which they came, each removed in constant time: an object knows its place, what is removed
/// leaves a gap, and gaps are closed when they are the greater part.
struct SlotList<Element: AnyObject> {
    /// The objects with the gaps between them.
    private(set) var slots: [Element?] = []
    private(set) var count = 0
    private let position: ReferenceWritableKeyPath<Element, Int>
    /// So few gaps are never closed.
    private static var gapsKept: Int { 64 }

    /// Empty. The objects keep their places at `position`; an object may be in several lists with a place for each.
    init(_ position: ReferenceWritableKeyPath<Element, Int>) { self.position = position }

    var isEmpty: Bool { count == 0 }
    /// The objects, oldest first.
    var all: [Element] { slots.compactMap { $0 } }
    /// The oldest.
    var first: Element? { slots.first { $0 != nil } ?? nil }

    mutating func append(_ element: Element) {
        element[keyPath: position] = slots.count
        slots.append(element)
        count += 1
    }

    /// Removes an object; one that is not there changes nothing.
    mutating func remove(_ element: Element) {
        let place = element[keyPath: position]
        guard slots.indices.contains(place), slots[place] === element else { return }
        slots[place] = nil
        count -= 1
        guard slots.count - count > max(Self.gapsKept, count) else { return }
        slots.removeAll { $0 == nil }
        for (place, element) in slots.enumerated() { element?[keyPath: position] = place }
    }

    mutating func removeAll() {
        slots = []
        count = 0
    }
}
