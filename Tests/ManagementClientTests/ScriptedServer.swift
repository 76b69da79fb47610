import Foundation
import Synchronization

/// An HTTP server on a free loopback port whose every reply, byte for byte, is the test's.
final class ScriptedServer: Sendable {
    /// A request as it came.
    struct Request: Sendable {
        /// "GET /api/overview".
        var line: String
        /// Header names in small letters.
        var headers: [String: String]
        var body: String
    }

    /// What to do with a request.
    enum Reply: Sendable {
        /// Send these bytes and keep the connection.
        case send(String)
        /// Send these bytes and close.
        case sendAndClose(String)
        /// Send these bytes, then one more byte from time to time for ever.
        case drip(String)
        /// Never answer.
        case hang

        /// A complete reply.
        static func json(_ body: String, status: Int = 200, headers: String = "") -> Reply {
            .send("HTTP/1.1 \(status) X\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)")
        }
    }

    let port: UInt16
    private let listener: Int32
    private let greeting: String
    private let answer: @Sendable (Request) -> Reply
    private let log = Mutex<[Request]>([])
    private let connections = Mutex<[Int32]>([])

    /// All requests so far.
    var requests: [Request] { log.withLock { $0 } }
    var url: String { "http://127.0.0.1:\(port)" }

    /// A server that sends `greeting` to every connection unasked, then answers requests.
    init(greeting: String = "", _ answer: @escaping @Sendable (Request) -> Reply) throws {
        self.greeting = greeting
        self.answer = answer
        listener = socket(AF_INET, streamSocket, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let isListening = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 16) == 0
                    && getsockname(listener, $0, &length) == 0
            }
        }
        guard isListening else { throw POSIXError(.EADDRNOTAVAIL) }
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { self.acceptAll() }
    }

    /// Closes everything, which ends the threads.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        connections.withLock { for connection in $0 { shutdown(connection, Int32(SHUT_RDWR)) } }
    }

    private func acceptAll() {
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { break }
            connections.withLock { $0.append(connection) }
            Thread.detachNewThread { self.serve(connection) }
        }
        close(listener)
    }

    private func serve(_ connection: Int32) {
        defer {
            connections.withLock { $0.removeAll { $0 == connection } }
            close(connection)
        }
        guard write(connection, greeting) else { return }
        var pending: [UInt8] = []
        while let request = readRequest(connection, &pending) {
            log.withLock { $0.append(request) }
            switch answer(request) {
            case .send(let text):
                guard write(connection, text) else { return }
            case .sendAndClose(let text):
                _ = write(connection, text)
                return
            case .drip(let text):
                guard write(connection, text) else { return }
                while write(connection, " ") {
                    // A pace, not a wait for something: nothing is read meanwhile.
                    var nothing = pollfd(fd: -1, events: 0, revents: 0)
                    _ = poll(&nothing, 1, 20)
                }
                return
            case .hang:
                while readMore(connection, &pending) {}
                return
            }
        }
    }

    private func readRequest(_ connection: Int32, _ pending: inout [UInt8]) -> Request? {
        let end = Array("\r\n\r\n".utf8)
        var head: Range<Int>?
        while head == nil {
            head = pending.firstRange(of: end)
            if head == nil, !readMore(connection, &pending) { return nil }
        }
        guard let head else { return nil }
        let lines = String(decoding: pending[..<head.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            if parts.count == 2 { headers[parts[0].lowercased()] = parts[1] }
        }
        let length = headers["content-length"].flatMap { Int($0) } ?? 0
        while pending.count < head.upperBound + length {
            guard readMore(connection, &pending) else { return nil }
        }
        let body = String(decoding: pending[head.upperBound..<head.upperBound + length], as: UTF8.self)
        pending.removeFirst(head.upperBound + length)
        let line = (lines.first ?? "").replacingOccurrences(of: " HTTP/1.1", with: "")
        return Request(line: line, headers: headers, body: body)
    }

    private func readMore(_ connection: Int32, _ pending: inout [UInt8]) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(connection, &buffer, buffer.count, 0)
        guard count > 0 else { return false }
        pending += buffer[..<count]
        return true
    }

    private func write(_ connection: Int32, _ text: String) -> Bool {
        var rest = ArraySlice(text.utf8)
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { Foundation.send(connection, $0.baseAddress, $0.count, noSignal) }
            guard sent > 0 else { return false }
            rest = rest.dropFirst(sent)
        }
        return true
    }
}

#if os(Linux)
    private let streamSocket = Int32(SOCK_STREAM.rawValue)
    private let noSignal = Int32(MSG_NOSIGNAL)
#else
    private let streamSocket = SOCK_STREAM
    private let noSignal: Int32 = 0
#endif
