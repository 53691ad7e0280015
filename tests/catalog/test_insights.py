"""What a console shows of a table: versions, size, rows; what recipients get; search; the recipient's own side."""
from __future__ import annotations

import datetime
import decimal
import json

import deltalake
import pyarrow.parquet
import pytest
from databricks.sdk.service.sharing import (
    Partition, PartitionValue, PartitionValueOp, SecurablePropertiesKvPairs,
    SharedDataObjectHistoryDataSharingStatus)
from providing import as_table, assert_refused

from catalog_server import SLUICE


def get(provider, path, token=None, **params):
    answer = provider.server.ask("GET", f"{SLUICE}/{path}", params=params, **({"token": token} if token else {}))
    assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
    return answer.json()


def ask(provider, path, token=None, **params):
    return provider.server.ask("GET", f"{SLUICE}/{path}", params=params, **({"token": token} if token else {}))


ROWS = {"country": ["DE", "DE", "FR", None], "id": [1, 2, 3, 2**60],
        "price": [decimal.Decimal("1.50"), None, decimal.Decimal("2.00"), decimal.Decimal("-3.25")],
        "at": [datetime.datetime(2024, 1, 31, 12, tzinfo=datetime.timezone.utc)] * 4,
        "raw": [b"\x00\xff", None, b"", b"abc"], "x": [1.5, float("nan"), None, float("-inf")],
        "tags": [["a", None], [], None, ["b"]]}


@pytest.fixture(scope="module")
def shop(standing):
    standing.namespace("main", "sales")
    standing.table("main.sales.orders", {"id": [1, 2, 3], "country": ["DE", "FR", "DE"]}, partition_by=["country"])
    standing.append("main.sales.orders", {"id": [4, 5], "country": ["FR", "IT"]})
    deltalake.DeltaTable(str(standing.lake / "main.sales.orders")).delete("id = 2")
    standing.table("main.sales.kinds", ROWS, partition_by=["country"])
    standing.table("main.sales.plain", {"id": list(range(120))})
    return standing


# ---- versions

def test_versions_are_told_newest_first_and_in_pages(shop):
    whole = get(shop, "tables/main.sales.orders/versions")
    assert [v["version"] for v in whole["versions"]] == [2, 1, 0]
    assert (whole["latest_version"], whole["earliest_version"]) == (2, 0)
    assert "next_page_token" not in whole
    history = deltalake.DeltaTable(str(shop.lake / "main.sales.orders")).history()
    assert [v["operation"] for v in whole["versions"]] == [h["operation"] for h in history]
    assert [v["engine_info"] for v in whole["versions"]] == [h["engineInfo"] for h in history]
    delete, append, create = whole["versions"]
    assert create["schema_changed"] and create["protocol_changed"] and not append["schema_changed"]
    assert (append["num_added_files"], append["num_removed_files"]) == (2, 0)
    assert delete["num_removed_files"] == 1 and delete["timestamp"] >= append["timestamp"]
    first = get(shop, "tables/main.sales.orders/versions", max_results=2)
    assert [v["version"] for v in first["versions"]] == [2, 1]
    rest = get(shop, "tables/main.sales.orders/versions", max_results=2, page_token=first["next_page_token"])
    assert [v["version"] for v in rest["versions"]] == [0] and "next_page_token" not in rest


# ---- statistics and partitions

def test_statistics(shop):
    told = get(shop, "tables/main.sales.orders/statistics")
    assert (told["version"], told["num_files"], told["num_records"]) == (2, 3, 4), told
    assert told["partition_columns"] == ["country"]
    columns = {c["name"]: c for c in told["columns"]}
    assert (columns["id"]["min"], columns["id"]["max"], columns["id"]["null_count"]) == (1, 5, 0)
    assert (columns["country"]["min"], columns["country"]["max"]) == ("DE", "IT")
    assert columns["id"]["type_text"] == "bigint" and columns["id"]["exact"]
    before = get(shop, "tables/main.sales.orders/statistics", version=0)
    assert (before["version"], before["num_records"]) == (0, 3)


