"""The load driver measures what it says, against a server that answers as a test wants.

env  SLUICE_LOAD  the driver, bench_load
"""
import http.server
import json
import os
import pathlib
import ssl
import subprocess
import threading

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
LOAD = os.environ.get("SLUICE_LOAD", str(ROOT / "build/dev/tests/bench/bench_load"))
pytestmark = pytest.mark.skipif(not os.path.exists(LOAD), reason=f"the load driver is not built: {LOAD}")


class Stub:
    """answer(handler, body) writes the answer of each request; `asked` has (method, path, headers, body)."""

    def __init__(self, answer, context=None):
        stub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # one packet for header and body

            def do_GET(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                stub.asked.append((self.command, self.path, dict(self.headers), body))
                answer(self, body)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        self.asked = []
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads, self.server.request_queue_size = True, 128
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"http{'s' if context else ''}://127.0.0.1:{self.server.server_port}/prefix"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def whole(handler, text="a\nb\n", status=200):
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(text)))
    handler.end_headers()
    handler.wfile.write(text.encode())


def run(*words, **env):
    return subprocess.run([LOAD, *map(str, words)], capture_output=True, text=True, timeout=120,
                          env={**os.environ, **env})


def load(stub, *words, **env) -> dict:
    done = run("--endpoint", stub.url, "--warmup", 0, "--json", *words, **env)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_requests_are_sent_as_they_are_written_and_counted_by_name():
    with Stub(lambda h, _: whole(h, status=404 if h.path.endswith("/b") else 200)) as stub:
        figures = load(stub, "--token", "T", "--header", "x-more: 1", "--table", "t=s.c.n", "--count", 60,
                       "--connections", 3, "--request", "2 small/a: GET {t}/version",
                       "--request", "1 small/b: GET /b", "--request", 'query: POST {t}/query {"limitHint": 1}',
                       "--request", "GET //elsewhere")
        assert {(m, p, b) for m, p, _, b in stub.asked} == {
            ("GET", "/prefix/shares/s/schemas/c/tables/n/version", ""), ("GET", "/prefix/b", ""),
            ("POST", "/prefix/shares/s/schemas/c/tables/n/query", '{"limitHint": 1}'), ("GET", "/elsewhere", "")}
        for _, _, headers, body in stub.asked:
            assert headers["Authorization"] == "Bearer T" and headers["x-more"] == "1"
            assert headers.get("Content-Type") == ("application/json" if body else None)
        names = {m: sum(p.endswith(m) for _, p, _, _ in stub.asked) for m in ("version", "/b", "query", "elsewhere")}
    kinds = figures["kinds"]
    assert figures["answers"] == 60 == len(stub.asked)
    assert {k: f["answers"] for k, f in kinds.items()} == {
        "small/a": names["version"], "small/b": names["/b"], "query": names["query"],
        "GET //elsewhere": names["elsewhere"]}
    assert figures["groups"]["small"]["answers"] == names["version"] + names["/b"]
    assert kinds["small/b"]["statuses"] == {"404": names["/b"]}
    assert figures["statuses"] == {"200": 60 - names["/b"], "404": names["/b"]}
    assert figures["not_ok"] == names["/b"] and figures["broken"] == figures["unanswered"] == 0
    assert figures["lines_per_answer"] == 2 and figures["bytes"] == 4 * 60
    assert figures["p50_ms"] <= figures["p95_ms"] <= figures["p99_ms"] <= figures["max_ms"]


def test_open_loop_latency_holds_the_time_that_a_request_waited_for_a_stalled_server():
    first = threading.Lock()

    def answer(handler, _):
        if first.acquire(blocking=False):
            threading.Event().wait(0.5)  # the stall that is to be seen
        whole(handler)
    with Stub(answer) as stub:
        figures = load(stub, "--rate", 100, "--seconds", 0.4, "--request", "GET /a")
    # 40 were due while the first one stalled: each waited 0.1 s at least, half of them 0.3 s.
    assert figures["answers"] == 40
    assert figures["p50_ms"] >= 280 and figures["max_ms"] >= 500 and figures["waited_p99_ms"] >= 400


def test_closed_loop_asks_a_stalled_server_nothing_more():
    with Stub(lambda h, _: (threading.Event().wait(0.2), whole(h))) as stub:
        figures = load(stub, "--seconds", 0.1, "--connections", 2, "--request", "GET /a")
        assert figures["answers"] == len(stub.asked) == 2 and figures["first_byte_p50_ms"] >= 200


def test_pages_are_followed_to_the_last():
    def answer(handler, body):
        token = {None: "one", "one": "two", "two": None}[json.loads(body).get("pageToken")]
        end = json.dumps({"endStreamAction": {"nextPageToken": token} if token else {}}, separators=(",", ":"))
        whole(handler, ("{" + " " * 100 + "}\n") * 1000 + end + "\n" * (token == "one"))
    for body in ("{}", '{ "maxFiles": 7}'):
        with Stub(answer) as stub:
            figures = load(stub, "--follow-pages", "--count", 2, "--request", f"page: POST /q {body}")
            assert [json.loads(b).get("pageToken") for _, _, _, b in stub.asked] == [None, "one", "two"] * 2
            assert all({**json.loads(body), **json.loads(b)} == json.loads(b) for _, _, _, b in stub.asked)
        assert {k: f["answers"] for k, f in figures["kinds"].items()} == {"page": 2, "page, next page": 4}
        with Stub(answer) as stub:
            assert load(stub, "--count", 2, "--request", f"page: POST /q {body}")["answers"] == 2


