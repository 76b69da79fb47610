"""Publisher confirms."""

import pika
from pika import exceptions, spec

from bench import behaviour, numbered


def confirmed(wire, count):
    """Reads confirms until `count` tags are covered. A tag confirmed twice appears twice."""
    covered = []
    while len(set(covered)) < count:
        answer = wire.read()
        if answer == "end" or answer["method"] != "Basic.Ack":
            return [str(answer)]
        cover(covered, answer)
    return sorted(covered)


def cover(covered, ack):
    """Notes what an ack covers: with `multiple` everything up to its tag that was not confirmed yet."""
    if ack["multiple"]:
        covered += [tag for tag in range(1, ack["delivery_tag"]) if tag not in covered]
    covered.append(ack["delivery_tag"])


def confirming(bench):
    wire = bench.wire()
    wire.call(1, spec.Confirm.Select())
    return wire


@behaviour
def every_tag_once(bench):
    """200 publishes are confirmed, each exactly once, from tag 1"""
    queue = bench.queue()
    wire = confirming(bench)
    wire.call(1, spec.Queue.Declare(queue=queue))
    for number in numbered(200):
        wire.publish(1, "", queue, number.encode())
    return confirmed(wire, 200)


@behaviour
def one_by_one(bench):
    """publishes that wait for their confirm are confirmed one by one in order"""
    queue = bench.queue()
    wire = confirming(bench)
    wire.call(1, spec.Queue.Declare(queue=queue))
    tags = []
    for number in numbered(5):
        wire.publish(1, "", queue, number.encode())
        tags.append(wire.read()["delivery_tag"])
    return tags


@behaviour
def numbering_starts_with_select(bench):
    """tags count from confirm.select, not from the channel's first publish"""
    queue = bench.queue()
    wire = bench.wire()
    wire.call(1, spec.Queue.Declare(queue=queue))
    wire.publish(1, "", queue, b"before")
    wire.publish(1, "", queue, b"before")
    wire.call(1, spec.Confirm.Select())
    wire.publish(1, "", queue, b"after")
    return wire.read()


@behaviour
def numbering_per_channel(bench):
    """each channel counts its own tags"""
    queue = bench.queue()
    wire = confirming(bench)
    wire.open_channel(2)
    wire.call(2, spec.Confirm.Select())
    wire.call(1, spec.Queue.Declare(queue=queue))
    answers = []
    for channel in (1, 2, 2):
        wire.publish(channel, "", queue, b"m")
        answers.append(wire.read())
    return answers


@behaviour
def select_twice(bench):
    """confirm.select twice does not start the count again"""
    queue = bench.queue()
    wire = confirming(bench)
    wire.call(1, spec.Queue.Declare(queue=queue))
    wire.publish(1, "", queue, b"1")
    first = wire.read()
    again = wire.call(1, spec.Confirm.Select())
    wire.publish(1, "", queue, b"2")
    return [first, again, wire.read()]


@behaviour
def select_no_wait(bench):
    """confirm.select with no-wait is not answered and works"""
    queue = bench.queue()
    wire = bench.wire()
    wire.call(1, spec.Queue.Declare(queue=queue))
    wire.send(1, spec.Confirm.Select(nowait=True))
    wire.publish(1, "", queue, b"1")
    return wire.read()


@behaviour
def unroutable(bench):
    """a message that no queue takes is confirmed"""
    wire = confirming(bench)
    wire.publish(1, "", "no-such-queue", b"lost")
    return wire.read()


@behaviour
def unroutable_between_routable(bench):
    """unroutable and routable messages are confirmed alike"""
    queue = bench.queue()
    wire = confirming(bench)
    wire.call(1, spec.Queue.Declare(queue=queue))
    for number in range(20):
        wire.publish(1, "", queue if number % 2 else "no-such-queue", b"m")
    return confirmed(wire, 20)


@behaviour
def mandatory_return_before_ack(bench):
    """an unroutable mandatory message is returned first and confirmed then"""
    wire = confirming(bench)
    wire.publish(1, "", "no-such-queue", b"back", mandatory=True)
    return wire.read_all(4)


@behaviour
def mandatory_delivered(bench):
    """a mandatory message that a queue takes is only confirmed"""
    queue = bench.queue()
    wire = confirming(bench)
    wire.call(1, spec.Queue.Declare(queue=queue))
    wire.publish(1, "", queue, b"m", mandatory=True)
    return wire.read()


@behaviour
def fanned_out(bench):
    """a message to three queues is confirmed once"""
    exchange = bench.exchange()
    wire = confirming(bench)
    wire.call(1, spec.Exchange.Declare(exchange=exchange, type="fanout"))
    for suffix in "abc":
        queue = bench.queue(suffix)
        wire.call(1, spec.Queue.Declare(queue=queue))
        wire.call(1, spec.Queue.Bind(queue=queue, exchange=exchange))
    wire.publish(1, exchange, "", b"m")
    ack = wire.read()
    wire.publish(1, exchange, "", b"m")
    return [ack, wire.read()]


@behaviour
def missing_exchange(bench):
    """a publish to a missing exchange closes the channel and is not confirmed"""
    wire = confirming(bench)
    wire.publish(1, "no-such-exchange", "key", b"lost")
    return wire.read()


@behaviour
def persistent(bench):
    """a persistent message in a durable queue is confirmed"""
    queue = bench.queue()
    wire = confirming(bench)
    wire.call(1, spec.Queue.Declare(queue=queue, durable=True))
    wire.publish(1, "", queue, b"m", properties=spec.BasicProperties(delivery_mode=2))
    return wire.read()


@behaviour
def pika_publishes(bench):
    """pika's confirming channel publishes and reports what is unroutable"""
    queue = bench.queue()
    channel = bench.channel()
    channel.queue_declare(queue)
    channel.confirm_delivery()
    channel.basic_publish("", queue, b"m", mandatory=True)
    try:
        channel.basic_publish("", "no-such-queue", b"back", pika.BasicProperties(message_id="7"), mandatory=True)
    except exceptions.UnroutableError as error:
        returned = error.messages[0]
        return [returned.method, returned.properties.message_id, returned.body]


@behaviour
def consumed_before_confirmed(bench):
    """a message consumed at once by an automatic consumer is confirmed all the same"""
    queue = bench.queue()
    wire = confirming(bench)
    wire.open_channel(2)
    wire.call(2, spec.Queue.Declare(queue=queue))
    wire.call(2, spec.Basic.Consume(queue=queue, no_ack=True, consumer_tag="c"))
    for number in numbered(10):
        wire.publish(1, "", queue, number.encode())
    covered, bodies = [], []
    while len(covered) < 10 or len(bodies) < 10:
        answer = wire.read()
        if "body" in answer:
            bodies.append(answer["body"])
        elif answer.get("method") == "Basic.Ack":
            cover(covered, answer)
    return [sorted(covered), bodies]
