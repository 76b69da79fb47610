"""Exchanges and bindings: direct, fanout and the default one."""

import pika

from bench import behaviour, counts, drain, get, publish_all, refusal


def bound(bench, type, *bindings):
    """An exchange with queues: each binding is (suffix, key)."""
    exchange = bench.exchange()
    channel = bench.channel()
    channel.exchange_declare(exchange, type)
    queues = {}
    for suffix, key in bindings:
        if suffix not in queues:
            queues[suffix] = bench.queue(suffix)
            channel.queue_declare(queues[suffix])
        channel.queue_bind(queues[suffix], exchange, key)
    return exchange, channel, queues


def sent(channel, exchange, *keys):
    for key in keys:
        channel.basic_publish(exchange, key, key.encode())


def contents(channel, queues):
    return {suffix: drain(channel, queue) for suffix, queue in queues.items()}


@behaviour
def direct(bench):
    """a direct exchange routes by the exact key"""
    exchange, channel, queues = bound(bench, "direct", ("a", "k1"), ("b", "k2"), ("c", "k1"), ("c", "k2"))
    sent(channel, exchange, "k1", "k2", "K1", "", "k1.k2")
    return contents(channel, queues)


@behaviour
def direct_with_empty_key(bench):
    """an empty routing key is a key like any other"""
    exchange, channel, queues = bound(bench, "direct", ("a", ""), ("b", "k"))
    sent(channel, exchange, "", "k")
    return contents(channel, queues)


@behaviour
def fanout(bench):
    """a fanout exchange routes to every queue whatever the key"""
    exchange, channel, queues = bound(bench, "fanout", ("a", "k1"), ("b", ""), ("b", "k2"))
    sent(channel, exchange, "k1", "other")
    return contents(channel, queues)


@behaviour
def bound_twice(bench):
    """a binding made twice delivers once and is gone after one unbind"""
    exchange, channel, queues = bound(bench, "direct", ("a", "k"), ("a", "k"))
    sent(channel, exchange, "k")
    first = drain(channel, queues["a"])
    channel.queue_unbind(queues["a"], exchange, "k")
    sent(channel, exchange, "k")
    return [first, drain(channel, queues["a"])]


@behaviour
def unbound(bench):
    """an unbound queue gets nothing more, its other bindings go on"""
    exchange, channel, queues = bound(bench, "direct", ("a", "k1"), ("a", "k2"), ("b", "k1"))
    channel.queue_unbind(queues["a"], exchange, "k1")
    sent(channel, exchange, "k1", "k2")
    return contents(channel, queues)


@behaviour
def unbind_missing_binding(bench):
    """unbinding what is not bound is accepted"""
    exchange, channel, queues = bound(bench, "direct", ("a", "k1"))
    return refusal(lambda: channel.queue_unbind(queues["a"], exchange, "other"))


@behaviour
def unbind_missing_names(bench):
    """unbinding a missing queue or exchange is answered the same way"""
    exchange, channel, queues = bound(bench, "direct", ("a", "k1"))
    missing = bench.queue("missing")
    return [
        refusal(lambda: bench.channel().queue_unbind(missing, exchange, "k1")),
        refusal(lambda: bench.channel().queue_unbind(queues["a"], "no-such-exchange", "k1")),
    ]


@behaviour
def bind_missing_names(bench):
    """binding a missing queue or exchange is refused with 404"""
    exchange, channel, queues = bound(bench, "direct", ("a", "k1"))
    missing = bench.queue("missing")
    return [
        refusal(lambda: bench.channel().queue_bind(missing, exchange, "k1")),
        refusal(lambda: bench.channel().queue_bind(queues["a"], "no-such-exchange", "k1")),
    ]


@behaviour
def bind_default(bench):
    """binding and unbinding the default exchange is refused with 403"""
    queue = bench.queue()
    bench.channel().queue_declare(queue)
    return [
        refusal(lambda: bench.channel().queue_bind(queue, "", "k")),
        refusal(lambda: bench.channel().queue_unbind(queue, "", "k")),
    ]


@behaviour
def default_routes_by_queue_name(bench):
    """the default exchange routes to the queue its key names"""
    one, two = bench.queue("one"), bench.queue("two")
    channel = bench.channel()
    channel.queue_declare(one)
    channel.queue_declare(two)
    sent(channel, "", one, two, one)
    return [len(drain(channel, one)), len(drain(channel, two))]


@behaviour
def declare_default(bench):
    """declaring or deleting the default exchange is refused with 403"""
    return [
        refusal(lambda: bench.channel().exchange_declare("", "direct")),
        refusal(lambda: bench.channel().exchange_delete("")),
    ]


@behaviour
def reserved_names(bench):
    """declaring and deleting names that begin with amq. is refused with 403"""
    return [
        refusal(lambda: bench.channel().exchange_declare("amq.mine", "direct")),
        refusal(lambda: bench.channel().exchange_delete("amq.direct")),
        refusal(lambda: bench.channel().exchange_delete("amq.mine")),
    ]


@behaviour
def predeclared(bench):
    """amq.direct and amq.fanout are there, durable"""
    return [
        refusal(lambda: bench.channel().exchange_declare("amq.direct", "direct", durable=True)),
        refusal(lambda: bench.channel().exchange_declare("amq.fanout", "fanout", durable=True)),
        refusal(lambda: bench.channel().exchange_declare("amq.direct", "direct")),
        refusal(lambda: bench.channel().exchange_declare("amq.direct", passive=True)),
    ]


