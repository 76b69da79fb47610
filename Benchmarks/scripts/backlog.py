"""What a durable backlog costs: memory while it grows, the time to be back after a kill, the rate at which it drains, and
the disk that is left.

    python3 Benchmarks/scripts/backlog.py [--warren .build/release/warren] [--messages 5000000] [--size 1024]
        [--queues 1] [--churn 0] [--kept 1000] [--sync always|os] [--memory-limit 1024]

Fills queues with persistent messages under publisher confirms, kills the broker with SIGKILL, starts it again, and
consumes everything with manual acknowledgements by 1,000. With `--churn N` first so many messages go through another
queue while `--kept` messages lie in theirs and one of each queue is held unacknowledged. Fails where a message is missing.
The clients share the machine with the broker; memory is the resident set as the system counts it.
"""
import argparse, os, re, shutil, subprocess, sys, tempfile, threading, time

from fairness import Client, frame, long, method, short, struct

BLOCK = 1000


class Broker:
    def __init__(self, options, data):
        begin = time.monotonic()
        self.process = subprocess.Popen(
            [options.warren, "serve", "--amqp-port", "0", "--http-port", "0", "--data", data, "--sync", options.sync,
             "--memory-limit", str(options.memory_limit)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        line = self.process.stdout.readline()
        self.seconds = time.monotonic() - begin
        self.port = int(re.search(r"127\.0\.0\.1:(\d+)", line).group(1))
        self.most = 0
        threading.Thread(target=self.watch, daemon=True).start()

    def memory(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1)) / 1024

    def watch(self):
        """The most it takes, looked at twenty times a second."""
        try:
            while self.process.poll() is None:
                self.most = max(self.most, self.memory())
                time.sleep(0.05)
        except (OSError, AttributeError):
            pass

    def peak(self):
        most, self.most = max(self.most, self.memory()), 0
        return most

    def kill(self):
        self.process.kill()
        self.process.wait()


def disk(data):
    octets = 0
    for name in os.listdir(data):
        try:
            octets += os.stat(os.path.join(data, name)).st_blocks * 512
        except FileNotFoundError:
            # The broker needs it no more.
            pass
    return octets / 1e6


def declare(client, queues):
    """All of them at once: only the last is answered."""
    octets = b"".join(frame(1, 1, method("HHH", 50, 10, 0) + short(name) + (b"\x12" if name != queues[-1] else b"\x02")
                            + long(b"")) for name in queues)
    client.send(octets)
    client.read()


def persistent(queue, body):
    return (frame(1, 1, method("HHH", 60, 40, 0) + short("") + short(queue) + b"\0")
            + frame(2, 1, method("HHQHB", 60, 0, len(body), 0x1000, 2)) + frame(3, 1, body))


def fill(port, queues, size, count, progress=True):
    """Publishes with confirms, at most ten blocks of 1,000 outstanding; returns the seconds it took."""
    client = Client(port)
    client.send(frame(1, 1, method("HHB", 85, 10, 0)))
    client.read()
    body = b"x" * size
    blocks = [b"".join(persistent(queues[(first + place) % len(queues)], body) for place in range(BLOCK))
              for first in range(0, min(len(queues), 100_000), BLOCK)]
    begin, sent, confirmed, said = time.monotonic(), 0, 0, 0
    while confirmed < count:
        while sent < count and sent - confirmed < 10 * BLOCK:
            client.send(blocks[sent // BLOCK % len(blocks)])
            sent += BLOCK
        kind, payload = client.read()
        if payload[:4] != method("HH", 60, 80):
            sys.exit(f"not a confirm: {payload!r}")
        tag, multiple = struct.unpack(">QB", payload[4:13])
        if not multiple and tag != confirmed + 1:
            sys.exit("a confirm out of order")
        confirmed = tag
        if progress and confirmed - said >= 500_000:
            said = confirmed
            print(f"  {confirmed:,} confirmed", file=sys.stderr)
    client.socket.close()
    return time.monotonic() - begin


def drain(port, queues, count, hold=False):
    """Consumes so many messages with acknowledgements by 1,000; returns the seconds it took."""
    client = Client(port)
    client.send(frame(1, 1, method("HHIHB", 60, 10, 0, 4 * BLOCK, 1)))
    client.read()
    # Nothing of what is said in answer is waited for: deliveries begin with the first.
    client.send(b"".join(frame(1, 1, method("HHH", 60, 20, 0) + short(name) + short(f"{place:05}") + b"\x08" + long(b""))
                         for place, name in enumerate(queues)))
    begin, seen, acknowledged, octets, size = time.monotonic(), 0, 0, 0, 0
    client.socket.settimeout(60)
    while seen < count:
        try:
            part = client.socket.recv(1 << 20)
            if not part:
                sys.exit(f"the broker has gone; {count - seen} of {count} messages are missing")
        except TimeoutError:
            sys.exit(f"{count - seen} of {count} messages are missing")
        if size == 0:
            # Names, tags and bodies are of one length each, so every delivery is as long as the first.
            while len(part) < 4096:
                part += client.socket.recv(1 << 20)
            for _ in range(3):
                size += struct.unpack_from(">BHI", part, size)[2] + 8
        octets += len(part)
        seen = octets // size
        if not hold and (seen - acknowledged >= BLOCK or seen >= count):
            client.send(frame(1, 1, method("HHQB", 60, 80, seen, 1)))
            acknowledged = seen
    seconds = time.monotonic() - begin
    if not hold:
        client.depth(queues[0])
        client.socket.close()
    return client if hold else seconds


def churn(broker, options, data):
    """Many messages through one queue, while a few lie in others and one of each is held."""
    kept = [f"kept-{number}" for number in range(10)]
    owner = Client(broker.port)
    declare(owner, kept + ["churn"])
    options.kept = max(BLOCK, options.kept // BLOCK * BLOCK)
    fill(broker.port, kept, options.size, options.kept, progress=False)
    for name in kept:
        owner.send(frame(1, 1, method("HHH", 60, 70, 0) + short(name) + b"\0"))
        while owner.read()[0] != 3:
            pass
    begin = time.monotonic()
    publisher = threading.Thread(target=fill, args=(broker.port, ["churn"], options.size, options.churn))
    publisher.start()
    drain(broker.port, ["churn"], options.churn)
    publisher.join()
    seconds = time.monotonic() - begin
    print(f"{options.churn:,} messages of {options.size} octets through one queue, {options.kept} kept in ten others, one of each "
          f"held: {options.churn / seconds:,.0f}/s, {broker.peak():.0f} MiB resident, {disk(data):.0f} MB of disk")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--warren", default=".build/release/warren")
    parser.add_argument("--messages", type=int, default=5_000_000)
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--queues", type=int, default=1)
    parser.add_argument("--churn", type=int, default=0)
    parser.add_argument("--kept", type=int, default=1000)
    parser.add_argument("--sync", default="always")
    parser.add_argument("--memory-limit", type=int, default=1024)
    options = parser.parse_args()
    count = options.messages // BLOCK * BLOCK
    queues = [f"backlog-{number:05}" for number in range(options.queues)]
    data = tempfile.mkdtemp(prefix="warren-backlog-")
    broker = Broker(options, data)
    try:
        if options.churn:
            churn(broker, options, data)
        if count:
            declare(Client(broker.port), queues)
            seconds = fill(broker.port, queues, options.size, count)
            print(f"{count:,} messages of {options.size} octets in {options.queues:,} queues: {count / seconds:,.0f}/s confirmed, "
                  f"at most {broker.peak():.0f} MiB resident, {disk(data):,.0f} MB of disk")
            broker.kill()
            broker = Broker(options, data)
            print(f"after SIGKILL: accepting connections {broker.seconds:.2f} s after its start, "
                  f"{broker.memory():.0f} MiB resident then")
            seconds = drain(broker.port, queues, count)
            print(f"drained: {count / seconds:,.0f}/s, at most {broker.peak():.0f} MiB resident")
            time.sleep(2)
            print(f"afterwards: {broker.memory():.0f} MiB resident, {disk(data):.0f} MB of disk")
    finally:
        broker.kill()
        shutil.rmtree(data)


if __name__ == "__main__":
    main()
