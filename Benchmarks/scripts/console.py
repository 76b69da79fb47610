"""What the console costs: first frame, keys, an idle screen, memory, and the broker it looks at.

    python3 Benchmarks/scripts/console.py [--warren .build/release/warren] [--queues 10000] [--seconds 30]
        [--rabbitmq amqp://guest:guest@127.0.0.1:5672/%2F --management http://guest:guest@127.0.0.1:15672 --pid PID]

Runs the console in a pseudo-terminal. htop, where it is installed, runs in another one during the same seconds. With
`--rabbitmq` that many queues are declared there, the console is attached, and the broker's CPU is compared with and
without it; the queues are deleted afterwards. Needs pika.
"""
import argparse, fcntl, os, pty, re, select, shutil, signal, struct, subprocess, sys, termios, time

import pika

COLUMNS, ROWS = 200, 60
TICKS = os.sysconf("SC_CLK_TCK")


class Terminal:
    """A program in a pseudo-terminal, of which the output is read and counted."""

    def __init__(self, command):
        self.started = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            # The size must be there before the program asks for it.
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
            os.environ.update(TERM="xterm-256color", LANG="C.UTF-8", LC_ALL="C.UTF-8")
            os.execvp(command[0], command)

    def wait(self, text, seconds=20):
        """Milliseconds from exec until a text has come."""
        seen, end = b"", time.perf_counter() + seconds
        while text not in seen:
            if not select.select([self.fd], [], [], max(0, end - time.perf_counter()))[0]:
                sys.exit(f"waited {seconds} s for {text!r}, got {seen[-300:]!r}")
            seen += os.read(self.fd, 1 << 16)
        return (time.perf_counter() - self.started) * 1000

    def drain(self, seconds):
        """Octets that come within so many seconds."""
        end, octets = time.perf_counter() + seconds, 0
        while (left := end - time.perf_counter()) > 0:
            if select.select([self.fd], [], [], left)[0]:
                octets += len(os.read(self.fd, 1 << 16))
        return octets

    def key(self, key):
        """Milliseconds from a key to what is drawn first for it, and to the end of it, answers of the broker included."""
        start = time.perf_counter()
        os.write(self.fd, key)
        if not select.select([self.fd], [], [], 5)[0]:
            return None
        os.read(self.fd, 1 << 16)
        first = last = time.perf_counter()
        while select.select([self.fd], [], [], 0.002)[0]:
            os.read(self.fd, 1 << 16)
            last = time.perf_counter()
        return (first - start) * 1000, (last - start) * 1000

    def end(self):
        os.kill(self.pid, signal.SIGTERM)
        try:
            self.drain(0.5)
        except OSError:
            pass
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def cpu(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmRSS"))


def declare(uri, count, delete=False):
    connection = pika.BlockingConnection(pika.URLParameters(uri))
    channel = connection.channel()
    for number in range(count):
        (channel.queue_delete if delete else channel.queue_declare)(f"bench-{number:05}")
    connection.close()


def quantile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def first_frames(warren):
    times = []
    for _ in range(20):
        console = Terminal([warren, "--amqp-port", "0", "--http-port", "0"])
        times.append(console.wait(b"LIVE"))
        console.end()
    print(f"first frame with figures, from exec: p50 {quantile(times, 0.5):.1f}  max {max(times):.1f} ms (20 starts)")


def beside_htop(console, seconds):
    """CPU of the console, refreshed every 2 s, and of htop in the same seconds."""
    other = Terminal(["htop", "-d", "20"]) if shutil.which("htop") else None
    if other:
        other.drain(1)
    before, start = cpu(console.pid), time.perf_counter()
    htop_before = cpu(other.pid) if other else 0
    octets = 0
    while time.perf_counter() - start < seconds:
        octets += console.drain(0.25)
        if other:
            other.drain(0.25)
    span = time.perf_counter() - start
    line = f"idle, 2 s refresh: {(cpu(console.pid) - before) / span * 100:.2f} % CPU"
    if other:
        line += f", htop beside it {(cpu(other.pid) - htop_before) / span * 100:.2f} %"
        other.end()
    print(f"{line}; {octets / (span / 2):,.0f} octets to the terminal per refresh; {resident(console.pid):.1f} MiB resident")


def keys(console):
    # Each of them changes something, or nothing would be drawn for it.
    lists = [b"j", b"k", b"G", b"g", b"j", b"j", b"\x1b[6~", b"\x1b[5~", b"3", b"2", b"1", b"2"]
    sorts = [b"I", b">", b"<"]
    for name, pressed in [("moving and panels", lists), ("sorting", sorts)]:
        times = []
        for number in range(300):
            took = console.key(pressed[number % len(pressed)])
            if took is not None:
                times.append(took)
            console.drain(0.02)
        for what, place in [("first drawing", 0), ("end of its drawing", 1)]:
            some = [took[place] for took in times]
            print(f"key to the {what}, {name}: p50 {quantile(some, 0.5):.1f}  p99 {quantile(some, 0.99):.1f}  "
                  f"max {max(some):.1f} ms ({len(some)} keys)")


def rabbit(options):
    declare(options.rabbitmq, options.queues)
    time.sleep(20)
    before = cpu(options.pid)
    time.sleep(options.seconds)
    alone = (cpu(options.pid) - before) / options.seconds
    console = Terminal([options.warren, "--connect", options.management, "--insecure"])
    console.drain(10)
    os.write(console.fd, b"2")
    console.drain(10)
    before, start = cpu(options.pid), time.perf_counter()
    console.drain(options.seconds)
    watched = (cpu(options.pid) - before) / (time.perf_counter() - start)
    print(f"RabbitMQ with {options.queues:,} queues: {alone * 100:.1f} % CPU alone, {watched * 100:.1f} % with the Queues "
          f"panel on it; console {resident(console.pid):.1f} MiB")
    console.end()
    declare(options.rabbitmq, options.queues, delete=True)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--warren", default=".build/release/warren")
    options.add_argument("--queues", type=int, default=10_000)
    options.add_argument("--seconds", type=float, default=30)
    options.add_argument("--rabbitmq")
    options.add_argument("--management")
    options.add_argument("--pid", type=int, help="of the RabbitMQ")
    options = options.parse_args()
    print(f"{COLUMNS}×{ROWS}, {options.queues:,} queues")
    first_frames(options.warren)
    port = 20_000 + os.getpid() % 10_000
    console = Terminal([options.warren, "--amqp-port", str(port), "--http-port", "0", "--refresh", "2"])
    console.wait(b"LIVE")
    print("empty:")
    beside_htop(console, options.seconds)
    # Declaring fills the terminal too, which must be read meanwhile.
    declaring = subprocess.Popen([sys.executable, __file__, "--declare", f"amqp://guest:guest@127.0.0.1:{port}", str(options.queues)])
    while declaring.poll() is None:
        console.drain(0.2)
    os.write(console.fd, b"2")
    console.drain(4)
    print(f"{options.queues:,} queues on the screen:")
    beside_htop(console, options.seconds)
    keys(console)
    console.end()
    if options.rabbitmq:
        rabbit(options)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--declare"]:
        declare(sys.argv[2], int(sys.argv[3]))
    else:
        main()
