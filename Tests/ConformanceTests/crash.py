"""Kills a broker with SIGKILL at random moments while clients publish with confirms and consume with acks.

    crash.py WARREN [--rounds 10] [--seed S] [--sync always|os]

After each restart everything that is left is read. Of what was confirmed nothing may be missing: it was acknowledged by
its consumer or is there. What was acknowledged half a second before the end may not return. What is there is in the order
of its publishing. Prints one line a round and fails with the seed.
"""
import argparse, random, re, shutil, subprocess, sys, tempfile, threading, time

import pika

PERSISTENT = pika.BasicProperties(delivery_mode=2)
SURELY_SYNCED = 0.5


class Broker:
    def __init__(self, warren, data, sync):
        self.process = subprocess.Popen(
            [warren, "serve", "--amqp-port", "0", "--http-port", "0", "--data", data, "--sync", sync],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            sys.exit("the broker did not start: " + self.process.stderr.read())
        self.port = int(re.search(r"127\.0\.0\.1:(\d+)", line).group(1))

    def channel(self):
        parameters = pika.URLParameters(f"amqp://guest:guest@127.0.0.1:{self.port}")
        return pika.BlockingConnection(parameters).channel()

    def kill(self):
        self.process.kill()
        self.process.wait()


class Round:
    def __init__(self, broker, first):
        self.broker = broker
        self.next = first
        self.confirmed, self.acknowledged = set(), {}
        self.transactions = {}

    def publish(self):
        channel = self.broker.channel()
        channel.confirm_delivery()
        while True:
            number = self.next
            self.next += 1
            channel.basic_publish("", "crash", str(number).encode(), PERSISTENT)
            self.confirmed.add(number)

    def consume(self):
        channel = self.broker.channel()
        channel.basic_qos(prefetch_count=20)
        for method, _, body in channel.consume("crash"):
            # Some are held, so that there is something left.
            if random.random() < 0.7:
                channel.basic_ack(method.delivery_tag)
                self.acknowledged[int(body)] = time.monotonic()
            elif random.random() < 0.2:
                threading.Event().wait(0.01)

    def commit(self):
        """Two queues in one transaction: the same number is in both or in none."""
        channel = self.broker.channel()
        channel.tx_select()
        number = 0
        while True:
            for queue in ("left", "right"):
                channel.basic_publish("", queue, str(number).encode(), PERSISTENT)
            channel.tx_commit()
            self.transactions[number] = True
            number += 1

    def run(self, seconds):
        def forever(work):
            try:
                work()
            except Exception:
                pass  # It ends with its broker.

        threads = [threading.Thread(target=forever, args=(work,), daemon=True)
                   for work in (self.publish, self.consume, self.commit)]
        for thread in threads:
            thread.start()
        threading.Event().wait(seconds)
        self.killed = time.monotonic()
        self.broker.kill()
        for thread in threads:
            thread.join(20)


def drain(channel, queue):
    found = []
    while True:
        method, _, body = channel.basic_get(queue, auto_ack=True)
        if method is None:
            return found
        found.append(int(body))


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("warren")
    options.add_argument("--rounds", type=int, default=10)
    options.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options.add_argument("--sync", default="always")
    options = options.parse_args()
    random.seed(options.seed)
    data = tempfile.mkdtemp(prefix="warren-crash-")
    first, confirmed, returned = 0, 0, 0
    try:
        broker = Broker(options.warren, data, options.sync)
        channel = broker.channel()
        for queue in ("crash", "left", "right"):
            channel.queue_declare(queue, durable=True)
        for number in range(options.rounds):
            round = Round(broker, first)
            round.run(random.uniform(0.05, 0.8))
            broker = Broker(options.warren, data, options.sync)
            channel = broker.channel()
            left = drain(channel, "crash")
            problems = []
            missing = round.confirmed - set(round.acknowledged) - set(left)
            if missing:
                problems.append(f"confirmed and gone: {sorted(missing)[:10]}")
            back = [n for n in left if round.killed - round.acknowledged.get(n, round.killed) > SURELY_SYNCED]
            if back:
                problems.append(f"acknowledged long ago and back: {back[:10]}")
            if left != sorted(set(left)):
                problems.append("out of order or twice")
            if any(n < first or n >= round.next for n in left):
                problems.append("never published")
            sides = drain(channel, "left"), drain(channel, "right")
            if sides[0] != sides[1]:
                problems.append(f"half a transaction: {len(sides[0])} and {len(sides[1])}")
            if not set(round.transactions) <= set(sides[0]):
                problems.append("a committed transaction is gone")
            print(f"round {number + 1}: {len(round.confirmed)} confirmed, {len(round.acknowledged)} acknowledged, "
                  f"{len(left)} left, {len(round.transactions)} committed", flush=True)
            if problems:
                sys.exit(f"seed {options.seed}, round {number + 1}: " + "; ".join(problems))
            first, confirmed, returned = round.next, confirmed + len(round.confirmed), returned + len(left)
        broker.kill()
    finally:
        shutil.rmtree(data, ignore_errors=True)
    print(f"{options.rounds} crashes, seed {options.seed}: {confirmed} confirmed, {returned} came back, nothing lost")


if __name__ == "__main__":
    main()
