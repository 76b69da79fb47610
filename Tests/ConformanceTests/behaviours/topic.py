"""Topic exchanges (AMQP 0-9-1 §3.1.3.3)."""

from bench import behaviour, refusal
from exchanges import bound, contents, sent

PATTERNS = ["", "#", "*", "a", "a.b", "a.*", "*.b", "a.#", "#.b", "a.*.c", "a.#.c", "#.#", "*.#", "#.*", "*.*", "a..b", ".", "#.a.#"]
KEYS = ["", "a", "b", "a.b", "a.c", "a.b.c", "a.c.b", "a.x.y.c", "a..b", ".", "..", "a.", ".a", "*", "#", "A.b", "a.b.a"]


@behaviour
def patterns(bench):
    """every pattern meets every key as the trie says"""
    exchange, channel, queues = bound(bench, "topic", *((f"p{number}", pattern) for number, pattern in enumerate(PATTERNS)))
    sent(channel, exchange, *KEYS)
    found = contents(channel, queues)
    return {PATTERNS[int(name[1:])]: sorted(key for key, _ in messages) for name, messages in found.items()}


@behaviour
def once(bench):
    """a queue bound by several matching patterns gets the message once"""
    exchange, channel, queues = bound(bench, "topic", ("a", "x.#"), ("a", "#"), ("a", "x.y"))
    sent(channel, exchange, "x.y", "z")
    return contents(channel, queues)


@behaviour
def unbinding(bench):
    """unbinding one pattern leaves the others"""
    exchange, channel, queues = bound(bench, "topic", ("a", "x.*"), ("a", "x.#"), ("b", "x.*.z"), ("b", "x.*"))
    channel.queue_unbind(queues["a"], exchange, "x.#")
    channel.queue_unbind(queues["b"], exchange, "x.*")
    sent(channel, exchange, "x", "x.y", "x.y.z")
    return contents(channel, queues)


@behaviour
def system(bench):
    """amq.topic is there, durable, and is not declared otherwise"""
    return [
        refusal(lambda: bench.channel().exchange_declare("amq.topic", "topic", durable=True)),
        refusal(lambda: bench.channel().exchange_declare("amq.topic", "direct", durable=True)),
        refusal(lambda: bench.channel().exchange_declare("amq.topic", passive=True)),
    ]


@behaviour
def long_key(bench):
    """a key of 255 octets and one of 127 words are keys like others"""
    exchange, channel, queues = bound(bench, "topic", ("a", "#.end"), ("b", "*." * 126 + "*"), ("c", "x" * 255))
    sent(channel, exchange, "x" * 255, ".".join("w" * 127), "a." * 100 + "end")
    return {name: len(messages) for name, messages in contents(channel, queues).items()}
