"""`sluice move-catalog`: a catalog from its file into PostgreSQL and back, with everything that is in it; and what
is left when the move is killed.

env  SLUICE_KILL_ROUNDS  how often it is killed (default 5)
     SLUICE_KILL_SEED    repeats a run
"""
from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import time

import pytest
from catalog_server import SCIM, SLUICE, UC, CatalogServer
from conftest import BINARY
from postgres_server import BINARIES, PostgresServer
from providing import Provider, eventually
from sinks import Webhooks, verify

pytestmark = pytest.mark.skipif(BINARIES is None, reason="no PostgreSQL is installed")
ROUNDS = int(os.environ.get("SLUICE_KILL_ROUNDS", "5"))
SEED = int(os.environ.get("SLUICE_KILL_SEED", "20260101"))
SETTINGS = "version: 1\nshares: []\nnotify:\n  allowPrivateTargets: true\n  tablePollSeconds: 1\n"


class Target(PostgresServer):
    """Each place is a schema of its own."""

    def new_place(self, name="moved") -> str:
        self.sql(f"DROP SCHEMA IF EXISTS {name} CASCADE")
        self.sql(f"CREATE SCHEMA {name}")
        return f"{self.url}&options=-csearch_path%3D{name}"


@pytest.fixture(scope="module")
def postgres():
    with Target() as server:
        yield server


@pytest.fixture
def provider(tmp_path):
    lake = tmp_path / "lake"
    lake.mkdir()
    with CatalogServer(BINARY, tmp_path, local_roots=[lake], settings=SETTINGS) as server:
        provider = Provider(server, lake)
        provider.namespace()
        yield provider


def picture(server) -> dict:
    """Everything that the API shows."""
    seen = {}

    def look(path):
        answer = server.ask("GET", path)
        assert answer.status_code == 200, f"{path}: {answer.text}"
        seen[path] = answer.json()
        return seen[path]

    for share in look(f"{UC}/shares").get("shares", []):
        look(f"{UC}/shares/{share['name']}?include_shared_data=true")
        look(f"{UC}/shares/{share['name']}/permissions")
    for recipient in look(f"{UC}/recipients").get("recipients", []):
        look(f"{UC}/recipients/{recipient['name']}")
    for path in ("catalogs", "schemas?catalog_name=main", "tables?catalog_name=main&schema_name=sales",
                 "storage-credentials", "external-locations", "metastore_summary"):
        look(f"{UC}/{path}")
    for path in (f"{SCIM}/Users", f"{SCIM}/Groups", "/api/2.0/token/list", "/api/2.0/notification-destinations",
                 f"{SLUICE}/notification-subscriptions", f"{SLUICE}/notifications"):
        look(path)
    return seen


def move(server, to, *words) -> subprocess.CompletedProcess:
    return server.run("move-catalog", "--to", to, *words, check=False)


def moved(server, to) -> str:
    done = move(server, to)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def files(server) -> set[str]:
    """What there is of databases."""
    return {p.name for p in server.data.iterdir() if p.is_file()} - {"master-key", "admin-token"}


