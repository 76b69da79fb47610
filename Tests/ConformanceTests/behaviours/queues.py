"""Queues: declare, delete, purge and their refusals."""

from bench import (
    Deliveries, behaviour, counts, drain, get, kill, numbered, publish_all, refusal, wait_for_no_queue)


@behaviour
def declared(bench):
    """declare-ok names the queue with its ready messages and consumers"""
    queue = bench.queue()
    channel = bench.channel()
    first = channel.queue_declare(queue)
    publish_all(channel, queue, numbered(3))
    get(channel, queue)
    channel.basic_consume(queue, lambda *_: None, auto_ack=False)
    other = bench.channel()
    return [first, counts(other, queue)[1]]


@behaviour
def declared_again(bench):
    """declaring again with the same properties is accepted and counts what is ready"""
    queue = bench.queue()
    channel = bench.channel()
    channel.queue_declare(queue, durable=True)
    publish_all(channel, queue, numbered(3))
    return channel.queue_declare(queue, durable=True)


@behaviour
def unacked_does_not_count(bench):
    """unacknowledged messages are not counted as ready"""
    queue = bench.queue()
    channel = bench.channel()
    channel.queue_declare(queue)
    publish_all(channel, queue, numbered(3))
    get(channel, queue)
    return counts(channel, queue)


@behaviour
def other_durable(bench):
    """redeclaring with another durable flag is refused with 406"""
    return redeclared(bench, {}, {"durable": True})


@behaviour
def other_auto_delete(bench):
    """redeclaring with another auto-delete flag is refused with 406"""
    return redeclared(bench, {}, {"auto_delete": True})


@behaviour
def other_flags_name_the_first(bench):
    """of several other flags the refusal names the same one"""
    return redeclared(bench, {"durable": True}, {"durable": False, "auto_delete": True})


@behaviour
def other_exclusive(bench):
    """redeclaring a shared queue as exclusive is refused"""
    return redeclared(bench, {}, {"exclusive": True})


@behaviour
def exclusive_redeclared_as_shared(bench):
    """redeclaring an own exclusive queue as shared is refused"""
    return redeclared(bench, {"exclusive": True}, {})


def redeclared(bench, before, after):
    queue = bench.queue()
    channel = bench.channel()
    channel.queue_declare(queue, **before)
    return refusal(lambda: channel.queue_declare(queue, **after))


@behaviour
def passive_missing(bench):
    """a passive declare of a missing queue is refused with 404"""
    channel = bench.channel()
    return refusal(lambda: channel.queue_declare(bench.queue(), passive=True))


@behaviour
def passive_ignores_flags(bench):
    """a passive declare does not compare properties"""
    queue = bench.queue()
    channel = bench.channel()
    channel.queue_declare(queue)
    return refusal(lambda: channel.queue_declare(queue, passive=True, durable=True, auto_delete=True))


@behaviour
def reserved_name(bench):
    """a name that begins with amq. is refused with 403"""
    channel = bench.channel()
    return refusal(lambda: channel.queue_declare("amq.mine"))


@behaviour
def reserved_name_passive(bench):
    """a passive declare of a reserved name that is missing is refused with 404"""
    channel = bench.channel()
    return refusal(lambda: channel.queue_declare("amq.mine", passive=True))


@behaviour
def named_by_the_server(bench):
    """a queue without a name gets a new one that begins with amq.gen-"""
    channel = bench.channel()
    names = [channel.queue_declare("", exclusive=True).method.queue for _ in range(2)]
    return [[name[:8], len(name)] for name in names] + [names[0] != names[1]]


@behaviour
def empty_name_is_the_last(bench):
    """an empty name stands for the queue the channel declared last"""
    queue = bench.queue()
    channel = bench.channel()
    channel.queue_declare(queue)
    publish_all(channel, queue, ["1"])
    return [get(channel, ""), channel.queue_purge("")]


