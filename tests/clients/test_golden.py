"""Tables from outside (Spark, kernels, Hive): what the server says of them, their files at every version, older
versions, limits and hints. All of it twice: with the tables on the disk, and in S3. That each of them is read row by
row, or refused for a reason, is test_conformance.py's to show.
"""
import collections
import json

import delta_sharing
import pyarrow as pa
import pyarrow.compute
import pytest

import delta_log
from asking_outside import lines, load, query, url
from compare import assert_same_rows, rows_of_frame, rows_of_table
from outside_tables import ALL, READABLE, WITH_ROWS, client_limit, expected_rows

pytestmark = pytest.mark.shared

# A million rows: with S3 they are compared whole, and only so.
LARGE = "golden.parquet-decimal-dictionaries"

# Those of Spark are read at every version, with limits and hints, by test_accept.py.
COLLECTED = [t for t in WITH_ROWS if not t.startswith("spark.")]


def large(server, table):
    if table == LARGE and server.where == "s3":
        pytest.skip("large: with S3 it is only read whole")


def limited(table, how):
    if reason := client_limit(table, how):
        pytest.skip("official client: " + reason)


def listed_files(answer_lines):
    """What the answer says of each file, as in the log: (size, partition values, stats, deletion vector)."""
    found = collections.Counter()
    for line in answer_lines[2:]:
        add = line["file"]["deltaSingleAction"]["add"]
        found[describe(add)] += 1
    return found


def describe(add):
    values = {k: (None if v == "" else v) for k, v in add["partitionValues"].items()}
    stats = json.loads(add["stats"]) if add.get("stats") else add.get("stats_parsed")
    if stats is not None:
        stats = {"numRecords": stats.get("numRecords")}
    return (add["size"], json.dumps(values, sort_keys=True), json.dumps(stats, sort_keys=True),
            (add.get("deletionVector") or {}).get("cardinality"))


def test_list_all_tables(outside):
    client = delta_sharing.SharingClient(outside.profile)
    assert {f"{t.schema}.{t.name}" for t in client.list_all_tables()} == set(ALL)
    assert [s.name for s in client.list_shares()] == ["all"]
    schemas = client.list_schemas(client.list_shares()[0])
    assert [s.name for s in schemas] == ["golden", "kernel", "spark"]
    names = [f"{s.name}.{t.name}" for s in schemas for t in client.list_tables(s)]
    assert sorted(names) == sorted(ALL)


@pytest.mark.parametrize("table", READABLE)
def test_version_and_metadata(outside, table):
    state = delta_log.state(ALL[table])
    assert delta_sharing.get_table_version(url(outside, table)) == state.version
    metadata = delta_sharing.get_table_metadata(url(outside, table))
    assert [f["name"] for f in json.loads(metadata.schema_string)["fields"]] == [
        f["name"] for f in state.schema]
    assert list(metadata.partition_columns) == list(state.metadata["partitionColumns"])


@pytest.mark.parametrize("table", READABLE)
def test_files_of_every_version(outside, table):
    """The answer holds exactly the files that a plain replay of the log finds."""
    for version in delta_log.versions(ALL[table])[-8:]:
        state = delta_log.state(ALL[table], version)
        answer = query(outside, table, {"version": version})
        if state.leaves_the_table:
            assert 400 <= answer.status_code < 500, answer.text[:300]
            continue
        assert answer.headers["delta-table-version"] == str(version)
        expected = collections.Counter(describe(a) for a in state.files.values())
        assert listed_files(lines(answer)) == expected, f"version {version}"


@pytest.mark.parametrize("table", COLLECTED)
def test_limit(outside, table):
    rows = expected_rows(table)
    if rows is None:
        pytest.skip("no expected rows")
    large(outside, table)
    limited(table, "delta")
    for limit in (0, 1, 3):
        frame = load(outside, table, rows, limit=limit, use_delta_format=True)
        if frame is None:
            continue
        assert len(frame) == min(limit, rows.num_rows)
        if len(frame):
            assert_same_rows(frame, rows, f"{table} limit {limit}", subset=True)


OLD = [(t, v) for t in COLLECTED for v in delta_log.versions(ALL[t])[:-1][:3]]


@pytest.mark.parametrize("table,version", OLD, ids=[f"{t}@{v}" for t, v in OLD])
def test_time_travel(outside, table, version):
    if delta_log.state(ALL[table], version).missing_files(ALL[table]):
        pytest.skip("data files of this version are not in the collection")
    limited(table, "delta")
    rows = expected_rows(table, version)
    frame = load(outside, table, rows, version=version, use_delta_format=True)
    if rows is not None and frame is not None:
        assert_same_rows(frame, rows, f"{table} version {version}")


KINDS = ((pa.types.is_int64, "long"), (pa.types.is_int32, "int"), (pa.types.is_string, "string"),
         (pa.types.is_date, "date"))


@pytest.mark.parametrize("table", COLLECTED)
def test_predicate_hints_never_drop_rows(outside, table):
    large(outside, table)
    rows = expected_rows(table)
    fields = [] if rows is None else [(f.name, word) for f in rows.schema
                                      for fits, word in KINDS if fits(f.type)]
    if not fields or not rows.num_rows:
        pytest.skip("no column to ask for")
    limited(table, "delta")
    for name, kind in fields[:3]:
        values = [v for v in rows[name].to_pylist() if v is not None]
        if not values:
            continue
        asked = values[len(values) // 2]
        hint = {"op": "equal", "children": [
            {"op": "column", "name": name, "valueType": kind},
            {"op": "literal", "value": str(asked), "valueType": kind}]}
        frame = load(outside, table, rows, use_delta_format=True, jsonPredicateHints=json.dumps(hint))
        wanted = rows.filter(pa.compute.equal(rows[name], pa.scalar(asked, rows.schema.field(name).type)))
        lost = rows_of_table(wanted, rows.schema) - rows_of_frame(frame, rows.schema)
        assert not lost, f"{table}: {name} = {asked}: {list(lost)[:2]}"

