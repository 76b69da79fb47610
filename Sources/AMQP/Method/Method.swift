/// Any method of AMQP 0-9-1 with RabbitMQ's extensions.
public enum Method: Hashable, Sendable {
    /// `connection.start`.
    case connectionStart(ConnectionStart)
    /// `connection.start-ok`.
    case connectionStartOK(ConnectionStartOK)
    /// `connection.secure`.
    case connectionSecure(ConnectionSecure)
    /// `connection.secure-ok`.
    case connectionSecureOK(ConnectionSecureOK)
    /// `connection.tune`.
    case connectionTune(ConnectionTune)
    /// `connection.tune-ok`.
    case connectionTuneOK(ConnectionTuneOK)
    /// `connection.open`.
    case connectionOpen(ConnectionOpen)
    /// `connection.open-ok`.
    case connectionOpenOK(ConnectionOpenOK)
    /// `connection.close`.
    case connectionClose(ConnectionClose)
    /// `connection.close-ok`.
    case connectionCloseOK(ConnectionCloseOK)
    /// `connection.blocked`.
    case connectionBlocked(ConnectionBlocked)
    /// `connection.unblocked`.
    case connectionUnblocked(ConnectionUnblocked)
    /// `connection.update-secret`.
    case connectionUpdateSecret(ConnectionUpdateSecret)
    /// `connection.update-secret-ok`.
    case connectionUpdateSecretOK(ConnectionUpdateSecretOK)
    /// `channel.open`.
    case channelOpen(ChannelOpen)
    /// `channel.open-ok`.
    case channelOpenOK(ChannelOpenOK)
    /// `channel.flow`.
    case channelFlow(ChannelFlow)
    /// `channel.flow-ok`.
    case channelFlowOK(ChannelFlowOK)
    /// `channel.close`.
    case channelClose(ChannelClose)
    /// `channel.close-ok`.
    case channelCloseOK(ChannelCloseOK)
    /// `exchange.declare`.
    case exchangeDeclare(ExchangeDeclare)
    /// `exchange.declare-ok`.
    case exchangeDeclareOK(ExchangeDeclareOK)
    /// `exchange.delete`.
    case exchangeDelete(ExchangeDelete)
    /// `exchange.delete-ok`.
    case exchangeDeleteOK(ExchangeDeleteOK)
    /// `exchange.bind`.
    case exchangeBind(ExchangeBind)
    /// `exchange.bind-ok`.
    case exchangeBindOK(ExchangeBindOK)
    /// `exchange.unbind`.
    case exchangeUnbind(ExchangeUnbind)
    /// `exchange.unbind-ok`.
    case exchangeUnbindOK(ExchangeUnbindOK)
    /// `queue.declare`.
    case queueDeclare(QueueDeclare)
    /// `queue.declare-ok`.
    case queueDeclareOK(QueueDeclareOK)
    /// `queue.bind`.
    case queueBind(QueueBind)
    /// `queue.bind-ok`.
    case queueBindOK(QueueBindOK)
    /// `queue.purge`.
    case queuePurge(QueuePurge)
    /// `queue.purge-ok`.
    case queuePurgeOK(QueuePurgeOK)
    /// `queue.delete`.
    case queueDelete(QueueDelete)
    /// `queue.delete-ok`.
    case queueDeleteOK(QueueDeleteOK)
    /// `queue.unbind`.
    case queueUnbind(QueueUnbind)
    /// `queue.unbind-ok`.
    case queueUnbindOK(QueueUnbindOK)
    /// `basic.qos`.
    case basicQos(BasicQos)
    /// `basic.qos-ok`.
    case basicQosOK(BasicQosOK)
    /// `basic.consume`.
    case basicConsume(BasicConsume)
    /// `basic.consume-ok`.
    case basicConsumeOK(BasicConsumeOK)
    /// `basic.cancel`.
    case basicCancel(BasicCancel)
    /// `basic.cancel-ok`.
    case basicCancelOK(BasicCancelOK)
    /// `basic.publish`.
    case basicPublish(BasicPublish)
    /// `basic.return`.
    case basicReturn(BasicReturn)
    /// `basic.deliver`.
    case basicDeliver(BasicDeliver)
    /// `basic.get`.
    case basicGet(BasicGet)
    /// `basic.get-ok`.
    case basicGetOK(BasicGetOK)
    /// `basic.get-empty`.
    case basicGetEmpty(BasicGetEmpty)
    /// `basic.ack`.
    case basicAck(BasicAck)
    /// `basic.reject`.
    case basicReject(BasicReject)
    /// `basic.recover-async`.
    case basicRecoverAsync(BasicRecoverAsync)
    /// `basic.recover`.
    case basicRecover(BasicRecover)
    /// `basic.recover-ok`.
    case basicRecoverOK(BasicRecoverOK)
    /// `basic.nack`.
    case basicNack(BasicNack)
    /// `confirm.select`.
    case confirmSelect(ConfirmSelect)
    /// `confirm.select-ok`.
    case confirmSelectOK(ConfirmSelectOK)
    /// `tx.select`.
    case txSelect(TxSelect)
    /// `tx.select-ok`.
    case txSelectOK(TxSelectOK)
    /// `tx.commit`.
    case txCommit(TxCommit)
    /// `tx.commit-ok`.
    case txCommitOK(TxCommitOK)
    /// `tx.rollback`.
    case txRollback(TxRollback)
    /// `tx.rollback-ok`.
    case txRollbackOK(TxRollbackOK)

