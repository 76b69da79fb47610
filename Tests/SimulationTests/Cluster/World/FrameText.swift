import Raft

@testable import Broker

/// What nodes say to each other, as a line of a trace.
enum FrameText {
    static func of(_ bytes: [UInt8]) -> String {
        bytes.withUnsafeBytes { bytes in
            var parts: [String] = []
            var rest = bytes
            while let frame = try? ClusterFrame.next(&rest) { parts.append(text(frame)) }
            return parts.joined(separator: "; ")
        }
    }

    /// The group of a frame: the metadata, or a queue by its id.
    static func group(_ group: UInt64) -> String {
        group == RaftRecord.metadata ? "metadata" : "queue \(QuorumMember.queue(of: group))"
    }

    private static func text(_ frame: ClusterFrame) -> String {
        switch frame.kind {
        case .heartbeat:
            guard let heartbeat = Heartbeat(frame.payload) else { return "heartbeat?" }
            return "heartbeat of start \(heartbeat.incarnation), hears \(heartbeat.heard)"
        case .raft:
            guard let message = try? RaftMessage(decoding: Array(frame.payload)[...]) else { return "raft?" }
            return "\(group(frame.group)), term \(message.term): \(short("\(message.body)"))"
        case .quorumCommands:
            guard let header = QuorumBatchHeader(frame.payload) else { return "commands?" }
            return "\(group(frame.group)): commands \(header.first)..<\(header.first + UInt64(header.count)) of start"
                + " \(header.incarnation): \(commands(frame.payload, header))"
        case .quorumReply:
            guard var reader = QuorumReplyReader(frame.payload) else { return "reply?" }
            var items: [String] = []
            while let item = reader.next() { items.append(short("\(item)", 50)) }
            return "\(group(frame.group)): \(items.joined(separator: ", "))"
        case .quorumResume:
            guard let resume = QuorumResume(frame.payload) else { return "resume?" }
            return "\(group(frame.group)): resume \(resume.consumer) after \(resume.after)"
        case .proposal: return "proposal"
        case .memberLost:
            guard let loss = MemberLoss(frame.payload) else { return "loss?" }
            return "\(group(frame.group)): member #\(loss.member) is lost, #\(loss.wanted) would take its place"
        case .mirrorBegin, .mirrorOperations, .mirrorMissing, .mirrorAcknowledged, .mirrorRefused:
            let header = MirrorHeader(frame.payload)
            return "queue \(frame.group): \(frame.kind) of epoch \(header?.epoch ?? 0), \(frame.payload.count) bytes"
        case .relayOpen, .relayBytes, .relayWindow, .relayClosed:
            return "\(frame.kind) of \(frame.group), \(frame.payload.count) bytes"
        }
    }

    /// What a batch asks for: runs of publishes as their number, consumers by their ids.
    static func commands(_ batch: UnsafeRawBufferPointer, _ header: QuorumBatchHeader) -> String {
        var texts: [String] = []
        var place = QuorumBatch.headerBytes
        for _ in 0..<header.count {
            guard let command = QuorumCommand(batch, at: place) else { return texts.joined(separator: ", ") + ", ?" }
            place = command.end
            switch command.kind {
            case .attach, .detach, .end, .get: texts.append("\(command.kind) \(command.number(batch))")
            case .settle:
                let ranges = (0..<Int(command.size)).map { index in
                    command.range(batch, index).map { "\($0.lowerBound)...\($0.upperBound)" } ?? "?"
                }
                let how = QuorumSettlement(rawValue: command.flags).map { "\($0)" } ?? "?"
                texts.append("\(how) \(ranges.joined(separator: " ")) of \(command.number(batch))")
            case .nodeDown: texts.append("node \(command.size) down up to start \(command.number(batch))")
            default: texts.append("\(command.kind)")
            }
        }
        return texts.joined(separator: ", ")
    }

    private static func short(_ text: String, _ limit: Int = 160) -> String {
        text.count > limit ? text.prefix(limit) + "…" : text
    }
}
