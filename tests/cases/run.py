#!/usr/bin/env python3
"""Runs the text transcripts (*.test) against the real binary. Python 3.11, standard library only.

    tests/cases/run.py --binary build/release/sluice [--filter TEXT] [-v] [FILE ...]

Each file starts its own server on a free port over a temporary folder and ends it afterwards. The
language of the files is described in README.md. The last line is "N passed, N failed"; the exit code
is 0 when nothing failed. Beside what a case says, every answer is held to this:
  - an answer of 400 and above is JSON with errorCode and message, and no answer of that kind holds
    the folder of the tables or the token;
  - after the last case the server is still up, ends with exit code 0 on SIGTERM, and its output
    never held the token or a link's signature.
"""
from __future__ import annotations

import argparse
import json
import pathlib
import re
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "support"), str(HERE)]
import match  # noqa: E402
import steps  # noqa: E402
import transcript  # noqa: E402
import wire  # noqa: E402
from sluice_server import StartFailed  # noqa: E402

FILTERED = re.compile(r"\{\{([A-Za-z_]\w*)((?:\|[^}|]+)*)\}\}")
REPEAT = re.compile(r"\{\{repeat (\S+) (\d+)\}\}")
ESCAPE = re.compile(r"\\(r|n|t|0|\\|x[0-9a-fA-F]{2})")


class Failed(Exception):
    pass


def apply_filter(value: str, name: str) -> str:
    """{{url|flip}} etc.: what a forger would try."""
    word, *args = name.split(" ")
    if word == "flip":  # another last character
        return value[:-1] + ("A" if value[-1] != "A" else "B")
    if word == "path":  # without scheme and host
        return re.sub(r"^https?://[^/]+", "", value)
    if word == "replace":
        if args[0] not in value:
            raise Failed(f"'{args[0]}' is not in {value!r}")
        return value.replace(args[0], args[1] if len(args) > 1 else "", 1)
    if word == "before":
        return value.split(args[0])[0]
    if word == "after":
        return value.split(args[0], 1)[1]
    raise Failed(f"no such filter: {name}")