    /// Reads a method frame's payload. Arguments must end where the payload does.
    public static func decode(_ payload: UnsafeRawBufferPointer) throws(MethodError) -> Method {
        var reader = WireReader(payload)
        guard let word = try? reader.readUInt32() else { throw .malformed(MethodID(rawValue: 0), .truncated) }
        let id = MethodID(rawValue: word)
        do throws(WireError) {
            let method: Method
            switch id {
            case ConnectionStart.id: method = .connectionStart(try ConnectionStart(decoding: &reader))
            case ConnectionStartOK.id: method = .connectionStartOK(try ConnectionStartOK(decoding: &reader))
            case ConnectionSecure.id: method = .connectionSecure(try ConnectionSecure(decoding: &reader))
            case ConnectionSecureOK.id: method = .connectionSecureOK(try ConnectionSecureOK(decoding: &reader))
            case ConnectionTune.id: method = .connectionTune(try ConnectionTune(decoding: &reader))
            case ConnectionTuneOK.id: method = .connectionTuneOK(try ConnectionTuneOK(decoding: &reader))
            case ConnectionOpen.id: method = .connectionOpen(try ConnectionOpen(decoding: &reader))
            case ConnectionOpenOK.id: method = .connectionOpenOK(try ConnectionOpenOK(decoding: &reader))
            case ConnectionClose.id: method = .connectionClose(try ConnectionClose(decoding: &reader))
            case ConnectionCloseOK.id: method = .connectionCloseOK(try ConnectionCloseOK(decoding: &reader))
            case ConnectionBlocked.id: method = .connectionBlocked(try ConnectionBlocked(decoding: &reader))
            case ConnectionUnblocked.id: method = .connectionUnblocked(try ConnectionUnblocked(decoding: &reader))
            case ConnectionUpdateSecret.id:
                method = .connectionUpdateSecret(try ConnectionUpdateSecret(decoding: &reader))
            case ConnectionUpdateSecretOK.id:
                method = .connectionUpdateSecretOK(try ConnectionUpdateSecretOK(decoding: &reader))
            case ChannelOpen.id: method = .channelOpen(try ChannelOpen(decoding: &reader))
            case ChannelOpenOK.id: method = .channelOpenOK(try ChannelOpenOK(decoding: &reader))
            case ChannelFlow.id: method = .channelFlow(try ChannelFlow(decoding: &reader))
            case ChannelFlowOK.id: method = .channelFlowOK(try ChannelFlowOK(decoding: &reader))
            case ChannelClose.id: method = .channelClose(try ChannelClose(decoding: &reader))
            case ChannelCloseOK.id: method = .channelCloseOK(try ChannelCloseOK(decoding: &reader))
            case ExchangeDeclare.id: method = .exchangeDeclare(try ExchangeDeclare(decoding: &reader))
            case ExchangeDeclareOK.id: method = .exchangeDeclareOK(try ExchangeDeclareOK(decoding: &reader))
            case ExchangeDelete.id: method = .exchangeDelete(try ExchangeDelete(decoding: &reader))
            case ExchangeDeleteOK.id: method = .exchangeDeleteOK(try ExchangeDeleteOK(decoding: &reader))
            case ExchangeBind.id: method = .exchangeBind(try ExchangeBind(decoding: &reader))
            case ExchangeBindOK.id: method = .exchangeBindOK(try ExchangeBindOK(decoding: &reader))
            case ExchangeUnbind.id: method = .exchangeUnbind(try ExchangeUnbind(decoding: &reader))
            case ExchangeUnbindOK.id: method = .exchangeUnbindOK(try ExchangeUnbindOK(decoding: &reader))
            case QueueDeclare.id: method = .queueDeclare(try QueueDeclare(decoding: &reader))
            case QueueDeclareOK.id: method = .queueDeclareOK(try QueueDeclareOK(decoding: &reader))
            case QueueBind.id: method = .queueBind(try QueueBind(decoding: &reader))
            case QueueBindOK.id: method = .queueBindOK(try QueueBindOK(decoding: &reader))
            case QueuePurge.id: method = .queuePurge(try QueuePurge(decoding: &reader))
            case QueuePurgeOK.id: method = .queuePurgeOK(try QueuePurgeOK(decoding: &reader))
            case QueueDelete.id: method = .queueDelete(try QueueDelete(decoding: &reader))
            case QueueDeleteOK.id: method = .queueDeleteOK(try QueueDeleteOK(decoding: &reader))
            case QueueUnbind.id: method = .queueUnbind(try QueueUnbind(decoding: &reader))
            case QueueUnbindOK.id: method = .queueUnbindOK(try QueueUnbindOK(decoding: &reader))
            case BasicQos.id: method = .basicQos(try BasicQos(decoding: &reader))
            case BasicQosOK.id: method = .basicQosOK(try BasicQosOK(decoding: &reader))
            case BasicConsume.id: method = .basicConsume(try BasicConsume(decoding: &reader))
            case BasicConsumeOK.id: method = .basicConsumeOK(try BasicConsumeOK(decoding: &reader))
            case BasicCancel.id: method = .basicCancel(try BasicCancel(decoding: &reader))
            case BasicCancelOK.id: method = .basicCancelOK(try BasicCancelOK(decoding: &reader))
            case BasicPublish.id: method = .basicPublish(try BasicPublish(decoding: &reader))
            case BasicReturn.id: method = .basicReturn(try BasicReturn(decoding: &reader))
            case BasicDeliver.id: method = .basicDeliver(try BasicDeliver(decoding: &reader))
            case BasicGet.id: method = .basicGet(try BasicGet(decoding: &reader))
            case BasicGetOK.id: method = .basicGetOK(try BasicGetOK(decoding: &reader))
            case BasicGetEmpty.id: method = .basicGetEmpty(try BasicGetEmpty(decoding: &reader))
            case BasicAck.id: method = .basicAck(try BasicAck(decoding: &reader))
            case BasicReject.id: method = .basicReject(try BasicReject(decoding: &reader))
            case BasicRecoverAsync.id: method = .basicRecoverAsync(try BasicRecoverAsync(decoding: &reader))
            case BasicRecover.id: method = .basicRecover(try BasicRecover(decoding: &reader))
            case BasicRecoverOK.id: method = .basicRecoverOK(try BasicRecoverOK(decoding: &reader))
            case BasicNack.id: method = .basicNack(try BasicNack(decoding: &reader))
            case ConfirmSelect.id: method = .confirmSelect(try ConfirmSelect(decoding: &reader))
            case ConfirmSelectOK.id: method = .confirmSelectOK(try ConfirmSelectOK(decoding: &reader))
            case TxSelect.id: method = .txSelect(try TxSelect(decoding: &reader))
            case TxSelectOK.id: method = .txSelectOK(try TxSelectOK(decoding: &reader))
            case TxCommit.id: method = .txCommit(try TxCommit(decoding: &reader))
            case TxCommitOK.id: method = .txCommitOK(try TxCommitOK(decoding: &reader))
            case TxRollback.id: method = .txRollback(try TxRollback(decoding: &reader))
            case TxRollbackOK.id: method = .txRollbackOK(try TxRollbackOK(decoding: &reader))
            default: throw WireError.unknownMethod
            }
            guard reader.remaining == 0 else { throw WireError.malformed }
            return method
        } catch {
            throw error == .unknownMethod ? .unknown(id) : .malformed(id, error)
        }
    }