def chunked(handler):
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    for piece in (b"a\nb", b"c\n", b""):
        handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))


def until_the_end(handler):
    handler.send_response(200)
    handler.send_header("Connection", "close")
    handler.end_headers()
    handler.wfile.write(b"a\nbc\n")


def cut_off(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    handler.wfile.write(b"a\nbc\n")
    handler.close_connection = True


@pytest.mark.parametrize("answer, answers, broken", [(chunked, 3, 0), (until_the_end, 3, 0), (cut_off, 0, 3)])
def test_every_framing_of_an_answer_is_read(answer, answers, broken):
    with Stub(lambda h, _: answer(h)) as stub:
        figures = load(stub, "--count", 3, "--request", "GET /a")
        assert len(stub.asked) == 3
    assert (figures["answers"], figures["broken"]) == (answers, broken)
    assert figures["bytes"] == 5 * answers and figures["lines_per_answer"] == (2 if answers else 0)


@pytest.mark.parametrize("loop", [[], ["--rate", 50]])
def test_answers_that_never_come_are_told(loop):
    over = threading.Event()
    with Stub(lambda h, _: over.wait(60)) as stub:
        figures = load(stub, "--seconds", 0.1, "--patience", 0.1, "--connections", 2, "--request", "GET /a", *loop)
        over.set()
    assert figures["answers"] == 0 and figures["unanswered"] == (5 if loop else 2)


def test_a_profile_over_tls_and_counters(tmp_path):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=x",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"],
                   cwd=tmp_path, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    reads = []

    def answer(handler, _):
        if handler.path == "/metrics":
            reads.append(1)
            return whole(handler, f'# HELP a_gets x\na_gets{{of="{{x}} y"}} {len(reads) * 7}\na_gets{{of="z"}} 1\n'
                                  f'a_puts {len(reads)}\n')
        whole(handler, "x" * 200_000 + "\n")
    with Stub(answer, context) as stub:
        profile = tmp_path / "p.share"
        profile.write_text(json.dumps({"shareCredentialsVersion": 1, "endpoint": stub.url + "/", "bearerToken": "T"}))
        words = ["--profile", profile, "--count", 4, "--json", "--warmup", 0, "--request", "GET /shares",
                 "--metrics", stub.url.replace("/prefix", "/metrics"), "--counter", "gets"]
        refused = run(*words)
        assert refused.returncode == 2 and "no TLS with 127.0.0.1" in refused.stderr
        for extra, env in ((["--insecure"], {}), ([], {"SSL_CERT_FILE": str(tmp_path / "cert.pem")})):
            done = run(*words, *extra, **env)
            assert done.returncode == 0, done.stderr
            figures = json.loads(done.stdout)
            assert figures["answers"] == 4 and figures["bytes"] == 4 * 200_001
            assert figures["counters"] == {'a_gets{of="{x} y"}': 7}
        assert all(h["Authorization"] == "Bearer T" for _, p, h, _ in stub.asked if p == "/prefix/shares")


def test_requests_of_a_file_and_the_table_for_people(tmp_path):
    (tmp_path / "mix").write_text("# remark\n\n3 small/x: GET {t.share}/x\nGET {t.schema}/y\n")
    with Stub(lambda h, _: whole(h)) as stub:
        done = run("--endpoint", stub.url, "--warmup", 0, "--count", 8, "--requests", tmp_path / "mix",
                   "--pid", os.getpid(), "--table", "t=s.c.n")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("8 answers in ") and "small/*" in done.stdout and "server: " in done.stdout
    assert {p for _, p, _, _ in stub.asked} == {"/prefix/shares/s/x", "/prefix/shares/s/schemas/c/y"}


@pytest.mark.parametrize("words, why", [
    (["--request", "GET /a"], "--endpoint or --profile is needed"),
    (["--endpoint", "http://127.0.0.1:1"], "--request is needed"),
    (["--endpoint", "ftp://x", "--request", "GET /a"], "begins with http"),
    (["--endpoint", "http://127.0.0.1:1x", "--request", "GET /a"], "port"),
    (["--endpoint", "http://127.0.0.1:1", "--request", "GET"], "a request is"),
    (["--endpoint", "http://127.0.0.1:1", "--request", "GET {t}/a"], "which table is {t}"),
    (["--endpoint", "http://127.0.0.1:1", "--request", "GET /a", "--rate", "x"], "--rate takes a number"),
    (["--endpoint", "http://127.0.0.1:1", "--request", "GET /a", "--pid"], "needs a value"),
    (["--endpoint", "http://127.0.0.1:1", "--request", "GET /a"], "cannot connect"),
    (["--nothing"], "unknown option --nothing")])
def test_what_cannot_be_done_is_said(words, why):
    done = run(*words)
    assert done.returncode == 2 and why in done.stderr
