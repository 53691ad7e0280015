"""The "@..." directives of transcripts: tables, configuration, servers, and damage to files."""
from __future__ import annotations

import datetime
import fnmatch
import os
import pathlib
import shutil
import time

import transcript
from sluice_server import Server, StartFailed

TABLES = pathlib.Path(__file__).resolve().parent / "tables"


class StepFailed(Exception):
    pass


class World:
    """What one transcript file has: a folder, a server, captured values."""

    def __init__(self, binary: str, folder: pathlib.Path):
        self.binary, self.folder = binary, folder
        self.config = ""
        self.server: Server | None = None
        self.default_headers: list[tuple[str, str]] = []
        self.captures: dict = {}
        self.saved: dict[str, bytes] = {}
        self.signatures: set[str] = set()
        self.reset_case()

    def reset_case(self):
        self.raw, self.chunk, self.retry_seconds = False, 0, 0.0

    def expand(self, text: str) -> str:
        return self.server.expand(text) if self.server else text.replace("{dir}", str(self.folder))

    def kill(self):
        if self.server:
            self.server.kill()

    def perform(self, case):
        for index, (name, *args) in enumerate(case.directives):
            step = getattr(self, "do_" + name.replace("-", "_"), None)
            if step is None:
                raise StepFailed(f"no such directive: @{name}")
            if index in case.blocks:
                step(case.blocks[index], *args)
            else:
                step(*args)

    def _path(self, name: str) -> pathlib.Path:
        return self.folder / self.expand(name)

    def do_include(self, name):
        """Performs the setup of another file."""
        self.perform(transcript.parse(TABLES.parent / name).setup)

    # Tables and files. Paths are relative to the temporary folder.
    def do_table(self, name, source):
        shutil.copytree(TABLES / source, self.folder / "tables" / name, symlinks=True)

    def do_times(self, name, start, step_days="1"):
        """Commit k of the table gets the time start + k * step_days."""
        first = datetime.datetime.fromisoformat(start.replace("Z", "+00:00")).timestamp()
        for commit in (self.folder / "tables" / name / "_delta_log").glob("*.json"):
            at = first + int(commit.stem) * float(step_days) * 86400
            os.utime(commit, (at, at))

    def do_write(self, text, path):
        self._path(path).parent.mkdir(parents=True, exist_ok=True)
        self._path(path).write_text(text)

    def do_append(self, text, path):
        with open(self._path(path), "a") as f:
            f.write(text)

    def do_remove(self, path):
        target = self._path(path)
        shutil.rmtree(target) if target.is_dir() and not target.is_symlink() else target.unlink()

    def do_truncate(self, path, size):
        os.truncate(self._path(path), int(size))

    def do_symlink(self, path, target):
        self._path(path).parent.mkdir(parents=True, exist_ok=True)
        self._path(path).symlink_to(self.expand(target))

    def do_copy(self, source, target):
        shutil.copyfile(self._path(source), self._path(target))

    def do_replace(self, path, old, new):
        """Puts other bytes into the file's place; its time changes."""
        target = self._path(path)
        data = target.read_bytes()
        if old.encode() not in data:
            raise StepFailed(f"{old!r} is not in {path}")
        target.write_bytes(data.replace(old.encode(), self.expand(new).encode(), 1))
        at = target.stat().st_mtime + 10
        os.utime(target, (at, at))

    # The server.
    def do_config(self, text):
        self.config = text

    def do_serve(self, *flags):
        if self.server:
            self.server.kill()
        self.server = Server(self.binary, self.config, self.folder, flags=flags)
        self.server.start()

    def do_restart(self, *flags):
        code = self.server.stop()
        if code != 0:
            raise StepFailed(f"exit code {code} on SIGTERM: {self.server.stderr()[-1500:]}")
        self.do_serve(*flags)

    def do_refuses(self, text_pattern, *flags):
        """The server must not start; its message on standard error fits the glob ('_' is a space)."""
        server = Server(self.binary, self.config, self.folder, flags=flags, start_timeout=10)
        server.stderr_path.write_text("")
        try:
            server.start()
        except StartFailed as error:
            if server.process.returncode in (None, 0, -9) or server.process.returncode < 0:
                raise StepFailed(f"it neither served nor refused: {error}") from None
            pattern = "*" + text_pattern.replace("_", " ") + "*"
            if not fnmatch.fnmatchcase(server.stderr(), pattern):
                raise StepFailed(f"expected {pattern!r}, got {server.stderr()!r}") from None
            if server.token in server.stderr():
                raise StepFailed("the message tells the token") from None
            return
        server.kill()
        raise StepFailed("it started")

    def do_output_has(self, *words):
        """Standard output and error hold this text (a glob)."""
        pattern = "*" + self.expand(" ".join(words)) + "*"
        # A line is written when the answer is through, so the client may be here before it.
        deadline = time.monotonic() + 5
        while True:
            output = self.server.stdout() + self.server.stderr()
            if fnmatch.fnmatchcase(output, pattern):
                return
            if time.monotonic() > deadline:
                break
            time.sleep(0.01)
        raise StepFailed(f"expected {pattern!r} in the output, got {output[-1500:]!r}")

    # The request of this case.
    def do_header(self, *words):
        name, _, value = " ".join(words).partition(":")
        self.default_headers.append((name.strip(), value.strip()))

    def do_raw(self):
        self.raw = True

    def do_chunked(self, size):
        self.chunk = int(size)

    def do_retry(self, seconds):
        self.retry_seconds = float(seconds)

    def do_forget(self, *names):
        for name in names:
            self.captures.pop(name, None)
