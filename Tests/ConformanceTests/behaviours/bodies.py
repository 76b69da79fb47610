"""Bodies of every size come back as they went."""

import hashlib
import struct

from pika import spec

from bench import Deliveries, behaviour

FRAME_BODY = 131072 - 8
SMALL_FRAME_BODY = 4096 - 8


def content(size):
    """Bytes that tell when a piece is missing, doubled or out of place."""
    return b"".join(struct.pack(">L", number) for number in range(size // 4 + 1))[:size]


def digest(body):
    return [len(body), hashlib.sha256(body).hexdigest()]


def round_trip(bench, size):
    """One message of this size through basic.get and through a consumer."""
    queue = bench.queue()
    connection = bench.connection()
    channel = connection.channel()
    channel.queue_declare(queue)
    channel.confirm_delivery()
    body = content(size)
    channel.basic_publish("", queue, body)
    channel.basic_publish("", queue, body)
    _, _, got = channel.basic_get(queue, True)
    found = []
    channel.basic_consume(queue, lambda c, m, p, body: found.append(body), auto_ack=True)
    while not found:
        connection.process_data_events(time_limit=0.05)
    return [digest(got), digest(found[0]), got == body]


@behaviour
def empty(bench):
    """no body"""
    return round_trip(bench, 0)


@behaviour
def one_byte(bench):
    """1 byte"""
    return round_trip(bench, 1)


@behaviour
def below_a_frame(bench):
    """one byte less than a frame holds"""
    return round_trip(bench, FRAME_BODY - 1)


@behaviour
def a_frame(bench):
    """exactly what a frame holds"""
    return round_trip(bench, FRAME_BODY)


@behaviour
def above_a_frame(bench):
    """one byte more than a frame holds"""
    return round_trip(bench, FRAME_BODY + 1)


@behaviour
def around_256_kib(bench):
    """256 KiB and one byte around it"""
    return [round_trip(bench, 262_144 + difference) for difference in (-1, 0, 1)]


@behaviour
def one_mebibyte(bench):
    """1 MiB"""
    return round_trip(bench, 1 << 20)


@behaviour
def ten_mebibytes(bench):
    """10 MiB"""
    return round_trip(bench, 10 << 20)


@behaviour
def frames_sent(bench):
    """a body is delivered in frames as large as the consumer's frame-max allows"""
    return [delivered_frames(bench, size) for size in (
        0, 1, SMALL_FRAME_BODY - 1, SMALL_FRAME_BODY, SMALL_FRAME_BODY + 1, 3 * SMALL_FRAME_BODY, 20_000)]


def delivered_frames(bench, size):
    queue = bench.queue()
    wire = bench.wire(frame_max=4096)
    wire.call(1, spec.Queue.Declare(queue=queue))
    wire.publish(1, "", queue, content(size), frame_size=SMALL_FRAME_BODY)
    wire.send(1, spec.Basic.Get(queue=queue, no_ack=True))
    wire.read_all(2)
    sizes, received = [], b""
    while len(received) < size:
        type, channel, payload = wire.read_frame()
        sizes.append([type, channel, len(payload)])
        received += payload
    return [sizes, digest(received)]


@behaviour
def no_frame_above_the_limit(bench):
    """a large body reaches a consumer with a small frame-max whole, in frames within it"""
    queue = bench.queue()
    publisher = bench.channel()
    publisher.queue_declare(queue)
    publisher.confirm_delivery()
    body = content(3_000_000)
    publisher.basic_publish("", queue, body)
    wire = bench.wire(frame_max=4096)
    wire.call(1, spec.Basic.Consume(queue=queue, consumer_tag="mine"))
    wire.read_all(2)
    received, largest = [], 0
    missing = len(body)
    while missing > 0:
        payload = wire.read_frame()[2]
        largest = max(largest, len(payload))
        missing -= len(payload)
        received.append(payload)
    return [largest <= SMALL_FRAME_BODY, digest(b"".join(received))]


@behaviour
def tiny_frames(bench):
    """a body sent in frames of one byte"""
    queue = bench.queue()
    wire = bench.wire()
    wire.call(1, spec.Queue.Declare(queue=queue))
    wire.publish(1, "", queue, b"one byte at a time", frame_size=1)
    wire.send(1, spec.Basic.Get(queue=queue, no_ack=True))
    return wire.read_all(3)


@behaviour
def dribbled(bench):
    """a publish that arrives byte by byte"""
    queue = bench.queue()
    wire = bench.wire()
    wire.call(1, spec.Queue.Declare(queue=queue))
    recorded = Recorder()
    type(wire).publish(recorded, 1, "", queue, b"dribble")
    for byte in recorded.data:
        wire.send_bytes(bytes([byte]))
    wire.send(1, spec.Basic.Get(queue=queue, no_ack=True))
    return wire.read_all(3)


class Recorder:
    """Takes the bytes that a wire would send."""

    data = b""

    def send_bytes(self, data):
        self.data += data


@behaviour
def large_beside_small(bench):
    """a large delivery does not change what comes before and after it"""
    queue = bench.queue()
    channel = bench.channel()
    channel.queue_declare(queue)
    sizes = [10, 2_000_000, 0, 131_064, 5]
    for size in sizes:
        channel.basic_publish("", queue, content(size))
    found = []
    channel.basic_consume(queue, lambda c, m, p, body: found.append(digest(body)), auto_ack=True)
    while len(found) < len(sizes):
        channel.connection.process_data_events(time_limit=0.05)
    return found


@behaviour
def large_given_back(bench):
    """a large message whose consumer dies comes back whole"""
    queue = bench.queue()
    channel = bench.channel()
    channel.queue_declare(queue)
    channel.confirm_delivery()
    channel.basic_publish("", queue, content(1_000_000))
    other = bench.channel()
    Deliveries(other, queue).wait(1)
    other.connection.close()
    method = None
    while method is None:
        method, _, body = channel.basic_get(queue, True)
    return [method.redelivered, digest(body)]


@behaviour
def abandoned(bench):
    """a message whose channel closes half way is not enqueued"""
    queue = bench.queue()
    wire = bench.wire()
    wire.open_channel(2)
    wire.call(1, spec.Queue.Declare(queue=queue))
    wire.send(2, spec.Basic.Publish(routing_key=queue))
    wire.send_frame(2, 2, struct.pack(">HHQH", 60, 0, 1_000_000, 0))
    wire.send_frame(3, 2, b"x" * 100_000)
    wire.drop()
    return bench.channel().queue_declare(queue, passive=True)