    /// The arguments, whatever the method.
    public var payload: any MethodPayload {
        switch self {
        case .connectionStart(let payload): payload
        case .connectionStartOK(let payload): payload
        case .connectionSecure(let payload): payload
        case .connectionSecureOK(let payload): payload
        case .connectionTune(let payload): payload
        case .connectionTuneOK(let payload): payload
        case .connectionOpen(let payload): payload
        case .connectionOpenOK(let payload): payload
        case .connectionClose(let payload): payload
        case .connectionCloseOK(let payload): payload
        case .connectionBlocked(let payload): payload
        case .connectionUnblocked(let payload): payload
        case .connectionUpdateSecret(let payload): payload
        case .connectionUpdateSecretOK(let payload): payload
        case .channelOpen(let payload): payload
        case .channelOpenOK(let payload): payload
        case .channelFlow(let payload): payload
        case .channelFlowOK(let payload): payload
        case .channelClose(let payload): payload
        case .channelCloseOK(let payload): payload
        case .exchangeDeclare(let payload): payload
        case .exchangeDeclareOK(let payload): payload
        case .exchangeDelete(let payload): payload
        case .exchangeDeleteOK(let payload): payload
        case .exchangeBind(let payload): payload
        case .exchangeBindOK(let payload): payload
        case .exchangeUnbind(let payload): payload
        case .exchangeUnbindOK(let payload): payload
        case .queueDeclare(let payload): payload
        case .queueDeclareOK(let payload): payload
        case .queueBind(let payload): payload
        case .queueBindOK(let payload): payload
        case .queuePurge(let payload): payload
        case .queuePurgeOK(let payload): payload
        case .queueDelete(let payload): payload
        case .queueDeleteOK(let payload): payload
        case .queueUnbind(let payload): payload
        case .queueUnbindOK(let payload): payload
        case .basicQos(let payload): payload
        case .basicQosOK(let payload): payload
        case .basicConsume(let payload): payload
        case .basicConsumeOK(let payload): payload
        case .basicCancel(let payload): payload
        case .basicCancelOK(let payload): payload
        case .basicPublish(let payload): payload
        case .basicReturn(let payload): payload
        case .basicDeliver(let payload): payload
        case .basicGet(let payload): payload
        case .basicGetOK(let payload): payload
        case .basicGetEmpty(let payload): payload
        case .basicAck(let payload): payload
        case .basicReject(let payload): payload
        case .basicRecoverAsync(let payload): payload
        case .basicRecover(let payload): payload
        case .basicRecoverOK(let payload): payload
        case .basicNack(let payload): payload
        case .confirmSelect(let payload): payload
        case .confirmSelectOK(let payload): payload
        case .txSelect(let payload): payload
        case .txSelectOK(let payload): payload
        case .txCommit(let payload): payload
        case .txCommitOK(let payload): payload
        case .txRollback(let payload): payload
        case .txRollbackOK(let payload): payload
        }
    }

    /// Class and method id.
    public var id: MethodID { type(of: payload).id }

    /// Writes a method frame's payload: ids, then arguments.
    public func encode(into writer: inout WireWriter) { payload.encode(into: &writer) }
}