@behaviour
def empty_name_without_a_last(bench):
    """an empty name on a channel that declared nothing is refused with 404"""
    connection = bench.connection()
    actions = [
        lambda channel: channel.queue_purge(""),
        lambda channel: channel.queue_delete(""),
        lambda channel: channel.basic_get(""),
        lambda channel: channel.queue_bind("", "amq.direct", "key"),
        lambda channel: channel.basic_consume("", lambda *_: None),
    ]
    return [refusal(lambda: action(connection.channel())) for action in actions]


@behaviour
def empty_name_passive(bench):
    """a passive declare of an empty name is refused with 404, whatever was declared before"""
    channel = bench.channel()
    channel.queue_declare(bench.queue())
    return refusal(lambda: channel.queue_declare("", passive=True))


@behaviour
def longest_name(bench):
    """a name of 255 bytes works"""
    queue = bench.queue()
    queue = queue + "x" * (255 - len(queue))
    bench.queues.append(queue)
    channel = bench.channel()
    channel.queue_declare(queue)
    publish_all(channel, queue, ["1"])
    return drain(channel, queue)


@behaviour
def name_beyond_ascii(bench):
    """a name in any script works and appears in error texts"""
    queue = bench.queue("очередь-ウサギ")
    channel = bench.channel()
    missing = refusal(lambda: channel.queue_declare(queue, passive=True))
    channel = bench.channel()
    channel.queue_declare(queue)
    publish_all(channel, queue, ["1"])
    return [missing, drain(channel, queue)]


@behaviour
def delete_counts(bench):
    """delete answers how many ready messages went"""
    queue = bench.queue()
    channel = bench.channel()
    channel.queue_declare(queue)
    publish_all(channel, queue, numbered(7))
    return channel.queue_delete(queue)


@behaviour
def delete_missing(bench):
    """deleting a missing queue is accepted and counts 0"""
    channel = bench.channel()
    return refusal(lambda: channel.queue_delete(bench.queue()))


@behaviour
def delete_if_unused(bench):
    """delete with if-unused is refused with 406 while there are consumers"""
    queue = bench.queue()
    channel = bench.channel()
    channel.queue_declare(queue)
    channel.basic_consume(queue, lambda *_: None)
    other = bench.channel()
    return [refusal(lambda: other.queue_delete(queue, if_unused=True)), counts(channel, queue)]


@behaviour
def delete_if_empty(bench):
    """delete with if-empty is refused with 406 while there are messages"""
    queue = bench.queue()
    channel = bench.channel()
    channel.queue_declare(queue)
    publish_all(channel, queue, numbered(2))
    other = bench.channel()
    return [refusal(lambda: other.queue_delete(queue, if_empty=True)), counts(channel, queue)]


@behaviour
def delete_conditions_met(bench):
    """delete with if-unused and if-empty is accepted for an idle empty queue"""
    queue = bench.queue()
    channel = bench.channel()
    channel.queue_declare(queue)
    return channel.queue_delete(queue, if_unused=True, if_empty=True)


@behaviour
def purge_counts(bench):
    """purge answers how many ready messages went and leaves the unacknowledged ones"""
    queue = bench.queue()
    channel = bench.channel()
    channel.queue_declare(queue)
    publish_all(channel, queue, numbered(5))
    get(channel, queue)
    purged = channel.queue_purge(queue)
    after = counts(channel, queue)
    channel.basic_nack(1, requeue=True)
    return [purged, after, drain(channel, queue)]


@behaviour
def purge_missing(bench):
    """purging a missing queue is refused with 404"""
    channel = bench.channel()
    return refusal(lambda: channel.queue_purge(bench.queue()))


@behaviour
def redeclared_is_empty(bench):
    """a queue deleted and declared again is empty and unbound"""
    queue, exchange = bench.queue(), bench.exchange()
    channel = bench.channel()
    channel.exchange_declare(exchange, "fanout")
    channel.queue_declare(queue)
    channel.queue_bind(queue, exchange)
    publish_all(channel, queue, numbered(2))
    channel.queue_delete(queue)
    channel.queue_declare(queue)
    channel.basic_publish(exchange, "", b"lost")
    return counts(channel, queue)


