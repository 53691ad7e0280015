#!/usr/bin/env python3
"""A server with a large catalog: how long it takes to start, to show pages of lists, to change something, and
how much memory and processor time it takes.

    .deps/venv/bin/python tests/bench/catalog_lists.py [--columns 10] [--rounds 100] [--folder DIR] [--postgresql]

10,000 recipients, 10,000 users, 1,000 shares, 100,000 tables (as resolve.cc: ten shares for a recipient, a
hundred tables in a share; one schema has ten thousand tables, one share is granted to all recipients, one
recipient has a hundred shares). The rows are written into a database that the server made: a hundred thousand
REST calls would say nothing more. Times are of whole answers over one kept connection, in milliseconds; "CPU" is
what the server's threads took for one of them, which other programs on the machine change little. With
--postgresql the catalog is moved into one before it is looked at (on this machine, each commit on the disk).
"""
from __future__ import annotations

import argparse
import base64
import contextlib
import hashlib
import http.client
import json
import os
import pathlib
import random
import sqlite3
import sys
import tempfile
import time
import uuid

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests/support"))
from catalog_server import SCIM, UC, CatalogServer  # noqa: E402
from postgres_server import PostgresServer  # noqa: E402

RECIPIENTS, USERS, SHARES = 10_000, 10_000, 1_000
SHARES_PER_RECIPIENT, TABLES_PER_SHARE, WIDE = 10, 100, 100
CATALOGS, SCHEMAS, BIG_SCHEMA = 10, 900, 10_000
NOW = 1_700_000_000_000
MAKE = random.Random(1)


def new_id() -> str:
    return str(uuid.UUID(int=MAKE.getrandbits(128), version=4))


def digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


