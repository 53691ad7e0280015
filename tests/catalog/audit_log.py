"""What the tests of the audit log's exports have in common."""
from __future__ import annotations

import contextlib
import json
import queue
import re
import signal
import subprocess
import threading

# <priority>1 time host app pid action - message
MESSAGE = re.compile(rb"<1(?:0[789])>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \S+ sluice \d+ \S+ - (\{.*\})", re.S)


def happen(provider, count=3):
    """That many events at least."""
    for _ in range(count):
        provider.server.ask("GET", "/api/2.1/unity-catalog/shares")


def logged(provider) -> list[dict]:
    """All events, from the files themselves."""
    files = sorted((provider.server.data / "audit").glob("audit-*.jsonl"))
    lines = [json.loads(line) for f in files for line in f.read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if "action_name" in line]


def numbers(events) -> list[int]:
    return [e["sequence"] for e in events]


def message(text: bytes) -> dict:
    """The event of a message, which must be sound."""
    found = MESSAGE.fullmatch(text)
    assert found, text[:300]
    return json.loads(found[1])


@contextlib.contextmanager
def following(provider, *words):
    """(process, queue of the lines it prints); it must end well when it is told to."""
    command = [provider.server.binary, "audit", "export", "--data", str(provider.server.data), "--follow", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               env=provider.server.env)
    lines = queue.Queue()

    def read():
        for line in process.stdout:
            lines.put(line)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        yield process, lines
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0, process.stderr.read()
        reader.join(30)
    finally:
        process.kill()
        process.wait()
