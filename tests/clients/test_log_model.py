"""Logs made at random: at every version the server, the model that wrote the log and delta-rs agree.

env  SLUICE_MODEL_RUNS  how much; by default 4: runs of delta-rs, twice as many logs by hand, one of Spark
                        for each 4
     SLUICE_MODEL_SEED  of the first run; the next ones count on. Each test's name shows its own.
"""
import collections
import json
import os
import random

import deltalake
import pyarrow as pa
import pyarrow.compute
import pytest
import requests

import delta_log
from asking import HEADERS, shares
from living import Living, RustTable, SparkTable, latest
from log_writer import LogWriter

RUNS = int(os.environ.get("SLUICE_MODEL_RUNS", "4"))
SEED = int(os.environ.get("SLUICE_MODEL_SEED", str(random.SystemRandom().randrange(10**6))))
STEPS = 40
DELTA = {**HEADERS, "delta-sharing-capabilities": "responseformat=delta;readerfeatures=deletionvectors"}


def seeds(runs):
    return pytest.mark.parametrize("seed", range(SEED, SEED + runs))


# ---- logs that are written by hand ----

def some(rng, things, most):
    things = list(things)
    return rng.sample(things, min(len(things), rng.randint(1, most)))


class Walk:
    """One random step after the other; a step is a method."""

    def __init__(self, log, rng):
        self.log, self.rng, self.done = log, rng, []
        self.checkpoints, self.oldest = [], 0
        self.steps = {self.append: 8, self.remove: 4, self.vector: 6, self.overwrite: 1, self.overwrite_partition: 2,
                      self.rearrange: 2, self.restore: 2, self.add_again: 2, self.change_schema: 1, self.note: 2,
                      self.classic: 2, self.v2: 3, self.compact: 3, self.clean_up: 1, self.lose_hint: 1}

    def step(self):
        step = self.rng.choices(list(self.steps), self.steps.values())[0]
        before = self.log.version
        step()
        self.done.append(f"{self.log.version if self.log.version > before else '-'} {step.__name__}")

    def commit(self, removed=(), added=(), others=()):
        info = {"commitInfo": {"operation": "WRITE", "timestamp": 1763737200000}}
        removes = [{"remove": {"path": a["path"], "deletionTimestamp": 1763737200000, "dataChange": True,
                               **({"deletionVector": a["deletionVector"]} if "deletionVector" in a else {})}}
                   for a in removed]
        actions = [*others, *removes, *({"add": a} for a in added)]
        self.log.commit([info, *actions] if self.rng.random() < 0.5 else [*actions, info])

    def new_files(self, partition=...):
        return [self.log.new_file(self.rng.choice(["a", "b/c d", None]) if partition is ... else partition)
                for _ in range(self.rng.randint(1, 5))]

    def append(self):
        self.commit(added=self.new_files())

    def remove(self):
        self.commit(removed=some(self.rng, self.log.files.values(), 3))

    def vector(self):
        old = some(self.rng, self.log.files.values(), 3)
        self.commit(old, [{**a, "deletionVector": self.log.new_vector()} for a in old])

    def overwrite(self):
        self.commit(self.log.files.values(), self.new_files())

    def overwrite_partition(self):
        self.commit([a for a in self.log.files.values() if a["partitionValues"]["p"] == "a"], self.new_files("a"))

    def rearrange(self):
        self.commit(some(self.rng, self.log.files.values(), 4),
                    [{**a, "dataChange": False} for a in self.new_files()[:1]])

    def restore(self):
        then = self.log.history[self.rng.randint(0, self.log.version)]
        now = self.log.files
        self.commit([a for k, a in now.items() if k not in then], [a for k, a in then.items() if k not in now])

    def add_again(self):
        """What is there is added once more, with other words about it; or a removed one comes back."""
        chosen = dict(some(self.rng, self.log.history[self.rng.randint(0, self.log.version)].items(), 2))
        paths = {path for path, _ in chosen}
        self.commit([a for k, a in self.log.files.items() if k[0] in paths and k not in chosen],
                    [{**a, "tags": {"again": str(self.log.version)}} for a in chosen.values()])

    def change_schema(self):
        self.log.columns.append((f"c{len(self.log.columns)}", self.rng.choice(["long", "string", "double"])))
        self.commit(others=[self.log.metadata()])

    def note(self):
        n = self.log.count()
        self.commit(others=self.rng.sample([
            {"txn": {"appId": f"app{n % 3}", "version": n}},
            {"domainMetadata": {"domain": f"d{n % 3}", "configuration": "{}", "removed": n % 2 == 0}},
            {"somethingNew": {"path": "x", "n": n}}], 2))

    def classic(self):
        self.log.checkpoint("classic", self.rng.choice([1, 1, 3]))
        self.checkpoints.append(self.log.version)

    def v2(self):
        form = self.rng.choice(["v2.json", "v2.parquet"])
        self.log.checkpoint(form, self.rng.choice([1, 2, 3] if form == "v2.json" else [0, 1, 3]))
        self.checkpoints.append(self.log.version)

    def compact(self):
        last = self.rng.randint(self.oldest, self.log.version)
        first = self.rng.randint(self.oldest, last)
        if first < last:
            self.log.compact(first, last)

    def clean_up(self):
        if self.checkpoints:
            self.oldest = max(self.oldest, self.rng.choice(self.checkpoints))
            self.log.clean_up(self.oldest)

    def lose_hint(self):
        (self.log.log / "_last_checkpoint").unlink(missing_ok=True)


