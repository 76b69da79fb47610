internal import AMQP

extension Node {
    /// What `connection.start` tells a client about the broker (AMQP 0-9-1 §1.4.2.1), with the capabilities that it
    /// really has (RabbitMQ, "Protocol Extensions").
    var serverProperties: FieldTable {
        [
            "capabilities": .table([
                "publisher_confirms": .boolean(true),
                "basic.nack": .boolean(true),
                "consumer_cancel_notify": .boolean(true),
                "per_consumer_qos": .boolean(true),
                "authentication_failure_close": .boolean(true),
            ]),
            "cluster_name": .string(configuration.name),
            "information": .string("Licensed under the Apache License 2.0"),
            "platform": .string("Swift"),
            "product": .string("Warren"),
            "version": .string(configuration.version),
        ]
    }
}
