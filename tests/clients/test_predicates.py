"""Hints never cost a row: random predicates in both languages, and DuckDB says in which files rows match.

env  SLUICE_PREDICATE_ROUNDS  predicates for each made table and language; default 40. A tenth of it for each
                              table from outside
     SLUICE_PREDICATE_SEED    each test's name shows its own
"""
import json
import os
import random
import re

import delta_sharing
import pyarrow as pa
import pytest
import requests

import duckdb_reader
import hinted_tables
from asking import HEADERS, call, shares
from outside_tables import ALL, LOG_ONLY, READABLE
from predicates import Column, columns_of, is_asked_for, random_tree, says_null, to_json, to_sql

ROUNDS = int(os.environ.get("SLUICE_PREDICATE_ROUNDS", "40"))
# In continuous integration always the same: a change is not refused for what another one missed.
SEED = int(os.environ.get("SLUICE_PREDICATE_SEED")
           or ("7919" if "CI" in os.environ else random.SystemRandom().randrange(10**6)))
DELTA = {**HEADERS, "delta-sharing-capabilities": duckdb_reader.CAPABILITIES}
MOST_FILES = 12
# A time without a zone may be one of many; floats are compared as such or as doubles.
INEXACT = {"timestamp", "float"}
# Its statistics tell of values of a column that none of its files has.
UNTRUE = {"kernel.parsed-stats"}


class Oracle:
    """The rows of a table, each with the file that it is in, in a table of DuckDB."""

    def __init__(self, duck, answer):
        self.duck = duck
        head, files = answer[:2], [line for line in answer if "file" in line]
        metadata = head[1]["metaData"]["deltaMetadata"]
        self.partitions = set(metadata["partitionColumns"])
        self.files = [line["file"]["id"] for line in files]
        duck.execute("SET TimeZone = 'UTC'")
        parts = []
        for line in files:
            rows = duckdb_reader.read(duck, [*head, line])
            parts.append(rows.append_column("the file", pa.array([line["file"]["id"]] * rows.num_rows, pa.string())))
        rows = pa.concat_tables(parts).combine_chunks()
        duck.register("rows_of_files", rows)
        duck.execute("CREATE OR REPLACE TEMP TABLE oracle AS SELECT * FROM rows_of_files")
        duck.unregister("rows_of_files")
        self.columns = [Column(f["name"], f["type"]) for f in json.loads(metadata["schemaString"])["fields"]
                        if is_asked_for(f["type"])]
        self.values = {c: self._values(rows[c.name]) for c in self.columns}

    @staticmethod
    def _values(column):
        """Some of what is there that can be said: no text with a backslash, no year far away."""
        found = column.drop_null().unique().to_pylist()[:200]
        return [v for v in found if "\\" not in str(v) and 1000 < getattr(v, "year", 2000) < 9000]

    def matching(self, tree) -> dict:
        """{file: rows that match}"""
        return dict(self.duck.execute(
            f'SELECT "the file", count(*) FROM oracle WHERE {to_sql(tree, duck=True)} GROUP BY 1').fetchall())


SESSION = requests.Session()


def query(address, body) -> list[dict]:
    answer = SESSION.post(address + "/query", json=body, headers=DELTA, timeout=60)
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.split("\n") if line]


def files_of(lines) -> list[str]:
    return [line["file"]["id"] for line in lines if "file" in line]


def hint(tree, language):
    return {"jsonPredicateHints": to_json(tree)} if language == "json" else {"predicateHints": [to_sql(tree)]}


def pages(address, body) -> list[str]:
    found, more = [], {}
    while more is not None:
        lines = query(address, {**body, "maxFiles": 9, **more})
        found += files_of(lines)
        token = lines[-1]["endStreamAction"].get("nextPageToken")
        more = {"pageToken": token} if token else None
    return found


def check(oracle, address, tree, language, limit):
    """Returns how many files were left out."""
    said = f"{language}: {json.dumps(hint(tree, language))}"
    sent, matching = files_of(query(address, hint(tree, language))), oracle.matching(tree)
    lost = set(matching) - set(sent)
    assert not lost, f"{len(lost)} files with matching rows are left out: {said}"
    assert sent == [f for f in oracle.files if f in sent], f"the order changed: {said}"
    asked = columns_of(tree)
    if ({c.name for c in asked} <= oracle.partitions and not INEXACT & {c.kind for c in asked}
            and not says_null(tree)):
        assert set(sent) == set(matching), f"partition values are exact: {said}"
    body = {**hint(tree, language), "limitHint": limit}
    limited = files_of(query(address, body))
    covered = sum(matching.get(f, 0) for f in limited)
    assert covered >= min(limit, sum(matching.values())), f"limit {limit} covers {covered} rows: {said}"
    assert pages(address, body) == limited, f"pages differ: {said}"
    return len(oracle.files) - len(sent)


