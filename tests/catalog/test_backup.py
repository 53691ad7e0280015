"""sluice backup while the catalog is being changed, sluice restore, and a server on what came of it."""
from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import subprocess
import threading

from databricks.sdk.service.sharing import AuthenticationType

from catalog_server import CatalogServer
from providing import Provider


def run(server, *words) -> subprocess.CompletedProcess:
    return subprocess.run([server.binary, *map(str, words)], cwd=server.folder, env=server.env,
                          capture_output=True, text=True, timeout=120, check=False)


@contextlib.contextmanager
def restored(provider, backup, name="restored"):
    """A server on the folder that a backup was restored to; the administrator's token is the old one."""
    server = provider.server
    folder = server.folder / name
    folder.mkdir()
    done = run(server, "restore", backup, "--data", folder / "data")
    assert done.returncode == 0, done.stderr
    (folder / "data" / "admin-token").write_text(server.admin_token)
    (folder / "data" / "admin-token").chmod(0o600)
    with CatalogServer(server.binary, folder, local_roots=server.local_roots) as other:
        yield Provider(other, provider.lake)


class Writer(threading.Thread):
    """Makes pairs in order: share x_N, then recipient r_N, until it is told to end."""

    def __init__(self, w, number):
        super().__init__(daemon=True)
        self.w, self.number = w, number
        self.end, self.some = threading.Event(), threading.Event()
        self.acknowledged: list[str] = []
        self.failure: Exception | None = None

    def run(self):
        try:
            n = 0
            while not self.end.is_set():
                for make in (lambda name: self.w.shares.create(name, comment=name),
                             lambda name: self.w.recipients.create(name, AuthenticationType.TOKEN)):
                    name = f"w{self.number}_{n}"
                    make(name)
                    self.acknowledged.append(name)
                    n += 1
                if n >= 10:
                    self.some.set()
        except Exception as error:  # noqa: BLE001 -- told to the test
            self.failure = error
        finally:
            self.some.set()


def names(w) -> set[str]:
    return {s.name for s in w.shares.list_shares()} | {r.name for r in w.recipients.list()}


