"""The words of errors, what comes with wrong requests, and pages: as Databricks has them."""
from __future__ import annotations

import pytest
from databricks.sdk.service.iam import Patch, PatchOp
from databricks.sdk.service.sharing import AuthenticationType
from providing import ADD, UC, assert_refused, refused

INVALID = (400, "INVALID_PARAMETER_VALUE")


@pytest.fixture(scope="module")
def shop(standing):
    standing.namespace()
    standing.table("main.sales.orders")
    standing.share("open", "main.sales.orders")
    standing.stranger, _ = standing.user("stranger@example.com")
    return standing


# ---- the sentences

def test_missing_fields(shop):
    for path, word in ((f"{UC}/shares", "CreateShare"), (f"{UC}/recipients", "CreateRecipient")):
        for body in ({}, {"comment": "no name"}, {"name": None}):
            assert_refused(shop.server.ask("POST", path, json=body), *INVALID, f"{word} Missing required field: name")
    assert_refused(shop.server.ask("POST", f"{UC}/recipients", json={"name": "x"}), *INVALID,
                   "CreateRecipient Missing required field: authentication_type")
    assert_refused(shop.server.ask("POST", f"{UC}/schemas", json={"name": "x"}), *INVALID,
                   "Missing required field: catalog_name")


@pytest.mark.parametrize("name", ["", " ", "a b", "a/b", "a.b", "a\u0007b", "x" * 256], ids=repr)
def test_names(shop, name):
    for kind, more in (("shares", {}), ("recipients", {"authentication_type": "TOKEN"}), ("catalogs", {})):
        words = ["is not a valid name"] if name else []
        assert_refused(shop.server.ask("POST", f"{UC}/{kind}", json={"name": name, **more}), *INVALID, *words)


def test_only_tables_of_the_catalog_can_be_shared(shop):
    with refused(404, "TABLE_DOES_NOT_EXIST", "main.sales.nope"):
        shop.update("open", (ADD, "main.sales.nope"))
    with refused(404, "SCHEMA_DOES_NOT_EXIST", "main.nope"):
        shop.update("open", (ADD, "main.nope"))
    answer = shop.server.ask("PATCH", f"{UC}/shares/open", json={"updates": [
        {"action": "ADD", "data_object": {"name": "main.sales.orders", "data_object_type": "VIEW"}}]})
    assert_refused(answer, *INVALID)


def test_shared_twice(shop):
    with refused(409, "RESOURCE_ALREADY_EXISTS", "Shared Table 'sales.orders' already exists"):
        shop.update("open", (ADD, "main.sales.orders"))


def test_two_tokens(shop):
    made = shop.recipient("twice")
    shop.activate(made)
    shop.activate(shop.w.recipients.rotate_token("twice", 3600))
    with refused(*INVALID, "There are already two active tokens for recipient twice"):
        shop.w.recipients.rotate_token("twice", 3600)


def test_only_administrators(shop):
    with refused(403, "PERMISSION_DENIED", "Only administrators can"):
        shop.stranger.users.create(user_name="friend@example.com")
    with refused(403, "PERMISSION_DENIED"):
        shop.stranger.shares.create("mine")


def test_nothing_is_told_of_where_things_lie(shop):
    """No message has a path or a host, not even for the administrator that named them."""
    for location in ("/etc", str(shop.lake.parent), "/nowhere/at/all"):
        answer = shop.server.ask("POST", f"{UC}/tables", json={
            "name": "t", "catalog_name": "main", "schema_name": "sales", "table_type": "EXTERNAL",
            "data_source_format": "DELTA", "storage_location": "file://" + location})
        assert answer.status_code == 400
        assert str(shop.server.folder) not in answer.text.replace(location, "")


def test_scim_errors_reach_the_sdk(shop):
    with refused(404, "RESOURCE_DOES_NOT_EXIST"):
        shop.w.users.get("999999999")
    shop.w.users.create(user_name="once@example.com")
    with refused(409, "RESOURCE_ALREADY_EXISTS"):
        shop.w.users.create(user_name="once@example.com")
    group = shop.w.groups.create(display_name="crew")
    with refused(*INVALID):
        shop.w.groups.patch(group.id, operations=[Patch(op=PatchOp.ADD, path="members", value=[{"value": "nobody"}])])
    assert not shop.w.groups.get(group.id).members


# ---- requests that are wrong in themselves

