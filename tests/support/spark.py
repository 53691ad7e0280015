"""Spark with Delta Lake as a writer of tables: one process for all tests of a run.

    spark = Spark(folder)                         # nothing is started yet
    spark.sql("delete from delta.`/t` where id = 3")
    spark.rows("select * from delta.`/t`")        # an Arrow table
    spark.checkpoint("/t")
    spark.stop()

The first command starts it, which takes five seconds; the first of each kind takes two to four more
(classes are loaded), later ones a fraction of a second. Commands are run one after the other, from
whatever thread. What Spark says goes to spark.log in the folder, where all else that it writes goes too.
It ends with its standard input, so also when this process is killed.
"""
from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import threading
import time

import pyarrow as pa

from sluice_server import clean_environment

HERE = pathlib.Path(__file__).resolve().parent
HOME = HERE.parent.parent / ".deps/spark"
VARIANT = pa.struct([("metadata", pa.binary()), ("value", pa.binary())])
TYPES = {"bigint": pa.int64(), "int": pa.int32(), "smallint": pa.int16(), "tinyint": pa.int8(),
         "double": pa.float64(), "float": pa.float32(), "boolean": pa.bool_(), "string": pa.string(),
         "date": pa.date32(), "timestamp": pa.timestamp("us", tz="UTC"), "timestamp_ntz": pa.timestamp("us"),
         "variant": VARIANT}


class SparkError(Exception):
    """Spark refused the command; the text is its own."""


def arrow_type(name: str) -> pa.DataType:
    if name.startswith("decimal("):
        return pa.decimal128(*map(int, name[8:-1].split(",")))
    return TYPES[name]


def _column(cells, name):
    kind = arrow_type(name)
    if kind == VARIANT:
        cells = [c and {k: bytes.fromhex(v) for k, v in c.items()} for c in cells]
    elif any(isinstance(c, str) for c in cells):
        texts = pa.array(cells, pa.string())
        return texts.cast(pa.timestamp("us")).cast(kind) if pa.types.is_timestamp(kind) else texts.cast(kind)
    return pa.array(cells, kind)


class Spark:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.process: subprocess.Popen | None = None
        self.seconds: list[tuple[float, str]] = []  # what each command took
        self._answers = None
        self._lock = threading.Lock()

    def sql(self, text: str) -> dict:
        """{"columns": [[name, type], ...], "rows": [[cell, ...], ...]}"""
        return self._do({"sql": text})

    def rows(self, text: str) -> pa.Table:
        answer = self.sql(text)
        columns = zip(*answer["rows"]) if answer["rows"] else [[] for _ in answer["columns"]]
        return pa.table({name: _column(list(cells), kind)
                         for (name, kind), cells in zip(answer["columns"], columns)})

    def checkpoint(self, root):
        self._do({"checkpoint": str(root)})

    def log(self) -> str:
        path = self.folder / "spark.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def _do(self, command: dict) -> dict:
        with self._lock:
            if self.process is None:
                self._start()
            began = time.monotonic()
            self.process.stdin.write(json.dumps(command).encode() + b"\n")
            self.process.stdin.flush()
            line = self._answers.readline()
            self.seconds.append((time.monotonic() - began, str(command)))
        if not line:
            raise RuntimeError(f"Spark ended: {self.log()[-3000:]}")
        answer = json.loads(line)
        if "error" in answer:
            raise SparkError(f"{command}: {answer['error']}")
        return answer

    def _start(self):
        if not (HOME / "stamp").exists():
            raise RuntimeError(f"Spark is not installed in {HOME}: run tools/setup.sh")
        self.folder.mkdir(parents=True, exist_ok=True)
        libraries = ":".join(map(str, sorted((HOME / "lib").glob("*.zip"))))
        environment = {**clean_environment(self.folder), "SPARK_HOME": str(HOME / "deps"), "PYTHONPATH": libraries,
                       "SPARK_LOCAL_IP": "127.0.0.1", "TMPDIR": str(self.folder), "TZ": "UTC"}
        answers, theirs = os.pipe()
        with open(self.folder / "spark.log", "ab") as log:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", sys.executable, "-S", str(HERE / "spark_writer.py"), str(theirs),
                 str(self.folder)], stdin=subprocess.PIPE, stdout=log, stderr=log, env=environment, cwd=self.folder,
                pass_fds=[theirs], start_new_session=True)
        os.close(theirs)
        self._answers = os.fdopen(answers, "rb")

    def stop(self):
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait()
            self._answers.close()
            self.process = None
