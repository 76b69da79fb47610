"""Runs a command until it ends or standard input closes, whichever comes first.

    guard.py COMMAND [ARGUMENT …]

A test that starts a process holds the guard's standard input open; when the test is gone, however it went, the command
and everything it started are killed.
"""

import os
import select
import signal
import subprocess
import sys

POLL_SECONDS = 0.05
GRACE_SECONDS = 2


def main():
    process = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, start_new_session=True)
    stop = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.append(True))
    while process.poll() is None and not stop:
        if select.select([sys.stdin], [], [], POLL_SECONDS)[0] and not os.read(sys.stdin.fileno(), 4096):
            stop.append(True)
    # A word first, so that sockets and folders are put away.
    for word in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            break
        os.killpg(process.pid, word)
        try:
            process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            pass
    sys.exit(process.returncode if process.returncode >= 0 else 128 - process.returncode)


main()
