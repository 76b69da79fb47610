internal import AMQP

/// From the protocol header to an open connection (AMQP 0-9-1 §2.2.4), and what goes over channel 0 afterwards.
extension Connection {
    func receiveProtocolHeader(_ bytes: UnsafeRawBufferPointer) throws(ProtocolException) -> Int {
        switch ProtocolHeader.parse(bytes) {
        case .incomplete:
            return 0
        case .other:
            // The server answers with the version that it speaks and closes (AMQP 0-9-1 §2.2.4).
            ProtocolHeader.bytes.withUnsafeBytes { outbound.write($0) }
            close()
            return bytes.count
        case .amqp091:
            phase = .awaitingStartOK
            send(
                ConnectionStart(
                    versionMajor: 0, versionMinor: 9, serverProperties: node.serverProperties,
                    mechanisms: Array("PLAIN AMQPLAIN".utf8), locales: Array("en_US".utf8)),
                on: 0)
            return ProtocolHeader.bytes.count
        }
    }

    /// Frames before `connection.open-ok`, and those that still come after `connection.close` was sent.
    func receiveBeforeOpen(_ frame: ParsedFrame) throws(ProtocolException) -> Int {
        if phase == .closing { return receiveWhileClosing(frame) }
        if frame.type == .heartbeat { return frame.byteCount }
        guard frame.channel == 0, frame.type == .method else {
            throw ProtocolException(.unexpectedFrame, "expected a method frame on channel 0 while connecting")
        }
        let method = try decode(frame.payload)
        switch (phase, method) {
        case (.awaitingStartOK, .connectionStartOK(let startOK)):
            try logIn(startOK)
        case (.awaitingTuneOK, .connectionTuneOK(let tuneOK)):
            try tune(tuneOK)
        case (.awaitingOpen, .connectionOpen(let open)):
            guard let host = node.virtualHosts[open.virtualHost] else {
                failingMethod = method.id
                throw ProtocolException(.notAllowed, "vhost \(open.virtualHost) not found")
            }
            if let limit = node.configuration.connectionLimit, node.openConnectionCount >= limit {
                failingMethod = method.id
                throw ProtocolException(
                    .notAllowed, "connection refused: node connection limit (\(limit)) is reached")
            }
            virtualHost = host
            phase = .open
            node.watch(self)
            send(ConnectionOpenOK(), on: 0)
        case (_, .connectionClose):
            send(ConnectionCloseOK(), on: 0)
            close()
        default:
            throw ProtocolException(.commandInvalid, "unexpected method while connecting")
        }
        return frame.byteCount
    }

    private func receiveWhileClosing(_ frame: ParsedFrame) -> Int {
        guard frame.channel == 0, frame.type == .method, let method = try? Method.decode(frame.payload) else {
            return frame.byteCount
        }
        switch method {
        case .connectionCloseOK: close()
        case .connectionClose: send(ConnectionCloseOK(), on: 0)
        default: break
        }
        return frame.byteCount
    }

    func receiveOnChannelZero(_ frame: ParsedFrame) throws(ProtocolException) -> Int {
        switch frame.type {
        case .heartbeat:
            return frame.byteCount
        case .header, .body:
            throw ProtocolException(.unexpectedFrame, "expected method frame, got non method frame instead")
        case .method:
            switch try decode(frame.payload) {
            case .connectionClose:
                closeWhenQuiet()
            case .connectionCloseOK:
                close()
            case .connectionUpdateSecret:
                // Credentials that do not expire need no refresh (RabbitMQ, "Access Control": update-secret is for
                // back ends whose tokens do).
                send(ConnectionUpdateSecretOK(), on: 0)
            default:
                throw ProtocolException(.channelError, "unexpected method on channel 0")
            }
            return frame.byteCount
        }
    }

    private func logIn(_ startOK: ConnectionStartOK) throws(ProtocolException) {
        clientProperties = startOK.clientProperties
        guard let credentials = try Credentials(startOK), node.configuration.accepts(credentials) else {
            throw ProtocolException(
                .accessRefused,
                "Login was refused using authentication mechanism \(startOK.mechanism). For details see the broker "
                    + "logfile.")
        }
        user = credentials.user
        mechanism = startOK.mechanism
        phase = .awaitingTuneOK
        send(
            ConnectionTune(
                channelMax: Limits.channelMax, frameMax: Limits.frameMax, heartbeat: Limits.heartbeatSeconds),
            on: 0)
    }

