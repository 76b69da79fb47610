"""Runs a throw-away RabbitMQ, or a cluster of several nodes, until standard input closes.

    rabbitmq.py [--nodes N] [--amqp-port P] [--http-port H] [--data DIR]

Prints the line that `warren serve` prints as well, and the nodes' processes:
`ready amqp=HOST:PORT[,…] http=HOST:PORT[,…] pids=PID[,…]`. Everything is its own: node names, ports, epmd, cookie and
folders, so it disturbs no other RabbitMQ and none disturbs it. Whoever started it only has to hold its standard input
open: when that closes, however the holder died, the servers are killed and their folder removed (unless `--data` named
one, which is kept for the next start).

The nodes of a cluster are named rabbit1@localhost and so on. They may be killed, and this one does it too: the line
`kill 2` on standard input kills the second node's processes (answer: `killed 2`), `start 2` starts it again with its
data on its ports (answer, once it accepts connections: `started 2 pid=PID`).
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


class Holder:
    """Whoever holds standard input open, and what they ask for."""

    def __init__(self):
        self.buffer = b""
        self.commands = []

    def pause(self):
        """Waits a moment; ends the program's wait when the holder has gone."""
        if not select.select([sys.stdin], [], [], POLL_SECONDS)[0]:
            return
        read = os.read(sys.stdin.fileno(), 4096)
        if not read:
            raise Stopped
        *lines, self.buffer = (self.buffer + read).split(b"\n")
        self.commands += [line.decode(errors="replace").split() for line in lines]


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


class Node:
    """One server: its process, ports and folder."""

    def __init__(self, name, folder, amqp_port, http_port):
        self.name = name
        self.folder = folder
        self.amqp_port = amqp_port
        self.http_port = http_port
        self.dist_port = free_ports(1)[0]
        self.process = None

    def start(self, home, epmd, peers):
        """Starts the server; with peers, of which the first must be up, it makes a cluster with them."""
        launcher = next((path for path in LAUNCHERS if os.access(path, os.X_OK)), None)
        if launcher is None:
            raise StartFailed("rabbitmq-server is not installed: Tests/run installs it")
        os.makedirs(self.folder, exist_ok=True)
        environment = self.environment(home, epmd, peers)
        with open(self.log, "ab") as log:
            # A session of its own, so that the whole tree of the virtual machine can be killed at once.
            self.process = subprocess.Popen(
                [launcher], env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                start_new_session=True)

    def wait(self, holder):
        deadline = time.monotonic() + START_SECONDS
        while not (speaks_amqp(self.amqp_port) and answers_http(self.http_port)):
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise StartFailed(f"RabbitMQ did not start:\n{self.last_words()}")
            holder.pause()

    def inside(self, name):
        return os.path.join(self.folder, name)

    @property
    def log(self):
        return self.inside("console.log")

    @property
    def pid(self):
        """The process of the virtual machine; the launcher only waits for it."""
        with open(self.inside("pid")) as file:
            return int(file.read())

    def environment(self, home, epmd, peers):
        with open(self.inside("plugins"), "w") as file:
            file.write("[rabbitmq_management].\n")
        with open(self.inside("rabbitmq.conf"), "w") as file:
            file.write(
                f"listeners.tcp.local = 127.0.0.1:{self.amqp_port}\n"
                f"management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {self.http_port}\n"
                "disk_free_limit.absolute = 1MB\n")
            if peers:
                file.write("cluster_formation.peer_discovery_backend = classic_config\n")
                file.writelines(
                    f"cluster_formation.classic_config.nodes.{place} = {peer}\n"
                    for place, peer in enumerate(peers, 1))
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("RABBITMQ_", "ERL_"))}
        environment.update(
            HOME=home,
            ERL_EPMD_PORT=str(epmd),
            ERL_EPMD_ADDRESS="127.0.0.1",
            RABBITMQ_BASE=self.folder,
            # The name stays with the folder: the server keeps its data under it.
            RABBITMQ_NODENAME=self.name,
            RABBITMQ_DIST_PORT=str(self.dist_port),
            RABBITMQ_CONF_ENV_FILE="/dev/null",
            RABBITMQ_CONFIG_FILE=self.inside("rabbitmq"),
            RABBITMQ_ADVANCED_CONFIG_FILE=self.inside("advanced.config"),
            RABBITMQ_ENABLED_PLUGINS_FILE=self.inside("plugins"),
            RABBITMQ_MNESIA_BASE=self.inside("mnesia"),
            RABBITMQ_LOG_BASE=self.inside("log"),
            RABBITMQ_PID_FILE=self.inside("pid"),
            # Spinning schedulers would take the processors from what is being tested.
            RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="+sbwt none +sbwtdcpu none +sbwtdio none",
        )
        return environment

    def last_words(self):
        with open(self.log, errors="replace") as log:
            return log.read()[-4000:]

    def kill(self):
        kill_tree(self.process)
        self.process = None