WRONG = {
    "a number for a name": ("POST", "/shares", {"name": 5}),
    "a list for a name": ("POST", "/shares", {"name": ["x"]}),
    "text for a list": ("PATCH", "/shares/open", {"updates": "ADD"}),
    "text for an object": ("PATCH", "/shares/open", {"updates": ["ADD"]}),
    "text for a time": ("PATCH", "/recipients/who", {"expiration_time": "tomorrow"}),
    "half a millisecond": ("PATCH", "/recipients/who", {"expiration_time": 1.5}),
    "too large a time": ("PATCH", "/recipients/who", {"expiration_time": 2**63}),
    "text for a flag": ("PATCH", "/shares/open/permissions", {"omit_permissions_list": "yes"}),
    "a property that is no text": ("PATCH", "/recipients/who", {"properties_kvpairs": {"properties": {"a": 1}}}),
    "an unknown type": ("POST", "/recipients", {"name": "x", "authentication_type": "PASSWORD"}),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_types(shop, what):
    method, path, body = WRONG[what]
    if "who" in path and "who" not in [r.name for r in shop.w.recipients.list()]:
        shop.recipient("who")
    assert_refused(shop.server.ask(method, UC + path, json=body), *INVALID)


@pytest.mark.parametrize("body", [b"", b"{", b"nonsense", b'{"name": "x"', b"\xff\xfe", b'{"name":"a","name":"b"}x',
                                  b"[" * 100_000], ids=lambda b: repr(b[:12]))
def test_bodies_that_are_no_json(shop, body):
    answer = shop.server.ask("POST", f"{UC}/shares", data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400, answer.text
    assert answer.json()["error_code"] in ("MALFORMED_REQUEST", "INVALID_PARAMETER_VALUE")


def test_unknown_fields_are_ignored(shop):
    made = shop.server.ask("POST", f"{UC}/shares", json={
        "name": "extra", "colour": "red", "replication_config": {"enabled": True}, "comment": "kept"})
    assert made.status_code == 200, made.text
    assert made.json()["comment"] == "kept" and "colour" not in made.json()
    assert shop.server.ask("GET", f"{UC}/shares?colour=red&max_results=0").status_code == 200


def test_unknown_paths_and_methods(shop):
    assert shop.server.ask("GET", f"{UC}/colours").status_code == 404
    assert shop.server.ask("PUT", f"{UC}/shares").status_code == 405
    for path in ("/colours", "/shares/none/such/path"):
        body = shop.server.ask("GET", UC + path).json()
        assert set(body) >= {"error_code", "message"}


def test_names_in_paths_are_decoded(shop):
    """The SDK encodes everything but the slash."""
    with refused(404, "SHARE_DOES_NOT_EXIST", "sh are"):
        shop.w.shares.get("sh are")
    shop.w.shares.create("größe")
    assert shop.w.shares.get("größe").name == "größe"


# ---- pages

def _pages(shop, path, field, **query):
    """All pages of a list, each as its items."""
    token = None
    while True:
        answer = shop.server.ask("GET", UC + path, params={**query, **({"page_token": token} if token else {})})
        assert answer.status_code == 200, answer.text
        body = answer.json()
        yield body.get(field, [])
        token = body.get("next_page_token")
        if not token:
            return


@pytest.fixture(scope="module")
def many(shop):
    shop.w.catalogs.create("many")
    for i in range(25):
        shop.w.schemas.create(f"s{i:02}", "many")
        shop.w.shares.create(f"many{i:02}")
        shop.w.recipients.create(f"many{i:02}", AuthenticationType.TOKEN)
    return shop


LISTS = {"/shares": "shares", "/recipients": "recipients", "/schemas?catalog_name=many": "schemas"}


@pytest.mark.parametrize("path", LISTS)
def test_paging(many, path):
    every = [x["name"] for page in _pages(many, path, LISTS[path], max_results=0) for x in page]
    assert len(every) >= 25 and len(set(every)) == len(every)
    for size in (1, 7, 25, 1000, 2**31 - 1):
        pages = list(_pages(many, path, LISTS[path], max_results=size))
        assert [x["name"] for page in pages for x in page] == every
        assert all(len(page) <= size for page in pages)
    assert [x["name"] for page in _pages(many, path, LISTS[path]) for x in page] == every


@pytest.mark.parametrize("wrong", ["max_results=-1", "max_results=x", "max_results=1.5",
                                   "page_token=nonsense", "max_results=99999999999999999999"])
@pytest.mark.parametrize("path", LISTS)
def test_wrong_pages(shop, path, wrong):
    if path.startswith("/schemas"):
        path = "/schemas?catalog_name=main"
    answer = shop.server.ask("GET", UC + path + ("&" if "?" in path else "?") + wrong)
    assert_refused(answer, *INVALID)


def test_a_token_is_of_one_list(many):
    token = many.server.ask("GET", f"{UC}/shares?max_results=1").json()["next_page_token"]
    assert_refused(many.server.ask("GET", f"{UC}/recipients?page_token={token}"), *INVALID)


def test_pages_may_be_empty(many):
    """One who may see a single object of many: the SDK goes on over the empty pages."""
    _, user = many.user("lonely@example.com")
    sdk = many.server.client(many.pat("lonely@example.com"))
    many.w.shares.update("many24", owner=user.user_name)
    assert [s.name for s in sdk.shares.list_shares(max_results=2)] == ["many24"]
    assert [s.name for s in sdk.shares.list_shares()] == ["many24"]


def test_grants_take_whole_pages_only(shop):
    """A page is at least 150 privileges, so that each principal's come together."""
    path = "/permissions/catalog/main"
    assert shop.server.ask("GET", f"{UC}{path}?max_results=150").status_code == 200
    assert shop.server.ask("GET", f"{UC}{path}?max_results=0").status_code == 200
    for wrong in (-1, 1, 149):
        assert_refused(shop.server.ask("GET", f"{UC}{path}?max_results={wrong}"), *INVALID)


def test_scim_pages(shop):
    for i in range(5):
        shop.w.users.create(user_name=f"page{i}@example.com")
    users = [u.user_name for u in shop.w.users.list(count=2, filter='userName sw "page"', sort_by="userName")]
    assert users == [f"page{i}@example.com" for i in range(5)]
    answer = shop.server.ask("GET", "/api/2.0/preview/scim/v2/Users", params={"startIndex": 1000, "count": 10}).json()
    assert not answer.get("Resources") and answer["totalResults"] >= 5, "or the SDK never ends"
    assert [u.user_name for u in shop.w.users.list(filter='userName eq "page3@example.com"')] == ["page3@example.com"]


def test_the_description_is_served(shop):
    answer = shop.server.ask("GET", "/api/openapi.json", token="")
    assert answer.status_code == 200 and answer.json()["paths"]
