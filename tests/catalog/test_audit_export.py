"""The audit log on its way out: into a Delta table, to the standard output, as a file over REST. To syslog
collectors: test_audit_syslog.py."""
from __future__ import annotations

import csv
import io
import json
import re
import shutil
import signal
import subprocess

import deltalake
import pyarrow as pa

from audit_log import following, happen, logged, message, numbers
from catalog_server import SLUICE
from providing import refused

EXPORT = f"{SLUICE}/audit-events/export"


# ---- into a Delta table


def to_delta(provider, folder, check=True):
    return provider.server.run("audit", "export", "--delta", str(folder), check=check)


def rows(folder) -> list[dict]:
    table = deltalake.DeltaTable(str(folder)).to_pyarrow_table()
    return sorted(table.to_pylist(), key=lambda row: row["sequence"])


def test_delta_has_each_event_once(standing, tmp_path):
    folder = tmp_path / "lake" / "audit"
    happen(standing)
    done = to_delta(standing, folder)
    first = rows(folder)
    assert numbers(first) == list(range(1, len(first) + 1))
    assert f"{len(first)} events were added" in done.stdout, done.stdout
    assert deltalake.DeltaTable(str(folder)).version() == 0

    nothing = to_delta(standing, folder)
    assert "0 events were added" in nothing.stdout, nothing.stdout
    assert deltalake.DeltaTable(str(folder)).version() == 0

    happen(standing)
    to_delta(standing, folder)
    assert deltalake.DeltaTable(str(folder)).version() == 1
    found, expected = rows(folder), logged(standing)
    assert numbers(found) == numbers(expected)
    for row, event in zip(found, expected, strict=True):
        assert row.pop("event_time").isoformat(timespec="milliseconds") == event.pop("event_time").replace(
            "Z", "+00:00")
        assert row.pop("event_date").isoformat() == event.pop("event_date")
        assert dict(row.pop("request_params")) == event.pop("request_params")
        assert row == event


def test_delta_columns_are_those_of_databricks(standing, tmp_path):
    happen(standing)
    to_delta(standing, tmp_path / "t")
    table = deltalake.DeltaTable(str(tmp_path / "t"))
    assert table.metadata().partition_columns == ["event_date"]
    types = {f.name: f.type for f in pa.schema(table.schema().to_arrow())}
    assert pa.types.is_timestamp(types["event_time"]) and types["event_time"].tz == "UTC"
    assert types["event_date"] == pa.date32()
    assert pa.types.is_map(types["request_params"])
    assert [f.name for f in types["response"]] == ["status_code", "error_message", "result"]
    assert types["response"].field("status_code").type == pa.int32()
    assert types["bytes_read"] == types["sequence"] == pa.int64()
    assert {"share_name", "recipient_name", "table_name", "user_identity", "action_name"} <= types.keys()
    # Statistics, for readers that skip files by them.
    adds = pa.table(table.get_add_actions(flatten=True))
    assert sum(adds["num_records"].to_pylist()) == len(rows(tmp_path / "t"))
    assert max(adds["max.sequence"].to_pylist()) == rows(tmp_path / "t")[-1]["sequence"]


def test_delta_is_shared_like_any_table(provider):
    happen(provider)
    to_delta(provider, provider.lake / "audit")
    namespace = provider.namespace()
    provider.register(f"{namespace}.audit", provider.lake / "audit")
    provider.share("about_us", f"{namespace}.audit")
    reader = provider.activate(provider.recipient("auditor"))
    provider.grant("about_us", "auditor")
    expected = rows(provider.lake / "audit")
    assert sorted(reader.read("about_us.sales.audit")["sequence"]) == numbers(expected)
    to_delta(provider, provider.lake / "audit")
    now = rows(provider.lake / "audit")
    assert len(now) > len(expected)
    assert sorted(reader.read("about_us.sales.audit")["sequence"]) == numbers(now)


def test_delta_goes_on_after_others_worked_on_the_table(standing, tmp_path):
    """Compacted, checkpointed, its old commits cleaned up: by other programs."""
    folder = tmp_path / "t"
    for _ in range(3):
        happen(standing, 1)
        to_delta(standing, folder)
    table = deltalake.DeltaTable(str(folder))
    table.optimize.compact()
    table.create_checkpoint()
    happen(standing, 1)
    to_delta(standing, folder)
    table = deltalake.DeltaTable(str(folder))
    table.create_checkpoint()
    for commit in (folder / "_delta_log").glob("*.json"):
        commit.unlink()
    happen(standing, 1)
    to_delta(standing, folder)
    assert numbers(rows(folder)) == numbers(logged(standing))


def test_delta_after_a_crash(standing, tmp_path):
    """What a run left that was cut off before its commit is no part of the table."""
    happen(standing)
    whole = tmp_path / "whole"
    to_delta(standing, whole)
    begun = tmp_path / "begun"
    shutil.copytree(whole, begun)
    for commit in (begun / "_delta_log").iterdir():
        commit.unlink()
    to_delta(standing, begun)
    assert numbers(rows(begun)) == numbers(logged(standing))


def test_delta_refuses_an_altered_log(provider, tmp_path):
    happen(provider)
    folder = tmp_path / "t"
    to_delta(provider, folder)
    before = numbers(rows(folder))
    happen(provider)
    file = sorted((provider.server.data / "audit").glob("audit-*.jsonl"))[0]
    text = file.read_bytes()
    file.write_bytes(text.replace(b'"status_code":200', b'"status_code":201', 1))
    done = to_delta(provider, folder, check=False)
    file.write_bytes(text)
    assert done.returncode == 1
    assert "BROKEN" in done.stdout and "Nothing was exported" in done.stdout, done.stdout
    assert numbers(rows(folder)) == before


