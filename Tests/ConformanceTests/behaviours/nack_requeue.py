"""ack, nack and reject: what is settled, what goes back, where to and with which flag."""

from bench import (
    Deliveries, behaviour, counts, drain, get, kill, numbered, publish_all, refusal, wait_for_ready)


def filled(bench, count):
    queue = bench.queue()
    channel = bench.channel()
    channel.queue_declare(queue)
    publish_all(channel, queue, numbered(count))
    return queue, channel


@behaviour
def nack_returns_to_its_place(bench):
    """a message nacked with requeue goes back to its place, flagged redelivered"""
    queue, channel = filled(bench, 5)
    taken = [get(channel, queue) for _ in range(3)]
    channel.basic_nack(2, requeue=True)
    return [taken, drain(channel, queue)]


@behaviour
def nacked_out_of_order(bench):
    """messages nacked in any order stand in their old order"""
    queue, channel = filled(bench, 5)
    for _ in range(4):
        get(channel, queue)
    for tag in (3, 1, 4, 2):
        channel.basic_nack(tag, requeue=True)
    return drain(channel, queue)


@behaviour
def nack_multiple(bench):
    """nack with multiple settles everything up to its tag"""
    queue, channel = filled(bench, 5)
    for _ in range(4):
        get(channel, queue)
    channel.basic_nack(3, multiple=True, requeue=True)
    return drain(channel, queue)


@behaviour
def nack_everything(bench):
    """nack of tag 0 with multiple settles everything"""
    queue, channel = filled(bench, 4)
    for _ in range(3):
        get(channel, queue)
    channel.basic_nack(0, multiple=True, requeue=True)
    return drain(channel, queue)


@behaviour
def nack_discards(bench):
    """nack without requeue discards"""
    queue, channel = filled(bench, 3)
    get(channel, queue)
    get(channel, queue)
    channel.basic_nack(2, multiple=True, requeue=False)
    return drain(channel, queue)


@behaviour
def reject_requeues(bench):
    """reject with requeue puts one message back"""
    queue, channel = filled(bench, 3)
    get(channel, queue)
    get(channel, queue)
    channel.basic_reject(1, requeue=True)
    return drain(channel, queue)


@behaviour
def reject_discards(bench):
    """reject without requeue discards one message"""
    queue, channel = filled(bench, 3)
    get(channel, queue)
    get(channel, queue)
    channel.basic_reject(1, requeue=False)
    return drain(channel, queue)


@behaviour
def ack_multiple(bench):
    """ack with multiple settles everything up to its tag; the rest comes back when the channel closes"""
    queue, channel = filled(bench, 5)
    for _ in range(4):
        get(channel, queue)
    channel.basic_ack(3, multiple=True)
    other = channel.connection.channel()
    channel.close()
    wait_for_ready(other, queue, 2)
    return drain(other, queue)


@behaviour
def ack_everything(bench):
    """ack of tag 0 with multiple settles everything"""
    queue, channel = filled(bench, 4)
    for _ in range(3):
        get(channel, queue)
    channel.basic_ack(0, multiple=True)
    other = channel.connection.channel()
    channel.close()
    wait_for_ready(other, queue, 1)
    return drain(other, queue)


@behaviour
def ack_everything_of_nothing(bench):
    """ack of tag 0 with multiple and nothing outstanding is accepted"""
    queue, channel = filled(bench, 1)
    return refusal(lambda: (channel.basic_ack(0, multiple=True), counts(channel, queue))[1])


@behaviour
def ack_out_of_order(bench):
    """acks in any order settle what they name"""
    queue, channel = filled(bench, 4)
    for _ in range(4):
        get(channel, queue)
    for tag in (4, 1, 3):
        channel.basic_ack(tag)
    other = channel.connection.channel()
    channel.close()
    wait_for_ready(other, queue, 1)
    return drain(other, queue)


@behaviour
def unknown_tag(bench):
    """ack of a tag never given closes the channel with 406"""
    queue, channel = filled(bench, 1)
    return refusal(lambda: (channel.basic_ack(99), counts(channel, queue)))


@behaviour
def unknown_tag_multiple(bench):
    """ack with multiple of a tag never given closes the channel with 406"""
    queue, channel = filled(bench, 1)
    get(channel, queue)
    return refusal(lambda: (channel.basic_ack(99, multiple=True), counts(channel, queue)))


