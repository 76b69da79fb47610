"""Clusters of three nodes whose leaders are hurt: Warren's, and RabbitMQ's. What failover.py starts and asks."""
import base64, json, os, subprocess, sys, threading, time
import urllib.request

QUEUE = "failover"
NODES = 3
# How long anything may take in a round before the run fails.
ROUND_SECONDS = 60
LOOK_SECONDS = 0.02


class Failed(Exception):
    pass


def wait(what, condition, seconds=ROUND_SECONDS):
    """Waits until a condition gives something, which may be the first place of all: 0."""
    end = time.perf_counter() + seconds
    while True:
        found = condition()
        if found is not None and found is not False:
            return found
        if time.perf_counter() > end:
            raise Failed(f"waited {seconds} s for {what}")
        threading.Event().wait(LOOK_SECONDS)


class Cluster:
    """Three nodes, their ports, and what the management API says of them."""

    def __init__(self, command):
        # Both end when their standard input closes, also when this program dies.
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        words = dict(word.split("=", 1) for word in line.split() if "=" in word)
        if not line.startswith("ready "):
            raise Failed(f"the cluster did not start: {line}")
        self.amqp, self.http = ([int(address.rsplit(":", 1)[1]) for address in words[kind].split(",")]
                                for kind in ("amqp", "http"))

    def ask(self, place, path, body=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.http[place]}/api/{path}")
        request.add_header("Authorization", "Basic " + base64.b64encode(b"guest:guest").decode())
        if body is not None:
            request.method, request.data = "POST", json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=10) as reply:
            text = reply.read()
            return json.loads(text) if text else None

    def look(self, place, path):
        """What a node says; nil where it does not answer now."""
        try:
            return self.ask(place, path)
        except (OSError, ValueError):
            return None

    def place(self, name):
        return self.names.index(name)

    def leader(self, place):
        """The place of the queue's leader as the node at a place sees it."""
        queue = self.look(place, f"queues/%2F/{QUEUE}") or {}
        return self.place(queue["leader"]) if queue.get("leader") in self.names else None

    def end(self):
        self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()


class Warren(Cluster):
    UNDO = {"crash": "restart", "power-loss": "restart", "isolate": "heal", "pause": "resume"}

    def __init__(self, warren, data, sync):
        self.names = [f"warren{number + 1}@localhost" for number in range(NODES)]
        guard = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../TestSupport/scripts/guard.py")
        super().__init__([
            sys.executable, guard, warren, "serve", "--nodes", str(NODES), "--faults", "--data", data, "--sync", sync,
            "--amqp-port", "0", "--http-port", "0"])

    def hurt(self, place, fault):
        self.ask((place + 1) % NODES, "warren/faults", {"node": self.names[place], "fault": fault})

    def bring_back(self, place, fault):
        self.hurt(place, self.UNDO[fault])

    def caught_up(self, place, through):
        """Whether the member at a place has applied all that was committed when this was first asked."""
        members = self.look(through, f"queues/quorum/%2F/{QUEUE}/status") or []
        members = {member["Node Name"]: member for member in members}
        leaders = [member for member in members.values() if member.get("Raft State") == "leader"]
        own = members.get(self.names[place], {})
        if self.goal is None and len(leaders) == 1:
            self.goal = leaders[0]["Commit Index"]
        return (self.goal is not None and own.get("Raft State") in ("follower", "leader")
                and (own.get("Last Applied") or 0) >= self.goal)


class RabbitMQ(Cluster):
    def __init__(self, script):
        self.names = [f"rabbit{number + 1}@localhost" for number in range(NODES)]
        super().__init__([sys.executable, script, "--nodes", str(NODES)])

    def hurt(self, place, fault):
        if fault != "crash":
            raise Failed("a RabbitMQ is only killed")
        self.order(f"kill {place + 1}")

    def bring_back(self, place, fault):
        self.order(f"start {place + 1}")

    def order(self, words):
        self.process.stdin.write(words + "\n")
        self.process.stdin.flush()
        if not self.process.stdout.readline():
            raise Failed(f"the cluster ended after: {words}")

    def caught_up(self, place, through):
        queue = self.look(through, f"queues/%2F/{QUEUE}") or {}
        return len(queue.get("online", [])) == NODES
