import Testing

/// One frame as a server sent it.
struct CapturedFrame: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]

    init(_ name: String, _ hex: String) {
        self.name = name
        bytes = AMQPTests.bytes(hex: hex)
    }

    var testDescription: String { name }
}

/// What RabbitMQ 3.10.8 sent, frame by frame, in a session with pika's frames: a message published through a fanout
/// exchange with all properties, got, rejected, consumed; one returned; and each reply there is on the way.
enum RabbitMQSession {
    static let frames: [CapturedFrame] = [
        CapturedFrame(
            "connection.start",
            "010000000001f0000a000a0009000001cb0c6361706162696c697469657346000000c7127075626c69736865725f"
                + "636f6e6669726d7374011a65786368616e67655f65786368616e67655f62696e64696e677374010a62617369632e"
                + "6e61636b740116636f6e73756d65725f63616e63656c5f6e6f74696679740112636f6e6e656374696f6e2e626c6f"
                + "636b6564740113636f6e73756d65725f7072696f72697469657374011c61757468656e7469636174696f6e5f6661"
                + "696c7572655f636c6f73657401107065725f636f6e73756d65725f716f7374010f6469726563745f7265706c795f"
                + "746f74010c636c75737465725f6e616d65530000000972616262697440683109636f707972696768745300000037"
                + "436f707972696768742028632920323030372d3230323220564d776172652c20496e632e206f7220697473206166"
                + "66696c69617465732e0b696e666f726d6174696f6e53000000394c6963656e73656420756e64657220746865204d"
                + "504c20322e302e20576562736974653a2068747470733a2f2f7261626269746d712e636f6d08706c6174666f726d"
                + "530000001145726c616e672f4f54502032352e322e330770726f6475637453000000085261626269744d51077665"
                + "7273696f6e5300000006332e31302e380000000e504c41494e20414d51504c41494e00000005656e5f5553ce"),
        CapturedFrame(
            "connection.tune",
            "0100000000000c000a001e07ff00020000003cce"),
        CapturedFrame(
            "connection.open-ok",
            "01000000000005000a002900ce"),
        CapturedFrame(
            "channel.open-ok",
            "010001000000080014000b00000000ce"),
        CapturedFrame(
            "confirm.select-ok",
            "010001000000040055000bce"),
        CapturedFrame(
            "queue.declare-ok",
            "010001000000190032000b0c636f6465632e676f6c64656e0000000000000000ce"),
        CapturedFrame(
            "exchange.declare-ok",
            "010001000000040028000bce"),
        CapturedFrame(
            "queue.bind-ok",
            "0100010000000400320015ce"),
        CapturedFrame(
            "basic.qos-ok",
            "01000100000004003c000bce"),
        CapturedFrame(
            "basic.ack",
            "0100010000000d003c0050000000000000000100ce"),
        CapturedFrame(
            "basic.get-ok",
            "01000100000024003c00470000000000000001000e636f6465632e676f6c64656e2e78036b657900000000ce"),
        CapturedFrame(
            "header of get",
            "0200010000009d003c00000000000000000005fffc0a746578742f706c61696e057574662d3800000051016e4900"
                + "000007036269676c000001000000000004666c61677401017446000000130161410000000c490000000153000000"
                + "017856016444020000007d0162780000000200ff017754000000005e0be100020503632d31017205363030303003"
                + "6d2d31000000005e0be10001740567756573740361707002636cce"),
        CapturedFrame(
            "body of get",
            "0300010000000568656c6c6fce"),
        CapturedFrame(
            "basic.consume-ok",
            "01000100000007003c0015026374ce"),
        CapturedFrame(
            "basic.deliver",
            "01000100000023003c003c0263740000000000000002010e636f6465632e676f6c64656e2e78036b6579ce"),
        CapturedFrame(
            "header of deliver",
            "0200010000009d003c00000000000000000005fffc0a746578742f706c61696e057574662d3800000051016e4900"
                + "000007036269676c000001000000000004666c61677401017446000000130161410000000c490000000153000000"
                + "017856016444020000007d0162780000000200ff017754000000005e0be100020503632d31017205363030303003"
                + "6d2d31000000005e0be10001740567756573740361707002636cce"),
        CapturedFrame(
            "body of deliver",
            "0300010000000568656c6c6fce"),
        CapturedFrame(
            "basic.return",
            "0100010000001d003c00320138084e4f5f524f555445000c636f6465632e6e6f626f6479ce"),
        CapturedFrame(
            "header of return",
            "0200010000000e003c000000000000000000000000ce"),
        CapturedFrame(
            "basic.cancel-ok",
            "01000100000007003c001f026374ce"),
        CapturedFrame(
            "basic.get-empty",
            "01000100000005003c004800ce"),
        CapturedFrame(
            "queue.purge-ok",
            "010001000000080032001f00000000ce"),
        CapturedFrame(
            "queue.unbind-ok",
            "0100010000000400320033ce"),
        CapturedFrame(
            "basic.recover-ok",
            "01000100000004003c006fce"),
        CapturedFrame(
            "queue.delete-ok",
            "010001000000080032002900000000ce"),
        CapturedFrame(
            "channel.close",
            "0100010000003b001400280194304e4f545f464f554e44202d206e6f2071756575652027636f6465632e676f6c64"
                + "656e2720696e2076686f737420272f270032000ace"),
        CapturedFrame(
            "tx.select-ok",
            "01000200000004005a000bce"),
        CapturedFrame(
            "tx.commit-ok",
            "01000200000004005a0015ce"),
        CapturedFrame(
            "tx.rollback-ok",
            "01000200000004005a001fce"),
        CapturedFrame(
            "channel.close-ok",
            "0100020000000400140029ce"),
        CapturedFrame(
            "connection.close-ok",
            "01000000000004000a0033ce"),
    ]

    static func frame(_ name: String) throws -> CapturedFrame { try #require(frames.first { $0.name == name }) }
}