def test_there_and_back_with_all_that_is_in_it(provider, postgres):
    server, w, place = provider.server, provider.w, postgres.new_place()
    with Webhooks() as hooks:
        provider.table("main.sales.orders", {"id": [1, 2, 3]})
        provider.share("spring", "main.sales.orders")
        reader = provider.reader("acme", "spring", comment="Größe ⚓ 'x' ?")
        provider.recipient("late")  # its link is not opened yet
        ada, _ = provider.user("ada@example.org")
        provider.group("analysts", w.users.get(ada.current_user.me().id))
        provider.allow("catalog", "main", "analysts", "USE_CATALOG")
        keys = {"access_key_id": "AKIA", "secret_access_key": "hush", "endpoint": "http://127.0.0.1:1",
                "region": "us-east-1", "path_style": True}
        made = server.ask("POST", f"{UC}/storage-credentials",
                          json={"name": "keys", "s3_access_key": keys, "skip_validation": True})
        assert made.status_code == 200, made.text
        hook = server.ask("POST", "/api/2.0/notification-destinations", json={
            "display_name": "hook", "config": {"generic_webhook": {"url": hooks.url}}}).json()
        assert server.ask("POST", f"{SLUICE}/notification-subscriptions", json={
            "destination_id": hook["id"], "kinds": ["access_granted"]}).status_code == 200
        before = picture(server)

        def is_as_before():
            server.start()
            assert picture(server) == before
            assert sorted(reader.read("spring.sales.orders")["id"]) == [1, 2, 3]
            assert [c.name for c in ada.catalogs.list()] == ["main"]
            server.run("audit", "verify")

        assert server.stop() == 0
        said = moved(server, place)
        assert "PostgreSQL" in said and f"{server.data}/sluice.db.moved" in said, said
        assert files(server) == {"database", "sluice.db.moved"}
        assert (server.data / "database").read_text().strip() == place
        assert (server.data / "database").stat().st_mode & 0o777 == 0o600
        assert postgres.sql("SELECT count(*) FROM moved.securables WHERE kind = 'SHARE'") == "1"
        assert b"hush" not in (server.data / "sluice.db.moved").read_bytes()
        is_as_before()

        provider.share("summer", "main.sales.orders")
        provider.grant("summer", "acme")  # with the secret of the destination, which the key still opens
        eventually(lambda: hooks.received)
        verify(hook["signing_secret"], *hooks.received[0][1:])
        provider.revoke("spring", "acme")
        provider.grant("spring", "acme")
        eventually(lambda: len(hooks.received) == 2)
        before = picture(server)
        assert server.stop() == 0
        said = moved(server, "file")
        assert "sluice.db now" in said and "may be deleted" in said, said
        assert files(server) == {"sluice.db", "sluice.db.moved"}
        assert (server.data / "sluice.db").stat().st_mode & 0o777 == 0o600
        postgres.sql("DROP SCHEMA moved CASCADE")
        is_as_before()
        events = [e["request_params"] for e in provider.audit(action_name="moveCatalog")]
        assert [(e["from"], e["to"]) for e in events] == [("sluice.db", "PostgreSQL"), ("PostgreSQL", "sluice.db")]
        link = next(r for r in w.recipients.list() if r.name == "late")
        assert provider.activate(link).tables() == []


def test_moving_again_says_that_it_is_there(provider, postgres):
    server, place = provider.server, postgres.new_place()
    assert server.stop() == 0
    assert "sluice.db already" in moved(server, "file")
    moved(server, place)
    assert "PostgreSQL already" in moved(server, place)
    other = postgres.new_place("other")
    assert "PostgreSQL now" in moved(server, other)  # from one database into another
    assert (server.data / "database").read_text().strip() == other
    server.start()


def test_refused_while_a_server_runs(provider, postgres):
    server, place = provider.server, postgres.new_place()
    refused = move(server, place)
    assert refused.returncode == 1 and "a server runs on" in refused.stderr, refused.stderr
    assert not (server.data / "database").exists()
    server.stop()
    moved(server, place)
    server.start()
    refused = move(server, "file")
    assert refused.returncode == 1 and "another server runs" in refused.stderr, refused.stderr
    assert files(server) == {"database", "sluice.db.moved"}


def test_refused_where_there_is_something(provider, postgres, tmp_path):
    server, place = provider.server, postgres.new_place()
    server.stop()
    (tmp_path / "other").mkdir()
    with CatalogServer(BINARY, tmp_path / "other", flags=["--database", place]) as other:
        other.admin.shares.create("theirs")
        refused = move(server, place)
        assert refused.returncode == 1 and "another server runs on this database" in refused.stderr, refused.stderr
    refused = move(server, place)
    assert refused.returncode == 1 and "has rows already" in refused.stderr and "search_path" in refused.stderr
    assert postgres.sql("SELECT name FROM moved.securables WHERE kind = 'SHARE'") == "theirs"
    place = postgres.new_place()
    postgres.sql("CREATE TABLE moved.x (a int)")
    assert "another program's tables" in move(server, place).stderr
    assert files(server) == {"sluice.db"}
    server.start()


