"""Length limits and message lifetimes of queues (RabbitMQ, "Queue Length Limit", "Time-To-Live")."""

import pika

from bench import Deliveries, behaviour, counts, drain, get, numbered, publish_all, refusal, wait_until


def limited(bench, **arguments):
    name = bench.queue()
    channel = bench.channel()
    channel.queue_declare(name, arguments={key.replace("_", "-"): value for key, value in arguments.items()})
    return name, channel


@behaviour
def drop_head(bench):
    """over its length a queue drops the oldest"""
    name, channel = limited(bench, x_max_length=3)
    publish_all(channel, name, numbered(5))
    return drain(channel, name)


@behaviour
def none_kept(bench):
    """a queue of length 0 keeps nothing"""
    name, channel = limited(bench, x_max_length=0)
    publish_all(channel, name, numbered(2))
    return drain(channel, name)


@behaviour
def bytes_limit(bench):
    """a limit of bytes counts bodies that are ready"""
    name, channel = limited(bench, x_max_length_bytes=10)
    publish_all(channel, name, ["aaaa", "bbbb", "cccc", "d"])
    return drain(channel, name)


@behaviour
def unacked_do_not_count(bench):
    """unacknowledged deliveries do not count, and come back over the limit"""
    name, channel = limited(bench, x_max_length=2)
    publish_all(channel, name, numbered(2))
    other = bench.channel()
    held = [get(other, name) for _ in range(2)]
    publish_all(channel, name, ["3", "4"])
    other.basic_nack(2, multiple=True, requeue=True)
    wait_until(channel.connection, lambda: counts(channel, name)[0] == 2, "two ready")
    return [held, drain(channel, name)]


@behaviour
def reject_publish(bench):
    """a queue that rejects publishes nacks what is over its length and keeps the oldest"""
    name, channel = limited(bench, x_max_length=2, x_overflow="reject-publish")
    channel.confirm_delivery()
    outcome = []
    for body in numbered(4):
        try:
            channel.basic_publish("", name, body.encode(), mandatory=True)
            outcome.append("ack")
        except pika.exceptions.NackError:
            outcome.append("nack")
    return [outcome, drain(channel, name)]


@behaviour
def reject_in_one_of_two(bench):
    """a publish that one of its queues rejects is nacked, and in the other all the same"""
    name, channel = limited(bench, x_max_length=1, x_overflow="reject-publish")
    other, exchange = bench.queue("other"), bench.exchange()
    channel.exchange_declare(exchange, "fanout")
    channel.queue_declare(other)
    channel.queue_bind(name, exchange, "")
    channel.queue_bind(other, exchange, "")
    channel.confirm_delivery()
    outcome = []
    for body in numbered(2):
        try:
            channel.basic_publish(exchange, "", body.encode())
            outcome.append("ack")
        except pika.exceptions.NackError:
            outcome.append("nack")
    return [outcome, drain(channel, name), drain(channel, other)]


@behaviour
def message_ttl(bench):
    """messages go when the queue's lifetime for them is over, whether anybody looks or not"""
    name, channel = limited(bench, x_message_ttl=100)
    publish_all(channel, name, numbered(2))
    wait_until(channel.connection, lambda: counts(channel, name)[0] == 0, "an empty queue")
    return drain(channel, name)


@behaviour
def shorter_lifetime_counts(bench):
    """of the queue's and the message's lifetime the shorter one counts"""
    name, channel = limited(bench, x_message_ttl=60000)
    publish_all(channel, name, ["short"], expiration="50")
    publish_all(channel, name, ["long"], expiration="600000")
    wait_until(channel.connection, lambda: counts(channel, name)[0] == 1, "one left")
    return drain(channel, name)


@behaviour
def expires(bench):
    """an unused queue goes after its time"""
    name, channel = limited(bench, x_expires=200)
    publish_all(channel, name, numbered(1))
    connection = bench.connection()

    def is_gone():
        other = connection.channel()
        answer = refusal(lambda: other.queue_bind(name, "amq.direct", "k"))
        if "result" in answer:
            other.close()
        return answer.get("channel closed", [0])[0] == 404

    wait_until(connection, is_gone, "the queue to go")
    return "gone"


@behaviour
def quorum_expires(bench):
    """an unused quorum queue goes after its time, one with a consumer does not before the consumer does"""
    unused, used = bench.queue("unused"), bench.queue("used")
    arguments = {"x-queue-type": "quorum", "x-expires": 500}
    channel = bench.channel()
    for name in (used, unused):
        channel.queue_declare(name, durable=True, arguments=arguments)
        if name == used:
            channel.basic_consume(name, lambda *_: None)
    publish_all(channel, unused, numbered(1))
    connection = bench.connection()

    def is_gone(name):
        other = connection.channel()
        answer = refusal(lambda: other.queue_bind(name, "amq.direct", "k"))
        if "result" in answer:
            other.close()
        return answer.get("channel closed", [0])[0] == 404

    wait_until(connection, lambda: is_gone(unused), "the unused queue to go")
    is_held = not is_gone(used)
    channel.close()
    wait_until(connection, lambda: is_gone(used), "the other queue to go")
    return [is_held, "gone"]


@behaviour
def refused_arguments(bench):
    """arguments that make no sense are refused with 406"""
    return [
        refusal(lambda: bench.channel().queue_declare(bench.queue(), arguments=arguments))
        for arguments in (
            {"x-max-length": -1},
            {"x-max-length": "ten"},
            {"x-max-length": 1 << 40},
            {"x-max-length-bytes": -1},
            {"x-max-length-bytes": "ten"},
            {"x-overflow": "sometimes"},
            {"x-overflow": 1},
            {"x-message-ttl": -1},
            {"x-message-ttl": "ten"},
            {"x-message-ttl": 0},
            {"x-message-ttl": 1 << 40},
            {"x-expires": 0},
            {"x-expires": -1},
            {"x-expires": "ten"},
            {"x-max-length": True},
            {"x-unknown": "anything"},
        )
    ]


@behaviour
def equivalence(bench):
    """limits are compared when a queue is declared again"""
    name, channel = limited(bench, x_max_length=3, x_message_ttl=1000, x_expires=60000, x_max_length_bytes=9)
    same = {"x-max-length": 3, "x-message-ttl": 1000, "x-expires": 60000, "x-max-length-bytes": 9}
    return [
        refusal(lambda: bench.channel().queue_declare(name, arguments=dict(same, **other)))
        for other in (
            {},
            {"x-max-length": 4},
            {"x-message-ttl": 2000},
            {"x-expires": 70000},
            {"x-max-length-bytes": 10},
            {"x-overflow": "reject-publish"},
            {"x-overflow": "drop-head"},
            {"x-unknown": "anything"},
        )
    ] + [refusal(lambda: bench.channel().queue_declare(name))]
