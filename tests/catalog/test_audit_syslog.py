"""The audit log to syslog collectors: TCP, TLS, UDP, the machine's own socket."""
from __future__ import annotations

import contextlib
import socket
import ssl
import subprocess
import threading

import pytest

from audit_log import following, happen, logged, message, numbers
from providing import eventually


class Collector:
    """Takes syslog messages by TCP, each behind its length. `most`: of a connection, which then breaks with
    whatever else has come."""

    def __init__(self, context=None, most=None, port=0):
        self.listener = socket.create_server(("127.0.0.1", port))
        self.port = self.listener.getsockname()[1]
        self.context, self.most = context, most
        self.messages: list[bytes] = []
        self.connections = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                peer, _ = self.listener.accept()
                self.connections += 1
                with contextlib.suppress(OSError), peer:
                    if self.context:
                        peer = self.context.wrap_socket(peer, server_side=True)
                    self._read(peer)

    def _read(self, peer):
        with peer.makefile("rb") as stream:
            count = 0
            while self.most is None or count < self.most:
                length = b""
                while (c := stream.read(1)).isdigit():
                    length += c
                if not length:
                    return
                assert c == b" "
                text = stream.read(int(length))
                if len(text) < int(length):
                    return
                self.messages.append(text)
                count += 1

    def got(self) -> list[int]:
        return numbers(message(m) for m in list(self.messages))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()


def test_tcp(standing):
    happen(standing)
    with Collector() as collector:
        done = standing.server.run("audit", "export", "--syslog", f"tcp://127.0.0.1:{collector.port}")
        expected = logged(standing)
        eventually(lambda: len(collector.messages) >= len(expected))
        assert [message(m) for m in collector.messages] == expected
        assert f"up to {expected[-1]['sequence']}" in done.stderr
        assert done.stdout == ""


def test_a_filter_for_a_collector(standing, fresh):
    name = fresh("share")
    standing.w.shares.create(name)
    with Collector() as collector:
        standing.server.run("audit", "export", "--share", name, "--syslog", f"tcp://127.0.0.1:{collector.port}")
        events = [e for e in logged(standing) if e["share_name"] == name]
        assert events
        eventually(lambda: len(collector.messages) >= len(events))
        assert [message(m) for m in collector.messages] == events


def test_follow_loses_nothing_when_the_collector_breaks_again_and_again(standing):
    happen(standing, 30)
    with Collector(most=7) as collector:
        with following(standing, "--syslog", f"tcp://127.0.0.1:{collector.port}") as (process, _):
            # Each connection gets seven messages; the last ones of a lost one come again.
            eventually(lambda: collector.connections >= 3, 60)
            collector.most = None
            happen(standing, 5)
            wanted = set(numbers(logged(standing)))
            eventually(lambda: set(collector.got()) >= wanted, 60)
        said = process.stderr.read()
    assert "trying again" in said and "--after" in said, said


def test_follow_waits_for_a_collector(standing):
    happen(standing)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with following(standing, "--syslog", f"tcp://127.0.0.1:{port}") as (process, _):
        assert "trying again" in process.stderr.readline()
        with Collector(port=port) as collector:
            wanted = set(numbers(logged(standing)))
            eventually(lambda: set(collector.got()) >= wanted, 60)


def test_a_collector_that_is_not_there(standing):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    done = standing.server.run("audit", "export", "--syslog", f"tcp://127.0.0.1:{port}", check=False)
    assert done.returncode == 1 and "cannot be reached" in done.stderr, done


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "key.pem",
                    "-out", folder / "cert.pem", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True)
    return folder


def test_tls(standing, certificate):
    happen(standing)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    with Collector(context) as collector:
        target = f"tls://localhost:{collector.port}"
        unknown = standing.server.run("audit", "export", "--syslog", target, "--follow", check=False)
        assert unknown.returncode == 2 and "not trusted" in unknown.stderr, unknown
        standing.server.run("audit", "export", "--syslog", target, "--ca-file", str(certificate / "cert.pem"))
        expected = logged(standing)
        eventually(lambda: len(collector.messages) >= len(expected))
        assert [message(m) for m in collector.messages] == expected


def datagrams(listener, count) -> list[bytes]:
    listener.settimeout(30)
    return [listener.recv(100_000) for _ in range(count)]


def test_udp(standing):
    happen(standing)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        newest = numbers(logged(standing))[-1]
        standing.server.run("audit", "export", "--after", str(newest - 5),
                            "--syslog", f"udp://127.0.0.1:{listener.getsockname()[1]}")
        assert [message(m) for m in datagrams(listener, 5)] == logged(standing)[-5:]


def test_the_machines_own_socket(standing, tmp_path):
    happen(standing)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "log"))
        newest = numbers(logged(standing))[-1]
        standing.server.run("audit", "export", "--after", str(newest - 5), "--syslog", f"unix:{tmp_path}/log")
        assert [message(m) for m in datagrams(listener, 5)] == logged(standing)[-5:]


@pytest.mark.parametrize("url, word", [
    ("logs.example.org:514", "kind"), ("http://a:1", "kind"), ("udp://a", "port"), ("tcp://a:0", "port"),
    ("tcp://a:70000", "port"), ("tcp://a b:1", "host"), ("unix:", "path"), ("unix:/" + "x" * 200, "long")])
def test_no_place_to_send_to(standing, url, word):
    done = standing.server.run("audit", "export", "--syslog", url, check=False)
    assert done.returncode == 2 and "no place to send messages to" in done.stderr, done
    assert word in done.stderr
