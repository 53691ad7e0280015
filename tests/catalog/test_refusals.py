"""Every refusal, with exactly this status and error code; and after it nothing has changed.

Recipients speak to the sharing protocol (errorCode), administrators to the Unity Catalog dialect (error_code).
"""
from __future__ import annotations

import concurrent.futures
import pathlib
import re

import pytest
import requests
from databricks.sdk.errors import DatabricksError
from databricks.sdk.service.catalog import AwsIamRoleRequest
from databricks.sdk.service.sharing import AuthenticationType, IpAccessList, Partition, PartitionValue
from providing import (
    ADD, UC, Provider, Reader, as_table, assert_error, assert_refused, eventually, nonce, now_ms, refused)

T = "/shares/open/schemas/sales/tables/orders"
NOT_FOUND = (404, "RESOURCE_DOES_NOT_EXIST")


@pytest.fixture(scope="module")
def shop(standing) -> Provider:
    """Two shares, one of which the recipient `partner` may read."""
    standing.namespace()
    standing.table("main.sales.orders", {"id": [1, 2, 3], "region": ["a", "b", "c"]}, ["region"])
    standing.table("main.sales.secret", {"id": [4]})
    standing.share("open", "main.sales.orders")
    standing.share("closed", "main.sales.secret")
    standing.partner = standing.reader("partner", "open")
    return standing


# ---- recipients

UNGRANTED = [
    ("GET", "/shares/closed"), ("GET", "/shares/closed/schemas"), ("GET", "/shares/closed/schemas/sales/tables"),
    ("GET", "/shares/closed/all-tables"), ("GET", "/shares/closed/schemas/sales/tables/secret"),
    ("GET", "/shares/closed/schemas/sales/tables/secret/version"),
    ("GET", "/shares/closed/schemas/sales/tables/secret/metadata"),
    ("POST", "/shares/closed/schemas/sales/tables/secret/query"),
    ("GET", "/shares/closed/schemas/sales/tables/secret/changes?startingVersion=0"),
    ("POST", "/shares/closed/schemas/sales/tables/secret/temporary-table-credentials")]


@pytest.mark.parametrize("method, path", UNGRANTED, ids=[p for _, p in UNGRANTED])
def test_an_ungranted_share_does_not_exist(shop, method, path):
    body = {"json": {}} if method == "POST" else {}
    answer = shop.partner.ask(shop.server, path, method, **body)
    assert_refused(answer, *NOT_FOUND)
    # in the same words as for a share that really does not exist
    nowhere = shop.partner.ask(shop.server, path.replace("closed", "nowhere"), method, **body)
    assert answer.text.replace("closed", "nowhere") == nowhere.text


def _with(shop, token):
    return Reader(shop.partner.path, shop.partner.endpoint, token)


@pytest.mark.parametrize("token", ["", "nonsense", "dapi" + "0" * 32], ids=["none", "wrong", "unknown"])
def test_a_wrong_token(shop, token):
    for path in ("/shares", T + "/version"):
        assert_refused(_with(shop, token).ask(shop.server, path), 401, "UNAUTHENTICATED")


def test_tokens_are_no_use_at_the_other_side(shop):
    assert_refused(_with(shop, shop.server.admin_token).ask(shop.server), 401, "UNAUTHENTICATED")
    for path in (f"{UC}/shares", "/api/2.0/preview/scim/v2/Me", "/api/2.1/sluice/audit-events"):
        assert_refused(shop.server.ask("GET", path, token=shop.partner.token), 401, "UNAUTHENTICATED")
        assert_refused(shop.server.ask("GET", path, token=""), 401, "UNAUTHENTICATED")


def test_an_expired_token(shop, fresh):
    reader = shop.reader(name := fresh("r"), "open")
    shop.w.recipients.update(name, expiration_time=now_ms() + 1000)
    eventually(lambda: reader.ask(shop.server).status_code != 200)
    assert_refused(reader.ask(shop.server), 401, "UNAUTHENTICATED")


def test_a_revoked_token(shop, fresh):
    reader = shop.reader(name := fresh("r"), "open")
    shop.w.recipients.rotate_token(name, 0)
    assert_refused(reader.ask(shop.server), 401, "UNAUTHENTICATED")
    other = shop.reader(name := fresh("r"), "open")
    shop.w.recipients.delete(name)
    assert_refused(other.ask(shop.server), 401, "UNAUTHENTICATED")


def test_a_revoked_token_of_an_administrator(shop, fresh):
    sdk, user = shop.user(f"{fresh('leaver')}@example.com")
    token = sdk.tokens.create(comment="mine")
    client = shop.server.client(token.token_value)
    client.current_user.me()
    sdk.tokens.delete(token.token_info.token_id)
    with refused(401, "UNAUTHENTICATED"):
        client.current_user.me()
    shop.w.users.delete(user.id)
    with refused(401, "UNAUTHENTICATED"):
        sdk.current_user.me()


