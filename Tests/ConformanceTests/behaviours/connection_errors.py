"""Bytes and methods a connection must refuse, with RabbitMQ's codes and texts."""

import struct

from pika import frame, spec

from bench import behaviour


def header_payload(size, class_id=60):
    return struct.pack(">HHQH", class_id, 0, size, 0)


@behaviour
def frame_too_large(bench):
    """a frame above frame-max ends the connection with 501"""
    wire = bench.wire(frame_max=4096)
    wire.send_frame(3, 1, b"x" * 4097)
    return codes(wire.last_words())


@behaviour
def frame_slightly_too_large(bench):
    """RabbitMQ forgives the 8 bytes of framing: a payload of frame-max itself is read"""
    queue = bench.queue()
    wire = bench.wire(frame_max=4096)
    wire.call(1, spec.Queue.Declare(queue=queue))
    wire.publish(1, "", queue, b"x" * 4096, frame_size=4096)
    return wire.call(1, spec.Basic.Get(queue=queue, no_ack=True))["method"]


@behaviour
def largest_frame(bench):
    """a frame of exactly frame-max is read"""
    queue = bench.queue()
    wire = bench.wire(frame_max=4096)
    wire.call(1, spec.Queue.Declare(queue=queue))
    wire.publish(1, "", queue, b"x" * 4088, frame_size=4088)
    return wire.call(1, spec.Basic.Get(queue=queue, no_ack=True))["method"]


@behaviour
def bad_frame_end(bench):
    """a frame without its end octet ends the connection with 501"""
    wire = bench.wire()
    good = frame.Method(1, spec.Basic.Qos(0, 1, False)).marshal()
    wire.send_bytes(good[:-1] + b"\x00")
    return codes(wire.last_words())


@behaviour
def unknown_frame_type(bench):
    """a frame of an unknown type ends the connection"""
    wire = bench.wire()
    wire.send_frame(7, 1, b"")
    return codes(wire.last_words())


@behaviour
def channel_not_open(bench):
    """a method on a channel that is not open is refused with 504"""
    wire = bench.wire()
    wire.send(9, spec.Basic.Qos(0, 1, False))
    return wire.last_words()


@behaviour
def channel_open_twice(bench):
    """a second channel.open is refused with 504"""
    wire = bench.wire()
    wire.send(1, spec.Channel.Open())
    return wire.last_words()


@behaviour
def header_without_method(bench):
    """a content header without its method is refused with 505"""
    wire = bench.wire()
    wire.send_frame(2, 1, header_payload(0))
    return wire.last_words()


@behaviour
def body_without_method(bench):
    """a content body without its method is refused with 505"""
    wire = bench.wire()
    wire.send_frame(3, 1, b"body")
    return wire.last_words()


@behaviour
def method_instead_of_header(bench):
    """a method where a content header must come is refused with 505"""
    wire = bench.wire()
    wire.send(1, spec.Basic.Publish(routing_key="nowhere"), spec.Basic.Qos(0, 1, False))
    return wire.last_words()


@behaviour
def method_instead_of_body(bench):
    """a method where a content body must come is refused with 505"""
    wire = bench.wire()
    wire.send(1, spec.Basic.Publish(routing_key="nowhere"))
    wire.send_frame(2, 1, header_payload(10))
    wire.send(1, spec.Basic.Qos(0, 1, False))
    return wire.last_words()


@behaviour
def header_of_another_class(bench):
    """a content header of another class than its method is refused with 505"""
    wire = bench.wire()
    wire.send(1, spec.Basic.Publish(routing_key="nowhere"))
    wire.send_frame(2, 1, header_payload(10, class_id=50))
    return wire.last_words()


@behaviour
def unknown_class(bench):
    """a method of an unknown class ends the connection"""
    wire = bench.wire()
    wire.send_raw_method(1, 61, 10)
    return wire.last_words()[-1]


@behaviour
def unknown_method(bench):
    """an unknown method of a known class ends the connection"""
    wire = bench.wire()
    wire.send_raw_method(1, 60, 199)
    return wire.last_words()[-1]


@behaviour
def method_of_the_server(bench):
    """a method only servers send is refused"""
    wire = bench.wire()
    wire.send(1, spec.Basic.CancelOk("tag"))
    return codes(wire.last_words())


@behaviour
def basic_on_channel_zero(bench):
    """a channel's method on channel 0 is refused"""
    wire = bench.wire()
    wire.send(0, spec.Basic.Qos(0, 1, False))
    return codes(wire.last_words())


@behaviour
def start_ok_twice(bench):
    """a handshake method on an open connection is refused"""
    wire = bench.wire()
    wire.start_ok()
    return codes(wire.last_words())


@behaviour
def truncated_arguments(bench):
    """a method whose arguments end too early ends the connection"""
    wire = bench.wire()
    wire.send_raw_method(1, 50, 10, b"\x00\x00\x20abc")
    return codes(wire.last_words())


@behaviour
def heartbeat_on_a_channel(bench):
    """a heartbeat on a channel other than 0 ends the connection"""
    wire = bench.wire()
    wire.send_frame(8, 1, b"")
    return codes(wire.last_words())


@behaviour
def prefetch_size(bench):
    """a prefetch size is refused with 540"""
    wire = bench.wire()
    wire.send(1, spec.Basic.Qos(100, 1, False))
    return wire.last_words()


@behaviour
def immediate(bench):
    """the immediate flag is refused with 540"""
    wire = bench.wire()
    wire.send(1, spec.Basic.Publish(routing_key="nowhere", immediate=True))
    wire.send_frame(2, 1, header_payload(0))
    return wire.last_words()


@behaviour
def flow_off(bench):
    """channel.flow with active=false is refused with 540"""
    wire = bench.wire()
    wire.send(1, spec.Channel.Flow(False))
    return wire.last_words()


@behaviour
def flow_on(bench):
    """channel.flow with active=true is answered"""
    return bench.wire().call(1, spec.Channel.Flow(True))


@behaviour
def silence_after_a_connection_error(bench):
    """what was pipelined behind a connection error is not answered"""
    wire = bench.wire()
    wire.send(1, spec.Channel.Open(), spec.Basic.Qos(0, 1, False), spec.Basic.Qos(0, 1, False))
    return wire.last_words()


def codes(words):
    """Outcomes without texts that quote internals of RabbitMQ (Erlang terms of the parser)."""
    return [
        [word["method"], word.get("reply_code"), word["reply_text"].split(" - ")[0]] if isinstance(word, dict) and
        "reply_text" in word else word for word in words]