def test_a_backup_under_load_is_one_moment(provider):
    provider.namespace()
    provider.table("main.sales.orders", {"id": [1, 2, 3]})
    provider.share("open", "main.sales.orders")
    reader = provider.reader("partner", "open")
    writers = [Writer(provider.w, i) for i in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        assert writer.some.wait(60)
    backups = []
    for i in range(3):
        before = [len(w.acknowledged) for w in writers]
        backups.append((provider.server.folder / f"backup{i}", before))
        done = run(provider.server, "backup", backups[-1][0], "--data", provider.server.data)
        assert done.returncode == 0, done.stderr
    for writer in writers:
        writer.end.set()
    for writer in writers:
        writer.join(60)
        assert writer.failure is None, writer.failure
    provider.server.run("audit", "verify")

    for i, (backup, before) in enumerate(backups):
        assert backup.stat().st_mode & 0o77 == 0
        with restored(provider, backup, f"restored{i}") as copy:
            there = names(copy.w)
            for writer, count in zip(writers, before):
                mine = [n for n in writer.acknowledged if n in there]
                # what was acknowledged before is there, and of what came later nothing without what came first
                assert len(mine) >= count
                assert mine == writer.acknowledged[:len(mine)]
            copy.server.run("audit", "verify")
            recorded = {e["request_params"].get("name") for e in copy.audit() if e["response"]["status_code"] == 200}
            assert there - {"open", "partner"} <= recorded, "each change has its event"
            got = copy.w.shares.get("open", include_shared_data=True)
            assert got.as_dict() == provider.w.shares.get("open", include_shared_data=True).as_dict()
            copied = type(reader)(reader.path, reader.endpoint.replace(
                provider.server.origin, copy.server.origin), reader.token)
            assert len(copied.files(copy.server, "open.sales.orders")) == 1, "the partner's token is as good there"
            copy.w.shares.create("goes_on")
        assert "goes_on" not in names(provider.w)


def test_a_restored_server_answers_as_the_first_did(provider):
    provider.namespace()
    provider.table("main.sales.orders", {"id": [1, 2, 3]})
    provider.share("open", "main.sales.orders")
    provider.reader("partner", "open")
    made = provider.recipient("waiting")  # with a link that nobody opened: it is sealed with the master key

    def picture(p):
        return {"shares": [p.w.shares.get(s.name, include_shared_data=True).as_dict() for s in p.w.shares.list_shares()],
                "granted": p.w.shares.share_permissions("open").as_dict(),
                "recipients": [p.w.recipients.get(r.name).as_dict() for r in p.w.recipients.list()],
                "tables": [t.as_dict() for t in p.w.tables.list("main", "sales")],
                "metastore": p.w.metastores.summary().as_dict()}

    def elsewhere(x, p):  # links name the server
        return str(x).replace(p.server.origin, "ORIGIN")

    backup = provider.server.folder / "backup"
    assert run(provider.server, "backup", backup, "--data", provider.server.data).returncode == 0
    with restored(provider, backup) as copy:
        assert elsewhere(picture(copy), copy) == elsewhere(picture(provider), provider)
        link = copy.w.recipients.get("waiting").tokens[0].activation_url
        assert link.replace(copy.server.origin, provider.server.origin) == made.tokens[0].activation_url
        reader = copy.open_link("waiting", link)
        copy.grant("open", "waiting")
        assert len(reader.read("open.sales.orders")) == 3


def test_a_backup_without_the_key_needs_it(provider):
    provider.recipient("waiting")
    server = provider.server
    backup, folder = server.folder / "backup", server.folder / "restored"
    done = run(server, "backup", backup, "--data", server.data, "--without-key")
    assert done.returncode == 0 and "without a master key" in done.stdout
    assert not (backup / "master-key").exists()
    assert run(server, "restore", backup, "--data", folder).returncode == 0
    done = run(server, "serve", "--data", folder, "--listen", "127.0.0.1:0")
    assert done.returncode == 2 and "master-key" in done.stderr and "missing" in done.stderr, done.stderr


def test_what_is_there_is_not_written_over(provider):
    server = provider.server
    backup = server.folder / "backup"
    assert run(server, "backup", backup, "--data", server.data).returncode == 0
    done = run(server, "backup", backup, "--data", server.data)
    assert done.returncode != 0 and "there already" in done.stderr
    done = run(server, "restore", backup, "--data", server.data)
    assert done.returncode != 0 and "not empty" in done.stderr


def test_a_damaged_backup_is_refused(provider):
    for i in range(20):
        provider.w.shares.create(f"s{i}", comment="x" * 500)
    server = provider.server
    backup = server.folder / "backup"
    assert run(server, "backup", backup, "--data", server.data).returncode == 0
    database = pathlib.Path(backup / "sluice.db")
    whole = database.read_bytes()
    target = server.folder / "target"
    for damaged in (b"", whole[:4096], whole[:len(whole) // 2], whole[:100] + bytes(4096) + whole[4196:]):
        database.write_bytes(damaged)
        done = run(server, "restore", backup, "--data", target)
        assert done.returncode != 0 and done.stderr.startswith("sluice: "), done.stdout + done.stderr
        assert not (target / "sluice.db").exists()


# ---- odd folders

def refused(done) -> str:
    assert done.returncode not in (0, 134) and done.stderr.startswith("sluice: "), done.stdout + done.stderr
    return done.stderr


def test_a_target_with_a_slash_at_its_end(provider):
    server = provider.server
    assert run(server, "backup", f"{server.folder}/backup/", "--data", server.data).returncode == 0
    assert (server.folder / "backup" / "sluice.db").exists()
    assert [p.name for p in server.folder.glob("backup*")] == ["backup"]


def test_a_folder_of_others_beside_the_target_stays(provider):
    server = provider.server
    (server.folder / "backup.part").mkdir()
    (server.folder / "backup.part" / "letter").write_text("dear sir")
    assert run(server, "backup", server.folder / "backup", "--data", server.data).returncode == 0
    assert (server.folder / "backup.part" / "letter").read_text() == "dear sir"


def test_a_draft_goes_when_it_cannot_get_its_name(provider):
    server = provider.server
    target = server.folder / "backup"
    target.symlink_to(server.folder / "nowhere")
    refused(run(server, "backup", target, "--data", server.data))
    assert not list(server.folder.glob("backup.part*"))


@contextlib.contextmanager
def no_rights(folder):
    """What is in it can be reached by nobody but root."""
    mode = folder.stat().st_mode
    folder.chmod(0)
    try:
        yield
    finally:
        folder.chmod(mode)


def as_somebody(server, *words) -> subprocess.CompletedProcess:
    """As run, but without the rights of root."""
    user = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
    binary = shutil.copy(server.binary, server.folder / "as-somebody")
    try:
        return subprocess.run([binary, *map(str, words)], cwd="/", env=server.env, capture_output=True,
                              text=True, timeout=120, check=False, **user)
    finally:
        pathlib.Path(binary).unlink()


def test_folders_that_may_not_be_looked_at_are_told_of(provider):
    server = provider.server
    backup = server.folder / "backup"
    assert run(server, "backup", backup, "--data", server.data).returncode == 0
    server.folder.chmod(0o777)
    closed = server.folder / "closed"
    closed.mkdir()
    server.stop()
    with no_rights(server.data), no_rights(closed), no_rights(backup):
        for words in (["backup", server.folder / "other", "--data", server.data],
                      ["backup", closed / "other", "--data", server.data],
                      ["restore", backup, "--data", server.folder / "new"],
                      ["restore", backup, "--data", closed / "new"],
                      ["audit", "verify", "--data", server.data],
                      ["admin", "reset-token", "--data", server.data],
                      ["move-catalog", "--data", server.data, "--to", "file"],
                      ["serve", "--data", server.data, "--listen", "127.0.0.1:0"]):
            assert "ermission" in refused(as_somebody(server, *words)), words
    assert not (server.folder / "new").exists() and not (server.folder / "other").exists()
    server.start()


def test_a_log_that_cannot_be_read_is_no_backup(provider):
    server = provider.server
    backup = server.folder / "backup"
    assert run(server, "backup", backup, "--data", server.data).returncode == 0
    server.folder.chmod(0o777)
    for path in [backup, *backup.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    with no_rights(backup / "audit"):
        assert "audit cannot be read" in refused(
            as_somebody(server, "restore", backup, "--data", server.folder / "new"))
    assert not (server.folder / "new").exists()
