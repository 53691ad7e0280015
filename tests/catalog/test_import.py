"""From a configuration file to a catalog: whoever read before goes on reading, with the profile that it has."""
from __future__ import annotations

import json
import subprocess

import deltalake
import delta_sharing
import pyarrow as pa
import pytest
import requests

from catalog_server import CatalogServer
from conftest import BINARY
from providing import UC, Provider, Reader
from sluice_server import TOKEN, Server, yaml_config


def lines_of(server, token, table, what="query", endpoint="/delta-sharing"):
    share, schema, name = table.split(".")
    url = f"{server.origin}{endpoint}/shares/{share}/schemas/{schema}/tables/{name}/{what}"
    with requests.Session() as session:
        session.trust_env = False
        answer = session.request("POST" if what == "query" else "GET", url, timeout=30,
                                 headers={"Authorization": f"Bearer {token}"},
                                 **({"json": {}} if what == "query" else {}))
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


@pytest.fixture
def file_server(tmp_path):
    """(a server with a configuration file of two shares, the folder of its tables)"""
    lake = tmp_path / "lake"
    for name, rows in (("orders", [1, 2, 3]), ("rain", [4]), ("secret", [5, 6])):
        deltalake.write_deltalake(str(lake / name), pa.table({"id": rows}),
                                  configuration={"delta.enableChangeDataFeed": "true"})
    deltalake.write_deltalake(str(lake / "orders"), pa.table({"id": [9]}), mode="append")
    server = Server(BINARY, yaml_config({
        "first": {"sales": {"orders": {"location": str(lake / "orders"), "historyShared": True},
                            "rain": str(lake / "rain")}},
        "Second": {"sales": {"named": {"location": str(lake / "secret"),
                                       "id": "11111111-2222-4333-8444-555555555555"}}}}), tmp_path)
    with server:
        yield server, lake


TABLES = ["first.sales.orders", "first.sales.rain", "Second.sales.named"]


def picture(profile, server):
    """What a recipient gets to know, ids and all."""
    client = delta_sharing.SharingClient(str(profile))
    known = {"tables": sorted(str(t) for t in client.list_all_tables()),
             "shares": sorted(str(s) for s in client.list_shares())}
    for table in TABLES:
        known[table] = sorted(delta_sharing.load_as_pandas(f"{profile}#{table}")["id"])
        protocol, metadata, *files = lines_of(server, TOKEN, table)
        known[table, "metadata"] = metadata
        known[table, "files"] = sorted(f["file"]["id"] for f in files)
    known["changes"] = sorted(delta_sharing.load_table_changes_as_pandas(
        f"{profile}#first.sales.orders", starting_version=0)["id"])
    shown = [requests.get(f"{server.url}/shares{path}", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30).json()
             for path in ("", "/first", "/first/all-tables", "/Second/all-tables")]
    return known, shown


def test_recipients_go_on_as_before(file_server, tmp_path):
    server, lake = file_server
    profile = tmp_path / "old.share"
    profile.write_text(json.dumps({"shareCredentialsVersion": 1, "endpoint": server.url, "bearerToken": TOKEN}))
    before = picture(profile, server)
    assert server.stop() == 0

    data = tmp_path / "data"
    done = subprocess.run([server.binary, "import", str(tmp_path / "sluice.yaml"), "--data", str(data)],
                          cwd=tmp_path, env=server.env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "2 shares with 3 tables" in done.stdout and f"--local-root {lake}" in done.stdout, done.stdout
    assert TOKEN not in done.stdout + done.stderr

    new = CatalogServer(BINARY, tmp_path, local_roots=[lake])
    new.port = server.port  # the profile names it
    with new:
        provider = Provider(new, lake)
        assert picture(profile, new) == before
        assert sorted(s.name for s in provider.w.shares.list_shares()) == ["Second", "first"]
        assert [r.name for r in provider.w.recipients.list()] == ["imported"]
        # It is a catalog like any other now.
        provider.w.shares.create("third")
        provider.revoke("Second", "imported")
        reader = Reader(profile, new.url, TOKEN)
        assert reader.tables() == ["first.sales.orders", "first.sales.rain"]
        assert reader.ask(new, "/shares/Second").status_code == 404
        new.run("audit", "verify")
        assert [e for e in provider.audit() if e["action_name"] == "importConfiguration"]
        new.restart()
        assert reader.tables() == ["first.sales.orders", "first.sales.rain"]
        assert new.ask("GET", f"{UC}/shares").status_code == 200


def test_nothing_is_taken_over_twice_or_by_halves(file_server, tmp_path):
    server, _ = file_server
    assert server.stop() == 0
    data = tmp_path / "data"

    def run_import():
        return subprocess.run([server.binary, "import", str(tmp_path / "sluice.yaml"), "--data", str(data)],
                              cwd=tmp_path, env=server.env, capture_output=True, text=True, timeout=60, check=False)

    assert run_import().returncode == 0
    again = run_import()
    assert again.returncode != 0 and again.stderr.startswith("sluice: "), again.stderr
    with CatalogServer(BINARY, tmp_path) as new:
        assert len(list(new.admin.shares.list_shares())) == 2
        busy = run_import()
        assert busy.returncode != 0 and "another" in busy.stderr, busy.stderr