def test_an_address_that_is_not_allowed(shop, fresh):
    reader = shop.reader(name := fresh("r"), "open")
    shop.w.recipients.update(name, ip_access_list=IpAccessList(["192.0.2.0/24"]))
    for path in ("/shares", T + "/version"):
        assert_refused(reader.ask(shop.server, path), 403, "PERMISSION_DENIED")
    answer = shop.server.ask("PATCH", f"{UC}/recipients/{name}", json={"ip_access_list": {
        "allowed_ip_addresses": ["127.0.0.0/8"], "denied_ip_addresses": ["127.0.0.9"]}})
    assert answer.status_code == 200, answer.text
    assert reader.ask(shop.server).status_code == 200
    assert_refused(reader.ask(shop.server, address="127.0.0.9"), 403, "PERMISSION_DENIED")


def test_the_owner_of_the_share_lost_access(shop, fresh):
    _, user = shop.user(f"{fresh('owner')}@example.com")
    share, name = shop.share(fresh("share"), "main.sales.orders"), fresh("r")
    reader = shop.reader(name, share)
    path = T.replace("open", share)
    assert reader.ask(shop.server, path + "/version").status_code == 200
    shop.w.shares.update(share, owner=user.user_name)  # who may not read the table
    assert_refused(reader.ask(shop.server, path + "/version"), 403, "PERMISSION_DENIED")
    assert_refused(reader.ask(shop.server, path + "/query", "POST", json={}), 403, "PERMISSION_DENIED")


def test_links(shop, fresh):
    """To a file: altered, of another server, of a recipient that lost its access."""
    reader = shop.reader(name := fresh("r"), "open")
    url = reader.files(shop.server, "open.sales.orders")[0]["url"]
    assert shop.server.ask("GET", url, token="").status_code == 200
    assert shop.server.ask("GET", url[:-1] + ("A" if url[-1] != "A" else "B"), token="").status_code == 403
    assert shop.server.ask("GET", re.sub(r"\?.*", "", url), token="").status_code in (401, 403)
    shop.revoke("open", name)
    assert shop.server.ask("GET", url, token="").status_code in (403, 404)


def test_activation_links(shop, fresh):
    path = f"{UC}/public/data_sharing_activation/"
    made = shop.recipient(fresh("r"))
    link = nonce(made.tokens[0].activation_url)
    assert len(link) >= 43, "256 bits"
    for wrong in ("nonsense", link[:-1], link + "A", "0" * len(link)):
        assert_refused(shop.server.ask("GET", path + wrong, token=""), *NOT_FOUND)
    assert shop.server.ask("GET", path + link, token="").status_code == 200
    used = shop.server.ask("GET", path + link, token="")
    assert used.status_code in (403, 404) and "bearerToken" not in used.text


# ---- administrators: (what is asked, status, error_code, words in the message)

class Ask:
    """A row: a call of the SDK, or a plain request."""

    def __init__(self, ident, call, status, code, *words):
        self.ident, self.call, self.status, self.code, self.words = ident, call, status, code, words


