/// Replies of RabbitMQ 3.10.8, captured from its management API and shortened where nothing reads them.
enum CapturedReplies {
    /// `GET /api/overview` with one queue, one connection and 50 messages.
    static let overview = """
        {"management_version": "3.10.8", "rates_mode": "basic", "product_version": "3.10.8", "product_name":
        "RabbitMQ", "rabbitmq_version": "3.10.8", "cluster_name": "rabbit@vm", "erlang_version": "25.2.3",
        "erlang_full_version": "Erlang/OTP 25 [erts-13.1.5] [source] [64-bit] [smp:2:2] [ds:2:2:10] [async-threads:1]
        [jit:ns]", "release_series_support_status": "supported", "disable_stats": false, "enable_queue_totals": false,
        "message_stats": {"ack": 0, "ack_details": {"rate": 0.0}, "confirm": 0, "confirm_details": {"rate": 0.0},
        "deliver": 10, "deliver_details": {"rate": 0.0}, "deliver_get": 10, "deliver_get_details": {"rate": 0.0},
        "deliver_no_ack": 0, "deliver_no_ack_details": {"rate": 0.0}, "disk_reads": 0, "disk_reads_details": {"rate":
        0.0}, "disk_writes": 0, "disk_writes_details": {"rate": 0.0}, "drop_unroutable": 0, "drop_unroutable_details":
        {"rate": 0.0}, "get": 0, "get_details": {"rate": 0.0}, "get_empty": 0, "get_empty_details": {"rate": 0.0},
        "get_no_ack": 0, "get_no_ack_details": {"rate": 0.0}, "publish": 50, "publish_details": {"rate": 0.0},
        "redeliver": 0, "redeliver_details": {"rate": 0.0}, "return_unroutable": 0, "return_unroutable_details":
        {"rate": 0.0}}, "churn_rates": {"channel_closed": 0, "channel_closed_details": {"rate": 0.0},
        "channel_created": 1, "channel_created_details": {"rate": 0.0}, "connection_closed": 0,
        "connection_closed_details": {"rate": 0.0}, "connection_created": 1, "connection_created_details": {"rate":
        0.0}, "queue_created": 1, "queue_created_details": {"rate": 0.0}, "queue_declared": 1,
        "queue_declared_details": {"rate": 0.0}, "queue_deleted": 0, "queue_deleted_details": {"rate": 0.0}},
        "queue_totals": {"messages": 50, "messages_details": {"rate": 0.0}, "messages_ready": 40,
        "messages_ready_details": {"rate": 0.0}, "messages_unacknowledged": 10, "messages_unacknowledged_details":
        {"rate": 0.0}}, "object_totals": {"channels": 1, "connections": 1, "consumers": 1, "exchanges": 7, "queues":
        1}, "statistics_db_event_queue": 0, "node": "rabbit@localhost", "listeners": [{"node": "rabbit@localhost",
        "protocol": "amqp", "ip_address": "127.0.0.1", "port": 5672, "socket_opts": {"linger": [true, 0]}}, {"node":
        "rabbit@localhost", "protocol": "clustering", "ip_address": "::", "port": 25672, "socket_opts": []}, {"node":
        "rabbit@localhost", "protocol": "http", "ip_address": "::", "port": 15672, "socket_opts": {"cowboy_opts":
        {"sendfile": false}, "ip": "127.0.0.1", "port": 15672}}]}
        """

