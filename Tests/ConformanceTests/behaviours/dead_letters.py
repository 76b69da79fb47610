"""Dead-letter exchanges (RabbitMQ, "Dead Letter Exchanges"): what is told of each death, where it goes, what is refused."""

import pika

from bench import behaviour, counts, drain, numbered, publish_all, refusal, text, wait_until

EXCHANGE, KEY, KIND = "x-dead-letter-exchange", "x-dead-letter-routing-key", "x-queue-type"


def arguments_of(more):
    return {key.replace("_", "-"): value for key, value in more.items()}


def dying(bench, suffix="q", to="dead", exchange="", quorum=False, **more):
    """A queue whose dead letters go to another of this behaviour's queues, and a channel."""
    name = bench.queue(suffix)
    arguments = dict(arguments_of(more), **{EXCHANGE: exchange})
    if to is not None:
        arguments[KEY] = f"{bench.prefix}.{to}"
    if quorum:
        arguments[KIND] = "quorum"
    channel = bench.channel()
    channel.queue_declare(name, durable=quorum, arguments=arguments)
    return name, channel


def dead(bench, channel, suffix="dead"):
    name = bench.queue(suffix)
    channel.queue_declare(name)
    return name


def take(channel, queue, settle=None):
    """The next message of a queue, once there is one, with all but the time of what its headers tell."""
    found = []

    def is_there():
        method, properties, body = channel.basic_get(queue)
        if method is None:
            return False
        found.append((method, properties, body))
        return True

    wait_until(channel.connection, is_there, f"a message in {queue}")
    method, properties, body = found[0]
    if settle:
        settle(method.delivery_tag)
    else:
        channel.basic_ack(method.delivery_tag)
    headers = dict(properties.headers or {})
    deaths = headers.get("x-death")
    if isinstance(deaths, list):
        for death in deaths:
            if isinstance(death, dict) and "time" in death:
                death["time"] = type(death["time"]).__name__
    return {
        "from": [method.exchange, method.routing_key], "redelivered": method.redelivered, "body": text(body),
        "headers": {key: plain_number(value) for key, value in headers.items()},
        "properties": {
            key: value for key, value in vars(properties).items() if key != "headers" and value is not None},
    }


def plain_number(value):
    if isinstance(value, list):
        return [plain_number(item) for item in value]
    if isinstance(value, dict):
        return {key: plain_number(item) for key, item in value.items()}
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else value


def reject(channel):
    return lambda tag: channel.basic_reject(tag, requeue=False)


@behaviour
def rejected(bench):
    """a rejected message goes to the exchange with the story of its death, and without its expiration"""
    name, channel = dying(bench)
    target = dead(bench, channel)
    publish_all(
        channel, name, ["m"], headers={"z": 1, "a": "b", "CC": [f"{bench.prefix}.nobody"]}, delivery_mode=2,
        expiration="90000", correlation_id="17", content_type="text/plain", type="t", app_id="test", priority=3)
    take(channel, name, reject(channel))
    return take(channel, target)


@behaviour
def rejected_keeps_key(bench):
    """without a dead-letter routing key the message keeps its own, and its CC header"""
    exchange = bench.exchange()
    name, channel = dying(bench, to=None, exchange=exchange)
    target = dead(bench, channel)
    channel.exchange_declare(exchange, "direct")
    channel.queue_bind(target, exchange, name)
    publish_all(channel, name, ["m"], headers={"CC": [f"{bench.prefix}.nobody"]})
    take(channel, name, reject(channel))
    return take(channel, target)


@behaviour
def nack_of_many(bench):
    """a nack of many dead-letters each, in order"""
    name, channel = dying(bench)
    target = dead(bench, channel)
    publish_all(channel, name, numbered(5))
    for _ in range(4):
        tag = channel.basic_get(name)[0].delivery_tag
    channel.basic_nack(tag, multiple=True, requeue=False)
    wait_until(channel.connection, lambda: counts(channel, target)[0] == 4, "four dead letters")
    return [drain(channel, target), drain(channel, name)]


@behaviour
def expired(bench):
    """a message that expires in its queue, by the queue's lifetime or by its own"""
    name, channel = dying(bench, x_message_ttl=100)
    other, _ = dying(bench, "other")
    target = dead(bench, channel)
    publish_all(channel, name, ["by the queue"])
    first = take(channel, target)
    publish_all(channel, other, ["by itself"], expiration="50")
    return [first, take(channel, target)]


