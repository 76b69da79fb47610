"""basic.recover, channel-wide prefetch, flow, update-secret, connection.blocked's silence."""

from pika import spec

from bench import behaviour, counts, drain, get, publish_all, numbered, refusal, Deliveries


def held(bench, count):
    name = bench.queue()
    other = bench.channel()
    other.queue_declare(name)
    publish_all(other, name, numbered(count))
    return name, other, bench.channel()


@behaviour
def requeues(bench):
    """recover with requeue gives every unacknowledged delivery back, redelivered"""
    name, other, channel = held(bench, 3)
    for _ in range(2):
        channel.basic_get(name)
    channel.basic_recover(requeue=True)
    return drain(other, name)


@behaviour
def redelivers_to_the_consumer(bench):
    """recovered deliveries come again to the only consumer, in order, with new tags"""
    name, other, channel = held(bench, 3)
    deliveries = Deliveries(channel, name).wait(3)
    channel.basic_recover(requeue=True)
    deliveries.wait(6)
    return [deliveries.flagged, deliveries.tags]


@behaviour
def without_requeue(bench):
    """recover without requeue is not implemented"""
    name, other, channel = held(bench, 1)
    return refusal(lambda: channel.basic_recover(requeue=False))


@behaviour
def recover_async(bench):
    """recover-async is carried out without an answer"""
    name = bench.queue()
    wire = bench.wire()
    wire.call(1, spec.Queue.Declare(queue=name))
    wire.publish(1, "", name, b"m")
    wire.send(1, spec.Basic.Get(queue=name))
    first = wire.read_all(3)
    wire.send(1, spec.Basic.RecoverAsync(requeue=True))
    wire.send(1, spec.Basic.Get(queue=name))
    return [first, wire.read_all(3)]


@behaviour
def old_tags_are_unknown(bench):
    """a tag from before the recover is unknown after it"""
    name, other, channel = held(bench, 1)
    tag = channel.basic_get(name)[0].delivery_tag
    channel.basic_recover(requeue=True)

    def ack():
        channel.basic_ack(tag)
        channel.queue_declare(name, passive=True)

    return refusal(ack)


@behaviour
def global_prefetch(bench):
    """a channel-wide limit is shared by the consumers of the channel"""
    name, other, channel = held(bench, 6)
    channel.basic_qos(prefetch_count=3, global_qos=True)
    one = Deliveries(channel, name)
    two = Deliveries(channel, name)
    one.settle()
    two.settle()
    before = len(one.bodies) + len(two.bodies)
    held_tags = sorted(one.tags + two.tags)
    channel.basic_ack(held_tags[0])
    channel.basic_ack(held_tags[1])
    one.settle()
    two.settle()
    return [before, len(one.bodies) + len(two.bodies)]


@behaviour
def both_limits(bench):
    """a consumer's limit and the channel's both hold"""
    name, other, channel = held(bench, 6)
    channel.basic_qos(prefetch_count=2)
    channel.basic_qos(prefetch_count=3, global_qos=True)
    one = Deliveries(channel, name).settle()
    first = len(one.bodies)
    two = Deliveries(channel, name).settle()
    return [first, len(two.bodies)]


@behaviour
def global_limit_lifted(bench):
    """0 lifts the channel-wide limit at once"""
    name, other, channel = held(bench, 4)
    channel.basic_qos(prefetch_count=1, global_qos=True)
    one = Deliveries(channel, name).settle()
    before = len(one.bodies)
    channel.basic_qos(prefetch_count=0, global_qos=True)
    one.settle()
    return [before, len(one.bodies)]


@behaviour
def global_limit_raised(bench):
    """raising the channel-wide limit lets more come at once, lowering it waits for acknowledgements"""
    name, other, channel = held(bench, 8)
    channel.basic_qos(prefetch_count=2, global_qos=True)
    one = Deliveries(channel, name).settle()
    seen = [len(one.bodies)]
    channel.basic_qos(prefetch_count=4, global_qos=True)
    seen.append(len(one.settle().bodies))
    channel.basic_qos(prefetch_count=1, global_qos=True)
    channel.basic_ack(one.tags[1], multiple=True)
    seen.append(len(one.settle().bodies))
    channel.basic_ack(one.tags[3], multiple=True)
    seen.append(len(one.settle().bodies))
    return seen


@behaviour
def gets_ignore_the_limit(bench):
    """basic.get takes more than the channel-wide limit allows consumers"""
    name, other, channel = held(bench, 4)
    channel.basic_qos(prefetch_count=1, global_qos=True)
    got = [get(channel, name) for _ in range(3)]
    one = Deliveries(channel, name).settle()
    return [got, one.bodies]


@behaviour
def automatic_acks_ignore_the_limit(bench):
    """a consumer with automatic acknowledgement is not held by the channel-wide limit"""
    name, other, channel = held(bench, 4)
    channel.basic_qos(prefetch_count=1, global_qos=True)
    one = Deliveries(channel, name, auto_ack=True).settle()
    return one.bodies


@behaviour
def flow(bench):
    """flow on is answered, flow off is refused"""
    wire = bench.wire()
    on = wire.call(1, spec.Channel.Flow(active=True))
    return [on, wire.call(1, spec.Channel.Flow(active=False))]


@behaviour
def update_secret(bench):
    """a new secret is accepted"""
    wire = bench.wire()
    wire.send(0, spec.Connection.UpdateSecret(new_secret=b"guest", reason="test"))
    return wire.read_all(1)
