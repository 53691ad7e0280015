"""A catalog whose rows lie in PostgreSQL, driven by the unmodified SDK: it lives through the death of either."""
import subprocess
import tempfile

import pytest
from catalog_server import UC, CatalogServer
from conftest import BINARY
from databricks.sdk.service.sharing import AuthenticationType, PermissionsChange
from postgres_server import BINARIES, PostgresServer
from providing import eventually

pytestmark = pytest.mark.skipif(BINARIES is None, reason="no PostgreSQL is installed")


@pytest.fixture
def database(postgres):
    return postgres.new_database()


@pytest.fixture
def server(database):
    with tempfile.TemporaryDirectory(prefix="sluice-catalog-") as folder:
        with CatalogServer(BINARY, folder, flags=["--database", database]) as server:
            yield server


def shares(server):
    return {s.name: s.comment for s in server.admin.shares.list_shares()}


def test_a_life(server, postgres, database):
    w = server.admin
    w.catalogs.create("main", comment="Größe ⚓", properties={"team": "data"})
    w.schemas.create("sales", "main")
    w.shares.create("spring", comment="1")
    w.recipients.create("acme", AuthenticationType.TOKEN)
    w.shares.update_permissions("spring", changes=[PermissionsChange(principal="acme", add=["SELECT"])])
    w.shares.update("spring", comment="2")
    w.shares.create("gone")
    w.shares.delete("gone")
    assert not (server.data / "sluice.db").exists()
    assert postgres.sql("SELECT name FROM securables WHERE kind = 'SHARE'", database) == "spring"
    server.flags = []  # the folder knows where its catalog is
    server.restart()
    w = server.admin
    assert shares(server) == {"spring": "2"}
    assert w.catalogs.get("main").comment == "Größe ⚓" and w.schemas.get("main.sales").name == "sales"
    granted = w.shares.share_permissions("spring").privilege_assignments
    assert [(g.principal, [p if isinstance(p, str) else p.value for p in g.privileges]) for g in granted] == [
        ("acme", ["SELECT"])]
    server.run("audit", "verify")
    token = server.admin_token
    server.run("admin", "reset-token")
    assert server.admin_token != token
    eventually(lambda: server.ask("GET", f"{UC}/shares").status_code == 200)


@pytest.fixture
def mortal():
    """A PostgreSQL that is killed, and a server on it."""
    with PostgresServer() as postgres, tempfile.TemporaryDirectory(prefix="sluice-catalog-") as folder:
        with CatalogServer(BINARY, folder, flags=["--database", postgres.url]) as server:
            yield server, postgres


def test_without_the_database_reads_go_on(mortal):
    server, postgres = mortal
    server.admin.shares.create("spring")
    postgres.kill()
    assert set(shares(server)) == {"spring"}
    refused = server.ask("POST", f"{UC}/shares", json={"name": "summer"})
    assert refused.status_code == 503, refused.text
    assert "postgres" not in refused.text.lower()
    eventually(lambda: "sluice_database_up 0" in server.ask("GET", "/metrics").text)
    postgres.start()
    assert server.ask("POST", f"{UC}/shares", json={"name": "summer"}).status_code in (200, 201)
    assert set(shares(server)) == {"spring", "summer"}
    eventually(lambda: "sluice_database_up 1" in server.ask("GET", "/metrics").text)
    told = [line for line in server.stderr().splitlines() if "comparing the catalog with the database" in line]
    assert len(told) <= 4 and "works again" in told[-1], told  # not one for each look


def test_a_second_server_is_refused(server, database):
    with tempfile.TemporaryDirectory(prefix="sluice-catalog-") as folder:
        second = subprocess.run([BINARY, "serve", "--data", folder + "/data", "--listen", "127.0.0.1:0", "--database",
                                 database], capture_output=True, text=True, timeout=60, check=False)
    assert second.returncode == 2 and "another server runs on this database" in second.stderr, second.stderr


def test_a_copy_of_the_folder_leaves_the_database_out(server):
    copy = server.folder / "copy"
    done = server.run("backup", str(copy))
    assert "pg_dump" in done.stdout
    assert {p.name for p in copy.iterdir()} == {"audit", "database", "master-key"}
    assert (copy / "database").stat().st_mode & 0o777 == 0o600


