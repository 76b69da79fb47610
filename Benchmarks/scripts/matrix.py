"""How a broker's rate and CPU time for each message change with queues, connections and sizes.

    python3 Benchmarks/scripts/matrix.py [--warren .build/release/warren] [--duration 3] [--rounds 3]
        [--uri amqp://127.0.0.1:5672 --server-pid PID] [--queues 1,10,100,1000] [--connections 1,4,16,64]
        [--sizes 1,10,100,1000,10000,100000,1000000] [-- --persistent …]

Starts `warren serve --ephemeral`, or loads the broker of `--uri`. With N connections there are N publishers and N
consumers. All publish with confirms and acknowledge by hand; what is under way is limited in octets, so that large
bodies do not measure memory. Beside each size stands how fast this machine copied memory in the same moment. What
follows `--` goes to `warren perf` as it is.
"""
import argparse, ctypes, json, re, statistics, subprocess, sys, time

# Most octets of bodies under way for each publisher or consumer, and most messages.
IN_FLIGHT_BYTES, IN_FLIGHT = 16 << 20, 1000
COPIED_BYTES = 256 << 20


def numbers(text):
    return [int(each) for each in text.split(",")]


def memcpy():
    """Megabytes a second that one thread copies between two buffers larger than any cache."""
    source, target = (ctypes.create_string_buffer(COPIED_BYTES) for _ in range(2))
    # The first copy takes the memory from the system.
    ctypes.memmove(target, source, COPIED_BYTES)
    best = 0
    for _ in range(3):
        start = time.perf_counter()
        ctypes.memmove(target, source, COPIED_BYTES)
        best = max(best, COPIED_BYTES / 1e6 / (time.perf_counter() - start))
    return best


class Broker:
    """The broker that is loaded."""

    def __init__(self, options):
        self.process = None
        self.uri, self.pid = options.uri, options.server_pid
        if self.uri is None:
            command = [options.warren, "serve", "--ephemeral", "--amqp-port", "0", "--http-port", "0"]
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            line = self.process.stdout.readline()
            found = re.search(r"amqp=([^ ,]+)", line)
            if found is None:
                sys.exit(f"{options.warren} did not start: {line}")
            self.uri, self.pid = f"amqp://{found.group(1)}", self.process.pid

    def end(self):
        if self.process:
            self.process.terminate()
            self.process.wait()


class Load:
    """`warren perf` on one broker."""

    def __init__(self, broker, options, more):
        self.command = [options.warren, "perf", "--format", "json", "--uri", broker.uri]
        self.command += ["--duration", str(options.duration), "--rounds", str(options.rounds)]
        if broker.pid:
            self.command += ["--server-pid", str(broker.pid)]
        self.more = more

    def run(self, queues=1, connections=1, size=100):
        """The median round."""
        window = max(2, min(IN_FLIGHT, IN_FLIGHT_BYTES // size))
        prefetch = max(2, window // 2)
        options = dict(queues=queues, publishers=connections, consumers=connections, size=size, confirms=window)
        options.update(prefetch=prefetch)
        options["ack-batch"] = max(1, prefetch // 5)
        command = self.command + [word for name, value in options.items() for word in (f"--{name}", str(value))]
        result = subprocess.run(command + self.more, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if result.returncode != 0:
            sys.exit(f"{' '.join(command + self.more)}\n{result.stderr}")
        reports = sorted(json.loads(result.stdout), key=lambda report: report["rate"])
        return reports[len(reports) // 2]


def cost(report):
    value = report.get("serverMicrosecondsPerMessage")
    return "–" if value is None else f"{value:.2f}"


def latency(report, name):
    value = report.get(name)
    return "–" if value is None else f"{value['median'] / 1000:.1f}/{value['p99'] / 1000:.1f}"


def queue_table(load, options):
    print("messages/s (broker's CPU us/message); 100 octets, N publishers and N consumers")
    print(f"{'queues':>8}" + "".join(f"{f'N={each}':>20}" for each in options.connections))
    for queues in options.queues:
        print(f"{queues:8,}", end="", flush=True)
        for connections in options.connections:
            report = load.run(queues=queues, connections=connections)
            cell = f"{report['rate']:,.0f} ({cost(report)})"
            print(f"{cell:>20}", end="", flush=True)
        print()


def size_table(load, options):
    print("one queue, one publisher, one consumer")
    print(f"{'octets':>9} {'messages/s':>11} {'MB/s':>8} {'memcpy MB/s':>12} {'share':>7} {'CPU us/msg':>11}"
          f" {'confirm p50/p99 ms':>19} {'deliver p50/p99 ms':>19}")
    for size in options.sizes:
        # Before and after, since others may use the machine.
        before = memcpy()
        report = load.run(size=size)
        copied = statistics.mean([before, memcpy()])
        moved = report["megabytesPerSecond"]
        print(f"{size:9,} {report['rate']:11,.0f} {moved:8,.1f} {copied:12,.0f} {moved / copied:7.2%} {cost(report):>11}"
              f" {latency(report, 'confirmLatency'):>19} {latency(report, 'deliveryLatency'):>19}", flush=True)


def main():
    arguments, more = sys.argv[1:], []
    if "--" in arguments:
        place = arguments.index("--")
        arguments, more = arguments[:place], arguments[place + 1:]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--warren", default=".build/release/warren")
    parser.add_argument("--uri", help="a broker that runs already")
    parser.add_argument("--server-pid", type=int, help="its process on this machine")
    parser.add_argument("--duration", type=float, default=3, help="seconds of each round")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each cell, which shows the median")
    parser.add_argument("--queues", type=numbers, default=[1, 10, 100, 1000])
    parser.add_argument("--connections", type=numbers, default=[1, 4, 16, 64])
    parser.add_argument("--sizes", type=numbers, default=[10 ** power for power in range(7)])
    options = parser.parse_args(arguments)
    broker = Broker(options)
    try:
        load = Load(broker, options, more)
        queue_table(load, options)
        print()
        size_table(load, options)
    finally:
        broker.end()


if __name__ == "__main__":
    main()
