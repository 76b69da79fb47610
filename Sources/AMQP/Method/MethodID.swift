/// Class and method number of a method (AMQP 0-9-1 §4.2.4).
@frozen
public struct MethodID: Hashable, Sendable, CustomStringConvertible {
    /// Class in the upper, method in the lower half: the first four octets of a method frame's payload.
    public let rawValue: UInt32

    /// The method whose payload begins with this word.
    @inlinable
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The method `methodID` of class `classID`.
    @inlinable
    public init(classID: UInt16, methodID: UInt16) { rawValue = UInt32(classID) << 16 | UInt32(methodID) }

    /// Number of the class.
    @inlinable
    public var classID: UInt16 { UInt16(truncatingIfNeeded: rawValue >> 16) }

    /// Number of the method in its class.
    @inlinable
    public var methodID: UInt16 { UInt16(truncatingIfNeeded: rawValue) }

    /// The name as the field writes it, such as "queue.declare"; the numbers for a method that AMQP does not have.
    public var name: String { MethodNames.all[self] ?? "\(classID).\(methodID)" }

    /// The name.
    public var description: String { name }

    @inlinable
    static func ~= (pattern: MethodID, value: MethodID) -> Bool { pattern.rawValue == value.rawValue }
}

/// The arguments of one method.
public protocol MethodPayload {
    /// Class and method number.
    static var id: MethodID { get }

    /// Reads the arguments behind the method id.
    init(decoding reader: inout WireReader) throws(WireError)

    /// Writes the arguments behind the method id.
    func encodeArguments(into writer: inout WireWriter)
}

extension MethodPayload {
    /// Writes a method frame's payload: ids, then arguments.
    public func encode(into writer: inout WireWriter) {
        writer.write(Self.id.rawValue)
        encodeArguments(into: &writer)
    }
}

/// Why a method frame's payload could not be read.
public enum MethodError: Error, Hashable, Sendable {
    /// AMQP 0-9-1 has no such method.
    case unknown(MethodID)
    /// The arguments do not fit the method: they end too early, too late, or hold what may not be there. A payload too
    /// short for a class and a method has id 0.
    case malformed(MethodID, WireError)
}