@behaviour
def predeclared_route(bench):
    """amq.direct and amq.fanout route"""
    queue = bench.queue()
    channel = bench.channel()
    channel.queue_declare(queue)
    channel.queue_bind(queue, "amq.direct", bench.prefix)
    channel.queue_bind(queue, "amq.fanout")
    channel.basic_publish("amq.direct", bench.prefix, b"direct")
    channel.basic_publish("amq.fanout", "", b"fanout")
    return drain(channel, queue)


@behaviour
def redeclared_differently(bench):
    """redeclaring with another type or flag is refused with 406"""
    exchange = bench.exchange()
    bench.channel().exchange_declare(exchange, "direct")
    changes = [{"exchange_type": "fanout"}, {"durable": True}, {"auto_delete": True}, {"internal": True}, {}]
    return [
        refusal(lambda: bench.channel().exchange_declare(exchange, **change)) for change in changes]


@behaviour
def passive(bench):
    """a passive declare finds what exists whatever the type and refuses what does not with 404"""
    exchange = bench.exchange()
    bench.channel().exchange_declare(exchange, "fanout")
    return [
        refusal(lambda: bench.channel().exchange_declare(exchange, "direct", passive=True)),
        refusal(lambda: bench.channel().exchange_declare(bench.exchange("missing"), passive=True)),
    ]


@behaviour
def unknown_type(bench):
    """an unknown exchange type ends the connection"""
    exchange = bench.exchange()
    channel = bench.channel()
    return refusal(lambda: channel.exchange_declare(exchange, "x-no-such-type"))


@behaviour
def deleted(bench):
    """a deleted exchange takes its bindings along; publishing to it closes the channel with 404"""
    exchange, channel, queues = bound(bench, "direct", ("a", "k"))
    removed = channel.exchange_delete(exchange)
    channel.exchange_declare(exchange, "direct")
    sent(channel, exchange, "k")
    left = drain(channel, queues["a"])
    channel.exchange_delete(exchange)
    return [removed, left, refusal(lambda: (sent(channel, exchange, "k"), counts(channel, queues["a"])))]


@behaviour
def delete_missing(bench):
    """deleting a missing exchange is accepted"""
    return refusal(lambda: bench.channel().exchange_delete(bench.exchange()))


@behaviour
def delete_if_unused(bench):
    """delete with if-unused is refused with 406 while something is bound"""
    exchange, channel, queues = bound(bench, "direct", ("a", "k"))
    refused = refusal(lambda: bench.channel().exchange_delete(exchange, if_unused=True))
    channel.queue_unbind(queues["a"], exchange, "k")
    return [refused, refusal(lambda: channel.exchange_delete(exchange, if_unused=True))]


@behaviour
def auto_delete(bench):
    """an auto-delete exchange goes with its last binding"""
    exchange = bench.exchange()
    one, two = bench.queue("one"), bench.queue("two")
    channel = bench.channel()
    channel.exchange_declare(exchange, "direct", auto_delete=True)
    for queue in (one, two):
        channel.queue_declare(queue)
        channel.queue_bind(queue, exchange, "k")
    channel.queue_unbind(one, exchange, "k")
    before = refusal(lambda: channel.exchange_declare(exchange, passive=True))
    channel.queue_delete(two)
    return [before, refusal(lambda: channel.exchange_declare(exchange, passive=True))]


@behaviour
def auto_delete_waits_for_a_first(bench):
    """an auto-delete exchange that never had a binding stays"""
    exchange = bench.exchange()
    connection = bench.connection()
    connection.channel().exchange_declare(exchange, "direct", auto_delete=True)
    connection.close()
    return refusal(lambda: bench.channel().exchange_declare(exchange, passive=True))


@behaviour
def internal(bench):
    """publishing to an internal exchange is refused with 403"""
    exchange = bench.exchange()
    channel = bench.channel()
    channel.exchange_declare(exchange, "fanout", internal=True)
    return refusal(lambda: (sent(channel, exchange, "k"), channel.basic_qos(prefetch_count=1)))


@behaviour
def publish_to_missing(bench):
    """publishing to a missing exchange closes the channel with 404"""
    channel = bench.channel()
    return refusal(lambda: (sent(channel, "no-such-exchange", "k"), channel.basic_qos(prefetch_count=1)))


@behaviour
def bind_without_names(bench):
    """a bind with neither queue nor key uses the last declared queue's name for both"""
    exchange, queue = bench.exchange(), bench.queue()
    channel = bench.channel()
    channel.exchange_declare(exchange, "direct")
    channel.queue_declare(queue)
    channel._impl.queue_bind("", exchange, routing_key="")
    sent(channel, exchange, queue, "")
    return [body == queue for body, _ in drain(channel, queue)]


@behaviour
def longest_key(bench):
    """a routing key of 255 bytes routes"""
    exchange, channel, queues = bound(bench, "direct", ("a", "k" * 255))
    sent(channel, exchange, "k" * 255, "k" * 254)
    return contents(channel, queues)


@behaviour
def key_beyond_ascii(bench):
    """a routing key in any script routes and comes back unchanged"""
    exchange, channel, queues = bound(bench, "direct", ("a", "ключ-鍵"))
    sent(channel, exchange, "ключ-鍵")
    method, _, _ = channel.basic_get(queues["a"], True)
    return [method.exchange, method.routing_key]


@behaviour
def one_message_many_queues(bench):
    """each queue of a fanout settles its own copy"""
    exchange, channel, queues = bound(bench, "fanout", ("a", ""), ("b", ""))
    channel.basic_publish(exchange, "", b"m", pika.BasicProperties(message_id="1"))
    first = get(channel, queues["a"])
    channel.basic_nack(1, requeue=True)
    return [first, get(channel, queues["a"]), get(channel, queues["b"])]
