"""Runs behaviours against one broker and prints one JSON line for each.

    run.py --list
    run.py --uri amqp://guest:guest@127.0.0.1:5672/%2F [--management http://127.0.0.1:15672] [--only NAME …]
    run.py --uri … --worker        names come in on standard input, one a line

A line is {"name": …, "outcome": …}, or {"name": …, "failure": "…"} when the behaviour could not be observed.
"""

import argparse
import importlib
import json
import pathlib
import signal
import sys
import traceback

import bench

BEHAVIOUR_SECONDS = 60
REPEAT_SECONDS = 5
HELPERS = {"bench", "wire", "run"}


def load():
    for path in sorted(pathlib.Path(__file__).parent.glob("*.py")):
        if path.stem not in HELPERS:
            importlib.import_module(path.stem)


def observe(uri, management, name):
    def give_up(signal_number, frame):
        raise TimeoutError(f"not over after {BEHAVIOUR_SECONDS} s")

    signal.signal(signal.SIGALRM, give_up)
    # Again and again: a client library may swallow the first one, and cleaning up may hang as well.
    signal.setitimer(signal.ITIMER_REAL, BEHAVIOUR_SECONDS, REPEAT_SECONDS)
    place = bench.Bench(uri, name, management)
    try:
        try:
            outcome = bench.plain(bench.BEHAVIOURS[name](place))
        finally:
            place.clean_up()
        return {"name": name, "outcome": outcome}
    except Exception:
        return {"name": name, "failure": traceback.format_exc()}
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--uri")
    parser.add_argument("--management")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--worker", action="store_true")
    parser.add_argument("--only", nargs="*")
    arguments = parser.parse_args()
    load()
    if arguments.list:
        for name, function in bench.BEHAVIOURS.items():
            print(json.dumps({"name": name, "sentence": " ".join(function.__doc__.split())}))
        return
    if not arguments.uri:
        parser.error("--uri says which broker")
    names = (line.strip() for line in sys.stdin) if arguments.worker else arguments.only or bench.BEHAVIOURS
    for name in names:
        print(json.dumps(observe(arguments.uri, arguments.management, name), sort_keys=True), flush=True)


main()
