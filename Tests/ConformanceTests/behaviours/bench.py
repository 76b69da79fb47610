"""What every behaviour works with: connections, names that are cleaned up, and outcomes as plain JSON."""

import base64
import json
import socket
import time
import urllib.error
import urllib.request

import pika
from pika import exceptions

from wire import Wire

# How long anything a broker must do may take before the behaviour counts as failed.
DEADLINE_SECONDS = 15

BEHAVIOURS = {}


def behaviour(function):
    """Registers a function as one behaviour, named after its file and itself; its docstring says what must hold."""
    theme = function.__module__
    assert function.__doc__, f"{function.__name__} has no sentence"
    BEHAVIOURS[f"{theme}.{function.__name__}"] = function
    return function


class Bench:
    """One behaviour's place of work on one broker. Names are the same on every broker, so error texts compare."""

    def __init__(self, uri, name, management=None):
        self.parameters = pika.URLParameters(uri)
        self.management = management
        self.prefix = name
        self.opened = []
        self.wires = []
        self.queues = []
        self.exchanges = []
        self.policies = []

    # Names

    def queue(self, suffix="q"):
        """A queue name of this behaviour's own; whatever bears it is deleted now and afterwards."""
        name = f"{self.prefix}.{suffix}"
        self.queues.append(name)
        self.discard([name], [])
        return name

    def exchange(self, suffix="x"):
        name = f"{self.prefix}.{suffix}"
        self.exchanges.append(name)
        self.discard([], [name])
        return name

    def policy(self, suffix="p"):
        """A policy name of this behaviour's own."""
        name = f"{self.prefix}.{suffix}"
        self.policies.append(name)
        self.api("DELETE", f"/api/policies/%2F/{name}")
        return name

    def discard(self, queues, exchanges):
        connection = pika.BlockingConnection(self.parameters)
        channel = connection.channel()
        for name in exchanges:
            channel.exchange_delete(name)
        for name in queues:
            try:
                channel.queue_delete(name)
            except exceptions.ChannelClosedByBroker:
                # Exclusive to a connection that is going; it goes with it.
                channel = connection.channel()
        connection.close()

    # Management

    def api(self, method, path, body=None):
        """Asks the management API; the status and the body."""
        credentials = f"{self.parameters.credentials.username}:{self.parameters.credentials.password}"
        request = urllib.request.Request(
            self.management + path, None if body is None else json.dumps(body).encode(), method=method,
            headers={
                "authorization": "Basic " + base64.b64encode(credentials.encode()).decode(),
                "content-type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=DEADLINE_SECONDS) as reply:
                status, text = reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read().decode()
        return [status, json.loads(text) if text else None]

    # Connections

    def connection(self, **overrides):
        parameters = pika.ConnectionParameters(
            host=self.parameters.host, port=self.parameters.port, virtual_host=self.parameters.virtual_host,
            credentials=self.parameters.credentials, heartbeat=0, socket_timeout=DEADLINE_SECONDS,
            blocked_connection_timeout=DEADLINE_SECONDS)
        for key, value in overrides.items():
            setattr(parameters, key, value)
        connection = pika.BlockingConnection(parameters)
        self.opened.append(connection)
        return connection

    def channel(self):
        return self.connection().channel()

    def wire(self, **handshake):
        """A raw connection with an open channel 1."""
        wire = self.bare_wire()
        wire.open(**handshake)
        wire.open_channel(1)
        return wire

    def bare_wire(self):
        """A raw connection on which nothing has been said yet."""
        wire = Wire(self.parameters.host, self.parameters.port, DEADLINE_SECONDS)
        self.wires.append(wire)
        return wire

    def clean_up(self):
        for wire in self.wires:
            wire.drop()
        for connection in self.opened:
            try:
                if connection.is_open:
                    connection.close()
            except exceptions.AMQPError:
                pass
        for name in self.policies:
            self.api("DELETE", f"/api/policies/%2F/{name}")
        self.discard(self.queues, self.exchanges)


def kill(connection):
    """Ends a pika connection as a dying client would: the socket goes, nothing is said."""
    connection._impl._transport._sock.shutdown(socket.SHUT_RDWR)
    try:
        connection.process_data_events(time_limit=1)
    except exceptions.AMQPError:
        pass


def refusal(action):
    """What becomes of an action: its result, or how the broker refused it."""
    try:
        return {"result": plain(action())}
    except exceptions.ChannelClosedByBroker as closed:
        return {"channel closed": [closed.reply_code, closed.reply_text]}
    except exceptions.ConnectionClosedByBroker as closed:
        return {"connection closed": [closed.reply_code, closed.reply_text]}


def publish_all(channel, queue, bodies, **properties):
    """Publishes to a queue through the default exchange and waits until all of them are in it."""
    channel.confirm_delivery()
    for body in bodies:
        channel.basic_publish("", queue, text(body).encode(), pika.BasicProperties(**properties), mandatory=True)


def numbered(count):
    return [str(number) for number in range(1, count + 1)]


def counts(channel, queue):
    """Ready messages and consumers of a queue. RabbitMQ answers this ahead of publishes and acks that wait in the
    queue's mailbox: count only what is confirmed, or wait for the count."""
    frame = channel.queue_declare(queue, passive=True)
    return [frame.method.message_count, frame.method.consumer_count]


def wait_until(connection, condition, what):
    """Serves the connection until a condition holds."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {DEADLINE_SECONDS} s for {what}")
        connection.process_data_events(time_limit=0.02)


def wait_for_ready(channel, queue, count):
    """Waits until a queue holds so many ready messages: what another connection gave back arrives when it does."""
    wait_until(channel.connection, lambda: counts(channel, queue)[0] == count, f"{count} ready in {queue}")


def wait_for_no_queue(bench, queue):
    """Waits until a queue is gone, looking through channels of its own."""
    connection = bench.connection()

    def is_gone():
        channel = connection.channel()
        answer = refusal(lambda: counts(channel, queue))
        if "result" in answer:
            channel.close()
        return answer.get("channel closed", [0])[0] == 404

    wait_until(connection, is_gone, f"{queue} to be deleted")
    return True


def get(channel, queue, auto_ack=False):
    """basic.get as JSON: body, redelivered, messages left; None for get-empty."""
    method, _, body = channel.basic_get(queue, auto_ack)
    return None if method is None else [text(body), method.redelivered, method.message_count]


def drain(channel, queue):
    """Everything ready in a queue, taken with automatic acknowledgement: [body, redelivered] each."""
    found = []
    while (message := get(channel, queue, auto_ack=True)) is not None:
        found.append(message[:2])
    return found


class Deliveries:
    """What one consumer is given."""

    def __init__(self, channel, queue, auto_ack=False, **options):
        self.channel = channel
        self.queue = queue
        self.methods = []
        self.bodies = []
        self.properties = []
        self.tag = channel.basic_consume(queue, self.receive, auto_ack, **options)

    def receive(self, channel, method, properties, body):
        self.methods.append(method)
        self.properties.append(properties)
        self.bodies.append(text(body))

    def wait(self, count):
        wait_until(self.channel.connection, lambda: len(self.bodies) >= count, f"{count} deliveries")
        return self

    def settle(self):
        """Lets everything the broker sends by itself arrive: two answers that had to pass through the queue."""
        for _ in range(2):
            counts(self.channel, self.queue)
            self.channel.connection.process_data_events(time_limit=0)
        return self

    @property
    def tags(self):
        return [method.delivery_tag for method in self.methods]

    @property
    def flagged(self):
        return [[body, method.redelivered] for body, method in zip(self.bodies, self.methods)]


def text(value):
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def plain(value):
    """Any outcome as JSON: method frames become their fields, bytes become text."""
    if isinstance(value, bytes):
        return text(value)
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {text(key): plain(each) for key, each in value.items()}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    method = getattr(value, "method", value)
    if hasattr(method, "NAME"):
        return {"method": method.NAME, **{key: plain(each) for key, each in vars(method).items()}}
    return type(value).__name__