INVALID = (400, "INVALID_PARAMETER_VALUE")
CREATE = AuthenticationType.TOKEN
ROWS = [
    # names that are not there
    Ask("share", lambda p: p.w.shares.get("nope"), 404, "SHARE_DOES_NOT_EXIST", "nope"),
    Ask("recipient", lambda p: p.w.recipients.get("nope"), 404, "RECIPIENT_DOES_NOT_EXIST", "nope"),
    Ask("provider", lambda p: p.w.providers.get("nope"), 404, "PROVIDER_DOES_NOT_EXIST", "nope"),
    Ask("catalog", lambda p: p.w.catalogs.get("nope"), 404, "CATALOG_DOES_NOT_EXIST", "nope"),
    Ask("schema", lambda p: p.w.schemas.get("main.nope"), 404, "SCHEMA_DOES_NOT_EXIST", "main.nope"),
    Ask("table", lambda p: p.w.tables.get("main.sales.nope"), 404, "TABLE_DOES_NOT_EXIST", "main.sales.nope"),
    Ask("schema's catalog", lambda p: p.w.schemas.create("s", "nope"), 404, "CATALOG_DOES_NOT_EXIST", "nope"),
    Ask("credential", lambda p: p.w.storage_credentials.get("nope"), 404, "STORAGE_CREDENTIAL_DOES_NOT_EXIST"),
    Ask("location", lambda p: p.w.external_locations.get("nope"), 404, "EXTERNAL_LOCATION_DOES_NOT_EXIST"),
    Ask("token", lambda p: p.w.tokens.delete("nope"), 404, "RESOURCE_DOES_NOT_EXIST"),
    Ask("grantee", lambda p: p.allow("catalog", "main", "nobody@example.com", "USE_CATALOG"),
        404, "PRINCIPAL_DOES_NOT_EXIST", "nobody@example.com"),
    Ask("recipient of a grant", lambda p: p.grant("open", "nope"), 404, "RECIPIENT_DOES_NOT_EXIST", "nope"),
    Ask("grants of nothing", lambda p: p.w.grants.get("table", "main.sales.nope"), 404, "TABLE_DOES_NOT_EXIST"),
    # names that are taken
    Ask("second share", lambda p: p.w.shares.create("open"), 409, "SHARE_ALREADY_EXISTS", "open"),
    Ask("second share, other letters", lambda p: p.w.shares.create("OPEN"), 409, "SHARE_ALREADY_EXISTS"),
    Ask("second recipient", lambda p: p.w.recipients.create("partner", CREATE), 409, "RECIPIENT_ALREADY_EXISTS"),
    Ask("second catalog", lambda p: p.w.catalogs.create("main"), 409, "CATALOG_ALREADY_EXISTS", "main"),
    Ask("second schema", lambda p: p.w.schemas.create("sales", "main"), 409, "SCHEMA_ALREADY_EXISTS", "sales"),
    Ask("second table", lambda p: p.register("main.sales.orders", p.lake / "main.sales.orders"),
        409, "TABLE_ALREADY_EXISTS", "orders"),
    Ask("rename onto another", lambda p: p.w.shares.update("open", new_name="closed"), 409, "SHARE_ALREADY_EXISTS"),
    Ask("shared twice", lambda p: p.update("open", (ADD, "main.sales.orders")),
        409, "RESOURCE_ALREADY_EXISTS", "Shared Table", "already exists"),
    Ask("one name for two", lambda p: p.update("open", (ADD, as_table("main.sales.secret", shared_as="sales.orders"))),
        409, "RESOURCE_ALREADY_EXISTS", "sales.orders"),
    # the same table twice under one name, with other partitions: said how to write it
    Ask("two partitions", lambda p: p.update("open", (ADD, as_table(
        "main.sales.orders", partitions=[Partition([PartitionValue(name="region", value="a")])]))),
        409, "RESOURCE_ALREADY_EXISTS", "partitions"),
    # places
    Ask("a place that is taken", lambda p: p.register("main.sales.again", p.lake / "main.sales.orders"),
        *INVALID, "LOCATION_OVERLAP"),
    Ask("a place in one that is taken", lambda p: p.register("main.sales.again", p.lake / "main.sales.orders" / "x"),
        *INVALID, "LOCATION_OVERLAP"),
    Ask("outside of every root", lambda p: p.register("main.sales.etc", "/etc"), *INVALID),
    Ask("up and out of a root", lambda p: p.register("main.sales.up", p.lake / ".." / ".." / "etc"), *INVALID),
    Ask("a link out of a root", lambda p: p.register("main.sales.link", _link_out(p)), *INVALID),
    Ask("no external location", lambda p: _register_s3(p), *INVALID),
    Ask("a location on a root that is none", lambda p: p.w.external_locations.create(
        "etc", "file:///etc", "local"), *INVALID),
    Ask("no table there", lambda p: p.register("main.sales.empty", _empty(p)), *INVALID),
    # values
    Ask("no partition column", lambda p: p.update("open", (ADD, as_table(
        "main.sales.secret", partitions=[Partition([PartitionValue(name="id", value="4")])]))), *INVALID, "id"),
    Ask("three parts of an alias", lambda p: p.update("open", (ADD, as_table(
        "main.sales.secret", shared_as="a.b.c"))), *INVALID, "shared_as"),
    Ask("a privilege that is none here", lambda p: p.allow("catalog", "main", _me(p), "READ_FILES"), *INVALID),
    Ask("another privilege on a share", lambda p: p.server.ask("PATCH", f"{UC}/shares/open/permissions", json={
        "changes": [{"principal": "partner", "add": ["MODIFY"]}]}), *INVALID),
    Ask("a bad network", lambda p: p.w.recipients.create("x", CREATE, ip_access_list=IpAccessList(["10.0.0.0/33"])),
        *INVALID, "10.0.0.0/33"),
    Ask("101 networks", lambda p: p.w.recipients.create("x", CREATE, ip_access_list=IpAccessList(
        [f"10.0.0.{i}" for i in range(101)])), *INVALID, "100"),
    Ask("a negative grace", lambda p: p.w.recipients.rotate_token("partner", -1), *INVALID),
    Ask("not empty", lambda p: p.w.schemas.delete("main.sales"), 400, "INVALID_STATE", "main.sales"),
    Ask("credential in use", lambda p: _credential_in_use(p), 400, "INVALID_STATE"),
    Ask("an unknown action", lambda p: p.server.ask("PATCH", f"{UC}/shares/open", json={"updates": [
        {"action": "REPLACE", "data_object": {"name": "main.sales.orders"}}]}), *INVALID, "action"),
    Ask("a notebook", lambda p: p.server.ask("PATCH", f"{UC}/shares/open", json={"updates": [
        {"action": "ADD", "data_object": {"name": "x", "data_object_type": "NOTEBOOK_FILE"}}]}), *INVALID),
]