@behaviour
def drop_head(bench):
    """a queue over its length dead-letters its oldest"""
    name, channel = dying(bench, x_max_length=2)
    target = dead(bench, channel)
    publish_all(channel, name, numbered(4))
    return [take(channel, target), take(channel, target), drain(channel, name)]


@behaviour
def reject_publish(bench):
    """with reject-publish-dlx what is refused is dead-lettered and nacked; without an exchange it is only nacked"""
    name, channel = dying(bench, x_max_length=1, x_overflow="reject-publish-dlx")
    target = dead(bench, channel)
    other = bench.queue("other")
    channel.queue_declare(other, arguments={"x-max-length": 1, "x-overflow": "reject-publish-dlx"})
    channel.confirm_delivery()
    outcome = []
    for queue in (name, other):
        for body in numbered(2):
            try:
                channel.basic_publish("", queue, body.encode())
                outcome.append("ack")
            except pika.exceptions.NackError:
                outcome.append("nack")
    return [outcome, take(channel, target), drain(channel, name), drain(channel, other)]


@behaviour
def refused_by_the_next(bench):
    """a dead letter that the next queue refuses goes on to that queue's exchange"""
    name, channel = dying(bench, "q", to="full")
    full, _ = dying(bench, "full", x_max_length=0, x_overflow="reject-publish-dlx")
    target = dead(bench, channel)
    publish_all(channel, name, ["m"])
    take(channel, name, reject(channel))
    return take(channel, target)


@behaviour
def chain(bench):
    """each death is told, the last one first"""
    names = []
    for number in range(5):
        name, channel = dying(bench, f"c{number}", to=f"c{(number + 1) % 5}")
        names.append(name)
    publish_all(channel, names[0], ["m"])
    return [take(channel, name, reject(channel)) for name in names + names[:3]]


@behaviour
def counted(bench):
    """the same death again is counted"""
    name, channel = dying(bench, to="q")
    publish_all(channel, name, ["m"])
    return [take(channel, name, reject(channel)) for _ in range(4)]


@behaviour
def cycle_dropped(bench):
    """a message that comes round by itself is dropped"""
    name, channel = dying(bench, to="q", x_message_ttl=50)
    publish_all(channel, name, ["m"])
    first, _ = dying(bench, "a", to="b", x_message_ttl=50)
    second, _ = dying(bench, "b", to="a", x_message_ttl=50)
    publish_all(channel, first, ["m"])
    channel.connection.process_data_events(0.6)
    return [counts(channel, queue)[0] for queue in (name, first, second)]


@behaviour
def cycle_with_reject(bench):
    """a message that somebody rejects on the way comes round for ever"""
    first, channel = dying(bench, "a", to="b", x_message_ttl=50)
    second, _ = dying(bench, "b", to="a")
    publish_all(channel, first, ["m"])
    return [take(channel, second, reject(channel)) for _ in range(3)]


@behaviour
def nowhere(bench):
    """without the exchange, or without a queue behind it, the message is dropped"""
    name, channel = dying(bench, exchange=f"{bench.prefix}.missing")
    other, _ = dying(bench, "other", exchange="amq.direct")
    publish_all(channel, name, ["m"])
    publish_all(channel, other, ["m"])
    take(channel, name, reject(channel))
    take(channel, other, reject(channel))
    return [counts(channel, name), counts(channel, other), channel.is_open]


@behaviour
def purge_and_delete(bench):
    """what is purged or goes with its queue is not dead-lettered"""
    name, channel = dying(bench)
    target = dead(bench, channel)
    publish_all(channel, name, numbered(3))
    channel.queue_purge(name)
    publish_all(channel, name, numbered(3))
    channel.basic_get(name)
    channel.queue_delete(name)
    channel.connection.process_data_events(0.2)
    return counts(channel, target)


@behaviour
def foreign_headers(bench):
    """a list of deaths that is none is begun anew"""
    name, channel = dying(bench)
    target = dead(bench, channel)
    outcome = []
    for deaths in ("text", [], [{"queue": "elsewhere"}], [{"queue": name, "reason": "rejected", "count": 7}]):
        publish_all(channel, name, ["m"], headers={"x-death": deaths})
        take(channel, name, reject(channel))
        outcome.append(take(channel, target))
    return outcome