def fingerprint(add):
    vector = add.get("deletionVector")
    return (add["size"], add["partitionValues"]["p"], add.get("stats"),
            vector and (vector["cardinality"], vector["offset"], vector["sizeInBytes"]))


def served(server, version=None):
    """What the server says is in the table: (files, columns)."""
    body = {} if version is None else {"version": version}
    answer = requests.post(f"{server.url}/shares/s/schemas/d/tables/t/query", json=body, headers=DELTA, timeout=60)
    assert answer.status_code == 200, answer.text
    lines = [json.loads(line) for line in answer.text.split("\n")[:-1]]
    schema = json.loads(lines[1]["metaData"]["deltaMetadata"]["schemaString"])
    files = collections.Counter(fingerprint(x["file"]["deltaSingleAction"]["add"]) for x in lines[2:])
    return files, [f["name"] for f in schema["fields"]]


def seen_by_delta_rs(root, version):
    actions = pa.table(deltalake.DeltaTable(str(root), version=version).get_add_actions(flatten=True)).to_pylist()
    return collections.Counter((a["size_bytes"], a["partition.p"]) for a in actions)


@seeds(2 * RUNS)
def test_any_log_is_replayed_as_it_was_written(serve, tmp_path, seed):
    rng = random.Random(seed)
    log = LogWriter(tmp_path / "t", ("deletionVectors", "v2Checkpoint"))
    walk, columns = Walk(log, rng), {}
    warm = serve(shares(t=tmp_path / "t"))
    for _ in range(STEPS):
        walk.step()
        columns.setdefault(log.version, len(log.columns))
        if rng.random() < 0.6:  # else it finds several new things at once
            check_version(warm, log, None, walk)
    cold = serve(shares(t=tmp_path / "t"))
    for version in range(walk.oldest, log.version + 1):
        for server in (warm, cold):
            files, names = check_version(server, log, version, walk)
            assert len(names) == columns.get(version, 2), f"version {version} after {'; '.join(walk.done)}"
        assert seen_by_delta_rs(log.root, version) == collections.Counter((s, p) for s, p, *_ in files), (
            f"version {version} after {'; '.join(walk.done)}")


