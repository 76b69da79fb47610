"""Crashes the leader of a quorum queue again and again while clients publish with confirms and consume with acks.

    failover.py WARREN [--rounds 10] [--fault crash|power-loss|isolate|pause] [--rabbitmq SCRIPT]

Starts a cluster of three nodes: `WARREN serve --nodes 3 --faults`, or with --rabbitmq the real one that this script
starts (Tests/TestSupport/scripts/rabbitmq.py), whose nodes are killed with SIGKILL. One pika publisher is connected
to a node that survives, a consumer to the other one, and a second publisher to the leader's node: it turns to any
other when its connection ends, or when nothing is confirmed for --patience seconds, since a node that is cut off
closes nothing.
A round hurts the leader, waits until all of them go on, brings the node back and waits until it has caught up.

An outage is the longest time between two confirms, or two deliveries, from the last one before the fault to the moment
when all goes on. At the end everything that was confirmed must have been received, and nothing else than what was
published; a message that came twice without being marked as redelivered is counted. Exits with 1 when something is
missing or invented. All connections share one thread, which waits for nothing but its sockets.
"""
import argparse, os, shutil, statistics, sys, tempfile, threading, time

import pika
from pika.adapters.select_connection import IOLoop
from pika.adapters.utils.selector_ioloop_adapter import SelectorIOServicesAdapter

from failover_clusters import NODES, QUEUE, ROUND_SECONDS, Failed, RabbitMQ, Warren, wait

PERSISTENT = pika.BasicProperties(delivery_mode=2)
START_SECONDS = 240
# Confirms, or deliveries, of messages published after the fault that show that it is over.
SETTLED = 50


class Client:
    """A connection that is opened again at the next of its ports when it ends. Lives on the loop's thread."""

    def __init__(self, world, name):
        self.world, self.name = world, name
        self.connection = self.channel = None
        self.ports = []
        self.events = []  # Times of confirms or deliveries.
        self.fresh = 0  # Those of messages that were published after the fault.
        self.is_moving = False

    def move(self, ports):
        """Goes to the first of these ports that answers; the others are for when it ends."""
        self.ports = list(ports)
        if self.connection and self.connection.is_open:
            self.is_moving = True
            self.connection.close()
        else:
            self.open()

    def open(self):
        self.channel = None
        parameters = pika.ConnectionParameters(
            "127.0.0.1", self.ports[0], heartbeat=0, socket_timeout=5, stack_timeout=10)
        connection = pika.SelectConnection(
            parameters, on_open_callback=self.opened, on_open_error_callback=self.ended,
            on_close_callback=self.ended, custom_ioloop=self.world.io)
        self.connection = connection

    def opened(self, connection):
        if connection is self.connection:
            connection.channel(on_open_callback=self.begin)

    def ended(self, connection, reason):
        if connection is not self.connection:
            return  # It was given up.
        self.channel = None
        if self.world.is_over:
            return
        if not self.is_moving:
            self.ports.append(self.ports.pop(0))
        self.is_moving = False
        # Not at once for ever: a port that refuses costs no time to ask.
        self.world.loop.call_later(0.002, self.open)

    def give_up(self):
        """Leaves a connection on which nothing comes any more as it is, and opens another."""
        old, self.connection, self.channel = self.connection, None, None
        self.ports.append(self.ports.pop(0))
        self.open()
        if old and old.is_open:
            self.world.loop.call_later(0, lambda: old.is_open and old.close())

    def note(self, number):
        now = time.perf_counter()
        self.events.append(now)
        if number >= self.world.fresh_from:
            self.fresh += 1
        return now

    @property
    def has_settled(self):
        return self.fresh >= SETTLED


