"""The change feed of every table from outside that records one, in both places, by three readers: the official client
in parquet and in delta format, and DuckDB from the lines of the answer. The rows must be Spark's, else those of
delta-rs, else those that log and files have (change_feed.of_log, which test_duckdb_reader.py holds against both).
"""
import delta_sharing
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import requests

import change_feed
import delta_log
import duckdb_reader
from asking_outside import api, headers, lines, url
from compare import assert_same_rows
from outside_tables import ALL, CLIENT_FEED_LIMITS, SPARK, feeds

pytestmark = pytest.mark.shared

FEEDS = feeds()
each_feed = pytest.mark.parametrize("table,start,end", FEEDS, ids=[f"{t}:{a}-{b}" for t, a, b in FEEDS])


@pytest.fixture(scope="module")
def expected(duck):
    """expected(table, start, end): (who says so, rows), without the times of commits."""
    known = {}

    def find(table, start, end):
        if (table, start, end) not in known:
            known[table, start, end] = _judged(duck, table, start, end)
        return known[table, start, end]
    return find


def _judged(duck, table, start, end):
    name = table.split(".")[1]
    last = delta_log.versions(ALL[table])[-1]
    for file in (f"cdf_{start}_{end}", f"cdf_{start}_latest" if end == last else ""):
        path = SPARK / "_expected" / name / f"{file}.parquet"
        if table.startswith("spark.") and path.is_file():
            return "Spark", pq.read_table(path).drop_columns(["_commit_timestamp"])
    rows = change_feed.of_delta_rs(ALL[table], start, end)
    return ("delta-rs", rows) if rows is not None else ("the log", change_feed.of_log(duck, ALL[table], start, end))


def cannot_be_parquet(table, start, end):
    mapped = "columnMapping" in delta_log.state(ALL[table], end).advanced_features()
    return mapped or any(c.action.get("deletionVector") for c in change_feed.changes_of_log(ALL[table], start, end))


@pytest.mark.parametrize("how", ["delta", "parquet"])
@each_feed
def test_official_client(outside, expected, table, start, end, how, proven):
    def load():
        return delta_sharing.load_table_changes_as_pandas(
            url(outside, table), starting_version=start, ending_version=end, use_delta_format=how == "delta")
    if how == "parquet" and cannot_be_parquet(table, start, end):
        with pytest.raises(requests.HTTPError):
            load()
        return
    if how == "delta" and (table, start, end) in CLIENT_FEED_LIMITS:
        pytest.skip("official client: " + CLIENT_FEED_LIMITS[table, start, end])
    _, rows = expected(table, start, end)
    assert_same_rows(load().drop(columns=["_commit_timestamp"]), rows, f"{table} {start}-{end} in {how}")
    proven.feed(table, "client", start, end)


@each_feed
def test_duckdb(outside, duck, expected, table, start, end, proven):
    answer = requests.get(api(outside, table, "changes"), params={
        "startingVersion": start, "endingVersion": end, "includeHistoricalMetadata": "true"},
        headers=headers(outside, duckdb_reader.CAPABILITIES), timeout=60)
    found = lines(answer)
    assert answer.headers["delta-table-version"] == str(start)
    assert all(start <= line["file"]["version"] <= end for line in found if "file" in line)
    judge, rows = expected(table, start, end)
    assert_same_rows(change_feed.of_lines(duck, found), rows, f"{table} {start}-{end}, as {judge} has it")
    proven.feed(table, "duckdb", start, end, judge)


@each_feed
def test_each_version_alone(outside, duck, table, start, end):
    """What is asked for version by version is what is asked for at once."""
    parts = []
    for version in range(start, end + 1):
        answer = requests.get(api(outside, table, "changes"),
                              params={"startingVersion": version, "endingVersion": version},
                              headers=headers(outside, duckdb_reader.CAPABILITIES), timeout=60)
        parts.append(change_feed.of_lines(duck, lines(answer)))
    whole = change_feed.of_log(duck, ALL[table], start, end)
    assert_same_rows(pa.concat_tables(parts, promote_options="permissive"), whole, f"{table} {start}-{end}")