class Runner:
    def __init__(self, binary: str, timeout: float):
        self.binary, self.timeout = binary, timeout

    # Runs one file; yields (title, line, error or None).
    def run_file(self, path: pathlib.Path, wanted) -> list[tuple[str, int, str | None]]:
        script = transcript.parse(path)
        results = []
        with tempfile.TemporaryDirectory(prefix="sluice-case-") as folder:
            world = steps.World(self.binary, pathlib.Path(folder))
            try:
                try:
                    world.perform(script.setup)
                except (StartFailed, OSError, steps.StepFailed) as error:
                    return [(c.title, c.line, f"setup: {error}") for c in script.cases]
                for case in script.cases:
                    if not wanted(f"{path.name}: {case.title}"):
                        continue
                    results.append((case.title, case.line, self._outcome(world, case)))
                results.append(("the server ends well", len(path.read_text().split("\n")),
                                self._end(world)))
            finally:
                world.kill()
        return results

    def _outcome(self, world, case) -> str | None:
        world.reset_case()
        try:
            world.perform(case)
            if not case.request:
                return None
            deadline = time.monotonic() + world.retry_seconds
            while True:
                captures = dict(world.captures)
                try:
                    self._exchange(world, case, captures)
                    world.captures = captures
                    return None
                except (Failed, match.Mismatch):
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.05)
        except (Failed, match.Mismatch, steps.StepFailed, StartFailed, wire.BadAnswer) as error:
            return str(error)
        except TimeoutError:
            return f"no answer within {self.timeout} s"
        except OSError as error:
            return f"{type(error).__name__}: {error}"

    @staticmethod
    def _end(world) -> str | None:
        if world.server is None:
            return None
        if not world.server.alive():
            return f"it is gone: {world.server.process.returncode}: {world.server.stderr()[-1500:]}"
        code = world.server.stop()
        if code != 0:
            return f"exit code {code} on SIGTERM: {world.server.stderr()[-1500:]}"
        output = world.server.stderr() + world.server.stdout()
        for secret in [world.server.token] + sorted(world.signatures):
            if secret in output:
                return f"its output holds a secret: {secret!r}"
        return None

    def _exchange(self, world, case, captures):
        data, methods = self._request_bytes(world, case, captures)
        connection = wire.Connection(world.server.port, self.timeout)
        try:
            connection.send(data)
            for i, answer in enumerate(case.answers):
                if answer.status == "closed":
                    if not connection.closed():
                        raise Failed("the connection should have been closed")
                    continue
                try:
                    method = methods[min(i, len(methods) - 1)]
                    received = connection.receive(head_only=method == "HEAD")
                except wire.Closed:
                    raise Failed("the server closed the connection without an answer") from None
                self._check(world, answer, received, captures)
        finally:
            connection.close()

    def _fill(self, world, text: str, captures: dict) -> str:
        text = REPEAT.sub(lambda m: m.group(1) * int(m.group(2)), world.expand(text))

        def replace(m):
            if m.group(1) not in captures:
                raise Failed(f"{{{{{m.group(1)}}}}} was never captured")
            value = str(captures[m.group(1)])
            for name in m.group(2).split("|")[1:]:
                value = apply_filter(value, name)
            return value
        return FILTERED.sub(replace, text)

    def _request_bytes(self, world, case, captures) -> tuple[bytes, list[str]]:
        lines = [self._fill(world, line, captures) for line in case.request]
        if world.raw:
            escapes = {"r": "\r", "n": "\n", "t": "\t", "0": "\0", "\\": "\\"}
            text = ESCAPE.sub(lambda m: escapes.get(m.group(1)) or chr(int(m.group(1)[1:], 16)),
                              "".join(lines))
            methods = re.findall(r"(?:^|\n)([A-Z]+) \S+ HTTP/1", text) or ["GET"]
            return text.encode("latin-1"), methods
        method, _, target = lines[0].partition(" ")
        target = apply_filter(target, "path")
        at = 1
        given: list[tuple[str, str]] = []
        dropped = set()
        while at < len(lines) and lines[at].strip():
            if lines[at].startswith("!"):
                dropped.add(lines[at][1:].strip().lower())
            else:
                name, _, value = lines[at].partition(":")
                given.append((name.strip(), value.strip()))
            at += 1
        body = "\n".join(lines[at + 1:]).encode() if at < len(lines) else None
        names = {n.lower() for n, _ in given} | dropped
        headers = [(n, self._fill(world, v, captures)) for n, v in world.default_headers
                   if n.lower() not in names]
        headers += given
        if "host" not in names:
            headers.insert(0, ("Host", f"127.0.0.1:{world.server.port}"))
        if body is not None and "content-type" not in names:
            headers.append(("Content-Type", "application/json; charset=utf-8"))
        if body is not None and world.chunk:
            headers.append(("Transfer-Encoding", "chunked"))
            pieces = [body[i:i + world.chunk] for i in range(0, len(body), world.chunk)]
            body = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces) + b"0\r\n\r\n"
        elif "content-length" not in names and (body is not None or method == "POST"):
            headers.append(("Content-Length", str(len(body or b""))))
        head = f"{method} {target} HTTP/1.1\r\n" + "".join(f"{n}: {v}\r\n" for n, v in headers)
        return head.encode("latin-1") + b"\r\n" + (body or b""), [method]

    def _check(self, world, answer, received: wire.Received, captures):
        shown = f"{received.status} {received.body[:600].decode('utf-8', 'replace')}"
        wanted = answer.status.split()[0]
        if not re.fullmatch(wanted.replace("x", r"\d"), str(received.status)):
            raise Failed(f"status: expected {answer.status}, got {shown}")
        for name, pattern in answer.headers:
            actual = received.header(name.lstrip("!"))
            if name.startswith("!"):
                if actual is not None:
                    raise Failed(f"header {name[1:]} should be absent, is {actual!r}")
            elif actual is None:
                raise Failed(f"no header {name}; have {received.headers}")
            else:
                match.text(self._fill_known(world, pattern, captures), actual, captures,
                           f"header {name}")
        self._check_body(world, answer, received, captures)
        self._check_always(world, received)

    def _fill_known(self, world, text, captures):
        return FILTERED.sub(lambda m: str(captures[m.group(1)]) if m.group(1) in captures
                            else m.group(0), world.expand(text))

    def _check_body(self, world, answer, received, captures):
        text = received.body.decode("utf-8", "surrogateescape")
        if answer.body is None:
            if received.body:
                raise Failed(f"body: expected none, got {text[:600]!r}")
            return
        first = answer.body[0]
        if first.startswith("<save "):
            world.saved[first[6:].rstrip("> ")] = received.body
        elif first.startswith("<saved "):
            name, _, span = first[7:].rstrip("> ").partition(" ")
            start, _, end = span.partition(":")
            whole = world.saved[name]
            part = whole[int(start) if start else None:int(end) if end else None]
            if received.body != part:
                raise Failed(f"body: {len(received.body)} bytes are not {first}")
        else:
            match.lines([world.expand(line) for line in answer.body], text, captures)

    # What holds for every answer, whatever the case says.
    @staticmethod
    def _check_always(world, received):
        text = received.body.decode("utf-8", "replace")
        for signature in re.findall(r"X-Databricks-Signature=([^\"&]+)", text):
            world.signatures.add(signature)
        if received.status < 400 or received.status == 416:
            return
        for secret in (str(world.folder), world.server.token):
            if secret in text or any(secret in v for _, v in received.headers):
                raise Failed(f"the answer tells {secret!r}: {text[:600]}")
        if received.body:
            try:
                body = json.loads(text)
                if set(body) != {"errorCode", "message"} or not body["message"]:
                    raise ValueError
            except (ValueError, TypeError):
                raise Failed(f"not an error in JSON: {text[:600]!r}") from None
            if "application/json" not in (received.header("content-type") or ""):
                raise Failed(f"content type of an error: {received.header('content-type')}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--binary", default="build/release/sluice")
    parser.add_argument("--filter", default="", help="only cases whose 'file: title' holds this text")
    parser.add_argument("--timeout", type=float, default=20, help="seconds to wait for an answer")
    parser.add_argument("-v", "--verbose", action="store_true", help="name every case")
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    options = parser.parse_args()
    if not pathlib.Path(options.binary).exists():
        print(f"no binary at {options.binary}; build it first (make build)")
        return 2
    passed = failed = 0
    runner = Runner(options.binary, options.timeout)
    for path in options.files or sorted(HERE.glob("*.test")):
        if options.filter and not any(options.filter in f"{path.name}: {c.title}"
                                      for c in transcript.parse(path).cases):
            continue
        results = runner.run_file(path, lambda text: options.filter in text)
        bad = [r for r in results if r[2]]
        passed, failed = passed + len(results) - len(bad), failed + len(bad)
        print(f"{'ok    ' if not bad else 'FAILED'} {path.name} ({len(results)})", flush=True)
        for title, line, error in results:
            if error:
                print(f"  {path.name}:{line}: {title}\n    " + error.replace("\n", "\n    "))
            elif options.verbose:
                print(f"  ok {title}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
