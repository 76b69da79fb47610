"""Throughput of a quorum queue on three nodes: Warren beside a RabbitMQ cluster, on the same machine at the same time.

    python3 Benchmarks/scripts/quorum.py [--warren .build/release/warren] [--rounds 3] [--seconds 5] [--goal 4]

Starts both clusters with their data on the disk (Warren with --sync always on every node; RabbitMQ as it comes: its
quorum queues sync before a confirm as well) and loads them in turn with `warren perf`: one publisher and one consumer
connected to the node that leads, bodies of 100 octets, confirms, acknowledgements. Once with a window of unconfirmed
messages, once with one publish per confirm. Prints the median of the rounds, and the CPU time of all nodes together for
each message. Exits with 1 when the first ratio is below the goal.
"""
import argparse, json, os, re, shutil, subprocess, sys, tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SCRIPTS = os.path.join(ROOT, "Tests", "TestSupport", "scripts")
TICK = os.sysconf("SC_CLK_TCK")


class Cluster:
    """Three nodes that end when this program does."""

    def __init__(self, name, command):
        self.name = name
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("ready "):
            sys.exit(f"{name} did not start: {line}")
        self.uri = "amqp://guest:guest@" + re.search(r"amqp=([^,\s]+)", line).group(1)
        pids = re.search(r"pids=(\S+)", line)
        self.pids = [int(pid) for pid in pids.group(1).split(",")] if pids else self.children()

    def children(self):
        """The processes that the guard has started."""
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as file:
            return [int(pid) for pid in file.read().split()]

    def cpu(self):
        """Seconds of CPU time of all nodes so far (proc(5), fields 14 and 15)."""
        ticks = 0
        for pid in self.pids:
            with open(f"/proc/{pid}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / TICK

    def end(self):
        self.process.stdin.close()
        self.process.wait(30)


def load(options, cluster, window):
    before = cluster.cpu()
    command = [
        options.warren, "perf", "--uri", cluster.uri, "--queue-type", "quorum", "--persistent", "--size", "100",
        "--confirms", str(window), "--prefetch", str(options.prefetch), "--ack-batch", str(1 if window == 1 else 50),
        "--duration", str(options.seconds), "--rounds", "1", "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{cluster.name}: {done.stderr}")
    report = json.loads(done.stdout)[0]
    report["cpu"] = (cluster.cpu() - before) * 1e6 / report["published"]
    return report


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--warren", default=".build/release/warren")
    options.add_argument("--broker", help="another build of warren that serves; perf is the first one's")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--seconds", type=float, default=5)
    options.add_argument("--window", type=int, default=1000)
    options.add_argument("--prefetch", type=int, default=1000)
    options.add_argument("--goal", type=float, default=4)
    options = options.parse_args()
    folder = tempfile.mkdtemp(prefix="warren-quorum-")
    clusters, first = [], None
    try:
        clusters.append(Cluster("Warren", [
            sys.executable, os.path.join(SCRIPTS, "guard.py"), options.broker or options.warren, "serve",
            "--nodes", "3", "--data", os.path.join(folder, "data"),
            "--sync", "always", "--amqp-port", "0", "--http-port", "0"]))
        clusters.append(Cluster("RabbitMQ", [
            sys.executable, os.path.join(SCRIPTS, "rabbitmq.py"), "--nodes", "3"]))
        for window in (options.window, 1):
            print(f"{window} unconfirmed at most" if window > 1 else "one publish per confirm", flush=True)
            reports = {cluster.name: [] for cluster in clusters}
            for _ in range(options.rounds):
                for cluster in clusters:
                    reports[cluster.name].append(load(options, cluster, window))
            rates = {}
            for name, rounds in reports.items():
                middle = sorted(rounds, key=lambda report: report["rate"])[len(rounds) // 2]
                rates[name] = middle["rate"]
                latency = middle.get("confirmLatency") or {}
                print(f"  {name:10} {middle['rate']:9,.0f}/s  cpu {middle['cpu']:7.1f} us/message  confirm p50 "
                      f"{latency.get('median', 0) / 1000:7.2f} ms  p99 {latency.get('p99', 0) / 1000:7.2f} ms  "
                      f"({', '.join(format(report['rate'], ',.0f') for report in rounds)})  {middle['product']}",
                      flush=True)
            ratio = rates["Warren"] / rates["RabbitMQ"]
            first = first or ratio
            print(f"  ratio {ratio:.2f}", flush=True)
    finally:
        for cluster in clusters:
            cluster.end()
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(0 if first >= options.goal else 1)


if __name__ == "__main__":
    main()
