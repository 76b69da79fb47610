"""basic.consume and basic.cancel."""

import pika
from pika import spec

from bench import (
    Deliveries, behaviour, counts, get, numbered, publish_all, refusal, wait_until)


@behaviour
def missing_queue(bench):
    """consuming from a missing queue is refused with 404"""
    channel = bench.channel()
    return refusal(lambda: channel.basic_consume(bench.queue(), lambda *_: None))


@behaviour
def in_order(bench):
    """a thousand messages arrive in order with tags from 1"""
    queue = bench.queue()
    channel = bench.channel()
    channel.queue_declare(queue)
    for number in numbered(1000):
        channel.basic_publish("", queue, number.encode())
    deliveries = Deliveries(channel, queue, auto_ack=True).wait(1000)
    return [deliveries.bodies == numbered(1000), deliveries.tags == list(range(1, 1001))]


@behaviour
def delivery_fields(bench):
    """a delivery names its consumer, tag, exchange and key"""
    queue, exchange = bench.queue(), bench.exchange()
    channel = bench.channel()
    channel.exchange_declare(exchange, "direct")
    channel.queue_declare(queue)
    channel.queue_bind(queue, exchange, "key")
    deliveries = Deliveries(channel, queue, consumer_tag="mine")
    channel.basic_publish(exchange, "key", b"1")
    channel.basic_publish("", queue, b"2")
    return deliveries.wait(2).methods


@behaviour
def consume_ok_first(bench):
    """consume-ok comes before the first delivery"""
    queue = bench.queue()
    publish_all_declared(bench, queue)
    wire = bench.wire()
    wire.send(1, spec.Basic.Consume(queue=queue, consumer_tag="mine"))
    return wire.read_all(4)


def publish_all_declared(bench, queue):
    channel = bench.channel()
    channel.queue_declare(queue)
    publish_all(channel, queue, ["m"])
    return channel


@behaviour
def generated_tag(bench):
    """a consumer without a tag gets one that begins with amq.ctag-"""
    queue = bench.queue()
    wire = bench.wire()
    wire.call(1, spec.Queue.Declare(queue=queue))
    tags = [wire.call(1, spec.Basic.Consume(queue=queue))["consumer_tag"] for _ in range(2)]
    return [[tag[:9], len(tag)] for tag in tags] + [tags[0] != tags[1]]


@behaviour
def duplicate_tag(bench):
    """a tag used twice on one channel ends the connection with 530"""
    queue = bench.queue()
    wire = bench.wire()
    wire.call(1, spec.Queue.Declare(queue=queue))
    wire.call(1, spec.Basic.Consume(queue=queue, consumer_tag="mine"))
    wire.send(1, spec.Basic.Consume(queue=queue, consumer_tag="mine"))
    return wire.last_words()


@behaviour
def same_tag_on_two_channels(bench):
    """two channels may use the same tag"""
    queue = bench.queue()
    wire = bench.wire()
    wire.open_channel(2)
    wire.call(1, spec.Queue.Declare(queue=queue))
    return [wire.call(channel, spec.Basic.Consume(queue=queue, consumer_tag="mine")) for channel in (1, 2)]


@behaviour
def exclusive_after_shared(bench):
    """an exclusive consumer is refused with 403 where there is one already"""
    queue = bench.queue()
    channel = bench.channel()
    channel.queue_declare(queue)
    channel.basic_consume(queue, lambda *_: None)
    other = bench.channel()
    return refusal(lambda: other.basic_consume(queue, lambda *_: None, exclusive=True))


@behaviour
def shared_after_exclusive(bench):
    """any consumer is refused with 403 where there is an exclusive one"""
    queue = bench.queue()
    channel = bench.channel()
    channel.queue_declare(queue)
    channel.basic_consume(queue, lambda *_: None, exclusive=True)
    return [
        refusal(lambda: bench.channel().basic_consume(queue, lambda *_: None)),
        refusal(lambda: bench.channel().basic_consume(queue, lambda *_: None, exclusive=True)),
    ]


@behaviour
def exclusive_ends(bench):
    """after an exclusive consumer's cancel the queue is free"""
    queue = bench.queue()
    channel = bench.channel()
    channel.queue_declare(queue)
    tag = channel.basic_consume(queue, lambda *_: None, exclusive=True)
    channel.basic_cancel(tag)
    return refusal(lambda: bool(bench.channel().basic_consume(queue, lambda *_: None)))


@behaviour
def get_beside_exclusive(bench):
    """basic.get works beside an exclusive consumer"""
    queue = bench.queue()
    channel = bench.channel()
    channel.queue_declare(queue)
    channel.basic_qos(prefetch_count=1)
    Deliveries(channel, queue, exclusive=True)
    other = bench.channel()
    publish_all(other, queue, ["1", "2"])
    return refusal(lambda: get(other, queue)[0] in ("1", "2"))


@behaviour
def cancel_stops(bench):
    """nothing is delivered after cancel-ok"""
    queue = bench.queue()
    wire = bench.wire()
    wire.call(1, spec.Queue.Declare(queue=queue))
    wire.call(1, spec.Basic.Consume(queue=queue, consumer_tag="mine", no_ack=True))
    cancelled = wire.call(1, spec.Basic.Cancel("mine"))
    wire.call(1, spec.Confirm.Select())
    wire.publish(1, "", queue, b"m")
    return [cancelled, wire.read(), wire.call(1, spec.Queue.Declare(queue=queue, passive=True))]


