"""AMQP 0-9-1 by hand, for what a client library would not send and would not show."""

import socket
import struct

from pika import frame, spec

HEADER = b"AMQP\x00\x00\x09\x01"
END = b"\xce"
CAPABILITIES = {
    "publisher_confirms": True, "basic.nack": True, "consumer_cancel_notify": True,
    "authentication_failure_close": True, "connection.blocked": True,
}


class Wire:
    def __init__(self, host, port, seconds):
        self.socket = socket.create_connection((host, port), timeout=seconds)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.is_over = False

    # Sending

    def send_bytes(self, data):
        try:
            self.socket.sendall(data)
        except OSError:
            # The broker has closed; what it said before is still to be read.
            pass

    def send_frame(self, type, channel, payload):
        self.send_bytes(frame_bytes(type, channel, payload))

    def send(self, channel, *methods):
        """All in one write, as a pipelining client does."""
        self.send_bytes(b"".join(frame.Method(channel, method).marshal() for method in methods))

    def send_raw_method(self, channel, class_id, method_id, arguments=b""):
        self.send_frame(1, channel, struct.pack(">HH", class_id, method_id) + arguments)

    def publish(self, channel, exchange, key, body, mandatory=False, properties=None, frame_size=131064):
        header = frame.Header(channel, len(body), properties or spec.BasicProperties())
        method = spec.Basic.Publish(exchange=exchange, routing_key=key, mandatory=mandatory)
        parts = [frame.Method(channel, method).marshal(), header.marshal()]
        for start in range(0, len(body), frame_size):
            parts.append(frame.Body(channel, body[start:start + frame_size]).marshal())
        self.send_bytes(b"".join(parts))

    # Receiving

    def read_frame(self):
        """The next frame as (type, channel, payload); None at the end of the stream."""
        head = self.read_bytes(7)
        if head is None:
            return None
        type, channel, size = struct.unpack(">BHL", head)
        payload = self.read_bytes(size + 1)
        if payload is None:
            return None
        if payload[-1:] != END:
            raise ValueError(f"frame ends with {payload[-1:]!r}")
        return type, channel, payload[:-1]

    def read_bytes(self, count):
        while len(self.buffer) < count:
            try:
                data = self.socket.recv(262144)
            except ConnectionError:
                data = b""
            if not data:
                self.is_over = True
                return None
            self.buffer += data
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def read(self):
        """The next frame that is not a heartbeat, as JSON; "end" when the broker has hung up."""
        while (found := self.read_frame()) is not None:
            type, channel, payload = found
            if type == 1:
                return method_fields(channel, payload)
            if type == 2:
                return {"channel": channel, "header": len(payload), "size": struct.unpack(">Q", payload[4:12])[0]}
            if type == 3:
                return {"channel": channel, "body": payload.decode("utf-8", "replace")}
        return "end"

    def read_all(self, count):
        return [self.read() for _ in range(count)]

    def read_until(self, name):
        """Everything up to and with the next method of this name."""
        found = []
        while True:
            found.append(self.read())
            if found[-1] == "end" or found[-1].get("method") == name:
                return found

    def last_words(self):
        """How the broker ends the connection: the close it sends, and that it hangs up once that is answered."""
        found = self.read_until("Connection.Close")
        if found[-1] != "end":
            self.send(0, spec.Connection.CloseOk())
            found.append(self.read())
        return found

    def call(self, channel, method):
        """Sends a method and gives the next frame."""
        self.send(channel, method)
        return self.read()

    # Connecting

    def start(self):
        """Says hello; gives connection.start."""
        self.send_bytes(HEADER)
        return self.read()

    def start_ok(self, user="guest", password="guest", capabilities=None, mechanism="PLAIN"):
        properties = {"product": "conformance", "capabilities": CAPABILITIES if capabilities is None else capabilities}
        self.send(
            0, spec.Connection.StartOk(properties, mechanism, f"\0{user}\0{password}", "en_US"))

    def tune_ok(self, channel_max=2047, frame_max=131072, heartbeat=0):
        self.send(0, spec.Connection.TuneOk(channel_max, frame_max, heartbeat))

    def open(self, host="/", **limits):
        self.start()
        self.start_ok()
        tune = self.read()
        self.tune_ok(**limits)
        opened = self.call(0, spec.Connection.Open(host))
        if opened == "end" or opened["method"] != "Connection.OpenOk":
            raise ValueError(f"not opened: {opened}")
        return tune

    def open_channel(self, channel):
        opened = self.call(channel, spec.Channel.Open())
        if opened == "end" or opened["method"] != "Channel.OpenOk":
            raise ValueError(f"channel not opened: {opened}")

    def drop(self):
        """Dies without a word."""
        if self.socket.fileno() < 0:
            return
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


def frame_bytes(type, channel, payload):
    return struct.pack(">BHL", type, channel, len(payload)) + payload + END


def method_fields(channel, payload):
    method = spec.methods[struct.unpack(">L", payload[:4])[0]]()
    method.decode(payload, 4)
    fields = {key: json_value(value) for key, value in vars(method).items()}
    return {"channel": channel, "method": method.NAME, **fields}


def json_value(value):
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, dict):
        return {str(key): json_value(each) for key, each in value.items()}
    if value is None or isinstance(value, (bool, int, str)):
        return value
    return str(value)
