import AMQP
import Testing

/// A method and the bytes that another implementation makes of it.
struct Golden: Sendable, CustomTestStringConvertible {
    let method: Method
    let payload: [UInt8]

    init(_ method: Method, _ hex: String) {
        self.method = method
        payload = bytes(hex: hex)
    }

    var testDescription: String { method.id.name }
}

/// Every method of the protocol as pika 1.4.4 (`pika.spec`) encodes it.
enum PikaMethods {
    /// Arguments with a number, a flag, a text, and a list with nothing and a table in it.
    private static func table(_ number: Int32) -> FieldTable {
        [
            "x-arg-\(number)": .int32(number), "x-flag": .boolean(true), "x-name": .string("é"),
            "x-list": .array([.void, .table(["in": .boolean(false)])]),
        ]
    }

    static let all: [Golden] = [
        Golden(
            .connectionStart(
                ConnectionStart(
                    versionMajor: 0, versionMinor: 9, serverProperties: table(3),
                    mechanisms: Array("mechanisms 4".utf8),
                    locales: Array("locales 5".utf8)
                )),
            "000a000a00090000003b07782d6172672d33490000000306782d666c6167740106782d6e616d655300000002c3a90678"
                + "2d6c697374410000000b56460000000502696e74000000000c6d656368616e69736d732034000000096c6f63616c6573"
                + "2035"),
        Golden(
            .connectionStartOK(
                ConnectionStartOK(
                    clientProperties: table(6), mechanism: "mechanism.7", response: Array("response 8".utf8),
                    locale: "locale.9"
                )),
            "000a000b0000003b07782d6172672d36490000000606782d666c6167740106782d6e616d655300000002c3a906782d6c"
                + "697374410000000b56460000000502696e74000b6d656368616e69736d2e370000000a726573706f6e73652038086c6f"
                + "63616c652e39"),
        Golden(
            .connectionSecure(ConnectionSecure(challenge: Array("challenge 10".utf8))),
            "000a00140000000c6368616c6c656e6765203130"),
        Golden(
            .connectionSecureOK(ConnectionSecureOK(response: Array("response 11".utf8))),
            "000a00150000000b726573706f6e7365203131"),
        Golden(
            .connectionTune(ConnectionTune(channelMax: 293, frameMax: 0x01020311, heartbeat: 299)),
            "000a001e012501020311012b"),
        Golden(
            .connectionTuneOK(ConnectionTuneOK(channelMax: 302, frameMax: 0x01020314, heartbeat: 308)),
            "000a001f012e010203140134"),
        Golden(
            .connectionOpen(ConnectionOpen(virtualHost: "virtual_host.18")),
            "000a00280f7669727475616c5f686f73742e31380000"),
        Golden(
            .connectionOpenOK(ConnectionOpenOK()),
            "000a002900"),
        Golden(
            .connectionClose(
                ConnectionClose(
                    replyCode: 314, replyText: "NOT_FOUND - no queue «é»", classID: 320, methodID: 323
                )),
            "000a0032013a1b4e4f545f464f554e44202d206e6f20717565756520c2abc3a9c2bb01400143"),
        Golden(
            .connectionCloseOK(ConnectionCloseOK()),
            "000a0033"),
        Golden(
            .connectionBlocked(ConnectionBlocked(reason: "reason.23")),
            "000a003c09726561736f6e2e3233"),
        Golden(
            .connectionUnblocked(ConnectionUnblocked()),
            "000a003d"),
        Golden(
            .connectionUpdateSecret(
                ConnectionUpdateSecret(
                    newSecret: Array("newSecret 24".utf8), reason: "reason.25"
                )),
            "000a00460000000c6e657753656372657420323409726561736f6e2e3235"),
        Golden(
            .connectionUpdateSecretOK(ConnectionUpdateSecretOK()),
            "000a0047"),
        Golden(
            .channelOpen(ChannelOpen()),
            "0014000a00"),
        Golden(
            .channelOpenOK(ChannelOpenOK()),
            "0014000b00000000"),
        Golden(
            .channelFlow(ChannelFlow(active: true)),
            "0014001401"),
        Golden(
            .channelFlowOK(ChannelFlowOK(active: true)),
            "0014001501"),
        Golden(
            .channelClose(
                ChannelClose(
                    replyCode: 341, replyText: "NOT_FOUND - no queue «é»", classID: 347, methodID: 350
                )),
            "0014002801551b4e4f545f464f554e44202d206e6f20717565756520c2abc3a9c2bb015b015e"),
        Golden(
            .channelCloseOK(ChannelCloseOK()),
            "00140029"),
        Golden(
            .exchangeDeclare(
                ExchangeDeclare(
                    exchange: "exchange.32", type: "type.33", passive: true, durable: true, autoDelete: true,
                    internal: true, noWait: true, arguments: table(39)
                )),
            "0028000a00000b65786368616e67652e333207747970652e33331f0000003c08782d6172672d3339490000002706782d"
                + "666c6167740106782d6e616d655300000002c3a906782d6c697374410000000b56460000000502696e7400"),
        Golden(
            .exchangeDeclareOK(ExchangeDeclareOK()),
            "0028000b"),
        Golden(
            .exchangeDelete(ExchangeDelete(exchange: "exchange.40", ifUnused: false, noWait: false)),
            "0028001400000b65786368616e67652e343000"),
        Golden(
            .exchangeDeleteOK(ExchangeDeleteOK()),
            "00280015"),
        Golden(
            .exchangeBind(
                ExchangeBind(
                    destination: "destination.43", source: "source.44", routingKey: "routing_key.45", noWait: true,
                    arguments: table(47)
                )),
            "0028001e00000e64657374696e6174696f6e2e343309736f757263652e34340e726f7574696e675f6b65792e34350100"
                + "00003c08782d6172672d3437490000002f06782d666c6167740106782d6e616d655300000002c3a906782d6c69737441"
                + "0000000b56460000000502696e7400"),
        Golden(
            .exchangeBindOK(ExchangeBindOK()),
            "0028001f"),
        Golden(
            .exchangeUnbind(
                ExchangeUnbind(
                    destination: "destination.48", source: "source.49", routingKey: "routing_key.50", noWait: false,
                    arguments: table(52)
                )),
            "0028002800000e64657374696e6174696f6e2e343809736f757263652e34390e726f7574696e675f6b65792e35300000"
                + "00003c08782d6172672d3532490000003406782d666c6167740106782d6e616d655300000002c3a906782d6c69737441"
                + "0000000b56460000000502696e7400"),
        Golden(
            .exchangeUnbindOK(ExchangeUnbindOK()),
            "00280033"),
        Golden(
            .queueDeclare(
                QueueDeclare(
                    queue: "queue.53", passive: false, durable: false, exclusive: false, autoDelete: false,
                    noWait: false,
                    arguments: table(59)
                )),
            "0032000a00000871756575652e3533000000003c08782d6172672d3539490000003b06782d666c6167740106782d6e61"
                + "6d655300000002c3a906782d6c697374410000000b56460000000502696e7400"),
        Golden(
            .queueDeclareOK(QueueDeclareOK(queue: "queue.60", messageCount: 0x01020341, consumerCount: 0x01020342)),
            "0032000b0871756575652e36300102034101020342"),
        Golden(
            .queueBind(
                QueueBind(
                    queue: "queue.63", exchange: "exchange.64", routingKey: "routing_key.65", noWait: true,
                    arguments: table(67)
                )),
            "0032001400000871756575652e36330b65786368616e67652e36340e726f7574696e675f6b65792e3635010000003c08"
                + "782d6172672d3637490000004306782d666c6167740106782d6e616d655300000002c3a906782d6c697374410000000b"
                + "56460000000502696e7400"),
        Golden(
            .queueBindOK(QueueBindOK()),
            "00320015"),
        Golden(
            .queuePurge(QueuePurge(queue: "queue.68", noWait: true)),
            "0032001e00000871756575652e363801"),
        Golden(
            .queuePurgeOK(QueuePurgeOK(messageCount: 0x0102034A)),
            "0032001f0102034a"),
        Golden(
            .queueDelete(QueueDelete(queue: "queue.71", ifUnused: false, ifEmpty: false, noWait: false)),
            "0032002800000871756575652e373100"),
        Golden(
            .queueDeleteOK(QueueDeleteOK(messageCount: 0x0102034F)),
            "003200290102034f"),
        Golden(
            .queueUnbind(
                QueueUnbind(
                    queue: "queue.76", exchange: "exchange.77", routingKey: "routing_key.78", arguments: table(79)
                )),
            "0032003200000871756575652e37360b65786368616e67652e37370e726f7574696e675f6b65792e37380000003c0878"
                + "2d6172672d3739490000004f06782d666c6167740106782d6e616d655300000002c3a906782d6c697374410000000b56"
                + "460000000502696e7400"),
        Golden(
            .queueUnbindOK(QueueUnbindOK()),
            "00320033"),
        Golden(
            .basicQos(BasicQos(prefetchSize: 0x01020354, prefetchCount: 500, global: true)),
            "003c000a0102035401f401"),
        Golden(
            .basicQosOK(BasicQosOK()),
            "003c000b"),
        Golden(
            .basicConsume(
                BasicConsume(
                    queue: "queue.83", consumerTag: "consumer_tag.84", noLocal: false, noAck: false, exclusive: false,
                    noWait: false, arguments: table(89)
                )),
            "003c001400000871756575652e38330f636f6e73756d65725f7461672e3834000000003c08782d6172672d3839490000"
                + "005906782d666c6167740106782d6e616d655300000002c3a906782d6c697374410000000b56460000000502696e7400"),
        Golden(
            .basicConsumeOK(BasicConsumeOK(consumerTag: "consumer_tag.90")),
            "003c00150f636f6e73756d65725f7461672e3930"),
        Golden(
            .basicCancel(BasicCancel(consumerTag: "consumer_tag.91", noWait: true)),
            "003c001e0f636f6e73756d65725f7461672e393101"),
        Golden(
            .basicCancelOK(BasicCancelOK(consumerTag: "consumer_tag.93")),
            "003c001f0f636f6e73756d65725f7461672e3933"),
        Golden(
            .basicPublish(
                BasicPublish(
                    exchange: "exchange.94", routingKey: "routing_key.95", mandatory: false, immediate: false
                )),
            "003c002800000b65786368616e67652e39340e726f7574696e675f6b65792e393500"),
        Golden(
            .basicReturn(
                BasicReturn(
                    replyCode: 551, replyText: "NOT_FOUND - no queue «é»", exchange: "exchange.100",
                    routingKey: "routing_key.101"
                )),
            "003c003202271b4e4f545f464f554e44202d206e6f20717565756520c2abc3a9c2bb0c65786368616e67652e3130300f"
                + "726f7574696e675f6b65792e313031"),
        Golden(
            .basicDeliver(
                BasicDeliver(
                    consumerTag: "consumer_tag.102", deliveryTag: 0x0102030405060767, redelivered: false,
                    exchange: "exchange.105", routingKey: "routing_key.106"
                )),
            "003c003c10636f6e73756d65725f7461672e3130320102030405060767000c65786368616e67652e3130350f726f7574"
                + "696e675f6b65792e313036"),
        Golden(
            .basicGet(BasicGet(queue: "queue.107", noAck: false)),
            "003c004600000971756575652e31303700"),
        Golden(
            .basicGetOK(
                BasicGetOK(
                    deliveryTag: 0x010203040506076D, redelivered: true, exchange: "exchange.111",
                    routingKey: "routing_key.112", messageCount: 0x01020375
                )),
            "003c0047010203040506076d010c65786368616e67652e3131310f726f7574696e675f6b65792e31313201020375"),
        Golden(
            .basicGetEmpty(BasicGetEmpty()),
            "003c004800"),
        Golden(
            .basicAck(BasicAck(deliveryTag: 0x0102030405060772, multiple: false)),
            "003c0050010203040506077200"),
        Golden(
            .basicReject(BasicReject(deliveryTag: 0x0102030405060774, requeue: true)),
            "003c005a010203040506077401"),
        Golden(
            .basicRecoverAsync(BasicRecoverAsync(requeue: false)),
            "003c006400"),
        Golden(
            .basicRecover(BasicRecover(requeue: false)),
            "003c006e00"),
        Golden(
            .basicRecoverOK(BasicRecoverOK()),
            "003c006f"),
        Golden(
            .basicNack(BasicNack(deliveryTag: 0x0102030405060778, multiple: false, requeue: false)),
            "003c0078010203040506077800"),
        Golden(
            .confirmSelect(ConfirmSelect(noWait: true)),
            "0055000a01"),
        Golden(
            .confirmSelectOK(ConfirmSelectOK()),
            "0055000b"),
        Golden(
            .txSelect(TxSelect()),
            "005a000a"),
        Golden(
            .txSelectOK(TxSelectOK()),
            "005a000b"),
        Golden(
            .txCommit(TxCommit()),
            "005a0014"),
        Golden(
            .txCommitOK(TxCommitOK()),
            "005a0015"),
        Golden(
            .txRollback(TxRollback()),
            "005a001e"),
        Golden(
            .txRollbackOK(TxRollbackOK()),
            "005a001f"),
    ]
}
