"""Policies (RabbitMQ, "Policies"): what counts for which name, and what it does."""

import re

import pika

from bench import behaviour, counts, drain, numbered, publish_all, wait_until


def put(bench, name, pattern=None, definition=None, **more):
    """Sets a policy; only for the names of this behaviour unless a pattern is given."""
    pattern = "^" + re.escape(bench.prefix) + r"\." if pattern is None else pattern
    body = {"pattern": pattern, "definition": {"max-length": 2} if definition is None else definition}
    body.update({key.replace("_", "-"): value for key, value in more.items()})
    return bench.api("PUT", f"/api/policies/%2F/{name}", body)


def clear(bench, name):
    return bench.api("DELETE", f"/api/policies/%2F/{name}")


def counting(bench, queue):
    """The name and the settings of the policy that counts for a queue."""
    status, body = bench.api("GET", f"/api/queues/%2F/{queue}")
    return [body.get("policy"), body.get("effective_policy_definition")] if status == 200 else status


def of_exchange(bench, exchange):
    """The name of the policy that counts for an exchange, which brokers say at once."""
    return bench.api("GET", f"/api/exchanges/%2F/{exchange}")[1].get("policy")


def settled(bench, channel, queue, ready):
    """Waits until a queue has so many ready messages, as a policy takes its time in some brokers."""
    wait_until(channel.connection, lambda: counts(channel, queue)[0] == ready, f"{ready} ready")
    return ready


def declared(bench, kind="classic", **arguments):
    name, channel = bench.queue(), bench.channel()
    arguments = {key.replace("_", "-"): value for key, value in arguments.items()}
    channel.queue_declare(name, durable=True, arguments={"x-queue-type": kind, **arguments})
    return name, channel


@behaviour
def set_and_cleared(bench):
    """a policy is created, replaced, read, and cleared once"""
    name = bench.policy()
    path = f"/api/policies/%2F/{name}"
    return [
        put(bench, name), put(bench, name, priority=3, apply_to="queues"), bench.api("GET", path), clear(bench, name),
        clear(bench, name), bench.api("GET", path), bench.api("GET", "/api/policies/none"),
        bench.api("PUT", f"/api/policies/none/{name}", {"pattern": "x", "definition": {"max-length": 1}})]


@behaviour
def refused(bench):
    """what makes no sense is refused, all of it at once"""
    name = bench.policy()
    path = f"/api/policies/%2F/{name}"
    outcome = [
        bench.api("PUT", path, {}), bench.api("PUT", path, {"pattern": "x"}),
        put(bench, name, "(", {}, apply_to="foo"), put(bench, name, priority=None),
        bench.api("PUT", path, {"pattern": 1, "definition": {"max-length": 1}})]
    return outcome + [bench.api("GET", path)]


DEFINITIONS = [
    {}, {"foo": 1, "bar": "b"}, {"message-ttl": -1}, {"message-ttl": 1.5}, {"message-ttl": "é"}, {"expires": 0},
    {"max-length": True}, {"max-length": None}, {"max-length-bytes": [1, "a<b&"]}, {"overflow": "x"},
    {"overflow": {"a": {"b": []}}}, {"delivery-limit": -1}, {"dead-letter-exchange": 1},
    {"dead-letter-routing-key": []}, {"dead-letter-strategy": "x"}, {"alternate-exchange": 2}, {"queue-mode": "x"},
    {"queue-version": 3}, {"queue-leader-locator": "x"}, {"queue-master-locator": "x"}, {"ha-mode": "x"},
    {"ha-mode": "exactly"}, {"ha-mode": "exactly", "ha-params": 0}, {"ha-mode": "exactly", "ha-params": "2"},
    {"ha-mode": "nodes"}, {"ha-mode": "nodes", "ha-params": []}, {"ha-mode": "nodes", "ha-params": [1, "a"]},
    {"ha-mode": "nodes", "ha-params": 1}, {"ha-mode": "all", "ha-params": 1}, {"ha-params": 2},
    {"ha-mode": "all", "ha-sync-mode": "x"}, {"ha-mode": "all", "ha-sync-batch-size": 0},
    {"ha-mode": "all", "ha-promote-on-failure": "x"}, {"ha-mode": "all", "ha-promote-on-shutdown": "x"},
    {"ha-mode": "all", "max-length": -1, "ha-sync-mode": "x"},
]


@behaviour
def definitions(bench):
    """settings that make no sense are refused with what is wrong with them"""
    name = bench.policy()
    return [put(bench, name, "^nothing$", definition) for definition in DEFINITIONS]


