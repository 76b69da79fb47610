import Dispatch

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// SIGTERM and SIGINT as something to wait for, so that a stop is clean.
final class StopSignals: @unchecked Sendable {
    private let sources: [any DispatchSourceSignal]
    private let stream: AsyncStream<Int32>
    private let send: AsyncStream<Int32>.Continuation

    /// From here on the signals no longer end the process by themselves.
    init() {
        let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
        self.stream = stream
        send = continuation
        sources = [SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield(number) }
            source.resume()
            return source
        }
    }

    /// Returns when one has come, with its number, or with nil once waiting was cancelled.
    @discardableResult
    func wait() async -> Int32? {
        for await number in stream { return number }
        return nil
    }

    /// Lets whoever waits go on.
    func cancel() { send.finish() }

    deinit {
        for source in sources { source.cancel() }
    }
}
