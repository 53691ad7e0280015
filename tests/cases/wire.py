"""HTTP/1.1 over a plain socket, byte for byte: what a case writes is what is sent."""
from __future__ import annotations

import dataclasses
import socket


@dataclasses.dataclass
class Received:
    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        found = [v for k, v in self.headers if k.lower() == name.lower()]
        return ", ".join(found) if found else None


class Closed(Exception):
    """The server closed the connection before an answer."""


class BadAnswer(Exception):
    """What came is not HTTP/1.1."""


class Connection:
    def __init__(self, port: int, timeout: float):
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def send(self, data: bytes):
        try:
            self.sock.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it may have answered already

    def _more(self):
        try:
            chunk = self.sock.recv(65536)
        except ConnectionResetError:
            chunk = b""
        if not chunk:
            raise Closed()
        self.buffer += chunk

    def _until(self, mark: bytes) -> bytes:
        while mark not in self.buffer:
            self._more()
        head, _, self.buffer = self.buffer.partition(mark)
        return head

    def _exactly(self, count: int) -> bytes:
        while len(self.buffer) < count:
            self._more()
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def receive(self, head_only: bool = False) -> Received:
        while True:
            lines = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
            version, _, rest = lines[0].partition(" ")
            code, _, reason = rest.partition(" ")
            if not version.startswith("HTTP/1.") or not code.isdigit():
                raise BadAnswer(f"status line {lines[0]!r}")
            headers = []
            for text in lines[1:]:
                name, colon, value = text.partition(":")
                if not colon or name != name.strip():
                    raise BadAnswer(f"header line {text!r}")
                headers.append((name, value.strip()))
            answer = Received(int(code), reason, headers, b"")
            if answer.status >= 200:  # 1xx are interim
                break
        if head_only or answer.status in (204, 304):
            return answer
        try:
            answer.body = self._body(answer)
        except Closed:
            raise BadAnswer("the connection ended in the middle of the body") from None
        return answer

    def _body(self, answer: Received) -> bytes:
        if (answer.header("transfer-encoding") or "").lower() == "chunked":
            if answer.header("content-length") is not None:
                raise BadAnswer("both Content-Length and chunked")
            out = b""
            while True:
                size = int(self._until(b"\r\n").split(b";")[0], 16)
                out += self._exactly(size)
                if self._until(b"\r\n") != b"":
                    raise BadAnswer("chunk without its end")
                if size == 0:
                    return out
        length = answer.header("content-length")
        if length is None:
            out = self.buffer
            try:
                while True:
                    self._more()
            except Closed:
                return self.buffer or out
        return self._exactly(int(length))

    def closed(self) -> bool:
        """True when the server closes now (within the socket's timeout), without sending more."""
        try:
            return self.buffer == b"" and self.sock.recv(1) == b""
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False

    def close(self):
        self.sock.close()
