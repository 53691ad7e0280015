"""kill -9 at random points under load: whatever was acknowledged is there afterwards, whole, and the audit log
proves it.

env  SLUICE_KILL_ROUNDS  how often (default 5; thousands by hand)
     SLUICE_KILL_SEED    repeats a run
"""
from __future__ import annotations

import os
import random
import threading

import pytest
from databricks.sdk.service.sharing import AuthenticationType, PermissionsChange

ROUNDS = int(os.environ.get("SLUICE_KILL_ROUNDS", "5"))
SEED = int(os.environ.get("SLUICE_KILL_SEED", "20260101"))
WORKERS = 4


class Worker(threading.Thread):
    """Makes, changes and deletes shares and recipients of its own until the server goes. Knows what must be
    there: what was acknowledged last, and the one thing that it had asked for but got no answer to."""

    def __init__(self, sdk, number, done):
        super().__init__(daemon=True)
        self.sdk, self.number, self.done = sdk, number, done
        self.shares: dict[str, str | None] = {}      # comment; None: deleted
        self.grants: dict[str, bool] = {}            # share -> whether this worker's recipient may read it
        self.unsure: str | None = None
        self.random = random.Random(f"{SEED} {number}")
        self.recipient = f"r_{number}"
        self.steps = 0

    def run(self):
        try:
            self.sdk.recipients.create(self.recipient, AuthenticationType.TOKEN)
            while True:
                self._step()
                self.steps += 1
                self.done()
        except Exception as error:  # noqa: BLE001 -- the server is gone: how that shows does not matter
            self.error = error

    def _step(self):
        alive = [s for s, comment in self.shares.items() if comment is not None]
        what = self.random.choice(["make", "make", "change", "grant", "revoke", "delete"]) if alive else "make"
        share = f"s_{self.number}_{len(self.shares)}" if what == "make" else self.random.choice(alive)
        self.unsure = share
        if what == "make":
            self.sdk.shares.create(share, comment="0")
            self.shares[share], self.grants[share] = "0", False
        elif what == "change":
            comment = str(self.steps)
            self.sdk.shares.update(share, comment=comment)
            self.shares[share] = comment
        elif what == "delete":
            self.sdk.shares.delete(share)
            self.shares[share], self.grants[share] = None, False
        else:
            given = what == "grant"
            self.sdk.shares.update_permissions(share, changes=[PermissionsChange(
                principal=self.recipient, **{"add" if given else "remove": ["SELECT"]})])
            self.grants[share] = given
        self.unsure = None

    def check(self, shares: dict[str, str], granted: set[str]):
        for share, comment in self.shares.items():
            if share != self.unsure:
                assert shares.get(share) == comment, f"{share}: {shares.get(share)!r}, acknowledged {comment!r}"
                assert (share in granted) == self.grants[share], f"{share}: the grant is not as acknowledged"


class Countdown:
    """wait() returns when so many steps have been acknowledged."""

    def __init__(self, steps):
        self.left, self.condition = steps, threading.Condition()

    def __call__(self):
        with self.condition:
            self.left -= 1
            self.condition.notify_all()

    def wait(self, seconds=120):
        with self.condition:
            assert self.condition.wait_for(lambda: self.left <= 0, seconds), "the load does not get on"


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_nothing_acknowledged_is_lost(provider, round_):
    _kill_twice(provider, round_)


@pytest.mark.parametrize("round_", range(max(2, ROUNDS // 2)))
def test_nothing_acknowledged_is_lost_on_postgresql(provider_on_postgres, round_):
    _kill_twice(provider_on_postgres, round_)


def _kill_twice(provider, round_):
    choose = random.Random(f"{SEED} {round_}")
    server = provider.server
    for life in range(2):  # what was recovered once must survive the next time too
        countdown = Countdown(choose.randrange(1, 200))
        sdk = server.client(server.admin_token, patience=1)
        workers = [Worker(sdk, f"{life}_{i}", countdown) for i in range(WORKERS)]
        for worker in workers:
            worker.start()
        countdown.wait()
        for _ in range(choose.randrange(20_000)):  # somewhere within the next requests
            pass
        server.kill()
        for worker in workers:
            worker.join(60)
            assert not worker.is_alive()
        server.start()
        w = server.admin
        shares = {s.name: s.comment for s in w.shares.list_shares()}
        for worker in workers:
            if worker.steps == 0:
                continue
            permissions = w.recipients.share_permissions(worker.recipient).permissions_out or []
            worker.check(shares, {p.share_name for p in permissions})
        server.run("audit", "verify")
        _every_change_is_on_record(provider, workers)


def _every_change_is_on_record(provider, workers):
    """An acknowledged change has its event; a share that nobody asked for does not exist."""
    made = {e["request_params"].get("name") for e in provider.audit(action_name="createShare")
            if e["response"]["status_code"] == 200}
    asked = {share for w in workers for share in w.shares if share != w.unsure}
    assert asked <= made, sorted(asked - made)[:5]


def test_a_torn_audit_log_is_found(provider):
    """What the check above relies on: a log that was altered, or cut short, does not verify."""
    for i in range(5):
        provider.w.shares.create(f"s{i}")
    server = provider.server
    server.run("audit", "verify")
    assert server.stop() == 0
    files = sorted(f for f in (server.data / "audit").rglob("*") if f.is_file() and f.stat().st_size)
    assert files, "there is a folder `audit` with the log"
    whole = files[-1].read_bytes()
    for damaged in (whole.replace(b"createShare", b"createShaRe", 1), b"\n".join(whole.split(b"\n")[1:]),
                    b"\n".join(whole.split(b"\n")[:-2]) + b"\n"):
        assert damaged != whole
        files[-1].write_bytes(damaged)
        assert server.run("audit", "verify", check=False).returncode != 0
    files[-1].write_bytes(whole)
    server.run("audit", "verify")
    server.start()