class Rows:
    """The catalog as rows (src/catalog/row_store.cc, row_json.cc)."""

    def __init__(self, database: sqlite3.Connection, columns: int):
        self.database = database
        self.metastore, self.owner = database.execute(
            "SELECT id, owner FROM securables WHERE kind = 'METASTORE'").fetchone()
        self.columns = [{"name": f"column_{i}", "type_text": "decimal(10,2)", "type_name": "DECIMAL",
                         "type_json": json.dumps({"name": f"column_{i}", "type": "decimal(10,2)",
                                                  "nullable": True, "metadata": {}}),
                         "type_precision": 10, "type_scale": 2, "position": i} for i in range(columns)]
        self.securables, self.grants, self.principals = [], [], []

    def put(self, kind, parent, name, details) -> str:
        made = new_id()
        self.securables.append((made, kind, parent, name.lower(), name, self.owner, "made for a benchmark", "{}",
                                NOW, "bench", NOW, "bench", json.dumps(details)))
        return made

    def user(self, number: int) -> str:
        name = f"user{number:05}@example.org"
        made = str(5_000_000_000_000_000 + number)
        self.principals.append((made, 0, name, name, json.dumps(
            {"display_name": f"User {number}", "emails": [name], "created_at": NOW, "updated_at": NOW})))
        return made

    def table(self, schema: str, path: str) -> str:
        return self.put("TABLE", schema, path.rsplit("/", 1)[1],
                        {"type": 1, "storage_location": f"s3://lake/{path}", "columns": self.columns})

    def recipient(self, number: int) -> str:
        token = {"id": new_id(), "hash": digest(f"token-{number}"), "created_at": NOW, "created_by": "bench",
                 "updated_at": NOW, "updated_by": "bench"}
        return self.put("RECIPIENT", self.metastore, f"recipient{number:05}", {"tokens": [token]})

    def fill(self):
        users = [self.user(i) for i in range(USERS)]
        catalogs = [self.put("CATALOG", self.metastore, f"catalog{i}", {}) for i in range(CATALOGS)]
        self.grants += [(catalogs[0], user, privilege, None) for user in users[:1_000]
                        for privilege in ("USE_CATALOG", "SELECT")]
        big = self.put("SCHEMA", catalogs[0], "big", {})
        for i in range(BIG_SCHEMA):
            self.table(big, f"catalog0/big/table{i:05}")
        schemas, tables = [], []
        for i in range(SCHEMAS):
            catalog = i % CATALOGS
            schemas.append(self.put("SCHEMA", catalogs[catalog], f"schema{i:03}", {}))
            tables.append([self.table(schemas[i], f"catalog{catalog}/schema{i:03}/table{j:03}")
                           for j in range(TABLES_PER_SHARE)])
        shares = [self.share(i, schemas[i % SCHEMAS], tables[i % SCHEMAS]) for i in range(SHARES)]
        for i in range(RECIPIENTS):
            recipient = self.recipient(i)
            has = {(i + j * (SHARES // SHARES_PER_RECIPIENT)) % SHARES for j in range(SHARES_PER_RECIPIENT)}
            has |= set(range(WIDE)) if i == 0 else {0}
            self.grants += [(shares[j], recipient, "SELECT", None) for j in has]
        self._write()

    def share(self, number: int, schema: str, tables: list[str]) -> str:
        common = {"added_at": NOW, "added_by": "bench", "history": True}
        objects = ([{"id": new_id(), "kind": 5, "object": t, **common} for t in tables] if number % 2 == 0 else
                   [{"id": new_id(), "kind": 4, "object": schema, **common}])
        return self.put("SHARE", self.metastore, f"share{number:03}", {"objects": objects})

    def _write(self):
        with self.database:
            for table, rows in (("securables", self.securables), ("grants", self.grants),
                                ("principals", self.principals)):
                places = ", ".join("?" * len(rows[0]))
                self.database.executemany(f"INSERT INTO {table} VALUES ({places})", rows)


def cpu_ms(server) -> float:
    """What all threads of the server have taken so far."""
    threads = pathlib.Path(f"/proc/{server.pid}/task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e6


class Caller:
    """One kept connection, and the times of what went over it."""

    def __init__(self, server, token):
        self.server = server
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
        self.headers = {"Authorization": f"Bearer {token}"}

    def ask(self, method, path, body=None):
        """(milliseconds, the answer's bytes)"""
        text = None if body is None else json.dumps(body)
        begun = time.perf_counter()
        self.connection.request(method, path, text, self.headers)
        answer = self.connection.getresponse()
        data = answer.read()
        took = (time.perf_counter() - begun) * 1e3
        assert answer.status < 300, f"{method} {path}: {answer.status} {data[:300]}"
        return took, data

    def get(self, path) -> dict:
        return json.loads(self.ask("GET", path)[1])


def show(what: str, times: list[float], cpu: float | None = None, note: str = ""):
    ordered = sorted(times)
    at = lambda part: ordered[min(len(ordered) - 1, int(part * len(ordered)))]  # noqa: E731
    cpu_text = "" if cpu is None else f"{cpu / len(times):.2f}"
    print(f"| {what} | {at(0.5):.2f} | {at(0.99):.2f} | {ordered[-1]:.2f} | {cpu_text} | {note} |", flush=True)


def heading(what: str):
    print(f"\n| {what} | p50 ms | p99 ms | max ms | CPU ms | |\n|---|---:|---:|---:|---:|---|")


def repeat(caller, rounds, what, method, path, body=None):
    """`body` may be a function of the round."""
    times = []
    before = cpu_ms(caller.server)
    for i in range(rounds):
        took, data = caller.ask(method, path, body(i) if callable(body) else body)
        times.append(took)
    show(what, times, cpu_ms(caller.server) - before, f"{len(data):,} bytes")


def last_page(caller, path: str) -> str:
    """The path of the last page of a list, walked to its end."""
    join = "&" if "?" in path else "?"
    here = path
    while token := (answer := caller.get(here)).get("next_page_token") or answer.get("nextPageToken"):
        name = "next_page_token" in answer and "page_token" or "pageToken"
        here = f"{path}{join}{name}={token}"
    return here


def lists(admin, nobody, rounds):
    heading("lists: first and last page")
    paged = {
        "recipients": f"{UC}/recipients", "shares": f"{UC}/shares", "catalogs": f"{UC}/catalogs",
        "schemas of a catalog": f"{UC}/schemas?catalog_name=catalog0",
        "tables of a schema (100)": f"{UC}/tables?catalog_name=catalog0&schema_name=schema000",
        "tables of a schema (10,000)": f"{UC}/tables?catalog_name=catalog0&schema_name=big",
        "the same without columns": f"{UC}/tables?catalog_name=catalog0&schema_name=big&omit_columns=true",
        "table summaries of a catalog (19,000)": f"{UC}/table-summaries?catalog_name=catalog0",
        "recipients of a share (10,000)": f"{UC}/shares/share000/permissions",
        "shares of a recipient (100)": f"{UC}/recipients/recipient00000/share-permissions",
        "grants on a catalog (2,000)": f"{UC}/permissions/catalog/catalog0?max_results=150",
        "effective grants on a table of it": f"{UC}/effective-permissions/table/catalog0.big.table00000"
                                             "?max_results=150",
    }
    for what, path in paged.items():
        repeat(admin, rounds, what, "GET", path)
        if (last := last_page(admin, path)) != path:
            repeat(admin, rounds, f"{what}, last page", "GET", last)
    repeat(admin, rounds, "all grants on a catalog (2,000)", "GET", f"{UC}/permissions/catalog/catalog0")
    repeat(admin, rounds, "summaries that match nothing", "GET",
           f"{UC}/table-summaries?catalog_name=catalog0&table_name_pattern=none")
    repeat(admin, rounds, "a share with its 100 tables", "GET", f"{UC}/shares/share000?include_shared_data=true")
    users = f"{SCIM}/Users"
    repeat(admin, rounds, "users", "GET", users)
    repeat(admin, rounds, "users, last page", "GET", f"{users}?startIndex={USERS - 98}&count=100")
    repeat(admin, rounds, "users, 1,000", "GET", f"{users}?count=1000")
    repeat(admin, rounds, "users by name", "GET", f"{users}?filter=userName%20eq%20%22user00007@example.org%22")
    heading("lists of a user who may see nothing")
    for what in ("recipients", "shares", "catalogs"):
        repeat(nobody, rounds, what, "GET", f"{UC}/{what}")


def changes(admin, rounds):
    heading("changes")

    def flip(recipient, **more):
        return lambda i: {"changes": [{"principal": recipient, ["add", "remove"][i % 2]: ["SELECT"]}], **more}

    quiet = {"omit_permissions_list": True}
    repeat(admin, rounds, "a grant on a share with 100", "PATCH", f"{UC}/shares/share001/permissions",
           flip("recipient00002", **quiet))
    repeat(admin, rounds, "a grant on a share with 10,000", "PATCH", f"{UC}/shares/share000/permissions",
           flip("recipient00002", **quiet))
    repeat(admin, rounds, "the same, answered with all of them", "PATCH", f"{UC}/shares/share000/permissions",
           flip("recipient00002"))
    repeat(admin, rounds, "a grant on a table", "PATCH", f"{UC}/permissions/table/catalog1.schema001.table000",
           flip("user00001@example.org"))
    repeat(admin, rounds, "a grant on a catalog with 2,000", "PATCH", f"{UC}/permissions/catalog/catalog0",
           flip("user05000@example.org"))
    repeat(admin, rounds, "a recipient's comment", "PATCH", f"{UC}/recipients/recipient00003",
           lambda i: {"comment": str(i)})
    repeat(admin, rounds, "a share's comment", "PATCH", f"{UC}/shares/share002", lambda i: {"comment": str(i)})
    repeat(admin, rounds, "a table's comment", "PATCH", f"{UC}/tables/catalog1.schema001.table001",
           lambda i: {"comment": str(i)})
    repeat(admin, rounds, "a table into a share, and out", "PATCH", f"{UC}/shares/share002", lambda i: {"updates": [
        {"action": ["ADD", "REMOVE"][i % 2],
         "data_object": {"name": "catalog1.schema001.table000", "data_object_type": "TABLE"}}]})
    repeat(admin, rounds, "a new recipient", "POST", f"{UC}/recipients",
           lambda i: {"name": f"new{i}", "authentication_type": "TOKEN"})
    show("a recipient deleted", [admin.ask("DELETE", f"{UC}/recipients/new{i}")[0] for i in range(rounds)])
    repeat(admin, rounds, "a new user", "POST", f"{SCIM}/Users", lambda i: {"userName": f"new{i}@example.org"})
    users = [admin.get(f"{SCIM}/Users?filter=userName%20eq%20%22new{i}@example.org%22")["Resources"][0]["id"]
             for i in range(rounds)]
    show("a user deleted", [admin.ask("DELETE", f"{SCIM}/Users/{u}")[0] for u in users])


def sharing(server, admin, rounds):
    heading("the sharing protocol, for a recipient with 100 shares")
    reader = Caller(server, "token-0")
    shares = "/delta-sharing/shares"
    show("shares, for the first time", [reader.ask("GET", shares)[0]])
    repeat(reader, rounds, "shares", "GET", shares)
    before = cpu_ms(server)
    every = [reader.ask("GET", f"{shares}/share{i:03}/all-tables")[0] for i in range(WIDE)]
    show("all tables of each share, for the first time", every, cpu_ms(server) - before)
    repeat(reader, rounds, "all tables of one share", "GET", f"{shares}/share000/all-tables")
    shares_after, tables_after, tables_after_user = [], [], []
    for i in range(rounds):
        admin.ask("PATCH", f"{UC}/tables/catalog1.schema001.table001", {"comment": f"again {i}"})
        shares_after.append(reader.ask("GET", shares)[0])
        tables_after.append(reader.ask("GET", f"{shares}/share001/all-tables")[0])
        admin.ask("PATCH", f"{SCIM}/Users/{5_000_000_000_000_000}", {"Operations": [
            {"op": "replace", "path": "active", "value": i % 2 == 1}]})
        tables_after_user.append(reader.ask("GET", f"{shares}/share001/all-tables")[0])
    show("shares, after a table's change", shares_after)
    show("all tables of a share, after a table's change", tables_after)
    show("all tables of a share, after a user's change", tables_after_user)


def memory(server, when: str):
    print(f"\n{when}: {server.memory_kib() / 1024:.0f} MiB resident, at most "
          f"{server.memory_kib('VmHWM') / 1024:.0f} MiB", flush=True)


def run(options, folder, postgres):
    server = CatalogServer(options.binary, folder, start_timeout=300)
    with server:
        memory(server, "an empty catalog")
    with sqlite3.connect(server.data / "sluice.db") as database:
        Rows(database, options.columns).fill()
    database.close()
    size = (server.data / "sluice.db").stat().st_size
    print(f"the database: {size / 2**20:.0f} MiB; {options.columns} columns in a table")
    if postgres is not None:
        begun = time.perf_counter()
        server.run("move-catalog", "--to", postgres.url)
        print(f"moved into PostgreSQL: {time.perf_counter() - begun:.1f} s")
    # What was written behind the server's back is news to it, once: who waits for a start waits for the next.
    with server:
        pass
    begun = time.perf_counter()
    server.start()
    print(f"from start to the first answer: {time.perf_counter() - begun:.2f} s, of which the processor "
          f"{server.cpu_seconds():.2f} s")
    try:
        memory(server, "after the start")
        admin = Caller(server, server.admin_token)
        pat = json.loads(admin.ask("POST", "/api/2.0/token/create",
                                   {"principal": "user00042@example.org", "comment": "bench"})[1])["token_value"]
        lists(admin, Caller(server, pat), options.rounds)
        memory(server, "after the lists")
        changes(admin, options.rounds)
        memory(server, "after the changes")
        sharing(server, admin, options.rounds)
        memory(server, "after a recipient has listed 100 shares")
    finally:
        server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=pathlib.Path, default=ROOT / "build/release/sluice")
    parser.add_argument("--columns", type=int, default=10, help="of each table (10)")
    parser.add_argument("--rounds", type=int, default=100, help="how often each is asked for (100)")
    parser.add_argument("--folder", help="where the data lies (a temporary folder)")
    parser.add_argument("--postgresql", action="store_true", help="the catalog's rows lie in PostgreSQL")
    options = parser.parse_args()
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory(prefix="sluice-lists-", dir=options.folder) as folder:
        with PostgresServer(fsync="on") if options.postgresql else contextlib.nullcontext() as postgres:
            run(options, folder, postgres)


if __name__ == "__main__":
    main()