@behaviour
def transaction(bench):
    """a reject in a transaction is dead-lettered when it is committed"""
    name, channel = dying(bench)
    target = dead(bench, channel)
    publish_all(channel, name, numbered(2))
    other = bench.channel()
    other.tx_select()
    tags = [other.basic_get(name)[0].delivery_tag for _ in range(2)]
    other.basic_reject(tags[0], requeue=False)
    other.tx_rollback()
    before = counts(channel, target)
    other.basic_nack(tags[1], multiple=True, requeue=False)
    other.tx_commit()
    wait_until(channel.connection, lambda: counts(channel, target)[0] == 2, "two dead letters")
    return [before, drain(channel, target)]


@behaviour
def refused_arguments(bench):
    """arguments that make no sense are refused with 406"""
    return [
        refusal(lambda: bench.channel().queue_declare(bench.queue(), durable=KIND in arguments, arguments=arguments))
        for arguments in (
            {EXCHANGE: 1},
            {EXCHANGE: True},
            {EXCHANGE: None},
            {EXCHANGE: ""},
            {KEY: "k"},
            {KEY: 1},
            {EXCHANGE: "x", KEY: 1},
            {EXCHANGE: 1, KEY: 1},
            {"x-overflow": "reject-publish-dlx"},
            {"x-dead-letter-strategy": "at-most-once"},
            {KIND: "quorum", EXCHANGE: 1},
            {KIND: "quorum", KEY: "k"},
            {KIND: "quorum", EXCHANGE: "x", "x-dead-letter-strategy": "at-most-once"},
            {KIND: "quorum", EXCHANGE: "x", "x-dead-letter-strategy": "never"},
            {KIND: "quorum", EXCHANGE: "x", "x-dead-letter-strategy": 1},
            {KIND: "quorum", EXCHANGE: "x", "x-overflow": "reject-publish-dlx"},
        )
    ]


@behaviour
def equivalence(bench):
    """exchange and key are compared when a queue is declared again"""
    same = {EXCHANGE: "x", KEY: "k"}
    name = bench.queue()
    channel = bench.channel()
    channel.queue_declare(name, arguments=same)
    plain = bench.queue("plain")
    channel.queue_declare(plain)
    return [
        refusal(lambda: bench.channel().queue_declare(name, arguments=arguments))
        for arguments in (same, {EXCHANGE: "y", KEY: "k"}, {EXCHANGE: "x", KEY: "l"}, {EXCHANGE: "x"}, {})
    ] + [refusal(lambda: bench.channel().queue_declare(plain, arguments=same))]


@behaviour
def quorum_rejected(bench):
    """a quorum queue dead-letters what is rejected, and what comes back too often"""
    name, channel = dying(bench, quorum=True, x_delivery_limit=1)
    target = dead(bench, channel)
    publish_all(channel, name, ["1", "2"], headers={"a": 1})
    outcome = [take(channel, name, reject(channel))["body"], take(channel, target)]
    for _ in range(2):
        take(channel, name, lambda tag: channel.basic_reject(tag, requeue=True))
    return outcome + [take(channel, target)]


@behaviour
def quorum_over_length(bench):
    """a quorum queue over its length dead-letters its oldest, also where it is to refuse what comes"""
    name, channel = dying(bench, quorum=True, x_max_length=1)
    other, _ = dying(bench, "other", quorum=True, x_max_length=1, x_overflow="reject-publish-dlx")
    target = dead(bench, channel)
    outcome = []
    for queue in (name, other):
        publish_all(channel, queue, numbered(2))
        outcome += [take(channel, target), drain(channel, queue)]
    return outcome


@behaviour
def quorum_expired(bench):
    """a quorum queue dead-letters what expires, into another quorum queue too"""
    name, channel = dying(bench, quorum=True, x_message_ttl=50)
    target = bench.queue("dead")
    channel.queue_declare(target, durable=True, arguments={KIND: "quorum"})
    publish_all(channel, name, ["m"])
    letter = take(channel, target)
    letter["headers"].pop("x-delivery-count", None)
    return letter
