"""Tables from outside (Spark, kernels, Hive): each is read row by row, or refused for a reason. All of it
twice: with the tables on the disk, and in S3.

A table in none of the lists below must be read in full. One in a list must be as the list says, so
that nothing is skipped in silence and a feature that arrives takes its names out of here.
"""
import collections
import json
import re

import delta_sharing
import pyarrow as pa
import pyarrow.compute
import pyarrow.dataset
import pytest
import requests

import delta_log
from compare import assert_same_rows, rows_of_frame, rows_of_table
from conftest import ALL

pytestmark = pytest.mark.shared

# Broken or unreadable for good: (status, errorCode, words in the message).
REFUSED = {
    "golden.deltalog-invalid-protocol-version": (400, "UNSUPPORTED_OPERATION", "99"),
    "golden.deltalog-state-reconstruction-from-checkpoint-missing-metadata": (422, "TABLE_CORRUPT", "metaData"),
    "golden.deltalog-state-reconstruction-without-metadata": (422, "TABLE_CORRUPT", "metaData"),
    "golden.deltalog-state-reconstruction-without-protocol": (422, "TABLE_CORRUPT", "protocol"),
    "golden.deltalog-commit-info": (422, "TABLE_CORRUPT", "schema"),  # made for other readers' tests
    "golden.update-deleted-directory": (422, "TABLE_CORRUPT", "schema"),  # likewise
    "golden.no-delta-log-folder": ("4..", "RESOURCE_DOES_NOT_EXIST", ""),
    "golden.versions-not-contiguous": (422, "TABLE_CORRUPT", ""),
    # Its log has no metaData, and names "..//Users/...", the absolute path of a machine of long ago that was made
    # relative by mistake: a path that climbs is nobody's, also where externalLocations covers much. No files of it
    # are in the collection.
    "golden.data-reader-absolute-paths-escaped-chars": (422, "TABLE_CORRUPT", "metaData"),
    "kernel.table-with-geo": (400, "UNSUPPORTED_OPERATION", "geospatial"),
}

# Waits for a later feature, which the refusal must name.
WAITS: dict[str, str] = {}

# The data files are not in the collection: what the log says is checked, rows cannot be.
LOG_ONLY = {"golden." + n for n in (
    "checkpoint", "delete-re-add-same-file-different-transactions", "log-replay-special-characters-b")} | {
    "kernel.app-txn-with-last-updated", "kernel.with_checkpoint_no_last_checkpoint"}

# What the official client 1.4.2 itself cannot read in a format, whatever the server.
CLIENT_LIMITS = {
    "kernel.void-column": {"*": "it does not know the type void"},
}

# Columns whose expected values depend on the zone of the writer's machine, as the collection says.
ZONE_DEPENDENT = {"golden.data-reader-partition-values": {"as_timestamp"}}

# A million rows: with S3 they are compared whole, and only so.
LARGE = "golden.parquet-decimal-dictionaries"

READABLE = sorted(set(ALL) - set(REFUSED) - set(WAITS))
WITH_ROWS = [t for t in READABLE if t not in LOG_ONLY]
DELTA = "responseformat=delta;readerfeatures=deletionvectors,columnmapping,timestampntz"


def url(server, table):
    return f"{server.profile}#all.{table}"


def api(server, table, operation):
    schema, name = table.split(".")
    return f"{server.url}/shares/all/schemas/{schema}/tables/{name}/{operation}"


def headers(server, capabilities=DELTA):
    return {"Authorization": "Bearer " + server.token, "delta-sharing-capabilities": capabilities}


def lines(answer):
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.content.decode().split("\n") if line]


def query(server, table, body=None, capabilities=DELTA):
    return requests.post(api(server, table, "query"), json=body or {}, headers=headers(server, capabilities))


def expected_rows(table, version=None):
    """From the collection, else as delta-rs reads the table; None when it can't."""
    folder = ALL[table].parent / "expected"
    if version is None and ALL[table].name == "delta" and folder.is_dir():
        files = sorted(str(p) for p in folder.rglob("*.parquet"))
        rows = pa.dataset.dataset(files, format="parquet").to_table()
        return rows.drop_columns(list(ZONE_DEPENDENT.get(table, ())))
    if "columnMapping" in delta_log.state(ALL[table], version).advanced_features():
        return None  # delta-rs gives nulls
    try:
        import deltalake
        rows = deltalake.DeltaTable(str(ALL[table]), version=version).to_pyarrow_table()
    except Exception as error:  # whatever delta-rs cannot do is no fault of ours
        print(f"delta-rs cannot read {table}: {error}")
        return None
    plain = [pa.field(f.name, f.type.value_type) if pa.types.is_dictionary(f.type) else f
             for f in rows.schema]
    return rows.cast(pa.schema(plain))