@behaviour
def accepted_definitions(bench):
    """settings that make sense are taken"""
    name = bench.policy()
    return [
        put(bench, name, "^nothing$", definition)[0] // 100 for definition in [
            {"message-ttl": 0}, {"message-ttl": 10**12}, {"expires": 1}, {"max-length": 0}, {"delivery-limit": 0},
            {"overflow": "reject-publish-dlx"}, {"dead-letter-exchange": "", "dead-letter-routing-key": ""},
            {"dead-letter-routing-key": "alone"}, {"alternate-exchange": "none"}, {"ha-mode": "all"},
            {"ha-mode": "exactly", "ha-params": 2, "ha-sync-mode": "automatic", "ha-promote-on-shutdown": "always"},
            {"ha-mode": "nodes", "ha-params": ["a@b"], "ha-promote-on-failure": "when-synced"}]]


PATTERNS = [
    "", "^q", "^(?!amq\\.)", "(?i)^Q", "q$", "q\\z", "^q{1}", "a{,3}", "[[:alpha:]]", "[]a]", "(|a)*", "\\bq\\b", "\\Qq\\E", "(", ")",
    "[", "*", "a**", "^*", "\\", "a{3,1}", "a{70000}", "[b-a]", "(?z)", "(?", "[[:foo:]]", "(?#abc", "[[.a.]]",
    "(?<n>a)(?<n>b)", "(?<1a>b)", "\\L", "{1}", "(*)", "[a-\\d]", "\\c", "\\x{100}", "(?<n",
]