def test_a_backup_of_both_is_restored(server, postgres, database, tmp_path):
    server.admin.shares.create("spring")
    dump = postgres.dump(database)
    server.admin.shares.create("after_the_dump")
    server.run("backup", str(tmp_path / "copy"))
    assert server.stop() == 0
    other = postgres.new_database()
    postgres.sql(dump, other)
    restored = subprocess.run([BINARY, "restore", tmp_path / "copy", "--data", tmp_path / "data"], capture_output=True,
                              text=True, timeout=60, check=False)
    assert restored.returncode == 0, restored.stderr
    with CatalogServer(BINARY, tmp_path, flags=["--database", other]) as again:
        w = again.client(server.admin_token)
        assert [s.name for s in w.shares.list_shares()] == ["spring"]
        again.run("audit", "verify")


def refused(server, *flags) -> str:
    """What a start says that comes to nothing."""
    done = server.run("serve", "--listen", "127.0.0.1:0", *flags, check=False)
    assert done.returncode == 2, done.stderr
    return done.stderr


def test_a_database_that_moved_is_named_once_more(server, database):
    server.admin.shares.create("spring")
    assert server.stop() == 0
    here, there = database, database.replace("host=", "application_name=moved&host=")
    server.flags = ["--database", there]
    server.start()
    assert set(shares(server)) == {"spring"}
    assert (server.data / "database").read_text() == there + "\n" != here + "\n"


def test_the_folder_takes_no_other_catalog_for_its_own(server, postgres, tmp_path):
    assert server.stop() == 0
    noted = (server.data / "database").read_text()
    assert "its database has no catalog" in refused(server, "--database", postgres.new_database())
    other = postgres.new_database()
    with CatalogServer(BINARY, tmp_path, flags=["--database", other]):
        pass
    assert "the master key is not the one" in refused(server, "--database", other)
    assert "no URL" in refused(server, "--database", "sluice.db")
    assert (server.data / "database").read_text() == noted
    server.flags = []
    server.start()


def test_another_folder_does_not_take_the_catalog(server, tmp_path):
    """Nor does it get a key that could never open it."""
    assert server.stop() == 0
    done = subprocess.run([BINARY, "serve", "--data", tmp_path / "data", "--listen", "127.0.0.1:0", *server.flags],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2 and "master-key: is missing" in done.stderr, done.stderr
    assert list((tmp_path / "data").iterdir()) == []


def test_a_folder_with_a_catalog_of_its_own_keeps_it(database, tmp_path):
    with CatalogServer(BINARY, tmp_path) as server:
        server.admin.shares.create("spring")
        assert server.stop() == 0
        assert "in its file sluice.db" in refused(server, "--database", database)
        server.start()
        assert set(shares(server)) == {"spring"}


@pytest.fixture
def named_in_a_file(database, tmp_path):
    with CatalogServer(BINARY, tmp_path, settings=f"version: 1\ndatabaseUrl: {database}\n") as server:
        yield server


def test_the_setting_names_it_too(named_in_a_file, postgres, database):
    named_in_a_file.admin.shares.create("spring")
    assert postgres.sql("SELECT name FROM securables WHERE kind = 'SHARE'", database) == "spring"


def test_an_import_goes_where_the_setting_says(postgres, database, tmp_path):
    (tmp_path / "sluice.yaml").write_text(f"version: 1\ndatabaseUrl: {database}\nshares: []\n"
                                          "authorization: {bearerToken: a-token-that-is-long-enough-for-this}\n")
    (tmp_path / "sluice.yaml").chmod(0o600)
    done = subprocess.run([BINARY, "import", tmp_path / "sluice.yaml", "--data", tmp_path / "data"],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "data" / "sluice.db").exists()
    assert postgres.sql("SELECT count(*) FROM securables WHERE kind = 'METASTORE'", database) == "1"


def test_a_password_on_the_command_line_is_refused(tmp_path):
    done = subprocess.run([BINARY, "serve", "--data", tmp_path / "data", "--database",
                           "postgresql://sluice:secret@localhost/sluice"], capture_output=True, text=True, timeout=60,
                          check=False)
    assert done.returncode == 2 and "passfile" in done.stderr and "secret" not in done.stderr


def test_killed_it_starts_again_at_once(server):
    server.admin.shares.create("spring")
    server.kill()
    server.start()
    assert set(shares(server)) == {"spring"}


def test_u0000_is_the_callers_mistake(server):
    refused = server.ask("POST", f"{UC}/shares", json={"name": "spring", "comment": "a\0b"})
    assert refused.status_code == 400, refused.text
    assert shares(server) == {}