def large(server, table):
    if table == LARGE and server.where == "s3":
        pytest.skip("large: with S3 it is only read whole")


def limited(table, how):
    reason = CLIENT_LIMITS.get(table, {}).get(how) or CLIENT_LIMITS.get(table, {}).get("*")
    if reason:
        pytest.skip("official client: " + reason)


def load(server, table, rows, **how):
    """The client's frame; None where it cannot give one for a table without rows in delta format."""
    try:
        frame = delta_sharing.load_as_pandas(url(server, table), **how)
    except ValueError as error:
        if rows is None or rows.num_rows or "Must pass schema" not in str(error):
            raise
        return None
    return frame.drop(columns=list(ZONE_DEPENDENT.get(table, ())))


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


def test_lists_name_only_tables_that_exist():
    unknown = (set(REFUSED) | set(WAITS) | LOG_ONLY | set(CLIENT_LIMITS)) - set(ALL)
    assert not unknown
    assert not set(REFUSED) & set(WAITS)


def test_list_all_tables(outside):
    client = delta_sharing.SharingClient(outside.profile)
    assert {f"{t.schema}.{t.name}" for t in client.list_all_tables()} == set(ALL)
    assert [s.name for s in client.list_shares()] == ["all"]
    schemas = client.list_schemas(client.list_shares()[0])
    assert [s.name for s in schemas] == ["golden", "kernel"]
    names = [f"{s.name}.{t.name}" for s in schemas for t in client.list_tables(s)]
    assert sorted(names) == sorted(ALL)


@pytest.mark.parametrize("table", sorted(REFUSED))
def test_refused(outside, table):
    status, code, words = REFUSED[table]
    for answer in (query(outside, table),
                   requests.get(api(outside, table, "metadata"), headers=headers(outside))):
        assert re.fullmatch(str(status), str(answer.status_code)), answer.text
        assert answer.json()["errorCode"] == code, answer.text
        assert words.lower() in answer.json()["message"].lower(), answer.text
        assert str(ALL[table]) not in answer.text and "s3://" not in answer.text, answer.text
    with pytest.raises(requests.HTTPError):
        delta_sharing.load_as_pandas(url(outside, table))


@pytest.mark.parametrize("table", sorted(WAITS))
def test_waits_for_a_later_feature(outside, table):
    answer = query(outside, table)
    assert answer.status_code == 400, f"no longer refused: take it out of WAITS ({answer.text[:200]})"
    assert answer.json()["errorCode"] == "UNSUPPORTED_OPERATION", answer.text
    assert WAITS[table].lower() in answer.json()["message"].lower(), answer.text


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


@pytest.mark.parametrize("how", ["delta", "parquet", "auto"])
@pytest.mark.parametrize("table", WITH_ROWS)
def test_rows(outside, table, how):
    state = delta_log.state(ALL[table])
    advanced = state.advanced_features()
    if how == "parquet" and advanced:
        with pytest.raises(requests.HTTPError, match="|".join(advanced)):
            delta_sharing.load_as_pandas(url(outside, table), use_delta_format=False)
        return
    limited(table, how if how != "auto" else ("delta" if advanced else "parquet"))
    rows = expected_rows(table)
    frame = load(outside, table, rows,
                 use_delta_format={"delta": True, "parquet": False, "auto": None}[how])
    if rows is not None and frame is not None:
        assert_same_rows(frame, rows, f"{table} in {how}")


@pytest.mark.parametrize("table", WITH_ROWS)
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


OLD = [(t, v) for t in WITH_ROWS for v in delta_log.versions(ALL[t])[:-1][:3]]


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


@pytest.mark.parametrize("table", WITH_ROWS)
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


def test_log_only_tables_lack_their_files():
    for table in READABLE:
        missing = delta_log.state(ALL[table]).missing_files(ALL[table])
        assert bool(missing) == (table in LOG_ONLY), f"{table}: {missing[:2]}"
