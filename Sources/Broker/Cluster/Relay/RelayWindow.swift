/// How much may be on its way on one relay, in each direction: whoever sends spends what the other end has granted, and
/// the other end grants again what it has taken out of its hands.
struct RelayWindow {
    /// Bytes that may still be sent.
    private(set) var sendable = Limits.relayWindowBytes
    /// Bytes that the other end may still send.
    private var receivable = Limits.relayWindowBytes
    /// Bytes taken that have not been granted again.
    private var taken = 0

    /// Bytes sent that the other end has not taken yet.
    var underWay: Int { Limits.relayWindowBytes - sendable }

    mutating func sent(_ count: Int) { sendable -= count }

    /// False for more than was ever sent.
    mutating func granted(_ count: Int) -> Bool {
        guard count <= Limits.relayWindowBytes - sendable else { return false }
        sendable += count
        return true
    }

    /// False for more than was granted.
    mutating func received(_ count: Int) -> Bool {
        guard count <= receivable else { return false }
        receivable -= count
        return true
    }

    mutating func take(_ count: Int) { taken += count }

    /// What to grant now, if it is worth a frame. A frame of which some is missing is never as much as is kept back.
    mutating func grant() -> Int? {
        guard taken >= Limits.relayWindowBytes / 4 else { return nil }
        defer { taken = 0 }
        receivable += taken
        return taken
    }
}
