"""exchange.bind, alternate exchanges, internal exchanges (RabbitMQ, "Exchange to Exchange Bindings", "Alternate Exchanges")."""

import pika

from bench import behaviour, counts, drain, refusal


def exchanges(bench, channel, **types):
    names = {}
    for suffix, type in types.items():
        names[suffix] = bench.exchange(suffix)
        channel.exchange_declare(names[suffix], type)
    return names


def queue(bench, channel, exchange, key="", suffix="q"):
    name = bench.queue(suffix)
    channel.queue_declare(name)
    channel.queue_bind(name, exchange, key)
    return name


@behaviour
def chain(bench):
    """a message passes from exchange to exchange, each routing by its own bindings"""
    channel = bench.channel()
    x = exchanges(bench, channel, a="topic", b="direct", c="fanout")
    channel.exchange_bind(x["b"], x["a"], "k.#")
    channel.exchange_bind(x["c"], x["b"], "k.1")
    one = queue(bench, channel, x["b"], "k.2", "one")
    two = queue(bench, channel, x["c"], "", "two")
    for key in ("k.1", "k.2", "k.3", "other"):
        channel.basic_publish(x["a"], key, key.encode())
    return [drain(channel, one), drain(channel, two)]


@behaviour
def diamond(bench):
    """a queue reached by two ways gets the message once"""
    channel = bench.channel()
    x = exchanges(bench, channel, top="fanout", left="fanout", right="fanout")
    channel.exchange_bind(x["left"], x["top"])
    channel.exchange_bind(x["right"], x["top"])
    name = queue(bench, channel, x["left"])
    channel.queue_bind(name, x["right"], "")
    channel.basic_publish(x["top"], "", b"once")
    return drain(channel, name)


@behaviour
def cycle(bench):
    """a circle of exchanges ends"""
    channel = bench.channel()
    x = exchanges(bench, channel, a="fanout", b="fanout")
    channel.exchange_bind(x["b"], x["a"])
    channel.exchange_bind(x["a"], x["b"])
    channel.exchange_bind(x["a"], x["a"])
    name = queue(bench, channel, x["b"])
    channel.basic_publish(x["a"], "", b"once")
    channel.basic_publish(x["b"], "", b"and once")
    return drain(channel, name)


@behaviour
def unbind(bench):
    """an unbound exchange gets nothing more; unbinding again is accepted"""
    channel = bench.channel()
    x = exchanges(bench, channel, a="direct", b="fanout")
    channel.exchange_bind(x["b"], x["a"], "k")
    name = queue(bench, channel, x["b"])
    channel.basic_publish(x["a"], "k", b"before")
    channel.exchange_unbind(x["b"], x["a"], "k")
    channel.basic_publish(x["a"], "k", b"after")
    return [drain(channel, name), refusal(lambda: channel.exchange_unbind(x["b"], x["a"], "k"))]


@behaviour
def missing_names(bench):
    """binding or unbinding a missing exchange"""
    channel = bench.channel()
    x = exchanges(bench, channel, a="direct")
    return [
        refusal(lambda: bench.channel().exchange_bind("no-destination", x["a"], "k")),
        refusal(lambda: bench.channel().exchange_bind(x["a"], "no-source", "k")),
        refusal(lambda: bench.channel().exchange_bind("no-destination", "no-source", "k")),
        refusal(lambda: bench.channel().exchange_unbind("no-destination", x["a"], "k")),
        refusal(lambda: bench.channel().exchange_unbind(x["a"], "no-source", "k")),
        refusal(lambda: bench.channel().queue_bind("no-queue", "no-source", "k")),
    ]


@behaviour
def default_exchange(bench):
    """the default exchange takes part in no binding"""
    channel = bench.channel()
    x = exchanges(bench, channel, a="direct")
    return [
        refusal(lambda: bench.channel().exchange_bind("", x["a"], "k")),
        refusal(lambda: bench.channel().exchange_bind(x["a"], "", "k")),
        refusal(lambda: bench.channel().exchange_unbind("", x["a"], "k")),
        refusal(lambda: bench.channel().exchange_unbind(x["a"], "", "k")),
    ]


@behaviour
def deleting_the_destination(bench):
    """deleting an exchange takes its bindings with it; declared again it is not bound"""
    channel = bench.channel()
    x = exchanges(bench, channel, a="fanout", b="fanout")
    channel.exchange_bind(x["b"], x["a"])
    name = queue(bench, channel, x["b"])
    channel.exchange_delete(x["b"])
    channel.exchange_declare(x["b"], "fanout")
    channel.queue_bind(name, x["b"], "")
    channel.basic_publish(x["a"], "", b"lost")
    channel.basic_publish(x["b"], "", b"kept")
    return drain(channel, name)


@behaviour
def in_use(bench):
    """if-unused looks at bindings from the exchange, not at those to it"""
    channel = bench.channel()
    x = exchanges(bench, channel, a="fanout", b="fanout")
    channel.exchange_bind(x["b"], x["a"])
    return [
        refusal(lambda: bench.channel().exchange_delete(x["a"], if_unused=True)),
        refusal(lambda: bench.channel().exchange_delete(x["b"], if_unused=True)),
    ]


