"""basic.get."""

from pika import spec

from bench import behaviour, counts, get, numbered, publish_all, refusal


def filled(bench, count):
    queue = bench.queue()
    channel = bench.channel()
    channel.queue_declare(queue)
    publish_all(channel, queue, numbered(count))
    return queue, channel


@behaviour
def empty(bench):
    """an empty queue answers get-empty"""
    queue = bench.queue()
    wire = bench.wire()
    wire.call(1, spec.Queue.Declare(queue=queue))
    return wire.call(1, spec.Basic.Get(queue=queue))


@behaviour
def missing_queue(bench):
    """get from a missing queue is refused with 404"""
    channel = bench.channel()
    return refusal(lambda: channel.basic_get(bench.queue()))


@behaviour
def fields(bench):
    """get-ok brings tag, flag, exchange, key and the messages left, then header and body"""
    queue = bench.queue()
    wire = bench.wire()
    wire.call(1, spec.Queue.Declare(queue=queue))
    wire.publish(1, "", queue, b"one")
    wire.publish(1, "", queue, b"two")
    found = []
    for _ in range(2):
        wire.send(1, spec.Basic.Get(queue=queue))
        found += wire.read_all(3)
    return found


@behaviour
def left(bench):
    """message-count is what is ready afterwards"""
    queue, channel = filled(bench, 3)
    return [get(channel, queue) for _ in range(4)]


@behaviour
def automatic(bench):
    """get with automatic acknowledgement removes the message"""
    queue, channel = filled(bench, 2)
    got = get(channel, queue, auto_ack=True)
    channel.close()
    other = bench.channel()
    return [got, counts(other, queue)]


@behaviour
def pipelined(bench):
    """gets sent in one write are answered in order"""
    queue, channel = filled(bench, 2)
    wire = bench.wire()
    wire.send(1, *[spec.Basic.Get(queue=queue, no_ack=True) for _ in range(3)])
    return wire.read_all(7)


@behaviour
def own_publish(bench):
    """a get sees what its channel has published before"""
    queue = bench.queue()
    wire = bench.wire()
    wire.call(1, spec.Queue.Declare(queue=queue))
    answers = []
    for number in numbered(20):
        wire.publish(1, "", queue, number.encode())
        wire.send(1, spec.Basic.Get(queue=queue, no_ack=True))
        answers.append(wire.read_all(3)[2]["body"])
    return answers