    /// A client may lower a limit, never raise it; 0 asks for none and so raises it (RabbitMQ, `rabbit_reader`).
    private func tune(_ tuneOK: ConnectionTuneOK) throws(ProtocolException) {
        if tuneOK.frameMax != 0, tuneOK.frameMax < Limits.frameMin {
            throw ProtocolException(
                .notAllowed,
                "negotiated frame_max = \(tuneOK.frameMax) is lower than the minimum allowed value "
                    + "(\(Limits.frameMin))")
        }
        if tuneOK.frameMax == 0 || tuneOK.frameMax > Limits.frameMax {
            throw ProtocolException(
                .notAllowed,
                "negotiated frame_max = \(tuneOK.frameMax) is higher than the maximum allowed value "
                    + "(\(Limits.frameMax))")
        }
        if tuneOK.channelMax == 0 || tuneOK.channelMax > Limits.channelMax {
            throw ProtocolException(
                .notAllowed,
                "negotiated channel_max = \(tuneOK.channelMax) is higher than the maximum allowed value "
                    + "(\(Limits.channelMax))")
        }
        frameMax = tuneOK.frameMax
        channelMax = tuneOK.channelMax
        heartbeatSeconds = tuneOK.heartbeat
        phase = .awaitingOpen
    }

    // MARK: Failing

    /// Ends the connection for a reason that the client is told of, as far as it can be told yet.
    func fail(_ exception: ProtocolException, method: MethodID? = nil) {
        let reason = ConnectionClose(
            replyCode: exception.code.rawValue, replyText: exception.text,
            classID: method?.classID ?? 0, methodID: method?.methodID ?? 0)
        switch phase {
        case .awaitingProtocolHeader, .closing, .closed:
            close()
        case .awaitingStartOK:
            // Clients that do not announce it take the close of the socket for the refusal (RabbitMQ,
            // "Authentication Failure Notifications").
            if hasCapability("authentication_failure_close") { send(reason, on: 0) }
            close()
        case .awaitingTuneOK, .awaitingOpen, .open:
            closeChannels()
            send(reason, on: 0)
            phase = .closing
            lastReceived = node.now
        }
        node.watch(self)
    }

    func hasCapability(_ name: String) -> Bool {
        guard case .table(let capabilities)? = clientProperties["capabilities"] else { return false }
        return capabilities[name] == .boolean(true)
    }

    func frameException(_ error: FrameError, _ bytes: UnsafeRawBufferPointer) -> ProtocolException {
        switch error {
        case .tooLarge(let size):
            return ProtocolException(
                .frameError,
                "type \(bytes[0]), all octets = <<>>: {frame_too_large,\(size),\(max(Int(frameMax) - 8, 0))}")
        case .unknownType(let type):
            return ProtocolException(.frameError, "type \(type), unknown frame type")
        case .badEnd(let octet):
            return ProtocolException(.frameError, "type \(bytes[0]), invalid frame end marker \(octet)")
        }
    }

    func methodException(_ error: MethodError, _ payload: UnsafeRawBufferPointer) -> ProtocolException {
        switch error {
        case .unknown(let id):
            return ProtocolException(.notImplemented, "method \(id.classID).\(id.methodID) is not known")
        case .malformed:
            // RabbitMQ takes arguments that it cannot read for a broken frame.
            return ProtocolException(.frameError, "method with arguments that cannot be read")
        }
    }

    // MARK: Heartbeats

    /// What is due by now; returns when to look again (AMQP 0-9-1 §4.2.7: send when idle for an interval, give the
    /// peer up after two without a sign of life).
    func checkTime() -> Instant? {
        let now = node.now
        if phase != .open {
            let deadline = max(connectedAt, phase == .closing ? lastReceived : connectedAt)
                .advanced(milliseconds: Limits.handshakeSeconds * 1000)
            if now >= deadline {
                close()
                return nil
            }
            return deadline
        }
        guard heartbeatSeconds > 0 else { return nil }
        let interval = UInt64(heartbeatSeconds) * 1000
        // While it is not read it cannot be heard.
        if isReadingPaused { lastReceived = now }
        if now.milliseconds(since: lastReceived) >= interval * 2 {
            close()
            return nil
        }
        if now.milliseconds(since: lastSent) >= interval / 2 {
            outbound.writeHeartbeat()
            lastSent = now
            node.noteDirty(self)
        }
        return min(
            lastSent.advanced(milliseconds: max(interval / 2, 1)),
            lastReceived.advanced(milliseconds: interval * 2))
    }
}

/// What a client presented to log in.
struct Credentials {
    let user: String
    let password: String

    /// Reads `PLAIN` (RFC 4616) or `AMQPLAIN` (RabbitMQ, "Access Control"); nil when the response makes no sense.
    init?(_ startOK: ConnectionStartOK) throws(ProtocolException) {
        switch startOK.mechanism {
        case "PLAIN":
            let parts = startOK.response.split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { return nil }
            user = String(decoding: parts[1], as: UTF8.self)
            password = String(decoding: parts[2], as: UTF8.self)
        case "AMQPLAIN":
            let table = startOK.response.withUnsafeBytes { bytes in
                var reader = WireReader(bytes)
                return try? FieldTable(decodingPairs: &reader)
            }
            guard let user = table?["LOGIN"]?.text, let password = table?["PASSWORD"]?.text else { return nil }
            self.user = user
            self.password = password
        default:
            throw ProtocolException(.commandInvalid, "unknown authentication mechanism '\(startOK.mechanism)'")
        }
    }
}
