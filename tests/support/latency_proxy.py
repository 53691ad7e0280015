"""Stands before an S3 store on 127.0.0.1: makes it as far away as asked for, and counts what it is asked.

    with LatencyProxy(s3.port, delay=0.030) as far:
        far.endpoint         # instead of s3.endpoint; signatures hold, they are for the Host that was sent
        far.take()           # [("list", "/lake"), ("read", "/lake/t/x")]: the requests since the last take()

Each request reaches the store `delay` seconds late, and the first of a connection twice that, as a
connection costs a round trip. Bytes are passed on as they come, in one thread of this process: a few
hundred connections at a time are no matter. The counting is independent of the server's own metrics.
"""
from __future__ import annotations

import asyncio
import re
import threading

REQUEST = re.compile(rb"(GET|HEAD|PUT|POST|DELETE) (\S+) HTTP/1\.1\r\n")


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

    def __init__(self, proxy):
        self.proxy = proxy
        self.loop = proxy.loop
        self.store = None
        self.waiting: list[bytes] = []
        self.first = True

    def connection_made(self, transport):
        self.transport = transport
        self.proxy.connections += 1
        task = self.loop.create_task(self._connect())
        self.proxy.tasks.add(task)
        task.add_done_callback(self.proxy.tasks.discard)

    async def _connect(self):
        try:
            await self.loop.create_connection(lambda: _Store(self), "127.0.0.1", self.proxy.target)
        except OSError:
            self.transport.abort()

    def store_connected(self, store):
        self.store = store
        for data in self.waiting:
            store.write(data)
        self.waiting.clear()

    def data_received(self, data):
        self.proxy.count(data)
        delay, self.first = self.proxy.delay * (2 if self.first else 1), False
        self.loop.call_later(delay, self._forward, data) if delay else self._forward(data)

    def _forward(self, data):
        if self.store is None:
            self.waiting.append(data)
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


class LatencyProxy:
    def __init__(self, target_port: int, delay: float = 0.0):
        self.target, self.delay = target_port, delay
        self.connections = 0
        self.tasks: set = set()
        self._seen: list[tuple[str, str]] = []
        self._lock = threading.Lock()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, name="latency-proxy", daemon=True)
        self.ready = threading.Event()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def count(self, data: bytes):
        if request := REQUEST.match(data):
            path, _, query = request[2].decode().partition("?")
            with self._lock:
                self._seen.append((operation(request[1].decode(), query), path))

    def take(self) -> list[tuple[str, str]]:
        with self._lock:
            seen, self._seen = self._seen, []
        return seen

    def _run(self):
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(
            self.loop.create_server(lambda: _Client(self), "127.0.0.1", 0, backlog=512))
        self.port = server.sockets[0].getsockname()[1]
        self.ready.set()
        try:
            self.loop.run_forever()
        finally:
            server.close()
            self.loop.close()

    def __enter__(self):
        self.thread.start()
        self.ready.wait()
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