def _me(p):
    return p.w.current_user.me().user_name


def _link_out(p):
    link = p.lake / "link"
    if not link.is_symlink():
        link.symlink_to("/etc")
    return pathlib.Path(link)


def _empty(p):
    (p.lake / "empty").mkdir(exist_ok=True)
    return p.lake / "empty"


def _register_s3(p):
    return p.server.ask("POST", f"{UC}/tables", json={
        "name": "s3", "catalog_name": "main", "schema_name": "sales", "table_type": "EXTERNAL",
        "data_source_format": "DELTA", "storage_location": "s3://bucket/none"})


def _credential_in_use(p):
    if "used" not in [c.name for c in p.w.storage_credentials.list()]:
        p.w.storage_credentials.create("used", skip_validation=True, aws_iam_role=AwsIamRoleRequest(
            "arn:aws:iam::123456789012:role/r"))
        p.w.external_locations.create("uses", "s3://bucket/path", "used", skip_validation=True)
    p.w.storage_credentials.delete("used")


def _picture(p):
    """What an administrator sees of everything."""
    w = p.w
    shares = [w.shares.get(s.name, include_shared_data=True).as_dict() for s in w.shares.list_shares()]
    return (shares, [r.as_dict() for r in w.recipients.list()], [c.as_dict() for c in w.catalogs.list()],
            [s.as_dict() for s in w.schemas.list("main")], [t.as_dict() for t in w.tables.list("main", "sales")],
            w.shares.share_permissions("open").as_dict(), w.grants.get("catalog", "main").as_dict())


@pytest.mark.parametrize("row", ROWS, ids=[r.ident for r in ROWS])
def test_refused_and_nothing_changed(shop, row):
    before, newest = _picture(shop), shop.newest_event(status=row.status)
    try:
        answer = row.call(shop)
    except DatabricksError as error:
        assert_error(error, row.status, row.code, *row.words)
    else:  # a plain request raises nothing; what the SDK was not refused is no answer
        assert isinstance(answer, requests.Response), f"not refused: {answer}"
        assert_refused(answer, row.status, row.code, *row.words)
    assert _picture(shop) == before
    event = eventually(lambda: _newer(shop, newest, status=row.status))
    assert event["response"]["error_message"], "the audit log does not say why"


def _newer(shop, newest, **filters):
    event = shop.newest_event(**filters)
    return event if event != newest else None


# ---- concurrent changes

def test_of_two_that_make_the_same_one_wins(shop, fresh):
    """Ten at once: one succeeds, nine are told why not."""
    share = fresh("race")
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: shop.server.ask("POST", f"{UC}/shares", json={"name": share}), range(10)))
    assert sorted(a.status_code for a in answers) == [200] + [409] * 9
    for answer in answers:
        if answer.status_code == 409:
            assert_refused(answer, 409, "SHARE_ALREADY_EXISTS", share)


def test_concurrent_updates_are_each_whole(shop, fresh):
    """Each request adds its own three tables and takes them away again; none sees half of another's."""
    share = shop.share(fresh("race"))
    groups = [[f"main.sales.{fresh('part')}" for _ in range(3)] for _ in range(8)]
    for name in (n for g in groups for n in g):
        shop.copy(name, shop.lake / "main.sales.orders")

    def work(group):
        seen = []
        for action in ("ADD", "REMOVE") * 5:
            answer = shop.server.ask("PATCH", f"{UC}/shares/{share}", json={"updates": [
                {"action": action, "data_object": {"name": n, "data_object_type": "TABLE"}} for n in group]})
            seen.append(answer.status_code)
            now = {o["name"] for o in answer.json().get("objects", [])}
            assert all(len(now & set(g)) in (0, 3) for g in groups)
        return seen

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for seen in pool.map(work, groups):
            assert set(seen) == {200}
    assert not shop.w.shares.get(share, include_shared_data=True).objects
