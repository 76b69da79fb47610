"""Says in one line of JSON whether an exchange exists, and of which type where that is asked for.

    exchange.py --uri URI --exchange NAME [--type TYPE]

{"exists": …}: with `--type`, whether there is one that a declaration with that type and durable finds equal.
"""

import argparse
import json

import pika


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--uri", required=True)
    parser.add_argument("--exchange", required=True)
    parser.add_argument("--type")
    arguments = parser.parse_args()

    connection = pika.BlockingConnection(pika.URLParameters(arguments.uri))
    exists = True
    try:
        connection.channel().exchange_declare(arguments.exchange, passive=True)
        if arguments.type:
            connection.channel().exchange_declare(arguments.exchange, arguments.type, durable=True)
    except pika.exceptions.ChannelClosedByBroker:
        exists = False
    connection.close()
    print(json.dumps({"exists": exists}))


main()