@behaviour
def cancel_unknown(bench):
    """cancelling an unknown tag is answered by cancel-ok"""
    return bench.wire().call(1, spec.Basic.Cancel("no-such-tag"))


@behaviour
def tag_free_after_cancel(bench):
    """a cancelled tag can be used again"""
    queue = bench.queue()
    wire = bench.wire()
    wire.call(1, spec.Queue.Declare(queue=queue))
    consume = spec.Basic.Consume(queue=queue, consumer_tag="mine")
    return [wire.call(1, consume), wire.call(1, spec.Basic.Cancel("mine")), wire.call(1, consume)]


@behaviour
def cancelled_by_the_broker(bench):
    """a consumer whose queue is deleted is told by basic.cancel"""
    queue = bench.queue()
    wire = bench.wire()
    wire.call(1, spec.Queue.Declare(queue=queue))
    wire.call(1, spec.Basic.Consume(queue=queue, consumer_tag="mine"))
    bench.channel().queue_delete(queue)
    return wire.read()


@behaviour
def not_told_of_the_cancel(bench):
    """a client that does not announce consumer_cancel_notify is not told"""
    queue = bench.queue()
    wire = bench.bare_wire()
    wire.start()
    wire.start_ok(capabilities={})
    wire.read()
    wire.tune_ok()
    wire.call(0, spec.Connection.Open("/"))
    wire.open_channel(1)
    wire.call(1, spec.Queue.Declare(queue=queue))
    wire.call(1, spec.Basic.Consume(queue=queue, consumer_tag="mine"))
    bench.channel().queue_delete(queue)
    return [wire.call(1, spec.Queue.Declare(queue=queue)), wire.call(1, spec.Basic.Qos(0, 1, False))]


@behaviour
def last_declared(bench):
    """consuming from an empty name means the queue declared last"""
    queue = bench.queue()
    channel = bench.channel()
    channel.queue_declare(queue)
    deliveries = Deliveries(channel, "", auto_ack=True)
    channel.basic_publish("", queue, b"m")
    return deliveries.wait(1).bodies


@behaviour
def automatic(bench):
    """automatic acknowledgement leaves nothing behind when the connection goes"""
    queue = bench.queue()
    connection = bench.connection()
    channel = connection.channel()
    channel.queue_declare(queue)
    publish_all(channel, queue, numbered(5))
    deliveries = Deliveries(channel, queue, auto_ack=True).wait(5)
    connection.close()
    return [deliveries.flagged, counts(bench.channel(), queue)]


@behaviour
def counted(bench):
    """declare-ok counts consumers of all connections"""
    queue = bench.queue()
    one, two = bench.channel(), bench.channel()
    one.queue_declare(queue)
    one.basic_consume(queue, lambda *_: None)
    one.basic_consume(queue, lambda *_: None)
    two.basic_consume(queue, lambda *_: None)
    return counts(two, queue)


@behaviour
def one_numbering_for_all(bench):
    """deliveries and gets of a channel share one numbering"""
    queue, other = bench.queue("a"), bench.queue("b")
    channel = bench.channel()
    for name in (queue, other):
        channel.queue_declare(name)
        publish_all(channel, name, numbered(2))
    deliveries = Deliveries(channel, queue).wait(2)
    got, _, _ = channel.basic_get(other)
    return [deliveries.tags, got.delivery_tag]


@behaviour
def waiting_consumer_gets_requeued(bench):
    """what one consumer gives back goes to another that waits"""
    queue = bench.queue()
    one, two = bench.channel(), bench.channel()
    one.queue_declare(queue)
    publish_all(one, queue, ["1"])
    holder = Deliveries(one, queue).wait(1)
    waiting = Deliveries(two, queue)
    one.basic_cancel(holder.tag)
    one.basic_nack(1, requeue=True)
    counts(one, queue)
    return waiting.wait(1).flagged


@behaviour
def own_messages(bench):
    """no-local is ignored: a consumer gets what its own connection publishes"""
    queue = bench.queue()
    wire = bench.wire()
    wire.call(1, spec.Queue.Declare(queue=queue))
    wire.call(1, spec.Basic.Consume(queue=queue, consumer_tag="mine", no_local=True, no_ack=True))
    wire.publish(1, "", queue, b"m")
    return wire.read_all(3)


@behaviour
def publisher_and_consumer_at_once(bench):
    """2,000 messages through a consumer with acks and prefetch 50 arrive once each in order"""
    queue = bench.queue()
    connection = bench.connection()
    channel = connection.channel()
    channel.queue_declare(queue)
    channel.basic_qos(prefetch_count=50)
    found = []

    def receive(channel, method, properties, body):
        found.append(int(body))
        if len(found) % 10 == 0:
            channel.basic_ack(method.delivery_tag, multiple=True)

    channel.basic_consume(queue, receive)
    publisher = bench.channel()
    for number in range(2000):
        publisher.basic_publish("", queue, str(number).encode(), pika.BasicProperties(delivery_mode=1))
    wait_until(connection, lambda: len(found) >= 2000, "2,000 deliveries")
    return [found == list(range(2000)), counts(channel, queue)]