    /// `GET /api/nodes`.
    static let nodes = """
        [{"partitions": [], "os_pid": "2888", "fd_total": 20000, "sockets_total": 17910, "mem_limit": 10110600806,
        "mem_alarm": false, "disk_free_limit": 50000000, "disk_free_alarm": false, "proc_total": 1048576,
        "rates_mode": "basic", "uptime": 681808, "run_queue": 1, "processors": 2, "net_ticktime": 60,
        "mem_calculation_strategy": "rss", "ra_open_file_metrics": {"ra_log_wal": 1, "ra_log_segment_writer": 0},
        "name": "rabbit@localhost", "type": "disc", "running": true, "mem_used": 138203136, "mem_used_details":
        {"rate": 13926.4}, "fd_used": 40, "fd_used_details": {"rate": 0.2}, "sockets_used": 1, "sockets_used_details":
        {"rate": 0.2}, "proc_used": 367, "proc_used_details": {"rate": 2.6}, "disk_free": 85696286720,
        "disk_free_details": {"rate": 0.0}, "connection_created": 1, "connection_created_details": {"rate": 0.0},
        "connection_closed": 0, "connection_closed_details": {"rate": 0.0}, "channel_created": 1,
        "channel_created_details": {"rate": 0.0}, "channel_closed": 0, "channel_closed_details": {"rate": 0.0},
        "queue_declared": 1, "queue_declared_details": {"rate": 0.0}, "queue_created": 1, "queue_created_details":
        {"rate": 0.0}, "queue_deleted": 0, "queue_deleted_details": {"rate": 0.0}}]
        """

    /// `GET /api/queues?page=1&page_size=2&sort=messages&sort_reverse=true`.
    static let page = """
        {"filtered_count": 1, "item_count": 1, "items": [{"arguments": {"x-max-length": 5000}, "auto_delete": false,
        "backing_queue_status": {"avg_ack_egress_rate": 0.0, "avg_ack_ingress_rate": 0.0, "avg_egress_rate": 0.0,
        "avg_ingress_rate": 0.0, "delta": ["delta", "undefined", 0, 0, "undefined"], "len": 40, "mode": "default",
        "next_deliver_seq_id": 10, "next_seq_id": 50, "q1": 0, "q2": 0, "q3": 0, "q4": 40, "target_ram_count":
        "infinity", "version": 1}, "consumer_capacity": 0.49945920608538696, "consumer_utilisation":
        0.4994585137161916, "consumers": 1, "durable": true, "effective_policy_definition": {}, "exclusive": false,
        "exclusive_consumer_tag": null, "garbage_collection": {"fullsweep_after": 65535, "max_heap_size": 0,
        "min_bin_vheap_size": 46422, "min_heap_size": 233, "minor_gcs": 7}, "head_message_timestamp": null,
        "idle_since": "2026-11-23T18:35:50.824+00:00", "memory": 48120, "message_bytes": 5000,
        "message_bytes_paged_out": 0, "message_bytes_persistent": 0, "message_bytes_ram": 5000, "message_bytes_ready":
        4000, "message_bytes_unacknowledged": 1000, "message_stats": {"ack": 0, "ack_details": {"rate": 0.0},
        "deliver": 10, "deliver_details": {"rate": 0.0}, "deliver_get": 10, "deliver_get_details": {"rate": 0.0},
        "deliver_no_ack": 0, "deliver_no_ack_details": {"rate": 0.0}, "get": 0, "get_details": {"rate": 0.0},
        "get_empty": 0, "get_empty_details": {"rate": 0.0}, "get_no_ack": 0, "get_no_ack_details": {"rate": 0.0},
        "publish": 50, "publish_details": {"rate": 0.0}, "redeliver": 0, "redeliver_details": {"rate": 0.0}},
        "messages": 50, "messages_details": {"rate": 0.0}, "messages_paged_out": 0, "messages_persistent": 0,
        "messages_ram": 50, "messages_ready": 40, "messages_ready_details": {"rate": 0.0}, "messages_ready_ram": 40,
        "messages_unacknowledged": 10, "messages_unacknowledged_details": {"rate": 0.0},
        "messages_unacknowledged_ram": 10, "name": "mgmt.cap", "node": "rabbit@localhost", "operator_policy": null,
        "policy": null, "recoverable_slaves": null, "reductions": 22248, "reductions_details": {"rate": 0.0},
        "single_active_consumer_tag": null, "state": "running", "type": "classic", "vhost": "/"}], "page": 1,
        "page_count": 1, "page_size": 2, "total_count": 1}
        """