@behaviour
def unknown_tag_of_nack(bench):
    """nack of a tag never given closes the channel with 406"""
    queue, channel = filled(bench, 1)
    return refusal(lambda: (channel.basic_nack(7), counts(channel, queue)))


@behaviour
def unknown_tag_of_reject(bench):
    """reject of a tag never given closes the channel with 406"""
    queue, channel = filled(bench, 1)
    return refusal(lambda: (channel.basic_reject(7), counts(channel, queue)))


@behaviour
def tag_zero(bench):
    """ack of tag 0 without multiple closes the channel with 406"""
    queue, channel = filled(bench, 1)
    get(channel, queue)
    return refusal(lambda: (channel.basic_ack(0), counts(channel, queue)))


@behaviour
def ack_twice(bench):
    """a second ack of a tag closes the channel with 406"""
    queue, channel = filled(bench, 2)
    get(channel, queue)
    channel.basic_ack(1)
    return refusal(lambda: (channel.basic_ack(1), counts(channel, queue)))


@behaviour
def ack_below_acked(bench):
    """ack with multiple below what is settled already closes the channel with 406"""
    queue, channel = filled(bench, 3)
    for _ in range(3):
        get(channel, queue)
    channel.basic_ack(2, multiple=True)
    return refusal(lambda: (channel.basic_ack(1, multiple=True), counts(channel, queue)))


@behaviour
def ack_of_automatic(bench):
    """ack of a delivery that acknowledged itself closes the channel with 406"""
    queue, channel = filled(bench, 2)
    get(channel, queue, auto_ack=True)
    return refusal(lambda: (channel.basic_ack(1), counts(channel, queue)))


@behaviour
def ack_on_another_channel(bench):
    """a tag means nothing on another channel"""
    queue, channel = filled(bench, 1)
    get(channel, queue)
    other = channel.connection.channel()
    return [refusal(lambda: (other.basic_ack(1), counts(other, queue))), channel.is_open, counts(channel, queue)]


@behaviour
def redelivered_to_the_same_consumer(bench):
    """a message a lone consumer nacks comes back to it with a new tag, flagged redelivered"""
    queue, channel = filled(bench, 1)
    deliveries = Deliveries(channel, queue).wait(1)
    channel.basic_nack(1, requeue=True)
    deliveries.wait(2)
    return [deliveries.flagged, deliveries.tags]


@behaviour
def redelivered_twice(bench):
    """the redelivered flag stays with a message"""
    queue, channel = filled(bench, 1)
    found = []
    for tag in (1, 2, 3):
        found.append(get(channel, queue))
        channel.basic_nack(tag, requeue=True)
    return found


@behaviour
def dead_connection_gives_back(bench):
    """a consumer whose connection dies gives everything back in order, flagged redelivered"""
    queue, channel = filled(bench, 20)
    connection = bench.connection()
    dying = connection.channel()
    dying.basic_qos(prefetch_count=10)
    held = Deliveries(dying, queue).wait(10).settle()
    during = counts(channel, queue)
    kill(connection)
    wait_for_ready(channel, queue, 20)
    return [held.flagged, during, counts(channel, queue), drain(channel, queue)]


@behaviour
def closed_connection_gives_back(bench):
    """a consumer whose connection closes gives back what it had not acknowledged"""
    queue, channel = filled(bench, 6)
    connection = bench.connection()
    leaving = connection.channel()
    leaving.basic_qos(prefetch_count=4)
    Deliveries(leaving, queue).wait(4)
    leaving.basic_cancel(leaving.consumer_tags[0])
    leaving.basic_ack(2, multiple=True)
    connection.close()
    wait_for_ready(channel, queue, 4)
    return drain(channel, queue)


@behaviour
def requeued_before_newer(bench):
    """what goes back stands before what was published meanwhile"""
    queue, channel = filled(bench, 2)
    get(channel, queue)
    get(channel, queue)
    publish_all(channel, queue, ["new"])
    channel.basic_nack(0, multiple=True, requeue=True)
    return drain(channel, queue)


@behaviour
def settled_across_queues(bench):
    """ack with multiple covers deliveries of several queues"""
    first, second = bench.queue("a"), bench.queue("b")
    channel = bench.channel()
    for queue in (first, second):
        channel.queue_declare(queue)
        publish_all(channel, queue, ["1", "2"])
    for queue in (first, second, first, second):
        get(channel, queue)
    channel.basic_ack(3, multiple=True)
    other = channel.connection.channel()
    channel.close()
    wait_for_ready(other, second, 1)
    return [drain(other, first), drain(other, second)]
