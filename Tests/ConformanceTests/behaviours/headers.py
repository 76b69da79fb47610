"""Headers exchanges (AMQP 0-9-1 §3.1.3.4; RabbitMQ's all-with-x and any-with-x)."""

import pika

from bench import behaviour, drain, refusal

MESSAGES = {
    "none": None,
    "empty": {},
    "a1": {"a": 1},
    "a1b2": {"a": 1, "b": 2},
    "b2": {"b": 2},
    "a2b2": {"a": 2, "b": 2},
    "text": {"a": "1"},
    "big": {"a": 1 << 40},
    "long": {"a": pika.compat.long(1)},
    "bool": {"a": True},
    "x": {"x-a": 1},
    "xa": {"x-a": 1, "a": 1},
    "null": {"a": None},
    "list": {"a": [1]},
    "table": {"a": {"b": 1}},
}

BINDINGS = {
    "no x-match": {"a": 1, "b": 2},
    "all": {"x-match": "all", "a": 1, "b": 2},
    "any": {"x-match": "any", "a": 1, "b": 2},
    "all of none": {"x-match": "all"},
    "any of none": {"x-match": "any"},
    "nothing": None,
    "present": {"x-match": "all", "a": None},
    "text": {"a": "1"},
    "true": {"a": True},
    "big": {"a": 1 << 40},
    "list": {"a": [1]},
    "table": {"a": {"b": 1}},
    "x ignored": {"x-match": "all", "x-a": 1, "a": 1},
    "x ignored any": {"x-match": "any", "x-a": 1},
    "x counts": {"x-match": "all-with-x", "x-a": 1, "a": 1},
    "x counts any": {"x-match": "any-with-x", "x-a": 1, "b": 9},
}


@behaviour
def matching(bench):
    """every binding meets every message as the arguments say"""
    exchange = bench.exchange()
    channel = bench.channel()
    channel.exchange_declare(exchange, "headers")
    queues = {name: bench.queue(str(number)) for number, name in enumerate(BINDINGS)}
    for name, arguments in BINDINGS.items():
        channel.queue_declare(queues[name])
        channel.queue_bind(queues[name], exchange, "", arguments)
    for name, headers in MESSAGES.items():
        channel.basic_publish(exchange, "", name.encode(), pika.BasicProperties(headers=headers))
    return {name: sorted(body for body, _ in drain(channel, queue)) for name, queue in queues.items()}


@behaviour
def refused(bench):
    """an x-match that is none is refused with 406"""
    exchange, queue = bench.exchange(), bench.queue()
    channel = bench.channel()
    channel.exchange_declare(exchange, "headers")
    channel.queue_declare(queue)
    return [
        refusal(lambda: bench.channel().queue_bind(queue, exchange, "", arguments))
        for arguments in ({"x-match": "some"}, {"x-match": 1}, {"x-match": ""}, {"x-match": True})
    ]


@behaviour
def key_is_ignored(bench):
    """the routing key plays no part, but tells bindings apart"""
    exchange, queue = bench.exchange(), bench.queue()
    channel = bench.channel()
    channel.exchange_declare(exchange, "headers")
    channel.queue_declare(queue)
    channel.queue_bind(queue, exchange, "one", {"a": 1})
    channel.queue_bind(queue, exchange, "two", {"a": 1})
    channel.queue_unbind(queue, exchange, "one", {"a": 1})
    channel.basic_publish(exchange, "three", b"in", pika.BasicProperties(headers={"a": 1}))
    return drain(channel, queue)


@behaviour
def many_frames(bench):
    """a message in several frames is matched by its headers as well"""
    exchange, queue = bench.exchange(), bench.queue()
    channel = bench.channel()
    channel.exchange_declare(exchange, "headers")
    channel.queue_declare(queue)
    channel.queue_bind(queue, exchange, "", {"a": 1})
    channel.basic_publish(exchange, "", b"x" * 400_000, pika.BasicProperties(headers={"a": 1}))
    channel.basic_publish(exchange, "", b"y" * 400_000, pika.BasicProperties(headers={"a": 2}))
    return [len(body) for body, _ in drain(channel, queue)]


@behaviour
def system(bench):
    """amq.headers and amq.match are there"""
    return [
        refusal(lambda: bench.channel().exchange_declare(name, "headers", durable=True))
        for name in ("amq.headers", "amq.match")
    ]


@behaviour
def behind_another(bench):
    """headers are matched behind an exchange that routes by key, and mandatory returns what they do not match"""
    outer, inner, queue = bench.exchange("outer"), bench.exchange("inner"), bench.queue()
    channel = bench.channel()
    channel.confirm_delivery()
    channel.exchange_declare(outer, "fanout")
    channel.exchange_declare(inner, "headers")
    channel.exchange_bind(inner, outer)
    channel.queue_declare(queue)
    channel.queue_bind(queue, inner, "", {"a": 1})
    outcome = []
    for headers in ({"a": 1}, {"a": 2}, {"a": 1}):
        try:
            channel.basic_publish(outer, "", b"m", pika.BasicProperties(headers=headers), mandatory=True)
            outcome.append("taken")
        except pika.exceptions.UnroutableError:
            outcome.append("returned")
    return [outcome, drain(channel, queue)]
