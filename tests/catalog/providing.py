"""What the tests of this folder say again and again: a provider at work, recipients that read, refusals."""
from __future__ import annotations

import contextlib
import dataclasses
import json
import pathlib
import re
import shutil
import time

import deltalake
import delta_sharing
import pandas as pd
import pyarrow as pa
import requests
from databricks.sdk.errors import STATUS_CODE_MAPPING, DatabricksError
from databricks.sdk.service.catalog import DataSourceFormat, Privilege, TableType
from databricks.sdk.service.catalog import PermissionsChange as CatalogChange
from databricks.sdk.service.iam import ComplexValue
from databricks.sdk.service.sharing import (
    AuthenticationType, PermissionsChange, SharedDataObject, SharedDataObjectDataObjectType,
    SharedDataObjectUpdate, SharedDataObjectUpdateAction)

from catalog_server import SLUICE, UC, CatalogServer

TABLE = SharedDataObjectDataObjectType.TABLE
SCHEMA = SharedDataObjectDataObjectType.SCHEMA
ADD, REMOVE, UPDATE = (SharedDataObjectUpdateAction(a) for a in ("ADD", "REMOVE", "UPDATE"))
HOUR_MS = 3_600_000


def now_ms() -> int:
    return int(time.time() * 1000)


@contextlib.contextmanager
def refused(status: int, error_code: str, *words: str):
    """What stands inside must be refused to the SDK, in exactly this way."""
    try:
        yield
    except DatabricksError as error:
        assert_error(error, status, error_code, *words)
    else:
        raise AssertionError(f"not refused; expected {status} {error_code}")


def assert_error(error: DatabricksError, status: int, error_code: str, *words: str):
    seen = f"{type(error).__name__} {error.error_code}: {error}"
    assert isinstance(error, STATUS_CODE_MAPPING[status]), seen
    assert error.error_code == error_code, seen
    for word in words:
        assert word in str(error), seen


def assert_refused(answer: requests.Response, status: int, error_code: str, *words: str):
    """The same for plain HTTP; the dialects spell the name of the code differently."""
    assert answer.status_code == status, f"{answer.status_code} {answer.text}"
    body = answer.json()
    assert body.get("error_code", body.get("errorCode")) == error_code, body
    for word in words:
        assert word in body["message"], body


def eventually(check, seconds=20):
    """For what only time brings about: the first true answer of `check`."""
    deadline = time.monotonic() + seconds
    while True:
        found = check()
        if found:
            return found
        assert time.monotonic() < deadline, "it never came about"
        time.sleep(0.05)


def nonce(activation_url: str) -> str:
    """The one-time part of an activation link, which the REST call takes in its path."""
    return re.split(r"[/?=]", activation_url)[-1]


@dataclasses.dataclass
class Reader:
    """A recipient with its profile file."""
    path: pathlib.Path
    endpoint: str
    token: str

    def client(self) -> delta_sharing.SharingClient:
        return delta_sharing.SharingClient(str(self.path))

    def tables(self) -> list[str]:
        return sorted(f"{t.share}.{t.schema}.{t.name}" for t in self.client().list_all_tables())

    def read(self, table: str) -> pd.DataFrame:
        return delta_sharing.load_as_pandas(f"{self.path}#{table}")

    def changes(self, table: str, start: int) -> pd.DataFrame:
        return delta_sharing.load_table_changes_as_pandas(f"{self.path}#{table}", starting_version=start)

    def ask(self, server: CatalogServer, path="/shares", method="GET", **options) -> requests.Response:
        """Plain HTTP: the official client tries again for minutes where it is refused."""
        return server.ask(method, self.endpoint.rstrip("/") + path, token=self.token, **options)

    def query(self, server: CatalogServer, table: str, **options) -> requests.Response:
        share, schema, name = table.split(".")
        return self.ask(server, f"/shares/{share}/schemas/{schema}/tables/{name}/query", "POST", json={},
                        **options)

    def files(self, server: CatalogServer, table: str) -> list[dict]:
        answer = self.query(server, table)
        assert answer.status_code == 200, answer.text
        return [line["file"] for line in map(json.loads, answer.text.splitlines()) if "file" in line]


