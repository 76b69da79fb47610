"""Properties and headers come back as they went."""

import datetime
import decimal
import struct

import pika
from pika import spec

from bench import behaviour, refusal

ALL = dict(
    content_type="application/json", content_encoding="gzip", headers={"a": "b"}, delivery_mode=2, priority=4,
    correlation_id="correlation", reply_to="reply", expiration="60000", message_id="id", timestamp=1_700_000_000,
    type="kind", user_id="guest", app_id="app", cluster_id="cluster")

# Field values by the tag RabbitMQ reads (AMQP 0-9-1 §4.2.1 and RabbitMQ, "AMQP 0-9-1 Errata").
VALUES = {
    "boolean": b"t\x01", "int8": b"b\x80", "uint8": b"B\xff", "int16": b"s\x80\x00", "uint16": b"u\xff\xff",
    "int32": b"I\x80\x00\x00\x00", "uint32": b"i\xff\xff\xff\xff", "int64": b"l\x80" + b"\x00" * 7,
    "float": b"f" + struct.pack(">f", 1.5), "double": b"d" + struct.pack(">d", -2.25),
    "decimal": b"D\x02\x00\x00\x00\x7b", "string": b"S\x00\x00\x00\x02hi",
    "array": b"A\x00\x00\x00\x07" + b"t\x00" + b"I\x00\x00\x00\x07",
    "void": b"V", "bytes": b"x\x00\x00\x00\x03\x00\xff\x80",
}
VALUES["table"] = b"F" + struct.pack(">L", 4) + b"\x01kb\x05"


def round_trip(bench, payload, body=b"m"):
    """Publishes a message with this content header payload; gives the payload that comes back, as hex."""
    queue = bench.queue()
    wire = bench.wire()
    wire.call(1, spec.Queue.Declare(queue=queue))
    wire.send(1, spec.Basic.Publish(routing_key=queue))
    wire.send_frame(2, 1, payload)
    wire.send_frame(3, 1, body)
    wire.send(1, spec.Basic.Get(queue=queue, no_ack=True))
    first = wire.read()
    if first == "end" or first["method"] != "Basic.GetOk":
        return first
    return wire.read_frame()[2].hex()


def header_payload(flags, properties, size=1):
    return struct.pack(">HHQH", 60, 0, size, flags) + properties


def table(pairs):
    content = b"".join(bytes([len(key)]) + key.encode() + value for key, value in pairs)
    return struct.pack(">L", len(content)) + content


@behaviour
def all_properties(bench):
    """all fourteen properties"""
    queue = bench.queue()
    channel = bench.channel()
    channel.queue_declare(queue)
    channel.basic_publish("", queue, b"m", pika.BasicProperties(**ALL))
    _, found, _ = channel.basic_get(queue, True)
    return vars(found)


@behaviour
def no_properties(bench):
    """no properties at all"""
    return round_trip(bench, header_payload(0, b""))


@behaviour
def one_property_each(bench):
    """each property alone, byte for byte"""
    found = {}
    for name, value in ALL.items():
        frame = pika.frame.Header(1, 1, spec.BasicProperties(**{name: value})).marshal()
        found[name] = round_trip(bench, frame[7:-1])
    return found


@behaviour
def every_header_type(bench):
    """headers of every field type, byte for byte and in their order"""
    pairs = [(name, value) for name, value in VALUES.items()]
    return round_trip(bench, header_payload(1 << 13, table(pairs)))


@behaviour
def each_header_type_alone(bench):
    """each field type alone"""
    return {
        name: round_trip(bench, header_payload(1 << 13, table([("k", value)]))) for name, value in VALUES.items()}


@behaviour
def nested_headers(bench):
    """tables in arrays in tables"""
    inner = b"F" + table([("deep", VALUES["array"]), ("void", b"V")])
    array = b"A" + struct.pack(">L", len(inner) * 2) + inner * 2
    return round_trip(bench, header_payload(1 << 13, table([("outer", array), ("table", b"F" + table([]))])))


@behaviour
def header_order(bench):
    """headers keep their order"""
    pairs = [(f"key-{number * 7919 % 100}", b"I" + struct.pack(">l", number)) for number in range(60)]
    return round_trip(bench, header_payload(1 << 13, table(pairs)))


@behaviour
def repeated_header(bench):
    """a header given twice is passed on"""
    return round_trip(bench, header_payload(1 << 13, table([("k", b"b\x01"), ("k", b"b\x02")])))


@behaviour
def pika_headers(bench):
    """headers as pika writes and reads them"""
    queue = bench.queue()
    channel = bench.channel()
    channel.queue_declare(queue)
    headers = {
        "text": "ünï", "int": -5, "long": 1 << 40, "yes": True, "none": None, "list": [1, "two", [3]],
        "table": {"a": {"b": "c"}}, "time": datetime.datetime(2024, 1, 2, 3, 4, 5), "decimal": decimal.Decimal("1.25"),
    }
    channel.basic_publish("", queue, b"m", pika.BasicProperties(headers=headers))
    _, found, _ = channel.basic_get(queue, True)
    return {key: str(value) for key, value in found.headers.items()}


@behaviour
def large_header(bench):
    """headers of 60 KB"""
    value = b"S" + struct.pack(">L", 60_000) + b"x" * 60_000
    payload = header_payload(1 << 13, table([("k", value)]))
    return round_trip(bench, payload) == payload.hex()


@behaviour
def another_user_id(bench):
    """a user-id that is not the connection's user is refused with 406"""
    channel = bench.channel()
    return refusal(
        lambda: (
            channel.basic_publish("", "nowhere", b"m", pika.BasicProperties(user_id="somebody")),
            channel.basic_qos(prefetch_count=1)))


@behaviour
def delivered_alike(bench):
    """a consumer gets the header bytes that basic.get gets"""
    queue = bench.queue()
    wire = bench.wire()
    wire.call(1, spec.Queue.Declare(queue=queue))
    wire.call(1, spec.Basic.Consume(queue=queue, consumer_tag="mine", no_ack=True))
    wire.publish(1, "", queue, b"m", properties=spec.BasicProperties(**ALL))
    wire.read()
    return wire.read_frame()[2].hex()