def check_version(server, log, version, walk):
    files, names = served(server, version)
    expected = collections.Counter(map(fingerprint, log.history[log.version if version is None else version].values()))
    assert files == expected, (f"version {version or 'latest'}: too many {files - expected}, missing "
                               f"{expected - files}, after {'; '.join(walk.done)}")
    return files, names


# ---- logs of real writers ----

def rust_change(rng):
    first = rng.randrange(1000)
    ids = range(first, first + rng.randint(1, 20))
    data = pa.table({"id": pa.array(ids, pa.int64()), "p": pa.array([i % 3 for i in ids], pa.int64())})
    digit = rng.randrange(7)
    changes = {
        "append": lambda t: deltalake.write_deltalake(t, data, mode="append", schema_mode="merge"),
        "append a column": lambda t: deltalake.write_deltalake(
            t, data.append_column(f"c{digit}", data["id"]), mode="append", schema_mode="merge"),
        "delete rows": lambda t: t.delete(f"id % 7 = {digit}"),
        "delete a partition": lambda t: t.delete(f"p = {digit % 3}"),
        "update": lambda t: t.update(updates={"id": "id + 1000"}, predicate=f"id % 7 = {digit}"),
        "optimize": lambda t: t.optimize.compact(),
        "checkpoint": lambda t: t.create_checkpoint(),
        "compact the log": lambda t: t.version() and t.compact_logs(max(0, t.version() - 1 - digit), t.version()),
        "restore": lambda t: t.version() and t.restore(rng.randrange(t.version())),
        "overwrite a partition": lambda t: deltalake.write_deltalake(
            t, data.filter(pa.compute.equal(data["p"], digit % 3)), mode="overwrite", schema_mode="merge",
            predicate=f"p = {digit % 3}")}
    name = rng.choice(list(changes))
    changes[name].__name__ = name
    return changes[name]


@seeds(RUNS)
def test_logs_of_delta_rs(serve, tmp_path, seed):
    rng, root = random.Random(seed), tmp_path / "t"
    deltalake.write_deltalake(str(root), pa.table({"id": pa.array(range(20), pa.int64()),
                                                   "p": pa.array([i % 3 for i in range(20)], pa.int64())}),
                              partition_by=["p"])
    table = Living(RustTable(root), serve(shares(t=root)))
    for _ in range(12):
        table(rust_change(rng))
    table.check_all()


SPARK_CHANGES = (
    "insert into {t} select id, id % 3 from range({a}, {a} + 30)",
    "delete from {t} where id % 11 = {n}",
    "delete from {t} where id % 7 = {n} and p = 1",
    "update {t} set id = id + 1000 where id % 13 = {n}",
    "insert into {t} replace where p = 1 select id, 1 from range({a}, {a} + 3)",
    "delete from {t} where p = {n} % 3",
    "restore {t} to version as of {v}",
    "reorg table {t} apply (purge)",
    "checkpoint")


@seeds((RUNS + 3) // 4)
def test_logs_of_spark(spark, serve, tmp_path, seed):
    """Deletion vectors, and checkpoints of both kinds, as Spark writes them."""
    rng, root = random.Random(seed), tmp_path / "t"
    table = SparkTable(spark, root)
    policy = rng.choice(["classic", "v2"])
    table.sql("create table {t} using delta partitioned by (p) tblproperties ('delta.enableDeletionVectors' = 'true', "
              f"'delta.checkpointPolicy' = '{policy}') as select id, id % 3 as p from range(50)")
    table = Living(table, serve(shares(t=root)))
    table.check("create")
    for step in range(8):
        change = rng.choice(SPARK_CHANGES) if step != 4 else "checkpoint"
        if change == "checkpoint":
            table.checkpoint()
            continue
        numbers = {"a": rng.randrange(1000), "n": rng.randrange(7), "v": rng.randint(0, max(table.expected))}
        table(change.format(t="{t}", **numbers))
    table.check_all()
    assert latest(table.server, "t") == max(delta_log.commits(root))
