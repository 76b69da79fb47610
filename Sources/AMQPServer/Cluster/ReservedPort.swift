internal import NIOCore

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// A port that is this process's while nothing listens on it: a socket that is bound and refuses connections. Listening
/// sockets of the process are opened and closed beside it (both allow that by `SO_REUSEADDR`), so a node that is down keeps
/// its port.
public final class ReservedPort: Sendable {
    /// The address as text.
    public let host: String
    /// The port, never 0.
    public let port: Int
    private let socket: Int32

    /// Takes a port; 0 means any free one. Throws ``ListenError`` where that cannot be had.
    public init(host: String, port: Int) throws {
        func failed(_ code: Int32) -> ListenError {
            ListenError(
                host: host, port: port, isTaken: code == EADDRINUSE, reason: String(cString: strerror(code)))
        }
        let address: SocketAddress
        do {
            address = try SocketAddress.makeAddressResolvingHost(host, port: port)
        } catch {
            throw ListenError(host: host, port: port, isTaken: false, reason: "\(error)")
        }
        #if canImport(Glibc)
            let kind = Int32(SOCK_STREAM.rawValue)
        #else
            let kind = SOCK_STREAM
        #endif
        let made = address.withSockAddr { sockaddr, _ in makeSocket(Int32(sockaddr.pointee.sa_family), kind) }
        guard made >= 0 else { throw failed(errno) }
        var yes: Int32 = 1
        _ = fcntl(made, F_SETFD, FD_CLOEXEC)
        setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        let bound = address.withSockAddr { bind(made, $0, socklen_t($1)) }
        guard bound == 0, let number = Self.port(of: made) else {
            let code = errno
            closeSocket(made)
            throw failed(code)
        }
        socket = made
        self.host = address.ipAddress ?? host
        self.port = number
    }

    deinit { closeSocket(socket) }

    /// The port that a socket is bound to.
    private static func port(of socket: Int32) -> Int? {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &size) }
        }
        guard result == 0 else { return nil }
        // Both families have the port behind the two octets that say which it is.
        return withUnsafeBytes(of: storage) { Int(UInt16(bigEndian: $0.load(fromByteOffset: 2, as: UInt16.self))) }
    }
}

private func makeSocket(_ family: Int32, _ kind: Int32) -> Int32 { socket(family, kind, 0) }

private func closeSocket(_ socket: Int32) { _ = close(socket) }
