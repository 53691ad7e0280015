"""Every table from outside, in both places: read row by row by two readers that share no code, the official Python
client and DuckDB (duckdb_reader.py); or refused for a reason that stands in outside_tables.py.

What the run gives is docs/conformance.md: the last test here holds the two against each other.
"""
import re
import shutil
import subprocess

import delta_sharing
import pytest
import requests

import conformance_table
import delta_log
import duckdb_reader
from asking_outside import api, headers, lines, load, query, url
from compare import assert_same_rows
from conftest import BINARY, Server, profile, yaml_config
from lake import WHERE
from outside_tables import (ALL, CHECKPOINTED, CLIENT_LIMITS, LOG_ONLY, REFUSED, UNREAD, WITH_ROWS, ZONE_DEPENDENT,
                            client_limit, judged, versions)

pytestmark = pytest.mark.shared


def test_lists_name_only_tables_that_exist():
    assert not (set(REFUSED) | LOG_ONLY | set(CLIENT_LIMITS)) - set(ALL)


@pytest.mark.parametrize("table", sorted(REFUSED))
def test_refused(outside, table, proven):
    status, code, words = REFUSED[table]
    for answer in (query(outside, table),
                   requests.get(api(outside, table, "metadata"), headers=headers(outside), timeout=60)):
        assert re.fullmatch(str(status), str(answer.status_code)), answer.text
        assert answer.json()["errorCode"] == code, answer.text
        assert words.lower() in answer.json()["message"].lower(), answer.text
        assert str(ALL[table]) not in answer.text and "s3://" not in answer.text, answer.text
    with pytest.raises(requests.HTTPError):
        delta_sharing.load_as_pandas(url(outside, table))
    proven.refused(table, answer)


# In parquet format the client makes ten requests a file: those of Spark are read so by test_accept.py.
FORMATS = [(t, how) for t in WITH_ROWS
           for how in (("delta",) if t.startswith("spark.") else ("delta", "parquet", "auto"))]


@pytest.mark.parametrize("table,how", FORMATS, ids=[f"{t}-{how}" for t, how in FORMATS])
def test_official_client(outside, table, how, proven):
    advanced = delta_log.state(ALL[table]).advanced_features()
    if how == "parquet" and advanced:
        with pytest.raises(requests.HTTPError, match="|".join(advanced)):
            delta_sharing.load_as_pandas(url(outside, table), use_delta_format=False)
        return
    if reason := client_limit(table, how if how != "auto" else ("delta" if advanced else "parquet")):
        proven.skipped(table, "client", reason)
        pytest.skip("official client: " + reason)
    _, rows = judged(table)
    frame = load(outside, table, rows, use_delta_format={"delta": True, "parquet": False, "auto": None}[how])
    if rows is not None and frame is not None:
        assert_same_rows(frame, rows, f"{table} in {how}")
    proven.read(table, "client")


def duckdb_rows(duck, server, table, version=None):
    body = {} if version is None else {"version": version}
    rows = duckdb_reader.read(duck, lines(query(server, table, body, duckdb_reader.CAPABILITIES)))
    return rows.drop_columns(list(ZONE_DEPENDENT.get(table, ())))


@pytest.mark.parametrize("table", WITH_ROWS)
def test_duckdb(outside, duck, table, proven):
    """The newest version and older ones. Where nobody else knows the rows, both readers must agree."""
    for version in versions(table):
        judge, expected = judged(table, version)
        got = duckdb_rows(duck, outside, table, version)
        if expected is not None:
            assert_same_rows(got, expected, f"{table} version {version}, as {judge} has it")
        elif not client_limit(table, "delta"):
            frame = load(outside, table, None, version=version, use_delta_format=True)
            assert_same_rows(frame, got, f"{table} version {version}: the client's rows against DuckDB's")
            judge = "the official client"
        else:
            pytest.fail(f"{table} version {version}: nobody knows its rows")
        proven.read(table, "duckdb", version, judge)


@pytest.fixture(scope="module", params=WHERE)
def trimmed(request, tmp_path_factory):
    """A server for the tables with a checkpoint, without the commits that it makes needless."""
    top = tmp_path_factory.mktemp("trimmed")
    for table in CHECKPOINTED:
        shutil.copytree(ALL[table], top / table, copy_function=shutil.copy)
        subprocess.run(["chmod", "-R", "u+w", str(top / table)], check=True)
        for name in delta_log.without_commits(ALL[table]):
            (top / table / "_delta_log" / name).unlink()
    where, extra = top, ""
    if request.param == "s3":
        store = request.getfixturevalue("s3")
        where, extra = store.put_table(top, "trimmed"), "storage:\n" + store.yaml("trimmed", "s3://trimmed")
    schemas: dict = {"golden": {}, "kernel": {}, "spark": {}}
    for table in CHECKPOINTED:
        schema, name = table.split(".")
        schemas[schema][name] = {"location": f"{where}/{table}", "historyShared": True}
    folder = tmp_path_factory.mktemp("server")
    with Server(BINARY, yaml_config({"all": schemas}, extra=extra), folder) as server:
        server.profile, server.where = profile(server, folder), request.param
        yield server


@pytest.mark.parametrize("table", CHECKPOINTED)
def test_through_the_checkpoint_alone(trimmed, duck, table):
    """A table with all its commits can be read without a look at its checkpoints; so here they are gone."""
    judge, expected = judged(table)
    assert expected is not None, "nobody knows its rows"
    assert_same_rows(duckdb_rows(duck, trimmed, table), expected, f"{table}, as {judge} has it")
    conformance_table.PROOF.at(trimmed.where).checkpoint(table)


@pytest.mark.parametrize("table", sorted(UNREAD))
def test_log_only_tables_lack_their_files(table, proven):
    assert delta_log.state(ALL[table]).missing_files(ALL[table])
    proven.skipped(table, "client", UNREAD[table])
    proven.skipped(table, "duckdb", UNREAD[table])


@pytest.mark.parametrize("table", WITH_ROWS)
def test_all_others_have_theirs(table):
    assert not delta_log.state(ALL[table]).missing_files(ALL[table])


@pytest.mark.after_all
def test_the_document_says_what_this_run_has_shown(request):
    if missing := conformance_table.PROOF.missing():
        pytest.skip(f"not the whole run: {len(missing)} proofs are missing, such as {missing[0]}")
    text = conformance_table.document(conformance_table.PROOF)
    if request.config.getoption("--write-conformance"):
        conformance_table.DOCUMENT.write_text(text, encoding="utf-8")
    assert conformance_table.DOCUMENT.read_text(encoding="utf-8") == text, "run: make conformance"