    /// `GET /api/queues?page=1&page_size=2&disable_stats=true&enable_queue_totals=true`.
    static let pageWithoutStatistics = """
        {"filtered_count": 1, "item_count": 1, "items": [{"arguments": {"x-max-length": 5000}, "auto_delete": false,
        "durable": true, "exclusive": false, "messages": 50, "messages_ready": 40, "messages_unacknowledged": 10,
        "name": "mgmt.cap", "node": "rabbit@localhost", "state": "running", "type": "classic", "vhost": "/"}], "page":
        1, "page_count": 1, "page_size": 2, "total_count": 1}
        """

    /// `GET /api/queues/%2F/mgmt.cap` with one consumer of prefetch 10.
    static let queue = """
        {"consumer_details": [{"arguments": {}, "channel_details": {"connection_name": "127.0.0.1:53810 ->
        127.0.0.1:5672", "name": "127.0.0.1:53810 -> 127.0.0.1:5672 (1)", "node": "rabbit@localhost", "number": 1,
        "peer_host": "127.0.0.1", "peer_port": 53810, "user": "guest"}, "ack_required": true, "active": true,
        "activity_status": "up", "consumer_tag": "ctag1.47c5862dc5a046f1b11ea62b77f534be", "exclusive": false,
        "prefetch_count": 10, "queue": {"name": "mgmt.cap", "vhost": "/"}}], "arguments": {"x-max-length": 5000},
        "auto_delete": false, "backing_queue_status": {"avg_ack_egress_rate": 0.0, "avg_ack_ingress_rate": 0.0,
        "avg_egress_rate": 0.0, "avg_ingress_rate": 0.0, "delta": ["delta", "undefined", 0, 0, "undefined"], "len":
        40, "mode": "default", "next_deliver_seq_id": 10, "next_seq_id": 50, "q1": 0, "q2": 0, "q3": 0, "q4": 40,
        "target_ram_count": "infinity", "version": 1}, "consumer_capacity": 0.49945920608538696,
        "consumer_utilisation": 0.4994585137161916, "consumers": 1, "deliveries": [], "durable": true,
        "effective_policy_definition": {}, "exclusive": false, "exclusive_consumer_tag": null, "garbage_collection":
        {"fullsweep_after": 65535, "max_heap_size": 0, "min_bin_vheap_size": 46422, "min_heap_size": 233, "minor_gcs":
        7}, "head_message_timestamp": null, "idle_since": "2026-11-23T18:35:50.824+00:00", "incoming": [], "memory":
        48120, "message_bytes": 5000, "message_bytes_paged_out": 0, "message_bytes_persistent": 0,
        "message_bytes_ram": 5000, "message_bytes_ready": 4000, "message_bytes_unacknowledged": 1000, "message_stats":
        {"ack": 0, "ack_details": {"rate": 0.0}, "deliver": 10, "deliver_details": {"rate": 0.0}, "deliver_get": 10,
        "deliver_get_details": {"rate": 0.0}, "deliver_no_ack": 0, "deliver_no_ack_details": {"rate": 0.0}, "get": 0,
        "get_details": {"rate": 0.0}, "get_empty": 0, "get_empty_details": {"rate": 0.0}, "get_no_ack": 0,
        "get_no_ack_details": {"rate": 0.0}, "publish": 50, "publish_details": {"rate": 0.0}, "redeliver": 0,
        "redeliver_details": {"rate": 0.0}}, "messages": 50, "messages_details": {"rate": 0.0}, "messages_paged_out":
        0, "messages_persistent": 0, "messages_ram": 50, "messages_ready": 40, "messages_ready_details": {"rate":
        0.0}, "messages_ready_ram": 40, "messages_unacknowledged": 10, "messages_unacknowledged_details": {"rate":
        0.0}, "messages_unacknowledged_ram": 10, "name": "mgmt.cap", "node": "rabbit@localhost", "operator_policy":
        null, "policy": null, "recoverable_slaves": null, "reductions": 22248, "reductions_details": {"rate": 0.0},
        "single_active_consumer_tag": null, "state": "running", "type": "classic", "vhost": "/"}
        """
}
