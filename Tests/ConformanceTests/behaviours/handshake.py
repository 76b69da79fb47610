"""From the protocol header to an open connection."""

from pika import spec

from bench import behaviour


@behaviour
def foreign_header(bench):
    """another protocol's header is answered with AMQP 0-9-1's and the end of the connection"""
    wire = bench.bare_wire()
    wire.send_bytes(b"HTTP/1.1")
    return [wire.read_bytes(8).hex(), wire.read()]


@behaviour
def newer_header(bench):
    """the header of AMQP 2-0-0 is answered with the version spoken"""
    wire = bench.bare_wire()
    wire.send_bytes(b"AMQP\x01\x02\x00\x00")
    return [wire.read_bytes(8).hex(), wire.read()]


@behaviour
def start(bench):
    """connection.start names the version, the mechanisms and the capabilities a client relies on"""
    hello = bench.bare_wire().start()
    offered = hello["server_properties"]["capabilities"]
    needed = ["publisher_confirms", "basic.nack", "consumer_cancel_notify", "authentication_failure_close"]
    return [
        hello["version_major"], hello["version_minor"], sorted(hello["mechanisms"].split()), hello["locales"],
        {name: offered.get(name) for name in needed}]


@behaviour
def tune(bench):
    """connection.tune proposes the same channel-max, frame-max and heartbeat"""
    return bench.bare_wire().open()


@behaviour
def smaller_limits(bench):
    """smaller limits than proposed are accepted"""
    wire = bench.bare_wire()
    wire.open(channel_max=3, frame_max=4096)
    wire.open_channel(3)
    return "open"


@behaviour
def larger_frame_max(bench):
    """a frame-max above the proposal ends the connection"""
    return tuned(bench, frame_max=131073)


@behaviour
def unlimited_frame_max(bench):
    """a frame-max of 0, which means no limit, ends the connection"""
    return tuned(bench, frame_max=0)


@behaviour
def tiny_frame_max(bench):
    """a frame-max below 4096 ends the connection"""
    return tuned(bench, frame_max=4095)


@behaviour
def larger_channel_max(bench):
    """a channel-max above the proposal ends the connection"""
    return tuned(bench, channel_max=2048)


@behaviour
def unlimited_channel_max(bench):
    """a channel-max of 0, which means no limit, ends the connection"""
    return tuned(bench, channel_max=0)


def tuned(bench, **limits):
    """RabbitMQ hangs up without a word, Warren says why first; either way the connection is over."""
    wire = bench.bare_wire()
    wire.start()
    wire.start_ok()
    wire.read()
    wire.tune_ok(**limits)
    wire.send(0, spec.Connection.Open("/"))
    return wire.last_words()[-1]


@behaviour
def more_channels_than_channel_max(bench):
    """opening more channels than the negotiated channel-max ends the connection"""
    wire = bench.bare_wire()
    wire.open(channel_max=3)
    for number in (1, 2, 3):
        wire.open_channel(number)
    wire.send(4, spec.Channel.Open())
    return wire.last_words()


@behaviour
def channel_number_above_channel_max(bench):
    """channel-max limits how many channels are open, not their numbers"""
    wire = bench.bare_wire()
    wire.open(channel_max=3)
    return wire.call(4, spec.Channel.Open())


@behaviour
def wrong_password(bench):
    """a wrong password is refused with 403 where the client understands authentication_failure_close"""
    wire = bench.bare_wire()
    wire.start()
    wire.start_ok(password="wrong")
    return wire.last_words()


@behaviour
def unknown_user(bench):
    """an unknown user is refused with the text of a wrong password"""
    wire = bench.bare_wire()
    wire.start()
    wire.start_ok(user="nobody-of-that-name")
    return wire.last_words()


@behaviour
def wrong_password_of_an_old_client(bench):
    """a wrong password only ends the connection where the client does not announce the capability"""
    wire = bench.bare_wire()
    wire.start()
    wire.start_ok(password="wrong", capabilities={})
    return wire.read()


@behaviour
def unknown_vhost(bench):
    """an unknown virtual host is refused with 530"""
    wire = bench.bare_wire()
    wire.start()
    wire.start_ok()
    wire.read()
    wire.tune_ok()
    wire.send(0, spec.Connection.Open("no-such-vhost"))
    return wire.last_words()


@behaviour
def polite_close(bench):
    """connection.close is answered by close-ok"""
    return bench.wire().call(0, spec.Connection.Close(200, "bye", 0, 0))


@behaviour
def heartbeats(bench):
    """an idle connection hears a heartbeat on channel 0 at the rate it asked for"""
    wire = bench.bare_wire()
    wire.open(heartbeat=1)
    type, channel, payload = wire.read_frame()
    return [type, channel, payload.hex()]


@behaviour
def silent_client(bench):
    """a client that sends nothing for two heartbeats is dropped without a word"""
    wire = bench.bare_wire()
    wire.open(heartbeat=1)
    return wire.read()


@behaviour
def many_channels(bench):
    """a connection opens every channel up to its limit, and each works"""
    wire = bench.bare_wire()
    wire.open(channel_max=100)
    for number in range(1, 101):
        wire.open_channel(number)
    return [wire.call(number, spec.Basic.Qos(0, 1, False))["method"] for number in (1, 50, 100)]
