"""`sluice demo`: what it makes is real, and what it prints works."""
import json
import os
import pathlib
import re
import stat
import subprocess
import sys
import time

import delta_sharing
import deltalake
import pytest
import requests

from conftest import BINARY
from sluice_server import free_port


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    """The folder and the output of a run that stops by itself."""
    folder = tmp_path_factory.mktemp("demo")
    run = subprocess.run([str(BINARY), "demo", "--once", "--port", str(free_port())], cwd=folder,
                         capture_output=True, text=True, timeout=400)
    assert run.returncode == 0, run.stderr[-3000:]
    return folder / "sluice-demo", run.stdout + run.stderr


@pytest.fixture(scope="module")
def serving(once):
    """The demo again over the same folder, serving; its output up to the last line."""
    folder, _ = once
    out = open(folder.parent / "out", "w+")
    process = subprocess.Popen([str(BINARY), "demo", "--port", str(free_port())], cwd=folder.parent,
                               stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 120
        while "Ctrl-C" not in (text := (folder.parent / "out").read_text()):
            assert process.poll() is None and time.monotonic() < deadline, text
            time.sleep(0.05)
        yield folder, text
        process.terminate()
        assert process.wait(35) == 0
    finally:
        process.kill()
        out.close()


def tables(folder) -> dict[str, pathlib.Path]:
    return {p.parent.name: p.parent for p in sorted((folder / "tables").rglob("_delta_log"))}


def test_it_reads_back_through_the_protocol(once):
    folder, text = once
    assert re.search(r"\d+ ?(ms|s)\b", text), "no timings"
    assert {"customers", "products", "orders", "events"} <= set(tables(folder))


def test_delta_rs_reads_its_tables(once):
    folder, _ = once
    rows = {}
    for name, root in tables(folder).items():
        table = deltalake.DeltaTable(str(root))
        rows[name] = table.to_pyarrow_table().num_rows
        assert rows[name] > 0
    assert 800_000 <= sum(rows.values()) <= 2_000_000, rows
    orders = deltalake.DeltaTable(str(tables(folder)["orders"]))
    assert orders.version() >= 2, "several commits"
    assert orders.metadata().partition_columns, "partitioned"


def test_the_token_is_private(once):
    folder, text = once
    for name in ("partner.token", "europe.token", "data/admin-token"):
        token = (folder / name).read_text().strip()
        assert len(token) >= 32 and token not in text
    for name in ("partner.token", "partner.share", "europe.token", "europe.share", "data/admin-token",
                 "data/master-key", "data/sluice.db"):
        mode = stat.S_IMODE((folder / name).stat().st_mode)
        assert mode & 0o077 == 0, f"{name} is {mode:o}"


def test_the_official_client_reads_all_of_it(serving):
    folder, _ = serving
    profile = str(folder / "partner.share")
    found = delta_sharing.SharingClient(profile).list_all_tables()
    assert len(found) == len(tables(folder))
    for table in found:
        where = f"{profile}#{table.share}.{table.schema}.{table.name}"
        expected = deltalake.DeltaTable(str(tables(folder)[table.name])).to_pyarrow_table()
        frame = delta_sharing.load_as_pandas(where, use_delta_format=True)
        assert len(frame) == expected.num_rows
        assert set(frame.columns) == set(expected.schema.names)
    first = delta_sharing.load_as_pandas(f"{profile}#retail.sales.orders", version=0, use_delta_format=True)
    then = deltalake.DeltaTable(str(tables(folder)["orders"]), version=0).to_pyarrow_table()
    assert len(first) == then.num_rows


def snippets(text: str) -> dict[str, str]:
    """{title: commands} of what it says to try."""
    found, title = {}, None
    for line in text.partition("Try, in another terminal:")[2].split("\n"):
        if line.startswith("  # "):
            title = line[4:].split()[0].rstrip(",")
            found[title] = ""
        elif line.startswith("  ") and title:
            found[title] += line[2:] + "\n"
        elif line.strip():
            title = None
    return found


def bash(command, folder):
    path = f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(["bash", "-c", command], cwd=folder.parent, capture_output=True, text=True,
                          timeout=120, env={**os.environ, "PATH": path})


def test_the_curl_snippet(serving):
    folder, text = serving
    run = bash(snippets(text)["curl"], folder)
    assert run.returncode == 0, run.stderr
    assert {t["name"] for t in json.loads(run.stdout)["items"]} == set(tables(folder))


def test_the_pandas_snippet(serving):
    folder, text = serving
    run = bash(snippets(text)["pandas"], folder)
    assert run.returncode == 0, run.stderr
    assert len(run.stdout.strip().split("\n")) >= 6, run.stdout


def test_the_administrators_snippet(serving):
    folder, text = serving
    run = bash(snippets(text)["databricks-sdk"], folder)
    assert run.returncode == 0, run.stderr
    assert "europe" in run.stdout and "retail" in run.stdout, run.stdout


def test_a_recipient_gets_its_own_region(serving):
    folder, _ = serving
    frame = delta_sharing.load_as_pandas(f"{folder / 'europe.share'}#regional.sales.orders")
    assert len(frame) > 0 and set(frame.region) == {"Europe"}


def test_the_duckdb_snippet_fetches_a_file(serving):
    """Without DuckDB's command line here, up to the file that it would read."""
    folder, text = serving
    command = snippets(text)["DuckDB"].split("&&")[0]
    run = bash(command, folder)
    assert run.returncode == 0, run.stderr
    fetched = (folder.parent / "customers.parquet").read_bytes()
    assert fetched[:4] == b"PAR1" == fetched[-4:]


def test_what_is_not_a_demos_is_left_alone(tmp_path):
    mine = tmp_path / "sluice-demo" / "tables" / "mine.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("precious")
    run = subprocess.run([str(BINARY), "demo", "--once", "--port", str(free_port())], cwd=tmp_path,
                         capture_output=True, text=True, timeout=400)
    assert mine.read_text() == "precious"
    assert run.returncode != 0 and "sluice-demo" in run.stderr, run.stdout + run.stderr


# ---- the week of activity ----

READERS = {"brightwater-bi", "lumen-analytics", "quayside-logistics", "fjord-outfitters", "maple-street-media",
           "tidewater-research"}


@pytest.fixture(scope="module")
def ask(serving):
    """Asks the server as its administrator, below /api/2.1."""
    folder, text = serving
    url = re.search(r"Serving at (http://[^/]+)", text)[1]
    token = (folder / "data/admin-token").read_text().strip()

    def get(path, **params):
        answer = requests.get(f"{url}/api/2.1/{path}", params=params, timeout=30,
                              headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200, answer.text
        return answer.json()
    return get


def test_the_week_is_made_once_and_told(once, serving):
    _, first = once
    _, again = serving
    told = re.search(r"\[11/11\] a week of activity: ([\d,]+) reads by 6 recipients", first)
    assert told and int(told[1].replace(",", "")) > 700
    assert "a week of activity" not in again


def test_usage_of_the_week_names_each_recipient(ask):
    now = int(time.time() * 1000)
    series = ask("sluice/usage", group_by="recipient", bucket="day", start_time=now - 7 * 86_400_000, end_time=now)["series"]
    totals = {one.get("recipient"): one["totals"] for one in series}
    assert READERS <= set(totals), set(totals)
    assert all(totals[name]["reads"] > 10 and totals[name]["bytes_read"] > 100_000 for name in READERS), totals
    assert totals["tidewater-research"]["denied"] > 30
    assert "ironbark-foods" not in totals


def test_findings_have_the_burst(ask):
    found = {(one["rule"], one.get("recipient")) for one in ask("sluice/usage/findings")["findings"]}
    assert {("read_much_more", "quayside-logistics"), ("new_address", "quayside-logistics"),
            ("refused_often", "tidewater-research")} <= found, found


def test_requests_have_one_open_and_one_approved(ask):
    access = [one for one in ask("sluice/requests")["requests"] if one["kind"] == "access"]
    assert {(one["asked_by"], one["status"]) for one in access} == {
        ("maple-street-media", "OPEN"), ("lumen-analytics", "APPROVED")}


def test_notifications_tell_of_the_week(ask):
    inbox = ask("sluice/notifications")["notifications"]
    assert {"token_rotated", "token_expiring", "grant_expiring", "link_unopened", "request_made"} <= {
        one["kind"] for one in inbox}
    week_ago = (time.time() - 8.2 * 86400) * 1000
    assert all(week_ago < one["time"] <= time.time() * 1000 for one in inbox)


def test_the_audit_log_of_the_week_verifies(serving):
    folder, _ = serving
    run = subprocess.run([str(BINARY), "audit", "verify", "--json", "--data", str(folder / "data")],
                         capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stdout + run.stderr
    days = {json.loads(line)["event_date"] for path in (folder / "data/audit").glob("*.jsonl")
            for line in path.read_text().splitlines() if '"event_date"' in line}
    assert len(days) >= 8, days


def test_a_live_table_has_new_versions(serving):
    folder, _ = serving
    assert deltalake.DeltaTable(str(folder / "live/stock")).version() >= 27
    assert deltalake.DeltaTable(str(folder / "live/deliveries")).version() >= 3


def test_a_week_that_was_cut_short_is_made_anew(once, tmp_path):
    """Left behind by a run that was killed: a folder that is not whole."""
    folder, _ = once
    (tmp_path / "sluice-demo").mkdir()
    (tmp_path / "sluice-demo/tables").symlink_to(folder / "tables")
    partial = tmp_path / "sluice-demo/data.partial"
    partial.mkdir(mode=0o700)
    (partial / "sluice.db").write_text("half")
    run = subprocess.run([str(BINARY), "demo", "--once", "--port", "0"], cwd=tmp_path, capture_output=True,
                         text=True, timeout=400)
    assert run.returncode == 0, run.stderr
    assert "cut short" in run.stdout and "[1/1] a week of activity" in run.stdout
    assert not partial.exists() and (tmp_path / "sluice-demo/data/sluice.db").exists()


def test_it_serves_on_loopback_only(serving):
    folder, text = serving
    assert "127.0.0.1" in re.search(r"Serving at (\S+)", text)[1]
    endpoint = re.search(r"Serving at (\S+)", text)[1]
    assert requests.get(endpoint + "/shares", timeout=10).status_code == 401
