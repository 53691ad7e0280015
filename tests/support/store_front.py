"""Stands before s3proxy on 127.0.0.1: makes it more like S3, as far away as asked for, and counts.

    with StoreFront(s3.backend, delay=0.030) as far:
        far.endpoint       # instead of s3.endpoint; signatures hold, they are for the Host that was sent
        far.take()         # [("list", "/lake"), ("read", "/lake/t/x")]: the requests since the last take()

- Paths are handed on as S3 reads them: decoded, and encoded again. s3proxy takes the path as it comes for
  what was signed, so that a client which writes "=" for the link's "%3D" (as fsspec does) is refused by it;
  S3 and the other stores make no difference there.
- Each request reaches the store `delay` seconds late, and the first of a connection twice that, as a
  connection costs a round trip.
- The counting is independent of the server's own metrics.

Bytes are passed on as they come, in one thread of this process. Some 2,000 small requests a second take
half a core; a few hundred connections at a time are no matter.
"""
from __future__ import annotations

import asyncio
import collections
import re
import threading
import urllib.parse

REQUEST = re.compile(rb"([A-Z]+) (\S+) (HTTP/1\.1\r\n)")
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.I)
MOST_KEPT = 200_000


def operation(method: str, query: str) -> str:
    """What a request is: list, read, head, put; "link" for a client's own read by pre-signed URL."""
    if method == "GET":
        return "link" if "X-Amz-Signature=" in query else "list" if "list-type=" in query else "read"
    return method.lower()


class _Store(asyncio.Protocol):
    """The connection to the store; what it answers goes to the client at once."""

    def __init__(self, client):
        self.client = client

    def connection_made(self, transport):
        self.client.store_connected(transport)

    def data_received(self, data):
        self.client.transport.write(data)

    def connection_lost(self, _):
        self.client.transport.close()

    def pause_writing(self):
        self.client.transport.pause_reading()

    def resume_writing(self):
        self.client.transport.resume_reading()


class _Client(asyncio.Protocol):
    """A connection from the server under test, or from one of its clients."""

    def __init__(self, front):
        self.front = front
        self.store = None
        self.unread = b""  # the beginning of a head
        self.body_left = 0
        self.late: collections.deque[bytes] = collections.deque()  # in order, each waits for its time
        self.due: list[bytes] = []  # whose time has come before the store was connected
        self.round_trips = 2

    def connection_made(self, transport):
        self.transport = transport
        task = self.front.loop.create_task(self._connect())
        self.front.tasks.add(task)
        task.add_done_callback(self.front.tasks.discard)

    async def _connect(self):
        try:
            await self.front.loop.create_connection(lambda: _Store(self), "127.0.0.1", self.front.target)
        except OSError:
            self.transport.abort()

    def store_connected(self, store):
        self.store = store
        for data in self.due:
            store.write(data)
        self.due.clear()

    def data_received(self, data):
        self.unread += data
        while self.unread:
            if self.body_left:
                part, self.unread = self.unread[:self.body_left], self.unread[self.body_left:]
                self.body_left -= len(part)
                self._send(part, 0)
                continue
            end = self.unread.find(b"\r\n\r\n") + 4
            if end < 4:
                return
            head, self.unread = self.unread[:end], self.unread[end:]
            length = LENGTH.search(head)
            self.body_left = int(length[1]) if length else 0
            self._send(self.front.take_in(head), self.front.delay * self.round_trips)
            self.round_trips = 1

    def _send(self, data, delay):
        if not delay and not self.late:
            return self._now(data)
        self.late.append(data)
        self.front.loop.call_later(delay, lambda: self._now(self.late.popleft()))

    def _now(self, data):
        if self.store is None:
            self.due.append(data)
        else:
            self.store.write(data)

    def connection_lost(self, _):
        if self.store is not None:
            self.store.close()

    def pause_writing(self):
        if self.store is not None:
            self.store.pause_reading()

    def resume_writing(self):
        if self.store is not None:
            self.store.resume_reading()


class StoreFront:
    def __init__(self, target: int, delay: float = 0.0, port: int = 0):
        self.target, self.delay, self.port = target, delay, port
        self.tasks: set = set()
        self._seen: collections.deque[tuple[str, str]] = collections.deque(maxlen=MOST_KEPT)
        self._lock = threading.Lock()
        self.thread: threading.Thread | None = None

    @property
    def running(self) -> bool:
        return self.thread is not None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def take(self) -> list[tuple[str, str]]:
        with self._lock:
            seen = list(self._seen)
            self._seen.clear()
        return seen

    def take_in(self, head: bytes) -> bytes:
        """Counts a request; returns its head as the store is to see it."""
        request = REQUEST.match(head)
        if not request:
            return head
        path, mark, query = request[2].partition(b"?")
        with self._lock:
            self._seen.append((operation(request[1].decode(), query.decode()), path.decode()))
        path = urllib.parse.quote(urllib.parse.unquote_to_bytes(path), safe="/~").encode()
        return b"%s %s%s%s %s" % (request[1], path, mark, query, request[3]) + head[request.end():]

    def _run(self, ready):
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(
            self.loop.create_server(lambda: _Client(self), "127.0.0.1", self.port, backlog=512))
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        try:
            self.loop.run_forever()
        finally:
            server.close()
            self.loop.close()

    def start(self):
        self.loop = asyncio.new_event_loop()
        ready = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(ready,), name="store-front", daemon=True)
        self.thread.start()
        if not ready.wait(10):
            raise RuntimeError("the front of the store did not start")
        return self

    def stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.thread = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