def test_partitions(shop):
    told = get(shop, "tables/main.sales.orders/partitions")
    assert [(p["values"], p["num_records"]) for p in told["partitions"]] == [
        ({"country": "DE"}, 2), ({"country": "FR"}, 1), ({"country": "IT"}, 1)]
    first = get(shop, "tables/main.sales.orders/partitions", max_results=2)
    rest = get(shop, "tables/main.sales.orders/partitions", max_results=2, page_token=first["next_page_token"])
    assert first["partitions"] + rest["partitions"] == told["partitions"] and "next_page_token" not in rest
    assert [p["values"] for p in get(shop, "tables/main.sales.kinds/partitions")["partitions"]] == [
        {"country": "DE"}, {"country": "FR"}, {"country": None}]


# ---- rows

def test_rows_of_all_kinds(shop):
    told = get(shop, "tables/main.sales.kinds/sample")
    assert [c["name"] for c in told["columns"]] == list(ROWS)
    assert {c["name"]: c["type_text"] for c in told["columns"]}["tags"] == "array<string>"
    rows = {row[1]: row for row in told["rows"]}
    at = "2024-01-31T12:00:00.000000Z"
    assert rows[1] == ["DE", 1, "1.50", at, "AP8=", 1.5, ["a", None]]
    assert rows[2] == ["DE", 2, None, at, None, "NaN", []]
    assert rows[3] == ["FR", 3, "2.00", at, "", None, None]
    assert rows[str(2**60)] == [None, str(2**60), "-3.25", at, "YWJj", "-Infinity", ["b"]]
    assert not told["truncated"] and told["version"] == 0


def test_some_rows_some_columns_some_version(shop):
    told = get(shop, "tables/main.sales.plain/sample")
    assert len(told["rows"]) == 50 and told["truncated"]
    assert len(get(shop, "tables/main.sales.plain/sample", limit=120)["rows"]) == 120
    assert not get(shop, "tables/main.sales.plain/sample", limit=120)["truncated"]
    old = get(shop, "tables/main.sales.orders/sample", version=0, columns="COUNTRY")
    assert [c["name"] for c in old["columns"]] == ["country"]
    assert sorted(r[0] for r in old["rows"]) == ["DE", "DE", "FR"]
    assert_refused(ask(shop, "tables/main.sales.orders/sample", columns="nope"), 400, "INVALID_PARAMETER_VALUE")
    assert_refused(ask(shop, "tables/main.sales.orders/sample", limit=1001), 400, "INVALID_PARAMETER_VALUE")
    assert_refused(ask(shop, "tables/main.sales.orders/sample", version=99), 400, "INVALID_PARAMETER_VALUE")


def test_tables_of_others(shop, outside):
    shared = outside.parent
    if not (shared / "spark-tables").is_dir():
        pytest.skip("no tables by Spark")
    for name in ("dv", "cm_name", "evolve", "part_special"):
        expected = pyarrow.parquet.read_table(shared / f"spark-tables/_expected/{name}/expected.parquet")
        shop.copy(f"main.sales.{name}", shared / "spark-tables" / name)
        told = get(shop, f"tables/main.sales.{name}/sample", limit=1000)
        names = [c["name"] for c in told["columns"]]
        read = sorted(json.dumps(dict(zip(names, row)), sort_keys=True, default=str) for row in told["rows"])
        wanted = sorted(json.dumps(row, sort_keys=True, default=str) for row in expected.to_pylist())
        assert len(read) == min(len(wanted), 1000), name
        if name in ("dv", "evolve", "part_special"):
            assert [json.loads(r) for r in read] == [json.loads(w) for w in wanted], name


# ---- who may

def test_rows_need_select_and_versions_do_not(shop):
    _, user = shop.user("knows@example.com")
    token = shop.pat("knows@example.com")
    for path in ("versions", "statistics", "partitions", "sample", "shares"):
        answer = ask(shop, f"tables/main.sales.orders/{path}", token=token)
        assert_refused(answer, 404, "TABLE_DOES_NOT_EXIST")
    shop.allow("catalog", "main", "knows@example.com", "BROWSE")
    assert get(shop, "tables/main.sales.orders/versions", token=token)["versions"]
    for path in ("statistics", "partitions", "sample"):
        assert_refused(ask(shop, f"tables/main.sales.orders/{path}", token=token), 403, "PERMISSION_DENIED")
    shop.allow("catalog", "main", "knows@example.com", "USE_CATALOG", "USE_SCHEMA", "SELECT")
    for path in ("statistics", "partitions", "sample"):
        get(shop, f"tables/main.sales.orders/{path}", token=token)