@behaviour
def auto_delete_cascade(bench):
    """an auto-delete exchange goes with the last binding from it, and that may take another one along"""
    channel = bench.channel()
    first, second, name = bench.exchange("first"), bench.exchange("second"), bench.queue()
    channel.exchange_declare(first, "fanout", auto_delete=True)
    channel.exchange_declare(second, "fanout", auto_delete=True)
    channel.queue_declare(name)
    channel.exchange_bind(second, first)
    channel.queue_bind(name, second, "")
    channel.queue_delete(name)
    return [refusal(lambda: bench.channel().exchange_declare(each, passive=True)) for each in (second, first)]


@behaviour
def auto_delete_needs_a_source(bench):
    """an auto-delete exchange that was only ever a destination stays"""
    channel = bench.channel()
    first, second = bench.exchange("first"), bench.exchange("second")
    channel.exchange_declare(first, "fanout")
    channel.exchange_declare(second, "fanout", auto_delete=True)
    channel.exchange_bind(second, first)
    channel.exchange_unbind(second, first)
    return refusal(lambda: bench.channel().exchange_declare(second, passive=True))


@behaviour
def internal(bench):
    """an internal exchange refuses publishers and takes from exchanges"""
    channel = bench.channel()
    x = exchanges(bench, channel, a="fanout")
    inner = bench.exchange("inner")
    channel.exchange_declare(inner, "fanout", internal=True)
    channel.exchange_bind(inner, x["a"])
    name = queue(bench, channel, inner)
    channel.basic_publish(x["a"], "", b"through")
    other = bench.channel()

    def direct():
        other.basic_publish(inner, "", b"not")
        other.queue_declare(name, passive=True)

    return [refusal(direct), drain(channel, name)]


@behaviour
def internal_is_equivalent(bench):
    """internal is one of the compared settings"""
    inner = bench.exchange()
    bench.channel().exchange_declare(inner, "fanout", internal=True)
    return refusal(lambda: bench.channel().exchange_declare(inner, "fanout"))


@behaviour
def alternate(bench):
    """what no binding takes goes to the alternate exchange, by name at the time of publishing"""
    channel = bench.channel()
    main, spare = bench.exchange("main"), bench.exchange("spare")
    channel.exchange_declare(main, "direct", arguments={"alternate-exchange": spare})
    taken = queue(bench, channel, main, "k", "taken")
    channel.basic_publish(main, "other", b"nowhere yet")
    channel.exchange_declare(spare, "fanout")
    rest = queue(bench, channel, spare, "", "rest")
    channel.basic_publish(main, "k", b"k")
    channel.basic_publish(main, "other", b"other")
    return [drain(channel, taken), drain(channel, rest)]


@behaviour
def alternate_of_alternate(bench):
    """alternates follow each other, and mandatory returns only what the last one leaves"""
    channel = bench.channel()
    one, two, three = bench.exchange("one"), bench.exchange("two"), bench.exchange("three")
    channel.exchange_declare(one, "direct", arguments={"alternate-exchange": two})
    channel.exchange_declare(two, "direct", arguments={"alternate-exchange": three})
    channel.exchange_declare(three, "direct", arguments={"alternate-exchange": one})
    name = queue(bench, channel, three, "k")
    channel.confirm_delivery()
    channel.basic_publish(one, "k", b"k", mandatory=True)
    try:
        channel.basic_publish(one, "other", b"other", mandatory=True)
        last = "taken"
    except pika.exceptions.UnroutableError:
        last = "returned"
    return [drain(channel, name), last]


@behaviour
def alternate_is_not_used_when_bound(bench):
    """an exchange bound to another that drops the message has routed it"""
    channel = bench.channel()
    main, dead, spare = bench.exchange("main"), bench.exchange("dead"), bench.exchange("spare")
    channel.exchange_declare(spare, "fanout")
    channel.exchange_declare(dead, "fanout")
    channel.exchange_declare(main, "fanout", arguments={"alternate-exchange": spare})
    channel.exchange_bind(dead, main)
    rest = queue(bench, channel, spare)
    channel.basic_publish(main, "", b"m")
    return drain(channel, rest)


@behaviour
def alternate_arguments(bench):
    """the alternate exchange is a name, and one of the compared settings"""
    main, plain = bench.exchange("main"), bench.exchange("plain")
    bench.channel().exchange_declare(main, "direct", arguments={"alternate-exchange": "a"})
    bench.channel().exchange_declare(plain, "direct")
    return [
        refusal(lambda: bench.channel().exchange_declare(bench.exchange("n"), "direct", arguments={"alternate-exchange": 5})),
        refusal(lambda: bench.channel().exchange_declare(bench.exchange("b"), "direct", arguments={"alternate-exchange": True})),
        refusal(lambda: bench.channel().exchange_declare(main, "direct", arguments={"alternate-exchange": "b"})),
        refusal(lambda: bench.channel().exchange_declare(main, "direct")),
        refusal(lambda: bench.channel().exchange_declare(plain, "direct", arguments={"alternate-exchange": "b"})),
        refusal(lambda: bench.channel().exchange_declare(plain, "direct", arguments={"x-unknown": "b"})),
    ]


@behaviour
def unknown_types(bench):
    """an exchange type that is none closes the connection"""
    return [
        refusal(lambda: bench.connection().channel().exchange_declare(bench.exchange(), type))
        for type in ("no-such-type", "", "Topic")
    ]
