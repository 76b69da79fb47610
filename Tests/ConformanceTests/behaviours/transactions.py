"""tx.select, tx.commit, tx.rollback (RabbitMQ, "AMQP 0-9-1 transactions")."""

import pika
from pika import spec

from bench import behaviour, counts, drain, get, publish_all, refusal, numbered


def transactional(bench, count=0):
    name = bench.queue()
    other = bench.channel()
    other.queue_declare(name)
    if count:
        publish_all(other, name, numbered(count))
    channel = bench.channel()
    channel.tx_select()
    return name, other, channel


@behaviour
def commit(bench):
    """publishes appear with the commit, in order"""
    name, other, channel = transactional(bench)
    for body in numbered(3):
        channel.basic_publish("", name, body.encode())
    channel.queue_declare(name, passive=True)
    before = counts(other, name)
    channel.tx_commit()
    return [before, drain(other, name)]


@behaviour
def rollback(bench):
    """rolled back publishes never appear, the next transaction does"""
    name, other, channel = transactional(bench)
    channel.basic_publish("", name, b"no")
    channel.tx_rollback()
    channel.basic_publish("", name, b"yes")
    channel.tx_commit()
    return drain(other, name)


@behaviour
def closing_forgets(bench):
    """closing the channel without a commit publishes nothing"""
    name, other, channel = transactional(bench)
    channel.basic_publish("", name, b"no")
    channel.close()
    return drain(other, name)


@behaviour
def selects(bench):
    """select may be repeated; commit and rollback need one"""
    return [
        refusal(lambda: [channel.tx_select(), channel.tx_select()] and "twice")
        if (channel := bench.channel())
        else None,
        refusal(lambda: bench.channel().tx_commit()),
        refusal(lambda: bench.channel().tx_rollback()),
    ]


@behaviour
def modes_do_not_mix(bench):
    """a channel is either in confirm or in transaction mode"""
    first, second = bench.channel(), bench.channel()
    first.tx_select()
    second.confirm_delivery()
    return [refusal(lambda: first.confirm_delivery()), refusal(lambda: second.tx_select())]


@behaviour
def acks_commit(bench):
    """acknowledgements take effect with the commit"""
    name, other, channel = transactional(bench, 3)
    tags = [channel.basic_get(name)[0].delivery_tag for _ in range(3)]
    channel.basic_ack(tags[0])
    channel.basic_ack(tags[1])
    channel.tx_commit()
    channel.close()
    return drain(other, name)


@behaviour
def acks_roll_back(bench):
    """rolled back acknowledgements leave the deliveries unacknowledged: they can be acknowledged again"""
    name, other, channel = transactional(bench, 2)
    tags = [channel.basic_get(name)[0].delivery_tag for _ in range(2)]
    channel.basic_ack(tags[1], multiple=True)
    channel.tx_rollback()
    channel.basic_ack(tags[0])
    channel.tx_commit()
    channel.close()
    return drain(other, name)


@behaviour
def acked_twice(bench):
    """a delivery acknowledged in the transaction is settled as far as the client goes"""
    name, other, channel = transactional(bench, 1)
    tag = channel.basic_get(name)[0].delivery_tag

    def twice():
        channel.basic_ack(tag)
        channel.basic_ack(tag)
        channel.tx_commit()

    return [refusal(twice), drain(other, name)]


@behaviour
def unknown_tag(bench):
    """an unknown tag is refused at once, not at the commit"""
    name, other, channel = transactional(bench)

    def wrong():
        channel.basic_ack(7)
        channel.queue_declare(name, passive=True)

    return refusal(wrong)


@behaviour
def rejects(bench):
    """nack and reject take effect with the commit, requeueing to the old place"""
    name, other, channel = transactional(bench, 4)
    tags = [channel.basic_get(name)[0].delivery_tag for _ in range(3)]
    channel.basic_nack(tags[0])
    channel.basic_reject(tags[1], requeue=False)
    channel.basic_reject(tags[2], requeue=True)
    before = get(other, name)
    channel.tx_commit()
    channel.close()
    return [before, drain(other, name)]


@behaviour
def closing_gives_back(bench):
    """what was acknowledged without a commit comes back when the channel closes"""
    name, other, channel = transactional(bench, 2)
    tag = channel.basic_get(name)[0].delivery_tag
    channel.basic_ack(tag)
    channel.close()
    return drain(other, name)


@behaviour
def unroutable(bench):
    """a mandatory message is returned at the commit"""
    name, other, channel = transactional(bench)
    returned = []
    channel.add_on_return_callback(lambda *details: returned.append(details[1].reply_text))
    channel.basic_publish("", bench.queue("none"), b"m", mandatory=True)
    channel.queue_declare(name, passive=True)
    before = len(returned)
    channel.tx_commit()
    channel.connection.process_data_events(0)
    return [before, returned]


@behaviour
def missing_exchange(bench):
    """publishing to a missing exchange closes the channel and the transaction with it"""
    name, other, channel = transactional(bench)
    channel.basic_publish("", name, b"lost")

    def wrong():
        channel.basic_publish("no-such-exchange", name, b"m")
        channel.tx_commit()

    return [refusal(wrong), drain(other, name)]


@behaviour
def routed_at_publish(bench):
    """a queue bound after the publish and before the commit gets nothing"""
    name, other, channel = transactional(bench)
    exchange = bench.exchange()
    other.exchange_declare(exchange, "fanout")
    channel.basic_publish(exchange, "", b"early")
    channel.queue_declare(name, passive=True)
    other.queue_bind(name, exchange, "")
    channel.basic_publish(exchange, "", b"late")
    channel.tx_commit()
    return drain(other, name)


@behaviour
def queue_gone(bench):
    """a queue deleted before the commit does not hinder it"""
    name, other, channel = transactional(bench)
    second = bench.queue("second")
    other.queue_declare(second)
    channel.basic_publish("", name, b"one")
    channel.basic_publish("", second, b"two")
    channel.queue_declare(name, passive=True)
    other.queue_delete(name)
    return [refusal(lambda: channel.tx_commit()), drain(other, second)]


@behaviour
def own_publish_is_not_seen(bench):
    """a transaction does not see its own publishes"""
    name, other, channel = transactional(bench)
    channel.basic_publish("", name, b"m")
    before = get(channel, name)
    channel.tx_commit()
    return [before, get(channel, name)]


@behaviour
def prefetch_counts_until_commit(bench):
    """an acknowledged delivery counts against the prefetch until the commit"""
    name, other, channel = transactional(bench, 3)
    channel.basic_qos(prefetch_count=1)
    from bench import Deliveries

    deliveries = Deliveries(channel, name).wait(1)
    channel.basic_ack(deliveries.tags[0])
    deliveries.settle()
    before = len(deliveries.bodies)
    channel.tx_commit()
    deliveries.wait(2)
    return [before, deliveries.bodies]


@behaviour
def commits_of_nothing(bench):
    """a commit and a rollback of nothing are answered"""
    name, other, channel = transactional(bench)
    return [channel.tx_commit(), channel.tx_rollback()]