@behaviour
def exclusive_is_locked(bench):
    """another connection may do nothing with an exclusive queue: 405 each time"""
    queue = bench.queue()
    channel = bench.channel()
    channel.queue_declare(queue, exclusive=True)
    other = bench.connection()
    actions = [
        lambda channel: channel.queue_declare(queue),
        lambda channel: channel.queue_declare(queue, exclusive=True),
        lambda channel: channel.queue_declare(queue, passive=True),
        lambda channel: channel.queue_bind(queue, "amq.fanout"),
        lambda channel: channel.queue_unbind(queue, "amq.fanout"),
        lambda channel: channel.queue_purge(queue),
        lambda channel: channel.queue_delete(queue),
        lambda channel: channel.basic_get(queue),
        lambda channel: channel.basic_consume(queue, lambda *_: None),
    ]
    return [refusal(lambda: action(other.channel())) for action in actions]


@behaviour
def exclusive_takes_publishes(bench):
    """another connection may publish to an exclusive queue"""
    queue = bench.queue()
    channel = bench.channel()
    channel.queue_declare(queue, exclusive=True)
    publish_all(bench.channel(), queue, ["1"])
    return get(channel, queue)


@behaviour
def exclusive_survives_its_channel(bench):
    """an exclusive queue outlives the channel that declared it"""
    queue = bench.queue()
    connection = bench.connection()
    channel = connection.channel()
    channel.queue_declare(queue, exclusive=True)
    channel.close()
    return counts(connection.channel(), queue)


@behaviour
def exclusive_closes_with_its_connection(bench):
    """an exclusive queue goes when its connection closes"""
    queue = bench.queue()
    connection = bench.connection()
    connection.channel().queue_declare(queue, exclusive=True)
    connection.close()
    return wait_for_no_queue(bench, queue)


@behaviour
def exclusive_dies_with_its_connection(bench):
    """an exclusive queue goes when its connection dies"""
    queue = bench.queue()
    connection = bench.connection()
    connection.channel().queue_declare(queue, exclusive=True)
    kill(connection)
    return wait_for_no_queue(bench, queue)


@behaviour
def auto_delete_after_cancel(bench):
    """an auto-delete queue goes with the cancel of its last consumer"""
    queue = bench.queue()
    channel = bench.channel()
    channel.queue_declare(queue, auto_delete=True)
    one, two = Deliveries(channel, queue), Deliveries(channel, queue)
    channel.basic_cancel(one.tag)
    left = counts(channel, queue)
    channel.basic_cancel(two.tag)
    return [left, wait_for_no_queue(bench, queue)]


@behaviour
def auto_delete_after_channel_close(bench):
    """an auto-delete queue goes with the channel of its last consumer"""
    queue = bench.queue()
    channel = bench.channel()
    channel.queue_declare(queue, auto_delete=True)
    Deliveries(channel, queue)
    channel.close()
    return wait_for_no_queue(bench, queue)


@behaviour
def auto_delete_after_death(bench):
    """an auto-delete queue goes with the connection of its last consumer"""
    queue = bench.queue()
    connection = bench.connection()
    channel = connection.channel()
    channel.queue_declare(queue, auto_delete=True)
    Deliveries(channel, queue)
    kill(connection)
    return wait_for_no_queue(bench, queue)


@behaviour
def auto_delete_waits_for_a_first(bench):
    """an auto-delete queue that never had a consumer outlives its connection"""
    queue = bench.queue()
    connection = bench.connection()
    channel = connection.channel()
    channel.queue_declare(queue, auto_delete=True)
    publish_all(channel, queue, ["1"])
    connection.close()
    other = bench.channel()
    return [counts(other, queue), get(other, queue, auto_ack=True), counts(other, queue)]


@behaviour
def delete_takes_unacked(bench):
    """acks for messages of a deleted queue are accepted"""
    queue = bench.queue()
    channel = bench.channel()
    channel.queue_declare(queue)
    publish_all(channel, queue, numbered(2))
    get(channel, queue)
    deleted = channel.queue_delete(queue)
    channel.basic_ack(1)
    return [deleted, refusal(lambda: channel.queue_declare(queue))]
