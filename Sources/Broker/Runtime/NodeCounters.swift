/// What has happened on a node since it started, in messages.
struct NodeCounters {
    var publish: UInt64 = 0
    var confirm: UInt64 = 0
    var deliver: UInt64 = 0
    var deliverNoAck: UInt64 = 0
    var get: UInt64 = 0
    var ack: UInt64 = 0
    var redeliver: UInt64 = 0
    var returnUnroutable: UInt64 = 0
    var dropUnroutable: UInt64 = 0
}
