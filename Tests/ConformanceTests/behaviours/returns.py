"""Mandatory messages that no queue takes."""

import pika
from pika import spec

from bench import behaviour


@behaviour
def without_confirms(bench):
    """an unroutable mandatory message is returned with 312 NO_ROUTE, exchange, key, header and body"""
    wire = bench.wire()
    wire.publish(1, "", "no-such-queue", b"back", mandatory=True)
    return wire.read_all(3)


@behaviour
def through_a_named_exchange(bench):
    """a message no binding matches is returned with its exchange and key"""
    exchange = bench.exchange()
    wire = bench.wire()
    wire.call(1, spec.Exchange.Declare(exchange=exchange, type="direct"))
    wire.publish(1, exchange, "no-such-key", b"back", mandatory=True)
    return wire.read_all(3)


@behaviour
def not_mandatory(bench):
    """an unroutable message that is not mandatory vanishes"""
    wire = bench.wire()
    wire.publish(1, "", "no-such-queue", b"lost")
    return wire.call(1, spec.Basic.Qos(0, 1, False))


@behaviour
def empty_body(bench):
    """a returned message without a body comes without a body frame"""
    wire = bench.wire()
    wire.publish(1, "", "no-such-queue", b"", mandatory=True)
    returned = wire.read_all(2)
    return [returned, wire.call(1, spec.Basic.Qos(0, 1, False))]


@behaviour
def in_order(bench):
    """returns come in the order of their publishes"""
    wire = bench.wire()
    for number in range(10):
        wire.publish(1, "", f"no-such-queue-{number}", b"back", mandatory=True)
    return [wire.read_all(3)[0]["routing_key"] for _ in range(10)]


@behaviour
def with_properties(bench):
    """a returned message brings its properties and headers back"""
    returned = []
    connection = bench.connection()
    channel = connection.channel()
    channel.add_on_return_callback(lambda *message: returned.append(message))
    properties = pika.BasicProperties(
        content_type="text/plain", headers={"a": 1, "b": "two"}, correlation_id="c", message_id="m", priority=3)
    channel.basic_publish("", "no-such-queue", b"back", properties, mandatory=True)
    channel.basic_qos(prefetch_count=0)
    connection.process_data_events(time_limit=0)
    _, method, found, body = returned[0]
    return [method, {key: value for key, value in vars(found).items() if value is not None}, body]


@behaviour
def large(bench):
    """a large body is returned whole"""
    wire = bench.wire()
    body = bytes(97 + number % 26 for number in range(300_000))
    wire.publish(1, "", "no-such-queue", body, mandatory=True)
    found = [wire.read(), wire.read()]
    text = ""
    while len(text) < len(body):
        text += wire.read()["body"]
    return [found, text.encode() == body]
