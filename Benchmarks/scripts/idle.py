"""What quorum queues cost that nobody uses: CPU time and memory of three nodes without and with many of them.

    python3 Benchmarks/scripts/idle.py [--warren .build/release/warren] [--queues 1000] [--seconds 30]

Starts Warren with three nodes (--sync always), measures its processor time while nothing happens, declares the quorum queues
with pika, publishes one message to each, waits until the nodes are quiet, and measures again. Prints the share of one
processor in both cases and the resident memory, and exits with 1 when the queues cost more than --limit of a processor.
"""
import argparse, os, shutil, sys, tempfile, threading

import pika

from quorum import SCRIPTS, Cluster


def resident(pid):
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) / 1024


def measure(cluster, seconds):
    before = cluster.cpu()
    threading.Event().wait(seconds)
    return (cluster.cpu() - before) / seconds


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--warren", default=".build/release/warren")
    options.add_argument("--queues", type=int, default=1000)
    options.add_argument("--seconds", type=float, default=30)
    options.add_argument("--limit", type=float, default=0.005)
    options = options.parse_args()
    folder = tempfile.mkdtemp(prefix="warren-idle-")
    cluster = Cluster("Warren", [
        sys.executable, os.path.join(SCRIPTS, "guard.py"), options.warren, "serve", "--nodes", "3",
        "--data", os.path.join(folder, "data"), "--sync", "always", "--amqp-port", "0", "--http-port", "0"])
    try:
        measure(cluster, 3)
        empty, memory = measure(cluster, options.seconds), resident(cluster.pids[0])
        print(f"no queues: {empty * 100:.2f} % of a processor, {memory:.0f} MiB resident", flush=True)
        connection = pika.BlockingConnection(pika.URLParameters(cluster.uri))
        channel = connection.channel()
        channel.confirm_delivery()
        for number in range(options.queues):
            channel.queue_declare(f"idle{number}", durable=True, arguments={"x-queue-type": "quorum"})
            channel.basic_publish("", f"idle{number}", b"m", pika.BasicProperties(delivery_mode=2))
        connection.close()
        measure(cluster, 3)
        full, memory = measure(cluster, options.seconds), resident(cluster.pids[0])
        print(f"{options.queues} quorum queues: {full * 100:.2f} % of a processor, {memory:.0f} MiB resident", flush=True)
    finally:
        cluster.end()
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(0 if full - empty <= options.limit else 1)


if __name__ == "__main__":
    main()