def ask(oracle, address, rng, rounds):
    """Asks `rounds` questions in each language, a third of them about partition columns alone."""
    left_out = 0
    for language in ("sql", "json"):
        columns = [c for c in oracle.columns if language == "sql" or c.in_json]
        folders = [c for c in columns if c.name in oracle.partitions]
        for _ in range(rounds if columns else 0):
            chosen = folders if folders and rng.random() < 0.33 else columns
            tree = random_tree(rng, chosen, oracle.values)
            left_out += check(oracle, address, tree, language, rng.choice([0, 1, 5, 50]))
    return left_out


@pytest.mark.parametrize("kind", hinted_tables.TABLES)
@pytest.mark.parametrize("seed", [SEED])
def test_no_row_is_lost(serve, tmp_path, duck, kind, seed):
    rng = random.Random(f"{seed} {kind}")
    hinted_tables.made(tmp_path / "t", rng, **hinted_tables.TABLES[kind])
    server = serve(shares(t=tmp_path / "t"))
    address = f"{server.url}/shares/s/schemas/d/tables/t"
    oracle = Oracle(duck, query(address, {}))
    left_out = ask(oracle, address, rng, ROUNDS)
    asked = 2 * ROUNDS * len(oracle.files)
    assert left_out > asked / 5, f"of {asked} files only {left_out} were left out"


@pytest.mark.shared
@pytest.mark.local_only("the files are the same there")
@pytest.mark.parametrize("seed", [SEED])
def test_no_row_of_other_writers_is_lost(outside, duck, seed):
    rng, asked, left_out = random.Random(seed), 0, 0
    for table in sorted(set(READABLE) - LOG_ONLY - UNTRUE):
        schema, name = table.split(".")
        address = f"{outside.url}/shares/all/schemas/{schema}/tables/{name}"
        answer = query(address, {})
        count = len(files_of(answer))
        if not 1 < count <= MOST_FILES:
            continue
        oracle = Oracle(duck, answer)
        rounds = max(1, ROUNDS // 10)
        asked += 2 * rounds * count
        left_out += ask(oracle, address, rng, rounds)
    assert left_out > asked / 10, f"of {asked} files only {left_out} were left out"


@pytest.mark.parametrize("kind", hinted_tables.TABLES)
def test_the_official_client_reads_less_and_loses_nothing(serve, tmp_path, kind):
    hinted_tables.made(tmp_path / "t", random.Random(1), **hinted_tables.TABLES[kind])
    server = serve(shares(t=tmp_path / "t"))
    url = f"{server.profile}#s.d.t"
    whole = delta_sharing.load_as_pandas(url, use_delta_format=True)
    for tree, rows in [(("and", (">", Column("l", "long"), 100), ("=", Column("p", "string"), "EU")),
                        lambda f: f[(f.l > 100) & (f.p == "EU")]),
                       (("null", Column("n", "integer")), lambda f: f[f.n.isna()])]:
        frame = delta_sharing.load_as_pandas(url, use_delta_format=True, jsonPredicateHints=to_json(tree))
        assert 0 < len(rows(whole)) <= len(frame) < len(whole)
        assert sorted(rows(frame).l.fillna(-1)) == sorted(rows(whole).l.fillna(-1))


def test_the_access_log_tells_what_was_left_out(serve, tmp_path):
    hinted_tables.made(tmp_path / "t", random.Random(1))
    server = serve(shares(t=tmp_path / "t"))
    every = call(server, "t").text.count('"file"')
    sent = call(server, "t", body={"predicateHints": ["p = 'EU'"]}).text.count('"file"')
    assert 0 < sent < every
    server.stop()
    logged = [tuple(map(int, m)) for m in re.findall(r'"files":(\d+),"files_skipped":(\d+)', server.stdout())]
    assert logged == [(every, 0), (sent, every - sent)]
