/// `tx.select` (AMQP 0-9-1 §1.9).
public struct TxSelect: MethodPayload, Hashable, Sendable {
    /// Class 90, method 10.
    public static let id = MethodID(classID: 90, methodID: 10)

    /// A method with these arguments.
    public init() {}

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
    }
}

/// `tx.select-ok` (AMQP 0-9-1 §1.9).
public struct TxSelectOK: MethodPayload, Hashable, Sendable {
    /// Class 90, method 11.
    public static let id = MethodID(classID: 90, methodID: 11)

    /// A method with these arguments.
    public init() {}

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
    }
}

/// `tx.commit` (AMQP 0-9-1 §1.9).
public struct TxCommit: MethodPayload, Hashable, Sendable {
    /// Class 90, method 20.
    public static let id = MethodID(classID: 90, methodID: 20)

    /// A method with these arguments.
    public init() {}

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
    }
}

/// `tx.commit-ok` (AMQP 0-9-1 §1.9).
public struct TxCommitOK: MethodPayload, Hashable, Sendable {
    /// Class 90, method 21.
    public static let id = MethodID(classID: 90, methodID: 21)

    /// A method with these arguments.
    public init() {}

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
    }
}

/// `tx.rollback` (AMQP 0-9-1 §1.9).
public struct TxRollback: MethodPayload, Hashable, Sendable {
    /// Class 90, method 30.
    public static let id = MethodID(classID: 90, methodID: 30)

    /// A method with these arguments.
    public init() {}

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
    }
}

/// `tx.rollback-ok` (AMQP 0-9-1 §1.9).
public struct TxRollbackOK: MethodPayload, Hashable, Sendable {
    /// Class 90, method 31.
    public static let id = MethodID(classID: 90, methodID: 31)

    /// A method with these arguments.
    public init() {}

    /// Reads the arguments behind the method id.
    public init(decoding reader: inout WireReader) throws(WireError) {
    }

    /// Writes the arguments behind the method id.
    public func encodeArguments(into writer: inout WireWriter) {
    }
}
