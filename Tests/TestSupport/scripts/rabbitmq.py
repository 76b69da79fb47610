"""Runs a throw-away RabbitMQ until standard input closes.

    rabbitmq.py [--amqp-port P] [--http-port H] [--data DIR]

Prints the line that `warren serve` prints as well: `ready amqp=HOST:PORT http=HOST:PORT`. Everything is its own: node
name, ports, epmd and folders, so it disturbs no other RabbitMQ and none disturbs it. Whoever started it only has to
hold its standard input open: when that closes, however the holder died, the server is killed and its folder removed
(unless `--data` named one, which is kept for the next start).
"""

import argparse
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

START_SECONDS = 90
POLL_SECONDS = 0.1
ATTEMPTS = 3
LAUNCHERS = [
    "/usr/lib/rabbitmq/bin/rabbitmq-server",
    "/opt/homebrew/sbin/rabbitmq-server",
    "/usr/local/sbin/rabbitmq-server",
]


class Stopped(Exception):
    """The holder wants no server any more."""


class StartFailed(Exception):
    """The server ended or was not ready in time."""


def free_ports(count):
    """Ports nobody listens on; all sockets are held until the last is known, so that they differ."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def pause():
    """Waits a moment; ends the program's wait when the holder has gone."""
    if select.select([sys.stdin], [], [], POLL_SECONDS)[0] and not os.read(sys.stdin.fileno(), 4096):
        raise Stopped


def speaks_amqp(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(b"AMQP\x00\x00\x09\x01")
            return connection.recv(1) == b"\x01"
    except OSError:
        return False


def answers_http(port):
    request = urllib.request.Request(f"http://127.0.0.1:{port}/api/overview")
    request.add_header("Authorization", "Basic Z3Vlc3Q6Z3Vlc3Q=")
    try:
        with urllib.request.urlopen(request, timeout=2) as reply:
            return reply.status == 200
    except OSError:
        return False


class Server:
    def __init__(self, amqp_port, http_port, data):
        self.amqp_port = amqp_port
        self.http_port = http_port
        self.data = data
        self.processes = []

    def start(self):
        launcher = next((path for path in LAUNCHERS if os.access(path, os.X_OK)), None)
        if launcher is None:
            raise StartFailed("rabbitmq-server is not installed: Tests/run installs it")
        dist, epmd = free_ports(2)
        environment = self.environment(dist, epmd)
        with open(os.path.join(self.data, "console.log"), "ab") as log:
            for command in (["epmd", "-port", str(epmd), "-address", "127.0.0.1"], [launcher]):
                # A session of its own, so that the whole tree of the virtual machine can be killed at once.
                self.processes.append(
                    subprocess.Popen(
                        command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                        cwd=self.data, start_new_session=True))
        deadline = time.monotonic() + START_SECONDS
        while not (speaks_amqp(self.amqp_port) and answers_http(self.http_port)):
            if time.monotonic() > deadline or self.processes[-1].poll() is not None:
                raise StartFailed("RabbitMQ did not start:\n" + self.last_words())
            pause()

    def environment(self, dist, epmd):
        def inside(name):
            return os.path.join(self.data, name)

        with open(inside("plugins"), "w") as file:
            file.write("[rabbitmq_management].\n")
        with open(inside("rabbitmq.conf"), "w") as file:
            file.write(
                f"listeners.tcp.local = 127.0.0.1:{self.amqp_port}\n"
                f"management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {self.http_port}\n"
                "disk_free_limit.absolute = 1MB\n")
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("RABBITMQ_", "ERL_"))}
        environment.update(
            HOME=self.data,
            ERL_EPMD_PORT=str(epmd),
            ERL_EPMD_ADDRESS="127.0.0.1",
            RABBITMQ_BASE=self.data,
            # The name stays with the folder: the server keeps its data under it.
            RABBITMQ_NODENAME="warrentest@localhost",
            RABBITMQ_DIST_PORT=str(dist),
            RABBITMQ_CONF_ENV_FILE="/dev/null",
            RABBITMQ_CONFIG_FILE=inside("rabbitmq"),
            RABBITMQ_ADVANCED_CONFIG_FILE=inside("advanced.config"),
            RABBITMQ_ENABLED_PLUGINS_FILE=inside("plugins"),
            RABBITMQ_MNESIA_BASE=inside("mnesia"),
            RABBITMQ_LOG_BASE=inside("log"),
            RABBITMQ_PID_FILE=inside("pid"),
            # Spinning schedulers would take the processors from what is being tested.
            RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="+sbwt none +sbwtdcpu none +sbwtdio none",
        )
        return environment

    def last_words(self):
        with open(os.path.join(self.data, "console.log"), errors="replace") as log:
            return log.read()[-4000:]

    def kill(self):
        for process in self.processes:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
        self.processes = []


def started(arguments, data):
    for attempt in range(ATTEMPTS):
        amqp, http = free_ports(2)
        server = Server(arguments.amqp_port or amqp, arguments.http_port or http, data)
        try:
            server.start()
            return server
        except StartFailed:
            # Between looking for a free port and taking it somebody else may have taken it.
            server.kill()
            if attempt == ATTEMPTS - 1:
                raise
        except BaseException:
            server.kill()
            raise


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--amqp-port", type=int, default=0)
    parser.add_argument("--http-port", type=int, default=0)
    parser.add_argument("--data")
    arguments = parser.parse_args()

    def stop(signal_number, frame):
        raise Stopped

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    data = arguments.data or tempfile.mkdtemp(prefix="warren-rabbitmq-")
    os.makedirs(data, exist_ok=True)
    server = None
    try:
        server = started(arguments, data)
        print(f"ready amqp=127.0.0.1:{server.amqp_port} http=127.0.0.1:{server.http_port}", flush=True)
        while server.processes[-1].poll() is None:
            pause()
        sys.exit("RabbitMQ ended by itself:\n" + server.last_words())
    except StartFailed as failure:
        sys.exit(str(failure))
    except Stopped:
        pass
    finally:
        if server:
            server.kill()
        if not arguments.data:
            shutil.rmtree(data, ignore_errors=True)


main()