def kill_tree(process):
    if process is None:
        return
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


class Cluster:
    """The nodes, one or several, and the port mapper they find each other by."""

    def __init__(self, arguments, data):
        ports = free_ports(2 * arguments.nodes)
        if arguments.amqp_port:
            ports[: arguments.nodes] = range(arguments.amqp_port, arguments.amqp_port + arguments.nodes)
        if arguments.http_port:
            ports[arguments.nodes :] = range(arguments.http_port, arguments.http_port + arguments.nodes)
        self.home = data
        if arguments.nodes == 1:
            self.nodes = [Node("warrentest@localhost", data, ports[0], ports[1])]
        else:
            self.nodes = [
                Node(f"rabbit{n + 1}@localhost", os.path.join(data, f"node{n + 1}"), ports[n],
                     ports[arguments.nodes + n])
                for n in range(arguments.nodes)]
        self.epmd_port = free_ports(1)[0]
        self.epmd = None

    def start(self, holder):
        # Nodes that find each other with the same cookie; the first to start would make it in this folder.
        with open(os.path.join(self.home, "console.log"), "ab") as log:
            self.epmd = subprocess.Popen(
                ["epmd", "-port", str(self.epmd_port), "-address", "127.0.0.1"], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, start_new_session=True, env={**os.environ, "HOME": self.home})
        # The first begins alone; the others, at the same time, find it and join.
        self.begin(self.nodes[0])
        self.nodes[0].wait(holder)
        for node in self.nodes[1:]:
            self.begin(node)
        for node in self.nodes[1:]:
            node.wait(holder)

    def begin(self, node):
        node.start(self.home, self.epmd_port, [each.name for each in self.nodes] if len(self.nodes) > 1 else [])

    def serve(self, holder):
        """Does what the holder asks until it is gone."""
        while True:
            # A cluster is there to lose nodes; a server alone that ends by itself has failed.
            if len(self.nodes) == 1 and self.nodes[0].process.poll() is not None:
                sys.exit("RabbitMQ ended by itself:\n" + self.nodes[0].last_words())
            for verb, number in holder.commands:
                node = self.nodes[int(number) - 1]
                if verb == "kill":
                    node.kill()
                    print(f"killed {number}", flush=True)
                elif verb == "start":
                    node.kill()
                    self.begin(node)
                    node.wait(holder)
                    print(f"started {number} pid={node.pid}", flush=True)
            holder.commands.clear()
            holder.pause()

    def ready(self):
        amqp = ",".join(f"127.0.0.1:{node.amqp_port}" for node in self.nodes)
        http = ",".join(f"127.0.0.1:{node.http_port}" for node in self.nodes)
        return f"ready amqp={amqp} http={http} pids={','.join(str(node.pid) for node in self.nodes)}"

    def kill(self):
        for node in self.nodes:
            node.kill()
        kill_tree(self.epmd)


def started(arguments, data, holder):
    for attempt in range(ATTEMPTS):
        cluster = Cluster(arguments, data)
        try:
            cluster.start(holder)
            return cluster
        except StartFailed:
            # Between looking for a free port and taking it somebody else may have taken it.
            cluster.kill()
            if attempt == ATTEMPTS - 1:
                raise
            # What half a cluster wrote names ports and nodes that are no more.
            if not arguments.data and arguments.nodes > 1:
                shutil.rmtree(data)
                os.makedirs(data)
        except BaseException:
            cluster.kill()
            raise


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=1)
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
    cluster = None
    holder = Holder()
    try:
        cluster = started(arguments, data, holder)
        print(cluster.ready(), flush=True)
        cluster.serve(holder)
    except StartFailed as failure:
        sys.exit(str(failure))
    except Stopped:
        pass
    finally:
        if cluster:
            cluster.kill()
        if not arguments.data:
            shutil.rmtree(data, ignore_errors=True)


main()
