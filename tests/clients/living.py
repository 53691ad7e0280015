"""A table that is written to while a server shares it, and what must hold after each commit."""
from __future__ import annotations

import pathlib
import threading

import delta_sharing
import deltalake
import pandas as pd
import pyarrow as pa
import requests

import delta_log
from asking import HEADERS
from compare import assert_same_rows

FORMATS = {"delta": True, "parquet": False}


def read_with_client(server, table, version=None, form="delta"):
    server.settle()
    return delta_sharing.load_as_pandas(f"{server.profile}#s.d.{table}", version=version,
                                        use_delta_format=FORMATS[form])


def read_changes(server, table, first, last, form="delta"):
    server.settle()
    return delta_sharing.load_table_changes_as_pandas(
        f"{server.profile}#s.d.{table}", starting_version=first, ending_version=last,
        use_delta_format=FORMATS[form])


def latest(server, table) -> int:
    server.settle()
    answer = requests.get(f"{server.url}/shares/s/schemas/d/tables/{table}/version", headers=HEADERS, timeout=60)
    assert answer.status_code == 200, answer.text
    return int(answer.headers["delta-table-version"])


class SparkTable:
    """{t} in a statement is the table."""

    def __init__(self, spark, root):
        self.spark, self.root = spark, pathlib.Path(root)
        self.name = f"delta.`{self.root}`"

    def sql(self, text):
        return self.spark.sql(text.replace("{t}", self.name))

    def rows(self, version) -> pa.Table:
        newest = version == max(delta_log.commits(self.root))  # a second less than by its number
        return self.spark.rows(f"select * from {self.name}" + ("" if newest else f" version as of {version}"))

    def changes(self, first, last) -> pa.Table:
        return self.spark.rows(f"select * from table_changes_by_path('{self.root}', {first}, {last})")

    def checkpoint(self):
        self.spark.checkpoint(self.root)


class RustTable:
    """The same, for delta-rs; `sql` is a function of the DeltaTable here."""

    def __init__(self, root):
        self.root = pathlib.Path(root)

    def sql(self, change):
        change(deltalake.DeltaTable(str(self.root)))

    def rows(self, version) -> pa.Table:
        return deltalake.DeltaTable(str(self.root), version=version).to_pyarrow_table()

    def changes(self, first, last) -> pa.Table:
        return pa.table(deltalake.DeltaTable(str(self.root)).load_cdf(first, last).read_all())

    def checkpoint(self):
        deltalake.DeltaTable(str(self.root)).create_checkpoint()


class Living:
    """After each change, the new versions and one older are read through the server by the official
    client and hold the rows that the writer itself reads there."""

    def __init__(self, table, server, name="t", formats=("delta",)):
        self.table, self.server, self.name, self.formats = table, server, name, formats
        self.expected: dict[int, pa.Table] = {}
        self.oldest = 0
        self.done: list[str] = []

    def __call__(self, *changes):
        for change in changes:
            self.table.sql(change)
            self.check(change if isinstance(change, str) else change.__name__)

    def checkpoint(self):
        self.table.checkpoint()
        self.check("checkpoint")

    def check(self, what):
        newest = max(delta_log.commits(self.table.root))
        self.done.append(f"{newest} {what}")
        for version in range(max(self.expected, default=-1) + 1, newest + 1):
            self.expected[version] = self.table.rows(version)
        assert latest(self.server, self.name) == newest, self.done
        older = self.oldest + newest * 7 // 3 % (newest - self.oldest + 1)  # another one each time
        for version in {newest, older}:
            self.check_version(version)
        for form in self.formats:
            self.compare(read_with_client(self.server, self.name, None, form), newest, f"{form}, latest")

    def check_version(self, version):
        for form in self.formats:
            self.compare(read_with_client(self.server, self.name, version, form), version,
                         f"{form}, version {version}")

    def check_all(self):
        for version in range(self.oldest, max(self.expected) + 1):
            self.check_version(version)

    def compare(self, frame, version, what):
        assert_same_rows(frame, self.expected[version], f"{what}, after {'; '.join(self.done)}")

    def forget_before(self, version):
        """What was cleaned away is refused, and is not asked for any more."""
        self.oldest = version
        if version:
            answer = requests.post(f"{self.server.url}/shares/s/schemas/d/tables/{self.name}/query",
                                   json={"version": version - 1}, headers=HEADERS, timeout=60)
            assert 400 <= answer.status_code < 500, answer.text


class Poller:
    """Follows a table as a recipient does, in a thread of its own: asks for the version, reads what is
    new, asks again. It ends when the writer is done and all was seen.

        with Poller(server, "t", read) as seen:
            ... write ...
        seen.windows      what read(first, last) gave, in order: [(first, last, result), ...]
    """

    def __init__(self, server, table, read, after=-1):
        self.server, self.table, self.read, self.last = server, table, read, after
        self.windows: list[tuple[int, int, pd.DataFrame]] = []
        self._done, self._failure = threading.Event(), None
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        try:
            while True:
                done = self._done.is_set()  # asked before the version: what came until then is seen
                version = latest(self.server, self.table)
                assert version >= self.last, f"version {version} after {self.last}"
                if version > self.last:
                    self.windows.append((self.last + 1, version, self.read(self.last + 1, version)))
                    self.last = version
                elif done:
                    return
        except BaseException as error:  # noqa: B902  told where the thread is joined
            self._failure = error

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, kind, *_):
        self._done.set()
        self._thread.join()
        if self._failure is not None and kind is None:
            raise self._failure
