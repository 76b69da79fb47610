"""Channels open, fail and close without disturbing each other."""

from pika import spec

from bench import behaviour, counts, get, publish_all, refusal, wait_for_ready


@behaviour
def reopened(bench):
    """a closed channel's number can be opened again"""
    wire = bench.wire()
    closed = wire.call(1, spec.Channel.Close(200, "bye", 0, 0))
    wire.open_channel(1)
    return closed


@behaviour
def error_leaves_others_alone(bench):
    """a channel error leaves the connection's other channels alone"""
    queue = bench.queue()
    connection = bench.connection()
    one, two = connection.channel(), connection.channel()
    two.queue_declare(queue)
    failed = refusal(lambda: one.queue_declare(bench.queue("missing"), passive=True))
    return [failed, counts(two, queue), connection.is_open]


@behaviour
def deaf_until_close_ok(bench):
    """after a channel error everything up to channel.close-ok is ignored, then the number is free"""
    queue = bench.queue()
    wire = bench.wire()
    wire.publish(1, "no-such-exchange", "", b"lost")
    wire.send(1, spec.Queue.Declare(queue=queue), spec.Basic.Qos(0, 1, False))
    error = wire.read()
    wire.send(1, spec.Channel.CloseOk())
    wire.open_channel(1)
    return [error, wire.call(1, spec.Queue.Declare(queue=queue, passive=True))]


@behaviour
def close_gives_back(bench):
    """closing a channel gives its unacknowledged messages back in order, flagged redelivered"""
    queue = bench.queue()
    connection = bench.connection()
    one, two = connection.channel(), connection.channel()
    one.queue_declare(queue)
    publish_all(two, queue, ["1", "2", "3"])
    taken = [get(one, queue), get(one, queue)]
    one.close()
    wait_for_ready(two, queue, 3)
    return [taken, [get(two, queue) for _ in range(3)]]


@behaviour
def error_gives_back(bench):
    """a channel that fails gives its unacknowledged messages back"""
    queue = bench.queue()
    connection = bench.connection()
    one, two = connection.channel(), connection.channel()
    one.queue_declare(queue)
    publish_all(two, queue, ["1", "2"])
    get(one, queue)
    refusal(lambda: one.queue_declare(bench.queue("missing"), passive=True))
    wait_for_ready(two, queue, 2)
    return [get(two, queue), get(two, queue)]


@behaviour
def close_stops_its_consumers(bench):
    """closing a channel ends its consumers"""
    queue = bench.queue()
    connection = bench.connection()
    one, two = connection.channel(), connection.channel()
    one.queue_declare(queue)
    one.basic_consume(queue, lambda *_: None)
    before = counts(two, queue)
    one.close()
    return [before, counts(two, queue)]


@behaviour
def interleaved_publishes(bench):
    """messages whose frames interleave on two channels arrive whole"""
    queue = bench.queue()
    wire = bench.wire()
    wire.open_channel(2)
    wire.call(1, spec.Queue.Declare(queue=queue))
    header = b"\x00\x3c\x00\x00\x00\x00\x00\x00\x00\x00\x00\x04\x00\x00"
    for channel in (1, 2):
        wire.send(channel, spec.Basic.Publish(routing_key=queue))
    for channel in (1, 2):
        wire.send_frame(2, channel, header)
    for part in (b"ab", b"cd"):
        wire.send_frame(3, 2, part)
        wire.send_frame(3, 1, part.upper())
    wire.call(2, spec.Basic.Qos(0, 0, False))
    wire.call(1, spec.Basic.Qos(0, 0, False))
    found = []
    for _ in range(2):
        wire.send(1, spec.Basic.Get(queue=queue, no_ack=True))
        found.append(wire.read_all(3)[2]["body"])
    return sorted(found)
