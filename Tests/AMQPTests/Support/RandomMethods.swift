import AMQP

/// One maker of a random method for each method of the protocol.
enum RandomMethods {
    static let makers: [@Sendable (inout RandomBytes) -> Method] = [
        {
            .connectionStart(
                ConnectionStart(
                    versionMajor: $0.integer(), versionMinor: $0.integer(), serverProperties: $0.table(),
                    mechanisms: $0.bytes(), locales: $0.bytes()
                ))
        },
        {
            .connectionStartOK(
                ConnectionStartOK(
                    clientProperties: $0.table(), mechanism: $0.text(), response: $0.bytes(), locale: $0.text()
                ))
        },
        { .connectionSecure(ConnectionSecure(challenge: $0.bytes())) },
        { .connectionSecureOK(ConnectionSecureOK(response: $0.bytes())) },
        {
            .connectionTune(ConnectionTune(channelMax: $0.integer(), frameMax: $0.integer(), heartbeat: $0.integer()))
        },
        {
            .connectionTuneOK(
                ConnectionTuneOK(
                    channelMax: $0.integer(), frameMax: $0.integer(), heartbeat: $0.integer()
                ))
        },
        { .connectionOpen(ConnectionOpen(virtualHost: $0.text())) },
        { _ in .connectionOpenOK(ConnectionOpenOK()) },
        {
            .connectionClose(
                ConnectionClose(
                    replyCode: $0.integer(), replyText: $0.text(), classID: $0.integer(), methodID: $0.integer()
                ))
        },
        { _ in .connectionCloseOK(ConnectionCloseOK()) },
        { .connectionBlocked(ConnectionBlocked(reason: $0.text())) },
        { _ in .connectionUnblocked(ConnectionUnblocked()) },
        {
            .connectionUpdateSecret(ConnectionUpdateSecret(newSecret: $0.bytes(), reason: $0.text()))
        },
        { _ in .connectionUpdateSecretOK(ConnectionUpdateSecretOK()) },
        { _ in .channelOpen(ChannelOpen()) },
        { _ in .channelOpenOK(ChannelOpenOK()) },
        { .channelFlow(ChannelFlow(active: $0.flag())) },
        { .channelFlowOK(ChannelFlowOK(active: $0.flag())) },
        {
            .channelClose(
                ChannelClose(
                    replyCode: $0.integer(), replyText: $0.text(), classID: $0.integer(), methodID: $0.integer()
                ))
        },
        { _ in .channelCloseOK(ChannelCloseOK()) },
        {
            .exchangeDeclare(
                ExchangeDeclare(
                    exchange: $0.text(), type: $0.text(), passive: $0.flag(), durable: $0.flag(), autoDelete: $0.flag(),
                    internal: $0.flag(), noWait: $0.flag(), arguments: $0.table()
                ))
        },
        { _ in .exchangeDeclareOK(ExchangeDeclareOK()) },
        {
            .exchangeDelete(ExchangeDelete(exchange: $0.text(), ifUnused: $0.flag(), noWait: $0.flag()))
        },
        { _ in .exchangeDeleteOK(ExchangeDeleteOK()) },
        {
            .exchangeBind(
                ExchangeBind(
                    destination: $0.text(), source: $0.text(), routingKey: $0.text(), noWait: $0.flag(),
                    arguments: $0.table()
                ))
        },
        { _ in .exchangeBindOK(ExchangeBindOK()) },
        {
            .exchangeUnbind(
                ExchangeUnbind(
                    destination: $0.text(), source: $0.text(), routingKey: $0.text(), noWait: $0.flag(),
                    arguments: $0.table()
                ))
        },
        { _ in .exchangeUnbindOK(ExchangeUnbindOK()) },
        {
            .queueDeclare(
                QueueDeclare(
                    queue: $0.text(), passive: $0.flag(), durable: $0.flag(), exclusive: $0.flag(),
                    autoDelete: $0.flag(),
                    noWait: $0.flag(), arguments: $0.table()
                ))
        },
        {
            .queueDeclareOK(QueueDeclareOK(queue: $0.text(), messageCount: $0.integer(), consumerCount: $0.integer()))
        },
        {
            .queueBind(
                QueueBind(
                    queue: $0.text(), exchange: $0.text(), routingKey: $0.text(), noWait: $0.flag(),
                    arguments: $0.table()
                ))
        },
        { _ in .queueBindOK(QueueBindOK()) },
        { .queuePurge(QueuePurge(queue: $0.text(), noWait: $0.flag())) },
        { .queuePurgeOK(QueuePurgeOK(messageCount: $0.integer())) },
        {
            .queueDelete(QueueDelete(queue: $0.text(), ifUnused: $0.flag(), ifEmpty: $0.flag(), noWait: $0.flag()))
        },
        { .queueDeleteOK(QueueDeleteOK(messageCount: $0.integer())) },
        {
            .queueUnbind(
                QueueUnbind(
                    queue: $0.text(), exchange: $0.text(), routingKey: $0.text(), arguments: $0.table()
                ))
        },
        { _ in .queueUnbindOK(QueueUnbindOK()) },
        {
            .basicQos(BasicQos(prefetchSize: $0.integer(), prefetchCount: $0.integer(), global: $0.flag()))
        },
        { _ in .basicQosOK(BasicQosOK()) },
        {
            .basicConsume(
                BasicConsume(
                    queue: $0.text(), consumerTag: $0.text(), noLocal: $0.flag(), noAck: $0.flag(),
                    exclusive: $0.flag(),
                    noWait: $0.flag(), arguments: $0.table()
                ))
        },
        { .basicConsumeOK(BasicConsumeOK(consumerTag: $0.text())) },
        { .basicCancel(BasicCancel(consumerTag: $0.text(), noWait: $0.flag())) },
        { .basicCancelOK(BasicCancelOK(consumerTag: $0.text())) },
        {
            .basicPublish(
                BasicPublish(
                    exchange: $0.text(), routingKey: $0.text(), mandatory: $0.flag(), immediate: $0.flag()
                ))
        },
        {
            .basicReturn(
                BasicReturn(
                    replyCode: $0.integer(), replyText: $0.text(), exchange: $0.text(), routingKey: $0.text()
                ))
        },
        {
            .basicDeliver(
                BasicDeliver(
                    consumerTag: $0.text(), deliveryTag: $0.integer(), redelivered: $0.flag(), exchange: $0.text(),
                    routingKey: $0.text()
                ))
        },
        { .basicGet(BasicGet(queue: $0.text(), noAck: $0.flag())) },
        {
            .basicGetOK(
                BasicGetOK(
                    deliveryTag: $0.integer(), redelivered: $0.flag(), exchange: $0.text(), routingKey: $0.text(),
                    messageCount: $0.integer()
                ))
        },
        { _ in .basicGetEmpty(BasicGetEmpty()) },
        { .basicAck(BasicAck(deliveryTag: $0.integer(), multiple: $0.flag())) },
        { .basicReject(BasicReject(deliveryTag: $0.integer(), requeue: $0.flag())) },
        { .basicRecoverAsync(BasicRecoverAsync(requeue: $0.flag())) },
        { .basicRecover(BasicRecover(requeue: $0.flag())) },
        { _ in .basicRecoverOK(BasicRecoverOK()) },
        {
            .basicNack(BasicNack(deliveryTag: $0.integer(), multiple: $0.flag(), requeue: $0.flag()))
        },
        { .confirmSelect(ConfirmSelect(noWait: $0.flag())) },
        { _ in .confirmSelectOK(ConfirmSelectOK()) },
        { _ in .txSelect(TxSelect()) },
        { _ in .txSelectOK(TxSelectOK()) },
        { _ in .txCommit(TxCommit()) },
        { _ in .txCommitOK(TxCommitOK()) },
        { _ in .txRollback(TxRollback()) },
        { _ in .txRollbackOK(TxRollbackOK()) },
    ]
}