# ---- as a recipient

@pytest.fixture(scope="module")
def shares(shop):
    by_country = Partition(values=[PartitionValue(
        name="country", op=PartitionValueOp.EQUAL, recipient_property_key="country")])
    shop.share("open", "main.sales")
    shop.share("narrow", as_table("main.sales.orders", shared_as="eu.orders", partitions=[by_country]),
               as_table("main.sales.plain", history_data_sharing_status=SharedDataObjectHistoryDataSharingStatus.ENABLED))
    shop.german = shop.reader("german", "narrow",
                              properties_kvpairs=SecurablePropertiesKvPairs(properties={"country": "DE"}))
    shop.nobody = shop.reader("nobody", "narrow", "open")
    return shop


def test_what_a_recipient_gets_is_told(shares):
    told = get(shares, "recipients/german/tables")["tables"]
    assert [f"{t['share']}.{t['schema']}.{t['table']}" for t in told] == shares.german.tables()
    orders = next(t for t in told if t["table"] == "orders")
    assert orders["full_name"] == "main.sales.orders" and orders["status"] == "ACTIVE"
    assert orders["partition_filter"] == "country = 'DE'" and orders["shared_through"] == "TABLE"
    # Without the property, the filter cannot be bound: the table is refused, and it is said why.
    told = {f"{t['share']}.{t['schema']}.{t['table']}": t for t in get(shares, "recipients/nobody/tables")["tables"]}
    assert told["narrow.eu.orders"]["status"] == "PERMISSION_DENIED" and told["narrow.eu.orders"]["reason"]
    assert told["open.sales.orders"]["shared_through"] == "SCHEMA"
    pages, token = [], None
    while token != "":
        page = get(shares, "recipients/nobody/tables", max_results=2, **({"page_token": token} if token else {}))
        pages += page["tables"]
        token = page.get("next_page_token", "")
    assert [t["id"] for t in pages] == [t["id"] for t in told.values()]


def test_the_preview_is_what_the_official_client_gets(shares):
    for reader, name, table in ((shares.german, "german", "narrow.eu.orders"),
                                (shares.german, "german", "narrow.sales.plain"),
                                (shares.nobody, "nobody", "open.sales.orders")):
        told = get(shares, f"recipients/{name}/tables/{table}/preview", limit=1000)
        frame = reader.read(table)
        names = [c["name"] for c in told["sample"]["columns"]]
        rows = sorted(map(tuple, told["sample"]["rows"]))
        assert rows == sorted(map(tuple, frame[names].values.tolist())), table
        files = reader.files(shares.server, table)
        assert told["num_files"] == len(files) == len(told["files"])
        assert sorted(f["size"] for f in told["files"]) == sorted(f["size"] for f in files)
        assert told["size_bytes"] == sum(f["size"] for f in files)
    german = get(shares, "recipients/german/tables/narrow.eu.orders/preview")
    assert {f["partition_values"]["country"] for f in german["files"]} == {"DE"}


def test_a_preview_needs_both_rights(shares):
    path = "recipients/german/tables/narrow.eu.orders/preview"
    shares.user("looks@example.com")
    token = shares.pat("looks@example.com")
    assert_refused(ask(shares, path, token=token), 404, "RECIPIENT_DOES_NOT_EXIST")
    metastore = shares.w.metastores.summary().metastore_id
    shares.allow("metastore", metastore, "looks@example.com", "USE_RECIPIENT")
    listed = get(shares, "recipients/german/tables", token=token)["tables"]
    assert listed and all("full_name" not in t for t in listed)
    assert_refused(ask(shares, path, token=token), 403, "PERMISSION_DENIED")
    assert_refused(ask(shares, "recipients/german/tables/open.sales.orders/preview"), 404, "RESOURCE_DOES_NOT_EXIST")