def test_delta_refuses_folders_of_others(standing, tmp_path):
    happen(standing, 1)
    papers = tmp_path / "papers"
    papers.mkdir()
    (papers / "letter.txt").write_text("dear sir")
    other = tmp_path / "other"
    deltalake.write_deltalake(str(other), pa.table({"id": [1]}))
    (tmp_path / "file").write_text("x")
    for folder, word in ((papers, "no Delta table"), (other, "other columns"), (tmp_path / "file", "not a folder")):
        done = to_delta(standing, folder, check=False)
        assert done.returncode == 2, done
        assert word in done.stderr and str(folder) in done.stderr, done.stderr
    assert [p.name for p in papers.iterdir()] == ["letter.txt"]
    assert deltalake.DeltaTable(str(other)).version() == 0


def test_delta_refuses_another_log(standing, tmp_path):
    happen(standing, 1)
    folder = tmp_path / "t"
    to_delta(standing, folder)
    commit = folder / "_delta_log" / f"{0:020}.json"
    text = commit.read_text()
    commit.write_text(re.sub(r'"userMetadata":"\w{4}', '"userMetadata":"0000', text))
    done = to_delta(standing, folder, check=False)
    assert done.returncode == 2 and "another log" in done.stderr, done
    commit.write_text(re.sub(r'("appId":"[^"]*","version":)\d+', r"\g<1>1000000", text))
    done = to_delta(standing, folder, check=False)
    assert done.returncode == 2 and "the log ends with" in done.stderr, done


def test_delta_takes_no_filters(standing, tmp_path):
    for words in (["--share", "s"], ["--follow"], ["--after", "3"], ["--syslog"]):
        done = standing.server.run("audit", "export", "--delta", str(tmp_path / "t"), *words, check=False)
        assert done.returncode == 2 and "--delta" in done.stderr, done
    assert not (tmp_path / "t").exists()


# ---- on the standard output


def test_follow_goes_on_as_events_come(standing):
    happen(standing)
    expected = numbers(logged(standing))
    with following(standing) as (_, lines):
        got = [json.loads(lines.get(timeout=30)) for _ in expected]
        assert numbers(got) == expected
        happen(standing, 2)
        more = [json.loads(lines.get(timeout=30)) for _ in range(2)]
        assert numbers(more) == [expected[-1] + 1, expected[-1] + 2]


def test_follow_ends_though_nobody_reads(standing):
    for _ in range(40):
        happen(standing, 10)
    command = [standing.server.binary, "audit", "export", "--data", str(standing.server.data), "--follow"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=standing.server.env) as process:
        process.stdout.read(1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_after(standing):
    happen(standing)
    newest = numbers(logged(standing))[-1]
    out = standing.server.run("audit", "export", "--after", str(newest - 2)).stdout
    assert numbers(map(json.loads, out.splitlines())) == [newest - 1, newest]
    assert standing.server.run("audit", "export", "--after", str(newest)).stdout == ""
    beyond = standing.server.run("audit", "export", "--after", "1000000", check=False)
    assert beyond.returncode == 2 and f"the log ends with event {newest}" in beyond.stderr, beyond


def test_syslog_on_the_standard_output(standing):
    happen(standing)
    out = standing.server.run("audit", "export", "--syslog").stdout
    assert [message(line.encode()) for line in out.splitlines()] == logged(standing)


# ---- over REST


def test_rest_as_lines(standing):
    happen(standing)
    expected = logged(standing)
    answer = standing.server.ask("GET", EXPORT)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="audit-events.jsonl"'
    found = [json.loads(line) for line in answer.text.splitlines()]
    assert found[: len(expected)] == expected
    # That somebody took the log is on record.
    assert logged(standing)[-1]["action_name"] == "exportAuditEvents"


def test_rest_as_csv(standing, fresh):
    name = fresh("share")
    standing.w.shares.create(name, comment='=HYPERLINK("http://x")')
    answer = standing.server.ask("GET", EXPORT, params={"format": "csv", "share_name": name},
                                 headers={"User-Agent": "x"})
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="audit-events.csv"'
    found = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    expected = [e for e in logged(standing) if e["share_name"] == name]
    assert [int(row["sequence"]) for row in found] == numbers(expected)
    assert [row["action_name"] for row in found] == ["createShare"]
    assert json.loads(found[0]["request_params"])["comment"] == '=HYPERLINK("http://x")'


def test_rest_defuses_formulas(standing):
    standing.server.ask("GET", "/api/2.1/unity-catalog/shares", headers={"User-Agent": "=cmd|' /C calc'!A0"})
    answer = standing.server.ask("GET", EXPORT, params={"format": "csv"}, headers={"User-Agent": "x"})
    agents = {row["user_agent"] for row in csv.DictReader(io.StringIO(answer.text, newline=""))}
    assert "'=cmd|' /C calc'!A0" in agents
    assert not [a for a in agents if a[:1] in "=+-@" and a]


def test_rest_refusals(standing, fresh):
    assert standing.server.ask("GET", EXPORT, params={"format": "xml"}).status_code == 400
    assert standing.server.ask("GET", EXPORT, params={"status": "7"}).status_code == 400
    assert standing.server.ask("GET", EXPORT, token="").status_code == 401
    client, _ = standing.user(f"{fresh('user')}@example.org")
    with refused(403, "PERMISSION_DENIED", "metastore admins"):
        client.api_client.do("GET", EXPORT)