@pytest.mark.parametrize("to, said", [
    ("postgresql://sluice:secret@localhost/sluice", "passfile"), ("postgresql:///none?host=/nowhere", "database"),
    ("sluice.db", "postgresql://host/sluice, or: file")])
def test_a_place_that_is_none(provider, to, said):
    provider.server.stop()
    refused = move(provider.server, to)
    assert refused.returncode != 0 and said in refused.stderr and "secret" not in refused.stderr, refused.stderr
    provider.server.start()


def test_no_folder_no_move(tmp_path):
    done = subprocess.run([BINARY, "move-catalog", "--data", tmp_path / "none", "--to", "file"], capture_output=True,
                          text=True, timeout=60, check=False)
    assert done.returncode == 1 and "not a data directory" in done.stderr
    assert not (tmp_path / "none").exists()


def test_a_text_that_postgresql_cannot_keep(provider, postgres):
    server = provider.server
    made = server.ask("POST", f"{UC}/shares", json={"name": "spring", "comment": "hush\0b"})
    assert made.status_code in (200, 201), made.text
    server.stop()
    place = postgres.new_place()
    refused = move(server, place)
    assert refused.returncode == 1 and '"comment" of the table "securables"' in refused.stderr, refused.stderr
    assert "hush" not in refused.stderr
    assert files(server) == {"sluice.db"}
    server.start()
    assert server.ask("PATCH", f"{UC}/shares/spring", json={"comment": "b"}).status_code == 200
    server.stop()
    moved(server, place)
    server.start()
    assert {s.comment for s in server.admin.shares.list_shares()} == {"b"}


def test_broken_off_between_its_steps(provider, postgres):
    """Each state that a crash can leave, made by hand."""
    server, place, data = provider.server, postgres.new_place(), provider.server.data
    provider.share("spring")
    before = picture(server)
    server.stop()
    moved(server, place)
    # The rows are there, the folder does not know.
    (data / "database").unlink()
    (data / "sluice.db.moved").rename(data / "sluice.db")
    (data / "sluice.db.tmp-1-2-3").touch()
    assert "PostgreSQL now" in moved(server, place)
    # The folder knows, the file has its name still: as old as it is, nobody looks at it.
    shutil.copy(data / "sluice.db.moved", data / "sluice.db")
    (data / "sluice.db.moved").unlink()
    server.start()
    assert picture(server) == before
    provider.share("summer")
    before = picture(server)
    server.stop()
    moved(server, place)
    assert files(server) >= {"database", "sluice.db.moved"} and not (data / "sluice.db").exists()
    # On the way back: a draft, and then the file beside the note.
    (data / "sluice.db.part").write_bytes(b"half")
    (data / "sluice.db.part-wal").write_bytes(b"half")
    shutil.copy(data / "sluice.db.moved", data / "sluice.db")
    moved(server, "file")
    assert files(server) == {"sluice.db", "sluice.db.moved"}
    server.start()
    assert picture(server) == before
    server.run("audit", "verify")


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_killed_it_is_in_one_of_both_places(provider, postgres, round_):
    choose = random.Random(f"{SEED} {round_}")
    server, data = provider.server, provider.server.data
    for i in range(30):
        provider.share(f"s{i}")
    before = picture(server)
    server.stop()
    began = time.monotonic()
    moved(server, postgres.new_place())
    took = time.monotonic() - began
    moved(server, "file")
    for life in range(4):
        to = "file" if (data / "database").exists() else postgres.new_place()
        process = subprocess.Popen([server.binary, "move-catalog", "--data", data, "--to", to], cwd=server.folder,
                                   env=server.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(timeout=choose.uniform(0, took * 1.1))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if choose.random() < 0.5:
            moved(server, to)
            assert (data / "database").exists() == (to != "file")
        server.start()
        assert picture(server) == before, json.dumps(sorted(files(server)))
        server.admin.shares.create(f"life{life}")
        before = picture(server)
        server.stop()
        server.run("audit", "verify")
