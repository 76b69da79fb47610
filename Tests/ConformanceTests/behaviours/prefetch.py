"""Prefetch per consumer."""

from bench import Deliveries, behaviour, counts, get, numbered, publish_all


def filled(bench, count):
    queue = bench.queue()
    channel = bench.channel()
    channel.queue_declare(queue)
    publish_all(channel, queue, numbered(count))
    return queue, channel


@behaviour
def holds_back(bench):
    """a consumer is given as many unacknowledged messages as its prefetch and no more"""
    queue, channel = filled(bench, 10)
    channel.basic_qos(prefetch_count=3)
    deliveries = Deliveries(channel, queue).wait(3).settle()
    return [deliveries.bodies, counts(channel, queue)]


@behaviour
def ack_makes_room(bench):
    """each ack makes room for one more"""
    queue, channel = filled(bench, 10)
    channel.basic_qos(prefetch_count=2)
    deliveries = Deliveries(channel, queue).wait(2)
    steps = []
    for tag in (1, 2):
        channel.basic_ack(tag)
        deliveries.wait(2 + tag).settle()
        steps.append([list(deliveries.bodies), counts(channel, queue)])
    return steps


@behaviour
def ack_multiple_makes_room(bench):
    """ack with multiple makes room for all it covers"""
    queue, channel = filled(bench, 10)
    channel.basic_qos(prefetch_count=4)
    deliveries = Deliveries(channel, queue).wait(4)
    channel.basic_ack(3, multiple=True)
    deliveries.wait(7).settle()
    return [deliveries.bodies, counts(channel, queue)]


@behaviour
def reject_makes_room(bench):
    """discarding makes room as well"""
    queue, channel = filled(bench, 5)
    channel.basic_qos(prefetch_count=2)
    deliveries = Deliveries(channel, queue).wait(2)
    channel.basic_reject(1, requeue=False)
    deliveries.wait(3).settle()
    return [deliveries.bodies, counts(channel, queue)]


@behaviour
def nack_makes_room_for_itself(bench):
    """a requeued message is the next one its own consumer gets"""
    queue, channel = filled(bench, 5)
    channel.basic_qos(prefetch_count=2)
    deliveries = Deliveries(channel, queue).wait(2)
    channel.basic_nack(1, requeue=True)
    deliveries.wait(3).settle()
    return deliveries.flagged


@behaviour
def zero_is_no_limit(bench):
    """prefetch 0 is no limit"""
    queue, channel = filled(bench, 500)
    channel.basic_qos(prefetch_count=0)
    deliveries = Deliveries(channel, queue).wait(500)
    return [deliveries.bodies == numbered(500), deliveries.tags == list(range(1, 501)), counts(channel, queue)]


@behaviour
def later_consumers_only(bench):
    """a new prefetch holds for consumers that start afterwards"""
    first, second = bench.queue("a"), bench.queue("b")
    channel = bench.channel()
    for queue in (first, second):
        channel.queue_declare(queue)
        publish_all(channel, queue, numbered(10))
    channel.basic_qos(prefetch_count=2)
    old = Deliveries(channel, first).wait(2)
    channel.basic_qos(prefetch_count=5)
    new = Deliveries(channel, second).wait(5).settle()
    old.settle()
    return [old.bodies, new.bodies]


@behaviour
def each_consumer_its_own(bench):
    """two consumers of one channel have a prefetch each"""
    queue, channel = filled(bench, 10)
    channel.basic_qos(prefetch_count=3)
    one = Deliveries(channel, queue).wait(3)
    two = Deliveries(channel, queue).wait(3).settle()
    return [one.bodies, two.bodies, counts(channel, queue)]


@behaviour
def automatic_knows_no_limit(bench):
    """prefetch does not hold for automatic acknowledgement"""
    queue, channel = filled(bench, 50)
    channel.basic_qos(prefetch_count=2)
    deliveries = Deliveries(channel, queue, auto_ack=True).wait(50).settle()
    return [len(deliveries.bodies), counts(channel, queue)]


@behaviour
def get_knows_no_limit(bench):
    """basic.get is not held back by prefetch, and does not use it up"""
    queue, channel = filled(bench, 6)
    channel.basic_qos(prefetch_count=2)
    taken = [get(channel, queue) for _ in range(3)]
    deliveries = Deliveries(channel, queue).wait(2).settle()
    return [taken, deliveries.bodies, counts(channel, queue)]


@behaviour
def turns(bench):
    """two waiting consumers are served by turns"""
    queue = bench.queue()
    connection = bench.connection()
    publisher, one, two = connection.channel(), connection.channel(), connection.channel()
    publisher.queue_declare(queue)
    first, second = Deliveries(one, queue), Deliveries(two, queue)
    for number in numbered(6):
        publish_all(publisher, queue, [number])
        sofar = int(number)
        while len(first.bodies) + len(second.bodies) < sofar:
            connection.process_data_events(time_limit=0.02)
    return sorted([first.bodies, second.bodies])


@behaviour
def full_consumer_is_passed_over(bench):
    """a consumer at its limit is passed over for one with room"""
    queue = bench.queue()
    connection = bench.connection()
    publisher, one, two = connection.channel(), connection.channel(), connection.channel()
    publisher.queue_declare(queue)
    one.basic_qos(prefetch_count=1)
    full, free = Deliveries(one, queue), Deliveries(two, queue)
    publish_all(publisher, queue, numbered(8))
    free.wait(7)
    full.wait(1)
    return [len(full.bodies), len(free.bodies), sorted(full.bodies + free.bodies)]


@behaviour
def cancelled_consumer_still_owns(bench):
    """what a cancelled consumer holds can still be acknowledged"""
    queue, channel = filled(bench, 4)
    channel.basic_qos(prefetch_count=2)
    # The raw consumer tag is cancelled by hand: pika's cancel would hand unprocessed deliveries back.
    deliveries = Deliveries(channel, queue).wait(2)
    channel.basic_cancel(deliveries.tag)
    channel.basic_ack(2, multiple=True)
    return [deliveries.bodies, counts(channel, queue), get(channel, queue)]