class Publisher(Client):
    """Publishes at even intervals, with so many unconfirmed at most."""

    def __init__(self, world, name, patience=None):
        super().__init__(world, name)
        self.patience = patience
        self.unconfirmed = {}  # Delivery tag to number.
        self.silent_since = None

    def begin(self, channel):
        if channel.connection is not self.connection:
            return
        self.unconfirmed, self.next_tag, self.silent_since = {}, 1, None
        channel.confirm_delivery(lambda frame: self.confirmed(channel, frame))
        channel.add_on_close_callback(self.channel_closed)
        self.channel = channel
        self.due = time.perf_counter()

    def channel_closed(self, channel, reason):
        # Where the connection ended, that says more.
        if channel is self.channel and isinstance(reason, pika.exceptions.ChannelClosedByBroker):
            self.channel = None
            self.world.problems.append(f"the {self.name}'s channel was closed: {reason}")

    def turn(self, now):
        if self.channel is None or self.is_moving:
            return
        if self.patience and self.silent_since and now - self.silent_since > self.patience:
            return self.give_up()
        self.due = max(self.due, now - 0.05)
        while self.due <= now and len(self.unconfirmed) < self.world.options.window and not self.world.is_draining:
            self.due += 1 / self.world.options.rate
            number = self.world.next
            self.world.next += 1
            # A refusal does not end the silence.
            self.silent_since = self.silent_since or now
            self.unconfirmed[self.next_tag] = number
            self.next_tag += 1
            self.channel.basic_publish("", QUEUE, str(number).encode(), PERSISTENT)

    def confirmed(self, channel, frame):
        if channel is not self.channel:
            return
        tag, multiple = frame.method.delivery_tag, frame.method.multiple
        tags = [each for each in self.unconfirmed if each <= tag] if multiple else [tag]
        numbers = [self.unconfirmed.pop(each) for each in tags]
        if isinstance(frame.method, pika.spec.Basic.Nack):
            self.world.refused.update(numbers)
            return
        self.world.confirmed.update(numbers)
        for number in numbers:
            now = self.note(number)
            self.silent_since = now if self.unconfirmed else None


class Consumer(Client):
    def begin(self, channel):
        if channel.connection is not self.connection:
            return
        self.channel = channel
        channel.basic_qos(prefetch_count=200)
        channel.basic_consume(QUEUE, self.take)
        channel.add_on_cancel_callback(lambda frame: self.world.problems.append("the consumer was cancelled"))

    def turn(self, now):
        pass

    def take(self, channel, method, properties, body):
        number = int(body)
        if number in self.world.received and not method.redelivered:
            self.world.unmarked.append(number)
        self.world.redelivered += method.redelivered
        self.world.received[number] = self.world.received.get(number, 0) + 1
        self.note(number)
        channel.basic_ack(method.delivery_tag)


class World:
    """The clients on their loop, and what they know of the messages."""

    def __init__(self, options):
        self.options = options
        self.io = SelectorIOServicesAdapter(IOLoop())
        self.loop = self.io.get_native_ioloop()
        self.next, self.fresh_from = 0, 0
        self.confirmed, self.refused, self.received = set(), set(), {}
        self.unmarked, self.redelivered = [], 0
        self.problems = []
        self.is_over = self.is_draining = False
        self.publisher = Publisher(self, "publisher")
        self.consumer = Consumer(self, "consumer")
        self.reconnecting = Publisher(self, "reconnecting publisher", patience=options.patience)
        self.clients = [self.publisher, self.consumer, self.reconnecting]
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        self.turn()
        try:
            self.loop.start()
        except Exception as error:
            self.problems.append(f"the clients ended: {error!r}")
            raise

    def turn(self):
        now = time.perf_counter()
        for client in self.clients:
            client.turn(now)
        self.loop.call_later(1 / self.options.rate, self.turn)

    def do(self, work):
        """Does something on the loop's thread and waits for it."""
        done = threading.Event()

        def run():
            work()
            done.set()

        self.loop.add_callback_threadsafe(run)
        if not done.wait(ROUND_SECONDS):
            raise Failed("the clients' thread stands still")

    def begin_measuring(self):
        """From here on only messages that are published now count as fresh."""
        self.fresh_from = self.next
        for client in self.clients:
            client.fresh = 0

    def settle(self, what):
        def settled():
            if self.problems:
                raise Failed("; ".join(self.problems))
            return all(client.has_settled for client in self.clients)

        try:
            wait(what, settled)
        except Failed as failure:
            raise Failed(f"{failure}; " + ", ".join(
                f"{client.name}: {client.fresh} since the fault" for client in self.clients)) from None


def outage(client, begin):
    """The longest time between two events of a client, from the last before `begin` on, in milliseconds."""
    events = client.events
    first = next((place for place, time in enumerate(events) if time >= begin), len(events))
    times = events[max(0, first - 1):]
    return max(after - before for before, after in zip(times, times[1:])) * 1000


