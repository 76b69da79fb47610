"""Kills a broker with SIGKILL at random moments while clients publish with confirms and consume with acks.

    crash.py WARREN [--rounds 10] [--seed S] [--sync always|os] [--power-loss [--torn PERCENT]]

With --power-loss the broker loses with its memory whatever it has not synced, as with its power; of so many of a hundred
unsynced writes a part, or the whole without those before it, is on the disk all the same (see powerloss.c; Linux).
After each restart everything that is left is read. Of what was confirmed nothing may be missing: it was acknowledged by
its consumer or is there. What was acknowledged half a second before the end may not return. What is there is in the order
of its publishing. Prints one line a round and fails with the seed, which
draws the same moments again; what the clients and the disk make of them differs from run to run.
"""
import argparse, os, random, re, shutil, subprocess, sys, tempfile, threading, time

import pika

PERSISTENT = pika.BasicProperties(delivery_mode=2)
SURELY_SYNCED = 0.5


class PowerLoss:
    """The environment in which a broker's unsynced writes end with it."""

    def __init__(self, torn, folder):
        self.library, self.torn = os.path.join(folder, "powerloss.so"), torn
        source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "powerloss.c")
        # The Swift toolchain brings a clang.
        compiler = next(filter(shutil.which, ("cc", "clang", "gcc")), "cc")
        subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", self.library, source], check=True)

    def environment(self):
        return {**os.environ, "LD_PRELOAD": self.library, "WARREN_POWERLOSS_TORN": str(self.torn),
                "WARREN_POWERLOSS_SEED": str(random.randrange(1 << 63))}


class Broker:
    def __init__(self, warren, data, sync, power_loss=None):
        self.process = subprocess.Popen(
            [warren, "serve", "--amqp-port", "0", "--http-port", "0", "--data", data, "--sync", sync],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=power_loss.environment() if power_loss else None)
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


def drain(broker, queue, problems):
    channel = broker.channel()
    found = []
    try:
        while True:
            method, _, body = channel.basic_get(queue, auto_ack=True)
            if method is None:
                return found
            found.append(int(body))
    except pika.exceptions.ChannelClosedByBroker as closed:
        problems.append(closed.reply_text)
        return found


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("warren")
    options.add_argument("--rounds", type=int, default=10)
    options.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options.add_argument("--sync", default="always")
    options.add_argument("--power-loss", action="store_true")
    options.add_argument("--torn", type=int, default=20)
    options = options.parse_args()
    random.seed(options.seed)
    folder = tempfile.mkdtemp(prefix="warren-crash-")
    data = os.path.join(folder, "data")
    power_loss = PowerLoss(options.torn, folder) if options.power_loss else None
    first, confirmed, returned = 0, 0, 0
    broker = None
    try:
        broker = Broker(options.warren, data, options.sync, power_loss)
        channel = broker.channel()
        for queue in ("crash", "left", "right"):
            channel.queue_declare(queue, durable=True)
        for number in range(options.rounds):
            round = Round(broker, first)
            round.run(random.uniform(0.05, 0.8))
            broker = Broker(options.warren, data, options.sync, power_loss)
            problems = []
            left = drain(broker, "crash", problems)
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
            sides = drain(broker, "left", problems), drain(broker, "right", problems)
            if sides[0] != sides[1]:
                problems.append(f"half a transaction: {len(sides[0])} and {len(sides[1])}")
            if not set(round.transactions) <= set(sides[0]):
                problems.append("a committed transaction is gone")
            print(f"round {number + 1}: {len(round.confirmed)} confirmed, {len(round.acknowledged)} acknowledged, "
                  f"{len(left)} left, {len(round.transactions)} committed", flush=True)
            # Its answer comes once it is on the disk, and what was read before it then is too.
            channel = broker.channel()
            channel.queue_declare("mark", durable=True)
            channel.queue_delete("mark")
            if problems:
                sys.exit(f"seed {options.seed}, round {number + 1}: " + "; ".join(problems))
            first, confirmed, returned = round.next, confirmed + len(round.confirmed), returned + len(left)
    finally:
        if broker:
            broker.kill()
        shutil.rmtree(folder, ignore_errors=True)
    kind = "losses of power" if options.power_loss else "crashes"
    print(f"{options.rounds} {kind}, seed {options.seed}: {confirmed} confirmed, {returned} came back, nothing lost")


if __name__ == "__main__":
    main()
