"""A server that does wrong: between a client and a good Delta Sharing server, it alters requests and answers.

    with AlteringProxy(server.origin, fault) as proxy:
        proxy.origin

A fault is a function of an Exchange, called twice: before the good server is asked (`answered` is False) and after it
has answered. Standard library only.
"""
from __future__ import annotations

import http.client
import http.server
import json
import threading
import urllib.parse


class Exchange:
    """One request and, once `answered`, its answer. What is changed here is what the other side gets."""

    def __init__(self, method, target, headers, body):
        self.method, self.headers, self.body = method, headers, body
        self.path, _, self.query = target.partition("?")
        self.answered = False
        self.status, self.answer_headers, self.answer = 0, {}, b""

    @property
    def operation(self) -> str:
        return self.path.rsplit("/", 1)[-1]

    @property
    def asked(self) -> dict:
        """The body of the request as JSON; empty where it is none."""
        try:
            value = json.loads(self.body or b"{}")
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}

    def ask(self, asked: dict):
        self.body = json.dumps(asked).encode()

    @property
    def lines(self) -> list[dict]:
        """The lines of a good answer about a table; of any other answer none."""
        if self.status != 200 or "ndjson" not in self.answer_headers.get("content-type", ""):
            return []
        return [json.loads(line) for line in self.answer.decode().split("\n") if line]

    def say(self, lines: list[dict]):
        self.answer = "".join(json.dumps(line) + "\n" for line in lines).encode()

    def reply(self, status, answer: bytes, content_type="application/json"):
        """Answers without asking the good server."""
        self.status, self.answer, self.answered = status, answer, True
        self.answer_headers = {"content-type": content_type}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def exchange(self):
        length = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        ex = Exchange(self.command, self.path, headers, self.rfile.read(length))
        with self.server.lock:
            self.server.fault(ex)
            if not ex.answered:
                self.forward(ex)
                self.server.fault(ex)
        self.send_response(ex.status)
        for name, value in ex.answer_headers.items():
            if name not in ("content-length", "connection", "transfer-encoding", "date", "server"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(ex.answer)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(ex.answer)

    do_GET = do_POST = do_HEAD = do_PUT = do_DELETE = exchange

    def forward(self, ex):
        headers = {n: v for n, v in ex.headers.items() if n not in ("content-length", "connection")}
        to = http.client.HTTPConnection(self.server.upstream, timeout=60)
        try:
            to.request(ex.method, ex.path + ("?" + ex.query if ex.query else ""), ex.body, headers)
            answer = to.getresponse()
            ex.status, ex.answer = answer.status, answer.read()
            ex.answer_headers = {name.lower(): value for name, value in answer.getheaders()}
        finally:
            to.close()
        ex.answered = True


class AlteringProxy:
    def __init__(self, upstream, fault):
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.http.upstream = urllib.parse.urlsplit(upstream).netloc
        self.http.fault = fault
        self.http.lock = threading.Lock()
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.http.server_address[1]}"

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()