def one_round(cluster, world, options):
    leader = wait("a leader", lambda: next(
        (place for place in (cluster.leader(other) for other in range(NODES)) if place is not None), None))
    first, second = ((leader + offset) % NODES for offset in (1, 2))
    ports = cluster.amqp
    world.do(lambda: (
        world.publisher.move([ports[first], ports[second]]), world.consumer.move([ports[second], ports[first]]),
        world.reconnecting.move([ports[leader], ports[first], ports[second]])))
    world.do(world.begin_measuring)
    world.settle("everybody at work")
    # What nobody needs any more.
    world.do(lambda: [client.events.__delitem__(slice(0, -1)) for client in world.clients])

    begin = time.perf_counter()
    cluster.hurt(leader, options.fault)
    injected = time.perf_counter()
    world.do(world.begin_measuring)
    world.settle("everybody at work again")
    figures = [outage(client, begin) for client in (world.publisher, world.reconnecting, world.consumer)]
    new = wait("the next leader", lambda: (
        lambda place: place if place not in (None, leader) else None)(cluster.leader(first)))

    # Everything that goes on meanwhile is not measured.
    back = time.perf_counter()
    cluster.bring_back(leader, options.fault)
    cluster.goal = None
    wait("the node to catch up", lambda: cluster.caught_up(leader, first))
    return {
        "leader": cluster.names[leader], "next": cluster.names[new], "fault": (injected - begin) * 1000,
        "publisher": figures[0], "reconnecting": figures[1], "consumer": figures[2],
        "back": time.perf_counter() - back}


def declare(cluster):
    connection = pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", cluster.amqp[0]))
    connection.channel().queue_declare(QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
    connection.close()
    wait("three members", lambda: all(
        len((cluster.look(place, f"queues/%2F/{QUEUE}") or {}).get("online", [])) == NODES
        for place in range(NODES)))


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))]


def check(world, problems):
    """What came of all messages once nobody publishes any more."""
    wait("the last confirms", lambda: not world.publisher.unconfirmed and not world.reconnecting.unconfirmed)
    try:
        wait("everything confirmed to be received", lambda: not world.confirmed - world.received.keys())
    except Failed:
        missing = sorted(world.confirmed - world.received.keys())
        problems.append(f"LOST: {len(missing)} confirmed messages were not received: {missing[:10]}")
    invented = [number for number in world.received if not 0 <= number < world.next]
    if invented:
        problems.append(f"never published: {invented[:10]}")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("warren")
    options.add_argument("--rabbitmq", metavar="SCRIPT")
    options.add_argument("--rounds", type=int, default=10)
    options.add_argument("--fault", choices=sorted(Warren.UNDO), default="crash")
    options.add_argument("--sync", default="always")
    options.add_argument("--rate", type=int, default=500, help="messages a second of each publisher")
    options.add_argument("--window", type=int, default=100, help="unconfirmed messages of each publisher at most")
    options.add_argument("--patience", type=float, default=1.0)
    options = options.parse_args()
    folder = tempfile.mkdtemp(prefix="warren-failover-")
    cluster, world, problems, rounds = None, World(options), [], []
    try:
        cluster = (RabbitMQ(options.rabbitmq) if options.rabbitmq
                   else Warren(options.warren, os.path.join(folder, "data"), options.sync))
        declare(cluster)
        world.thread.start()
        for number in range(options.rounds):
            found = one_round(cluster, world, options)
            rounds.append(found)
            print(f"round {number + 1}: {options.fault} of {found['leader']}, {found['next']} leads: outage "
                  f"{found['publisher']:.0f} ms; reconnecting {found['reconnecting']:.0f} ms; "
                  f"consumer {found['consumer']:.0f} ms; back in {found['back']:.1f} s", flush=True)
        world.is_draining = True
        check(world, problems)
    except Failed as failure:
        problems.append(str(failure))
    finally:
        world.is_over = True
        if cluster:
            cluster.end()
        shutil.rmtree(folder, ignore_errors=True)
    for who in ("publisher", "reconnecting", "consumer") if rounds else ():
        times = [each[who] for each in rounds]
        print(f"{who}: p50 {statistics.median(times):.0f} ms, p99 {percentile(times, 0.99):.0f} ms, "
              f"max {max(times):.0f} ms")
    print(f"{len(rounds)} times {options.fault}: {len(world.confirmed)} confirmed, {len(world.refused)} refused, "
          f"{len(world.received)} received, {world.redelivered} redelivered, "
          f"{len(world.unmarked)} twice without being marked" + ("" if problems else "; nothing lost"), flush=True)
    if problems:
        sys.exit("; ".join(problems))


if __name__ == "__main__":
    main()