class Provider:
    """A server and who works with it; `w` is its administrator's SDK, `lake` a folder for tables."""

    def __init__(self, server: CatalogServer, lake: pathlib.Path):
        self.server, self.lake = server, lake
        self.w = server.admin

    # ---- principals

    def user(self, email: str):
        """(the SDK as this new user, the user)"""
        user = self.w.users.create(user_name=email, display_name=email.split("@")[0])
        return self.server.client(self.pat(email)), user

    def pat(self, principal: str) -> str:
        made = self.server.ask("POST", "/api/2.0/token/create", json={"principal": principal, "comment": "test"})
        assert made.status_code == 200, made.text
        return made.json()["token_value"]

    def group(self, name: str, *users):
        return self.w.groups.create(display_name=name, members=[ComplexValue(value=u.id) for u in users])

    def allow(self, kind: str, name: str, principal: str, *privileges: str, take=False):
        """Gives privileges on a securable, or takes them."""
        self.w.grants.update(kind, name, changes=[CatalogChange(
            principal=principal, **{"remove" if take else "add": [Privilege(p) for p in privileges]})])

    # ---- tables

    def namespace(self, catalog="main", schema="sales") -> str:
        """A catalog with a schema; returns "catalog.schema"."""
        self.w.catalogs.create(catalog)
        self.w.schemas.create(schema, catalog)
        return f"{catalog}.{schema}"

    def register(self, full_name: str, location, client=None):
        catalog, schema, name = full_name.split(".")
        return (client or self.w).tables.create(
            name=name, catalog_name=catalog, schema_name=schema, table_type=TableType.EXTERNAL,
            data_source_format=DataSourceFormat.DELTA, storage_location=pathlib.Path(location).as_uri())

    def table(self, full_name: str, rows: dict | None = None, partition_by=None, **properties):
        """A new Delta table in the lake, registered; `rows` as columns."""
        root = self.lake / full_name
        rows = {"id": [1, 2, 3]} if rows is None else rows
        deltalake.write_deltalake(str(root), pa.table(rows), partition_by=partition_by,
                                  configuration=properties or None)
        return self.register(full_name, root)

    def copy(self, full_name: str, source):
        """A copy of a Delta table, registered: no two tables may lie in one place."""
        shutil.copytree(source, self.lake / full_name)
        return self.register(full_name, self.lake / full_name)

    def append(self, full_name: str, rows: dict):
        deltalake.write_deltalake(str(self.lake / full_name), pa.table(rows), mode="append")

    # ---- shares and recipients

    def share(self, name: str, *objects: SharedDataObject | str):
        """A share of tables ("catalog.schema.table") and schemas ("catalog.schema")."""
        self.w.shares.create(name)
        if objects:
            self.update(name, *[(ADD, o) for o in objects])
        return name

    def update(self, name: str, *changes, client=None):
        return (client or self.w).shares.update(name, updates=[
            SharedDataObjectUpdate(action=action, data_object=shared(what)) for action, what in changes])

    def grant(self, share: str, *recipients: str, client=None):
        return (client or self.w).shares.update_permissions(share, changes=[
            PermissionsChange(principal=r, add=["SELECT"]) for r in recipients])

    def revoke(self, share: str, *recipients: str, client=None):
        return (client or self.w).shares.update_permissions(share, changes=[
            PermissionsChange(principal=r, remove=["SELECT"]) for r in recipients])

    def grant_until(self, share: str, recipient: str, expires_at: int):
        """A grant that ends: our extension, so not through the SDK."""
        answer = self.server.ask("PATCH", f"{UC}/shares/{share}/permissions", json={"changes": [
            {"principal": recipient, "add": ["SELECT"], "expires_at": expires_at}]})
        assert answer.status_code == 200, answer.text

    def recipient(self, name: str, **fields):
        return self.w.recipients.create(name, AuthenticationType.TOKEN, **fields)

    def activate(self, recipient) -> Reader:
        """Opens the newest link of a recipient (RecipientInfo)."""
        links = [t.activation_url for t in recipient.tokens if t.activation_url]
        assert len(links) == 1, recipient
        return self.open_link(recipient.name, links[0])

    def open_link(self, name: str, activation_url: str) -> Reader:
        got = self.w.recipient_activation.retrieve_token(nonce(activation_url))
        path = self.server.folder / f"{name}.{now_ms()}.share"
        profile = {"shareCredentialsVersion": got.share_credentials_version, "endpoint": got.endpoint,
                   "bearerToken": got.bearer_token, "expirationTime": got.expiration_time}
        path.write_text(json.dumps({k: v for k, v in profile.items() if v is not None}))
        return Reader(path, got.endpoint, got.bearer_token)

    def reader(self, name: str, *shares: str, **fields) -> Reader:
        """A new recipient that may read these shares, with its profile."""
        reader = self.activate(self.recipient(name, **fields))
        for share in shares:
            self.grant(share, name)
        return reader

    # ---- audit

    def audit(self, **filters) -> list[dict]:
        """All events that fit, the oldest first."""
        events, token = [], None
        while True:
            answer = self.server.ask("GET", f"{SLUICE}/audit-events",
                                     params={**filters, **({"page_token": token} if token else {})})
            assert answer.status_code == 200, answer.text
            body = answer.json()
            events += body.get("events", [])
            token = body.get("next_page_token")
            if not token:
                return events[::-1]

    def newest_event(self, **filters) -> dict | None:
        answer = self.server.ask("GET", f"{SLUICE}/audit-events", params={**filters, "max_results": 1})
        assert answer.status_code == 200, answer.text
        return next(iter(answer.json().get("events", [])), None)


def shared(what) -> SharedDataObject:
    if isinstance(what, SharedDataObject):
        return what
    return SharedDataObject(name=what, data_object_type=TABLE if what.count(".") == 2 else SCHEMA)


def as_table(name: str, **fields) -> SharedDataObject:
    return SharedDataObject(name=name, data_object_type=TABLE, **fields)
