"""Fills a broker with every combination of durable and transient, and says what of it is there.

    restart.py fill URI     declares, binds, publishes with confirms
    restart.py look URI     prints what is there, as JSON
"""
import json, sys

import pika

EXCHANGES = {f"{kind}-{'durable' if durable else 'transient'}": (kind, durable)
             for kind in ("direct", "topic", "fanout", "headers") for durable in (True, False)}
QUEUES = {"durable": True, "transient": False}


def channel(uri):
    return pika.BlockingConnection(pika.URLParameters(uri)).channel()


def exists(uri, ask):
    try:
        ask(channel(uri))
        return True
    except pika.exceptions.ChannelClosedByBroker:
        return False


def fill(uri):
    here = channel(uri)
    here.confirm_delivery()
    for queue, durable in QUEUES.items():
        here.queue_declare(queue, durable=durable, arguments={"x-max-length": 1000} if durable else None)
    for exchange, (kind, durable) in EXCHANGES.items():
        here.exchange_declare(exchange, kind, durable=durable, arguments={"alternate-exchange": "amq.fanout"})
        for queue in QUEUES:
            here.queue_bind(queue, exchange, f"{exchange}.{queue}", {"x-match": "all", "to": queue} if kind == "headers" else None)
    here.exchange_bind("topic-durable", "fanout-durable", "from")
    for exchange in EXCHANGES:
        for queue in QUEUES:
            for mode, name in ((1, "transient"), (2, "persistent")):
                properties = pika.BasicProperties(delivery_mode=mode, headers={"to": queue, "via": exchange}, type=name)
                here.basic_publish(exchange, f"{exchange}.{queue}", name.encode(), properties)
    # Of these the first is settled before the end, the second is held.
    here.queue_declare("settled", durable=True)
    for number in range(4):
        here.basic_publish("", "settled", str(number).encode(), pika.BasicProperties(delivery_mode=2))
    here.basic_ack(here.basic_get("settled")[0].delivery_tag)
    held, _, _ = here.basic_get("settled")
    here.queue_declare("purged", durable=True)
    here.basic_publish("", "purged", b"x", pika.BasicProperties(delivery_mode=2))
    here.queue_purge("purged")
    here.queue_declare("deleted", durable=True)
    here.basic_publish("", "deleted", b"x", pika.BasicProperties(delivery_mode=2))
    here.queue_delete("deleted")
    # A confirm behind them: what went before it is written.
    here.basic_publish("", "settled", b"last", pika.BasicProperties(delivery_mode=2))


def look(uri):
    found = {"exchanges": [], "queues": [], "messages": {}, "bindings": []}
    for exchange in EXCHANGES:
        if exists(uri, lambda here: here.exchange_declare(exchange, passive=True)):
            found["exchanges"].append(exchange)
    for queue in [*QUEUES, "settled", "purged", "deleted"]:
        if exists(uri, lambda here: here.queue_declare(queue, passive=True)):
            found["queues"].append(queue)
    here = channel(uri)
    for queue in found["queues"]:
        while True:
            method, properties, body = here.basic_get(queue, auto_ack=True)
            if method is None:
                break
            via = (properties.headers or {}).get("via", "default")
            again = ", redelivered" if method.redelivered else ""
            found["messages"].setdefault(f"{via} -> {queue}", []).append(body.decode() + again)
    # Which bindings are there is seen by what comes through them.
    for exchange in found["exchanges"]:
        for queue in found["queues"]:
            here.basic_publish(exchange, f"{exchange}.{queue}", b"again", pika.BasicProperties(headers={"to": queue}))
            if here.basic_get(queue, auto_ack=True)[0]:
                found["bindings"].append(f"{exchange} -> {queue}")
    print(json.dumps(found, sort_keys=True))


{"fill": fill, "look": look}[sys.argv[1]](sys.argv[2])
