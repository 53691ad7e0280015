"""What the conformance run rests on: that the reader finds the rows that a table has, and no others. Tables with
features that none from outside has, through the server in both places; and change feeds straight from the log.
"""
import collections
import json

import pyarrow.parquet as pq
import pytest

import change_feed
import duckdb_reader
import feature_tables
from asking import call, shares
from compare import assert_same_rows
from outside_tables import ALL, SPARK, feeds

ANNOUNCED = {"delta-sharing-capabilities": duckdb_reader.CAPABILITIES}


def rows(duck, server, table="t"):
    answer = call(server, table, extra_headers=ANNOUNCED)
    assert answer.status_code == 200, answer.text
    return duckdb_reader.read(duck, [json.loads(line) for line in answer.text.split("\n") if line])


@pytest.mark.parametrize("name", feature_tables.TABLES)
def test_a_feature(serve, lake, duck, name):
    expected = feature_tables.TABLES[name](lake / "t")
    server = serve(shares(t=lake / "t"))
    assert_same_rows(rows(duck, server), expected, name)


def test_a_reader_feature_that_the_reader_lacks():
    with pytest.raises(AssertionError, match="geospatial"):
        duckdb_reader.Table({"readerFeatures": ["geospatial"]}, {})


@pytest.mark.shared
@pytest.mark.parametrize("file", json.loads((SPARK / "_expected/cdf/expected.json").read_text())["cdf"]
                         if SPARK.is_dir() else [], ids=lambda f: f["file"])
def test_changes_of_the_log_are_those_of_spark(duck, file):
    last = 7 if file["end"] is None else file["end"]
    expected = pq.read_table(SPARK / "_expected/cdf" / file["file"]).drop_columns(["_commit_timestamp"])
    assert_same_rows(change_feed.of_log(duck, ALL["spark.cdf"], file["start"], last), expected, file["file"])


@pytest.mark.shared
@pytest.mark.parametrize("table,start,end", feeds(), ids=str)
def test_changes_of_the_log_are_those_of_delta_rs(duck, table, start, end):
    found = change_feed.of_log(duck, ALL[table], start, end)
    kinds = collections.Counter(found["_change_type"].to_pylist())
    assert kinds["update_preimage"] == kinds["update_postimage"]
    if (expected := change_feed.of_delta_rs(ALL[table], start, end)) is not None:
        assert_same_rows(found, expected, table)
