"""Where notifications end in tests: a web server that takes webhooks, and a mail server that takes mail."""
from __future__ import annotations

import base64
import email
import email.policy
import hashlib
import hmac
import http.server
import json
import socketserver
import threading


class _Serving:
    """A server on a free port, on a thread, as long as the `with`."""

    def __init__(self, server):
        self._server = server
        self.port = server.server_address[1]

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


class Webhooks(_Serving):
    """`received`: (path, headers, body as bytes) of each POST, in their order. `answer`: the status it answers;
    `hold`: an event that it waits for before it answers."""

    def __init__(self):
        sink = self
        self.received: list[tuple[str, dict, bytes]] = []
        self.answer, self.hold = 200, None

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):  # noqa: N802
                body = self.rfile.read(int(self.headers["Content-Length"]))
                sink.received.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                if sink.hold is not None:
                    sink.hold.wait(30)
                self.send_response(sink.answer)
                if sink.answer in (301, 302, 307):
                    self.send_header("Location", f"http://127.0.0.1:{sink.port}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        super().__init__(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def ids(self) -> list[str]:
        return [headers["webhook-id"] for _, headers, _ in self.received]

    def types(self) -> list[str]:
        return [json.loads(body)["type"] for _, _, body in self.received]


def verify(secret: str, headers: dict, body: bytes):
    """As Standard Webhooks says receivers do it."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert f"v1,{expected}" in headers["webhook-signature"].split(" ")


class MailSink(_Serving):
    """A mail server without TLS or users; `mails`: (sender, recipients, message)."""

    def __init__(self):
        sink = self
        self.mails: list[tuple[str, list[str], email.message.EmailMessage]] = []

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                say = lambda text: self.wfile.write(text.encode() + b"\r\n")  # noqa: E731
                say("220 sink")
                sender, to = "", []
                while line := self.rfile.readline():
                    word = line.decode().strip()
                    verb = word.upper()
                    if verb.startswith("MAIL FROM:"):
                        sender, to = word[10:].split(">")[0].strip("<"), []
                    elif verb.startswith("RCPT TO:"):
                        to.append(word[8:].split(">")[0].strip("<"))
                    elif verb == "DATA":
                        say("354 go on")
                        self._take(sender, to)
                    elif verb == "QUIT":
                        say("221 bye")
                        return
                    say("250 ok")

            def _take(self, sender, to):
                lines = []
                while (line := self.rfile.readline()) not in (b".\r\n", b""):
                    lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
                message = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
                sink.mails.append((sender, to, message))

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

        super().__init__(Server(("127.0.0.1", 0), Handler))
