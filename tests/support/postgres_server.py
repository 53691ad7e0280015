"""A PostgreSQL of the test's own: a temporary folder, a socket in it and no port; as root it is the user postgres'.

    with PostgresServer() as postgres:
        postgres.url        # of an empty database
        postgres.kill()     # as a crash of it
        postgres.start()

By itself it prints the URL of one that lives until its standard input ends, for tests in other languages.
"""
from __future__ import annotations

import itertools
import os
import pathlib
import pwd
import shutil
import subprocess
import sys
import tempfile

BINARIES = max(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), default=None)


class PostgresServer:
    def __init__(self, fsync="off"):  # nothing of a test outlives a power cut
        self.fsync = fsync
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sluice-pg-", dir="/tmp"))  # sockets' names are short
        self.numbers = itertools.count(1)
        self.who = {}
        if os.getuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self.who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        self._run("initdb", "--pgdata", self.data, "--username=sluice", "--auth=trust", "--encoding=UTF8",
                  "--locale=C.UTF-8", "--no-sync")

    @property
    def data(self) -> str:
        return str(self.folder / "data")

    @property
    def url(self) -> str:
        return f"postgresql:///postgres?host={self.folder}&user=sluice"

    def new_database(self) -> str:
        """Another empty one; its URL."""
        name = f"d{next(self.numbers)}"
        self.sql(f"CREATE DATABASE {name}")
        return self.url.replace("///postgres?", f"///{name}?")

    def _run(self, name, *words):
        with open(self.folder / "log", "ab") as log:  # not a pipe: the server would keep it open
            subprocess.run([str(BINARIES / name), *words], check=True, stdout=log, stderr=log, cwd="/", timeout=60,
                           **self.who)

    def start(self):
        self._run("pg_ctl", "start", "--wait", "--pgdata", self.data, "-o",
                  f"-k {self.folder} -h '' -c fsync={self.fsync}")
        return self

    def kill(self):
        self._run("pg_ctl", "stop", "--wait", "--mode=immediate", "--pgdata", self.data)

    def sql(self, text: str, url: str = "") -> str:
        return self._ask("psql", "-XAtq", url or self.url, "--set=ON_ERROR_STOP=1", text=text)

    def dump(self, url: str) -> str:
        return self._ask("pg_dump", "--no-owner", url)

    @staticmethod
    def _ask(name, *words, text="") -> str:
        done = subprocess.run([str(BINARIES / name), *words], input=text, check=True, capture_output=True, text=True,
                              timeout=60)
        return done.stdout.strip()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        if (self.folder / "data" / "postmaster.pid").exists():
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


if __name__ == "__main__":
    with PostgresServer() as running:
        print(running.url, flush=True)
        sys.stdin.read()
