"""What other clients notice while one misbehaves.

    python3 Benchmarks/scripts/fairness.py [--warren .build/release/warren] [--messages 5000000] [--limit-ms 20]

Starts `warren serve` with a memory limit of 1 GiB. A raw AMQP client publishes a timestamp every 3 ms to a queue of its
own and reads it back, while another client floods, never reads, hoards deliveries, fills a queue with millions of
messages, purges them, or sends bodies of 100 MB. Prints the latencies and the process's memory; fails where a p99
reaches the limit or the memory passes 1 GiB by more than a tenth. The clients share the machine with the broker.
"""
import argparse, multiprocessing, re, socket, struct, subprocess, sys, threading, time

MEMORY_MIB = 1024


def frame(kind, channel, payload):
    return struct.pack(">BHI", kind, channel, len(payload)) + payload + b"\xce"


def method(format, *values):
    return struct.pack(">" + format, *values)


def short(text):
    return bytes([len(text)]) + text.encode()


def long(octets):
    return struct.pack(">I", len(octets)) + octets


class Client:
    """One connection with one channel."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.input = self.socket.makefile("rb")
        self.send(b"AMQP\0\0\x09\x01")
        self.read()
        start = method("HH", 10, 11) + long(b"") + short("PLAIN") + long(b"\0guest\0guest") + short("en_US")
        self.send(frame(1, 0, start))
        self.read()
        self.send(frame(1, 0, method("HHHIH", 10, 31, 2047, 131072, 0)))
        self.send(frame(1, 0, method("HH", 10, 40) + short("/") + short("") + b"\0"))
        self.read()
        self.send(frame(1, 1, method("HH", 20, 10) + short("")))
        self.read()

    def send(self, octets):
        self.socket.sendall(octets)

    def read(self):
        kind, channel, size = struct.unpack(">BHI", self.input.read(7))
        payload = self.input.read(size)
        self.input.read(1)
        return kind, payload

    def declare(self, queue):
        self.send(frame(1, 1, method("HHH", 50, 10, 0) + short(queue) + b"\0" + long(b"")))
        self.read()

    def depth(self, queue):
        self.send(frame(1, 1, method("HHH", 50, 10, 0) + short(queue) + b"\x01" + long(b"")))
        return struct.unpack(">I", self.read()[1][-8:-4])[0]

    def purge(self, queue):
        self.send(frame(1, 1, method("HHH", 50, 30, 0) + short(queue) + b"\0"))
        self.read()

    def consume(self, queue, automatic):
        flags = b"\x02" if automatic else b"\0"
        self.send(frame(1, 1, method("HHH", 60, 20, 0) + short(queue) + short("") + flags + long(b"")))
        self.read()


def publish(queue, body):
    parts = [body[place:place + 131064] for place in range(0, len(body), 131064)]
    return (frame(1, 1, method("HHH", 60, 40, 0) + short("") + short(queue) + b"\0")
            + frame(2, 1, method("HHQH", 60, 0, len(body), 0)) + b"".join(frame(3, 1, part) for part in parts))


def push(client, octets, seconds):
    """Sends as fast as the broker takes it; being held back is what may happen."""
    client.socket.settimeout(5)
    end = time.time() + seconds
    try:
        while time.time() < end:
            client.send(octets)
    except OSError:
        pass


def flood(port):
    client = Client(port)
    client.declare("flood")
    push(client, publish("flood", b"x" * 1000) * 200, 6)


def deaf(port):
    client, consumer = Client(port), Client(port)
    client.declare("deaf")
    consumer.consume("deaf", automatic=True)
    push(client, publish("deaf", b"x" * 1000) * 200, 6)


def hoard(port):
    client, consumer = Client(port), Client(port)
    client.declare("hoard")
    consumer.consume("hoard", automatic=False)

    def drain():
        while consumer.socket.recv(1 << 20):
            pass

    threading.Thread(target=drain, daemon=True).start()
    push(client, publish("hoard", b"x" * 10) * 1000, 5)
    # All of it goes back at once.
    consumer.socket.shutdown(socket.SHUT_RDWR)
    time.sleep(1)


def million(port, count):
    client = Client(port)
    client.declare("many")
    batch = publish("many", b"") * 5000
    for _ in range(count // 5000):
        client.send(batch)
    print(f"  depth {client.depth('many'):,}", flush=True)


def purge(port, queue):
    Client(port).purge(queue)


def big(port):
    client, consumer = Client(port), Client(port)
    client.declare("big")
    consumer.consume("big", automatic=True)
    for _ in range(3):
        client.send(publish("big", b"x" * 100_000_000))
        left = 100_000_000
        while left:
            kind, payload = consumer.read()
            left -= len(payload) if kind == 3 else 0


def resident(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmRSS"))


def measure(name, port, pid, seconds, work=None, *arguments):
    queue = f"probe-{time.time_ns()}"
    publisher, consumer = Client(port), Client(port)
    publisher.declare(queue)
    consumer.consume(queue, automatic=True)
    latencies, ended = [], False

    def listen():
        while True:
            try:
                kind, payload = consumer.read()
            except (OSError, ValueError, struct.error):
                return
            if kind == 3:
                latencies.append((time.perf_counter() - struct.unpack(">d", payload[:8])[0]) * 1000)

    threading.Thread(target=listen, daemon=True).start()
    worker = multiprocessing.Process(target=work, args=(port, *arguments)) if work else None
    if worker:
        worker.start()
    end, most = time.time() + seconds, 0
    while time.time() < end or (worker and worker.is_alive() and time.time() < end + 120):
        publisher.send(publish(queue, struct.pack(">d", time.perf_counter())))
        time.sleep(0.003)
        most = max(most, resident(pid))
    time.sleep(0.3)
    if worker and worker.is_alive():
        worker.terminate()
        print(f"  {name}: stopped after {seconds + 120} s", flush=True)
    publisher.socket.close()
    consumer.socket.shutdown(socket.SHUT_RDWR)
    latencies.sort()
    count = len(latencies)
    p50, p99, longest = latencies[count // 2], latencies[int(count * 0.99)], latencies[-1]
    print(f"{name:28} n {count:6,}  p50 {p50:6.2f}  p99 {p99:6.2f}  max {longest:6.2f} ms  {most:5,} MB", flush=True)
    return p99, most


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--warren", default=".build/release/warren")
    options.add_argument("--messages", type=int, default=5_000_000)
    options.add_argument("--limit-ms", type=float, default=20)
    options = options.parse_args()
    broker = subprocess.Popen(
        [options.warren, "serve", "--ephemeral", "--amqp-port", "0", "--http-port", "0", "--memory-limit", str(MEMORY_MIB)], stdout=subprocess.PIPE, text=True)
    try:
        port = int(re.search(r"127\.0\.0\.1:(\d+)", broker.stdout.readline()).group(1))
        steps = [
            ("alone", 3), ("a flood", 6, flood), ("purging it", 2, purge, "flood"),
            ("a consumer that never reads", 6, deaf), ("purging its queue", 2, purge, "deaf"),
            ("a hoarder of deliveries", 6, hoard), ("purging what came back", 2, purge, "hoard"),
            (f"publishing {options.messages:,}", 3, million, options.messages), ("purging them", 3, purge, "many"),
            ("messages of 100 MB", 3, big),
        ]
        results = [measure(step[0], port, broker.pid, *step[1:]) for step in steps]
    finally:
        broker.terminate()
        broker.wait()
    late = [step[0] for step, (p99, _) in zip(steps, results) if p99 >= options.limit_ms]
    full = [step[0] for step, (_, most) in zip(steps, results) if most > MEMORY_MIB * 1.1]
    for what, names in [(f"p99 of {options.limit_ms} ms or more", late), ("too much memory", full)]:
        if names:
            print(f"{what}: {', '.join(names)}")
    sys.exit(1 if late or full else 0)


if __name__ == "__main__":
    main()