@behaviour
def patterns(bench):
    """patterns are those of PCRE, and refused in its words"""
    name = bench.policy()
    outcome = []
    for pattern in PATTERNS:
        status, body = put(bench, name, pattern, {"alternate-exchange": "none"}, apply_to="exchanges", priority=-99)
        # Erlang breaks the line where a term is long.
        reason = body and re.sub(r"\n +", "", body["reason"])
        outcome.append([pattern, status // 100, reason])
    return outcome


@behaviour
def matching(bench):
    """a policy counts for the names that its pattern matches anywhere, in the case it is written in"""
    exchange, policy = bench.exchange("q"), bench.policy()
    bench.channel().exchange_declare(exchange, "direct")
    own = re.escape(bench.prefix)
    outcome = []
    for pattern in [
            own, own.upper(), "(?i)" + own.upper(), r"\.q$", f"^(?!{own})", "^(?!amq)" + own, f"^{own}.[^q]", "",
            f"^{own}\\.(p|q)$", f"{own}.q.", r"^\w+\.\w+\.q\z"]:
        put(bench, policy, pattern, {"alternate-exchange": "none"}, apply_to="exchanges", priority=99)
        # Another behaviour's may count meanwhile, after this one.
        found = of_exchange(bench, exchange)
        outcome.append([pattern, found if found == policy else None])
    return outcome


@behaviour
def priorities(bench):
    """of several policies that match the one of the highest priority counts, alone"""
    queue, channel = declared(bench)
    exchange = bench.exchange()
    channel.exchange_declare(exchange, "direct")
    low, high, other = bench.policy("low"), bench.policy("high"), bench.policy("other")
    put(bench, low, None, {"max-length": 1}, priority=1)
    outcome = [of_exchange(bench, exchange)]
    put(bench, high, None, {"message-ttl": 60000}, priority=2)
    put(bench, other, None, {"max-length": 2}, priority=3, apply_to="queues")
    outcome.append(of_exchange(bench, exchange))
    publish_all(channel, queue, numbered(3))
    outcome.append(settled(bench, channel, queue, 2))
    clear(bench, other)
    publish_all(channel, queue, numbered(3))
    outcome.append(settled(bench, channel, queue, 5))
    clear(bench, high)
    outcome += [of_exchange(bench, exchange), settled(bench, channel, queue, 1)]
    clear(bench, low)
    return outcome + [of_exchange(bench, exchange)]


@behaviour
def not_for_every_kind(bench):
    """a policy with a setting that a kind of queue does not have does not count for that kind at all"""
    policy = bench.policy()
    outcome = []
    for kind in ["classic", "quorum"]:
        queue, channel = declared(bench, kind)
        for setting in [{"delivery-limit": 2}, {"ha-mode": "all"}, {"queue-version": 1}]:
            put(bench, policy, None, {"max-length": 1, **setting})
            publish_all(channel, queue, ["first"])
            expected = 1 if kind != "classic" or "delivery-limit" not in setting else 2
            if kind == "quorum" and "ha-mode" in setting:
                expected = 2
            publish_all(channel, queue, ["second"])
            outcome.append([kind, settled(bench, channel, queue, expected), drain(channel, queue)])
            clear(bench, policy)
        channel.queue_delete(queue)
    return outcome


def limited(bench, kind, definition, **arguments):
    """What a queue keeps of five messages that it had before a policy, and of two more."""
    queue, channel = declared(bench, kind, **arguments)
    publish_all(channel, queue, numbered(5))
    policy = bench.policy()
    put(bench, policy, None, definition)
    wait_until(channel.connection, lambda: counting(bench, queue)[0] == policy, "the policy of a queue")
    limit = min(definition["max-length"], arguments.get("x_max_length", 99))
    outcome = [settled(bench, channel, queue, limit)]
    publish_all(channel, queue, ["six", "seven"])
    outcome += [drain(channel, queue), clear(bench, policy)]
    publish_all(channel, queue, numbered(5))
    return outcome + [drain(channel, queue)]


@behaviour
def length(bench):
    """a limit of the length holds at once, and ends with its policy"""
    return limited(bench, "classic", {"max-length": 3})


@behaviour
def length_of_quorum_queue(bench):
    """a limit of a quorum queue's length holds at once, and ends with its policy"""
    return limited(bench, "quorum", {"max-length": 3})


@behaviour
def smaller_of_two(bench):
    """of two limits the smaller holds"""
    return [
        limited(bench, kind, {"max-length": policy}, x_max_length=3) for kind in ["classic", "quorum"]
        for policy in (2, 4)]


@behaviour
def overflow(bench):
    """how a queue overflows its argument says, and the policy where that says nothing"""
    outcome = []
    policy = bench.policy()
    for arguments in [{}, {"x_overflow": "drop-head"}]:
        queue, channel = declared(bench, **arguments)
        put(bench, policy, None, {"max-length": 2, "overflow": "reject-publish"})
        wait_until(channel.connection, lambda: counting(bench, queue)[0] == policy, "the policy of a queue")
        channel.confirm_delivery()
        for body in numbered(3):
            try:
                channel.basic_publish("", queue, body.encode())
                outcome.append("ack")
            except pika.exceptions.NackError:
                outcome.append("nack")
        outcome.append(drain(channel, queue))
        clear(bench, policy)
        channel.queue_delete(queue)
    return outcome


@behaviour
def lifetimes(bench):
    """messages that come under a policy live as long as it says; those that were there stay"""
    queue, channel = declared(bench)
    publish_all(channel, queue, ["old"])
    policy = bench.policy()
    put(bench, policy, None, {"message-ttl": 1})
    wait_until(channel.connection, lambda: counting(bench, queue)[0] == policy, "the policy of a queue")
    kept = drain(channel, queue)
    publish_all(channel, queue, ["new"])
    return [kept, settled(bench, channel, queue, 0)]


@behaviour
def expiry(bench):
    """a queue that nobody uses goes after the time that a policy says"""
    queue, channel = declared(bench)
    put(bench, bench.policy(), None, {"expires": 100})
    wait_until(channel.connection, lambda: counting(bench, queue) == 404, "the end of a queue")
    return counting(bench, queue)


@behaviour
def dead_letters(bench):
    """a policy says where dead letters go, part by part where the arguments say nothing"""
    target = bench.queue("dead")
    other = bench.channel()
    other.queue_declare(target)
    policy = bench.policy()
    outcome = []
    for kind in ["classic", "quorum"]:
        for arguments in [{}, {"x_dead_letter_exchange": "", "x_dead_letter_routing_key": "nowhere"}]:
            queue, channel = declared(bench, kind, **arguments)
            put(
                bench, policy, f"^{re.escape(queue)}$",
                {"max-length": 1, "dead-letter-exchange": "", "dead-letter-routing-key": target})
            wait_until(channel.connection, lambda: counting(bench, queue)[0] == policy, "the policy of a queue")
            publish_all(channel, queue, numbered(2))
            settled(bench, channel, queue, 1)
            if not arguments:
                settled(bench, other, target, 1)
            outcome.append([kind, drain(other, target)])
            clear(bench, policy)
            channel.queue_delete(queue)
    return outcome


@behaviour
def delivery_limit(bench):
    """a quorum queue drops what comes back more often than a policy says"""
    queue, channel = declared(bench, "quorum")
    policy = bench.policy()
    put(bench, policy, None, {"delivery-limit": 1})
    wait_until(channel.connection, lambda: counting(bench, queue)[0] == policy, "the policy of a queue")
    publish_all(channel, queue, ["poison"])
    deliveries = 0
    while counts(channel, queue)[0] or deliveries < 2:
        method, _, _ = channel.basic_get(queue)
        if method:
            deliveries += 1
            channel.basic_nack(method.delivery_tag, requeue=True)
    return deliveries


@behaviour
def alternate_exchange(bench):
    """a policy gives an exchange an alternate, where the exchange has none of its own"""
    caught, source, alternate, policy = bench.queue(), bench.exchange("e"), bench.exchange("alternate"), bench.policy()
    channel = bench.channel()
    channel.queue_declare(caught)
    channel.exchange_declare(source, "direct")
    channel.exchange_declare(alternate, "fanout")
    channel.queue_bind(caught, alternate, "")
    put(bench, policy, f"^{re.escape(source)}$", {"alternate-exchange": alternate}, apply_to="exchanges")
    wait_until(
        channel.connection,
        lambda: bench.api("GET", f"/api/exchanges/%2F/{source}")[1].get("policy") == policy, "the policy of an exchange")
    channel.basic_publish(source, "k", b"caught")
    settled(bench, channel, caught, 1)
    clear(bench, policy)
    channel.basic_publish(source, "k", b"gone")
    return drain(channel, caught)
