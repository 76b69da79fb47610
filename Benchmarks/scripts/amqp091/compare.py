"""Brokers side by side under RabbitMQ's own client for Go: rate and CPU time of the broker for each message.

    python3 Benchmarks/scripts/amqp091/compare.py --uri amqp://127.0.0.1:5672 --server-pid PID
        --uri amqp://127.0.0.1:5673 --server-pid PID [--rounds 5] [--duration 5] [-- -size 1000 -confirms 100 …]

Persistent messages with confirms, manual acks by 100. The brokers take turns, round by round, so that all see the same
machine; the table shows each one's median round and compares it with the first broker's. What follows `--` goes to the
program as it is. Needs `golang-go` and `golang-github-rabbitmq-amqp091-go-dev`.
"""
import argparse, json, os, pathlib, statistics, subprocess, sys

TICKS = os.sysconf("SC_CLK_TCK")
HERE = pathlib.Path(__file__).resolve().parent
PACKAGES = "/usr/share/gocode"
PROGRAM = HERE.parents[1] / ".build" / "amqp091"


def build():
    """Debian's packages of Go are sources under one GOPATH and no modules."""
    if not os.path.isdir(f"{PACKAGES}/src/github.com/rabbitmq/amqp091-go"):
        sys.exit("the client is not installed: apt-get install golang-go golang-github-rabbitmq-amqp091-go-dev")
    PROGRAM.parent.mkdir(exist_ok=True)
    environment = dict(os.environ, GO111MODULE="off", GOPATH=PACKAGES)
    subprocess.run(["go", "build", "-o", str(PROGRAM), "main.go"], cwd=HERE, env=environment, check=True)


def cpu(pid):
    """Seconds of CPU time of a process, all its threads included."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def shown(uri):
    """A URI without its password."""
    return uri.removeprefix("amqp://").rsplit("@", 1)[-1]


def measure(uri, pid, duration, more):
    before = cpu(pid) if pid else 0
    command = [str(PROGRAM), "-uri", uri, "-duration", str(duration), *more]
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if result.returncode != 0:
        sys.exit(result.returncode)
    report = json.loads(result.stdout)
    report["cpu_us"] = (cpu(pid) - before) * 1e6 / report["published"] if pid else None
    return report


def main():
    arguments, more = sys.argv[1:], []
    if "--" in arguments:
        place = arguments.index("--")
        arguments, more = arguments[:place], arguments[place + 1:]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--uri", action="append", required=True, help="one for each broker")
    parser.add_argument("--server-pid", action="append", type=int, default=[], help="in the order of the URIs")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--duration", type=float, default=5, help="seconds of each round")
    options = parser.parse_args(arguments)
    if len(options.server_pid) > len(options.uri):
        parser.error("there are more --server-pid than --uri")
    pids = options.server_pid + [None] * (len(options.uri) - len(options.server_pid))
    build()
    rounds = {uri: [] for uri in options.uri}
    for number in range(options.rounds):
        for uri, pid in zip(options.uri, pids):
            report = measure(uri, pid, options.duration, more)
            rounds[uri].append(report)
            print(f"round {number + 1}/{options.rounds}  {shown(uri)}  {report['rate']:,.0f} messages/s", file=sys.stderr)
    first = statistics.median(report["rate"] for report in rounds[options.uri[0]])
    print(f"{'BROKER':36} {'MSG/S':>9} {'RATIO':>6} {'CPU us/MSG':>10}   (medians of {options.rounds} rounds)")
    for uri, pid in zip(options.uri, pids):
        rate = statistics.median(report["rate"] for report in rounds[uri])
        cost = f"{statistics.median(report['cpu_us'] for report in rounds[uri]):.2f}" if pid else "–"
        print(f"{shown(uri):36} {rate:9,.0f} {rate / first:6.2f} {cost:>10}")


if __name__ == "__main__":
    main()
