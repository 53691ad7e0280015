"""Starts that must not succeed, and say why in words that help; and the one that goes on regardless."""
from __future__ import annotations

import contextlib
import pathlib
import re
import signal
import sqlite3
import subprocess

import pytest
from providing import eventually

ROOT = pathlib.Path(__file__).resolve().parents[2]


@contextlib.contextmanager
def stopped(provider):
    """The server's folder while no server runs on it; it must start again afterwards."""
    assert provider.server.stop() == 0
    yield provider.server.data
    provider.server.start()


def refusal(server, *flags) -> str:
    """Starts the server, which must end by itself at once; what it says. Nothing of it may look like a crash."""
    done = subprocess.run(
        [server.binary, "serve", "--data", str(server.data), "--listen", "127.0.0.1:0", *flags],
        cwd=server.folder, env=server.env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2, f"{done.returncode}: {done.stderr}"
    assert done.stderr.startswith("sluice: "), done.stderr
    return done.stderr


def newest_log(data):
    return sorted(f for f in (data / "audit").glob("*") if f.is_file() and f.stat().st_size)[-1]


def test_a_second_server_is_turned_away(provider):
    provider.w.shares.create("before")
    said = refusal(provider.server)
    assert "another" in said and str(provider.server.data) in said, said
    assert [s.name for s in provider.w.shares.list_shares()] == ["before"], "the first one goes on"
    provider.server.run("audit", "verify")


def test_a_missing_master_key(provider):
    with stopped(provider) as data:
        (data / "master-key").rename(data / "elsewhere")
        said = refusal(provider.server)
        assert "master-key" in said and "missing" in said and "backup" in said, said
        assert not (data / "master-key").exists(), "none is made in its place"
        (data / "elsewhere").rename(data / "master-key")


def test_a_folder_that_others_may_write_to(provider):
    with stopped(provider) as data:
        data.chmod(0o777)
        assert f"chmod 700 {data}" in refusal(provider.server)
        data.chmod(0o700)


def test_a_database_of_a_newer_program(provider):
    with stopped(provider) as data:
        with contextlib.closing(sqlite3.connect(data / "sluice.db")) as database, database:
            number, = database.execute("SELECT max(number) + 1 FROM sluice_migrations").fetchone()
            database.execute("INSERT INTO sluice_migrations VALUES (?, 'of tomorrow', 'x', 'x')", [number])
        said = refusal(provider.server)
        assert "newer version" in said and "of tomorrow" in said, said
        with contextlib.closing(sqlite3.connect(data / "sluice.db")) as database, database:
            database.execute("DELETE FROM sluice_migrations WHERE number = ?", [number])


@pytest.mark.parametrize("junk", [b"", b"not a database" * 1000], ids=["empty", "text"])
def test_a_database_that_is_none(provider, junk):
    with stopped(provider) as data:
        (data / "sluice.db").rename(data / "whole")
        (data / "sluice.db").write_bytes(junk)
        if junk:
            assert "database" in refusal(provider.server)
        (data / "whole").rename(data / "sluice.db")


def cut(lines):
    return lines[:-2]


def altered(lines):
    return lines[:-2] + [lines[-2].replace(b'"createShare"', b'"createSHare"')] + lines[-1:]


def emptied(_):
    return []


@pytest.mark.parametrize("damage", [cut, altered, emptied], ids=lambda d: d.__name__)
def test_a_damaged_log_stops_the_start_until_it_is_accepted(provider, damage):
    for i in range(4):
        provider.w.shares.create(f"s{i}")
    server = provider.server
    assert server.stop() == 0
    log = newest_log(server.data)
    lines = log.read_bytes().splitlines(keepends=True)
    broken = damage(lines)
    assert broken != lines
    log.write_bytes(b"".join(broken))
    for _ in range(2):  # the first look changes nothing
        said = refusal(server)
        assert "audit log" in said and "--accept-audit-break" in said, said
    server.flags = ["--accept-audit-break"]
    server.start()
    server.flags = []
    assert len(list(provider.w.shares.list_shares())) == 4, "the catalog is whole"
    accepted = [e for e in provider.audit() if e["action_name"] == "acceptAuditLogBreak"]
    assert len(accepted) == 1, accepted
    provider.w.shares.create("after")
    server.restart()  # needs to be accepted once
    assert "accepted" in server.run("audit", "verify").stdout


def test_a_line_that_a_crash_left_unfinished_is_no_damage(provider):
    provider.w.shares.create("s")
    provider.server.kill()
    with open(newest_log(provider.server.data), "ab") as log:
        log.write(b'{"version":"2.0","audit_level"')
    provider.server.start()
    provider.server.run("audit", "verify")
    assert [e for e in provider.audit() if e["action_name"] == "repairAuditLog"]


def test_the_unit_of_systemd(provider):
    """What packaging/sluice.service starts is a server with a catalog, with and without further options."""
    unit = (ROOT / "packaging/sluice.service").read_text()
    program, *words = re.search("^ExecStart=(.*)$", unit, re.MULTILINE).group(1).split()
    assert program == "/usr/local/bin/sluice" and words == ["serve", "--data", "/var/lib/sluice", "$SLUICE_OPTIONS"]
    assert "StateDirectory=sluice\n" in unit
    options = re.search("SLUICE_OPTIONS=(.*)$", unit, re.MULTILINE).group(1).split()
    server = provider.server
    folder = server.folder / "settings.yaml"
    folder.write_text("version: 1\n")
    stands_for = {"/var/lib/sluice": str(server.data), "/data/lake": str(provider.lake), options[-1]: str(folder)}
    with stopped(provider):
        for more in ([], options):
            command = [stands_for.get(word, word) for word in [server.binary, *words[:-1], *more]]
            log = server.folder / "unit.log"
            with open(log, "wb") as out:
                started = subprocess.Popen([*command, "--listen", "127.0.0.1:0"], cwd=server.folder, env=server.env,
                                           stdout=out, stderr=out)
            try:
                eventually(lambda: "recipients reach http://127.0.0.1:" in log.read_text())
                started.send_signal(signal.SIGHUP)  # ExecReload
                started.terminate()
                assert started.wait(30) == 0, log.read_text()
            finally:
                started.kill()
                started.wait()
