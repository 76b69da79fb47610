"""Consumes without acknowledging, and says so in one line of JSON.

    hold.py --uri URI --queue NAME [--prefetch N] [--count N]

Waits until `count` messages are held, prints what there is — {"ready": …, "held": …, "redelivered": …} — and holds
them until standard input closes. With `--count 0` it only looks at the queue, which must exist.
"""

import argparse
import json
import select
import sys

import pika

POLL_SECONDS = 0.05


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--uri", required=True)
    parser.add_argument("--queue", required=True)
    parser.add_argument("--prefetch", type=int, default=0)
    parser.add_argument("--count", type=int, default=0)
    arguments = parser.parse_args()

    connection = pika.BlockingConnection(pika.URLParameters(arguments.uri))
    channel = connection.channel()
    held = []
    if arguments.count:
        channel.basic_qos(prefetch_count=arguments.prefetch)
        channel.basic_consume(arguments.queue, lambda c, method, p, b: held.append(method.redelivered))
    while len(held) < arguments.count:
        connection.process_data_events(time_limit=POLL_SECONDS)
    ready = channel.queue_declare(arguments.queue, passive=True).method.message_count
    print(json.dumps({"ready": ready, "held": len(held), "redelivered": sum(held)}), flush=True)
    while not select.select([sys.stdin], [], [], 0)[0]:
        connection.process_data_events(time_limit=POLL_SECONDS)


main()