def test_shares_of_a_table(shares):
    told = {s["shared_as"]: s for s in get(shares, "tables/main.sales.orders/shares")["shares"]}
    assert set(told) == {"eu.orders", "sales.orders"}
    assert told["eu.orders"]["partition_filter"] == "country = CURRENT_RECIPIENT().country"
    assert (told["eu.orders"]["num_recipients"], told["eu.orders"]["recipients"]) == (2, ["german", "nobody"])
    assert told["sales.orders"]["shared_through"] == "SCHEMA" and told["sales.orders"]["recipients"] == ["nobody"]


# ---- search

def test_search(shares):
    found = [(r["securable_type"], r["full_name"]) for r in get(shares, "search", query="ORD")["results"]]
    assert found == [("table", "main.sales.orders")]
    assert ("schema", "main.sales") in [(r["securable_type"], r["full_name"])
                                        for r in get(shares, "search", query="sales", types="schema,catalog")["results"]]
    shares.user("finds@example.com")
    assert get(shares, "search", token=shares.pat("finds@example.com"), query="orders")["results"] == []
    assert_refused(ask(shares, "search", query="x", types="nope"), 400, "INVALID_PARAMETER_VALUE")
    first = get(shares, "search", query="s", max_results=2)
    rest = get(shares, "search", query="s", max_results=2, page_token=first["next_page_token"])
    assert len(first["results"]) == 2 and first["results"][0] not in rest["results"]


# ---- the recipient's own side

def test_home_of_a_recipient(shares):
    home = get(shares, "recipient/home", token=shares.german.token)
    assert (home["name"], home["num_shares"], home["num_tables"]) == ("german", 1, 2)
    assert len(home["tokens"]) == 1 and home["tokens"][0]["expiration_time"] > home["tokens"][0]["created_at"]
    assert shares.german.token not in json.dumps(home)
    assert ask(shares, "recipient/home").status_code in (401, 403)  # an administrator is no recipient
    assert ask(shares, "search", token=shares.german.token, query="x").status_code in (401, 403)


def test_rows_and_versions_that_are_shared(shares):
    told = get(shares, "recipient/tables/narrow.eu.orders/sample", token=shares.german.token)
    assert sorted(map(tuple, told["rows"])) == [(1, "DE"), (3, "DE")]
    versions = get(shares, "recipient/tables/narrow.eu.orders/versions", token=shares.german.token)
    assert not versions["history_shared"] and [v["version"] for v in versions["versions"]] == [2]
    assert "operation" not in versions["versions"][0]
    versions = get(shares, "recipient/tables/narrow.sales.plain/versions", token=shares.german.token)
    assert versions["history_shared"] and [v["version"] for v in versions["versions"]] == [0]
    assert set(versions["versions"][0]) <= {"version", "timestamp", "operation", "schema_changed"}
    for path in ("sample", "versions"):
        for table, status in (("open.sales.orders", 404), ("narrow.sales.orders", 404), ("narrow", 400)):
            assert ask(shares, f"recipient/tables/{table}/{path}", token=shares.german.token).status_code == status
    assert ask(shares, "recipient/tables/narrow.eu.orders/sample", token=shares.nobody.token).status_code == 403


def test_what_is_read_is_on_record(shares):
    get(shares, "recipient/tables/narrow.eu.orders/sample", token=shares.german.token)
    event = shares.newest_event(action_name="sampleSharedTable", recipient_name="german", status=200)
    assert (event["share_name"], event["table_name"]) == ("narrow", "eu.orders")


def test_no_answer_tells_where_files_are(shares):
    for token, path in ((None, "tables/main.sales.orders/versions"), (None, "tables/main.sales.orders/statistics"),
                        (None, "recipients/german/tables"), (None, "recipients/german/tables/narrow.eu.orders/preview"),
                        (shares.german.token, "recipient/tables/narrow.eu.orders/sample"),
                        (shares.german.token, "recipient/tables/narrow.sales.plain/versions")):
        text = ask(shares, path, token=token).text
        assert str(shares.lake) not in text and ".parquet" not in text, path
