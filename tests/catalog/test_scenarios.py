"""Stories that must run, as far as they need no SQL; the letters are those of the list of scenarios.
"Refused" always means: a clear error, an event in the audit log, and nothing changed."""
import deltalake
import pyarrow as pa
import pytest
from databricks.sdk.service.sharing import (
    IpAccessList, Partition, PartitionValue, PartitionValueOp, SecurablePropertiesKvPairs,
    SharedDataObjectHistoryDataSharingStatus)
from providing import ADD, HOUR_MS, as_table, assert_refused, eventually, nonce, now_ms, refused

HISTORY = SharedDataObjectHistoryDataSharingStatus.ENABLED
EQUAL, LIKE = PartitionValueOp.EQUAL, PartitionValueOp.LIKE
# The setting that names the proxies whose X-Forwarded-For is believed.
BEHIND_A_PROXY = "version: 1\ntrustedProxies: [127.0.0.1]\n"

SALES = {"region": ["SE", "SE", "SE", "US", "US", "DE"], "year": ["2000", "2000", "2001", "2000", "2001", "2000"],
         "amount": [10, 20, 40, 80, 160, 320]}


def properties(**pairs):
    return SecurablePropertiesKvPairs(dict(pairs))


def test_a_first_share(provider):
    """A table by region and year, the first partner, the first read."""
    provider.namespace()
    provider.table("main.sales.orders", SALES, ["region", "year"], **{"delta.enableChangeDataFeed": "true"})
    provider.share("first", as_table(
        "main.sales.orders", shared_as="sales.y2000", cdf_enabled=True, history_data_sharing_status=HISTORY,
        start_version=0, partitions=[Partition([PartitionValue(name="region", op=EQUAL, value="SE"),
                                                PartitionValue(name="year", op=LIKE, value="2000%")])]))
    made = provider.recipient("partner")
    provider.grant("first", "partner")
    reader = provider.activate(made)
    with pytest.raises(Exception, match="(?i)activat|link|exist|used"):
        provider.activate(made)

    rows = reader.read("first.sales.y2000")
    assert set(rows["region"]) == {"SE"} and set(rows["year"]) == {"2000"}
    assert rows.groupby("region")["amount"].sum().to_dict() == {"SE": 10 + 20}
    assert [o.shared_as for o in provider.w.shares.get("first", include_shared_data=True).objects] == ["sales.y2000"]

    provider.append("main.sales.orders", {"region": ["SE", "US"], "year": ["2000", "2000"], "amount": [1, 2]})
    changes = reader.changes("first.sales.y2000", 1)
    assert list(changes["amount"]) == [1] and set(changes["_change_type"]) == {"insert"}
    assert sorted(reader.changes("first.sales.y2000", 0)["amount"]) == [1, 10, 20]


def test_b_a_partners_first_day(provider):
    """A share with one table by partition and one whole schema."""
    provider.namespace("main", "sales")
    provider.w.schemas.create("weather", "main")
    provider.table("main.sales.orders", SALES, ["region", "year"])
    provider.table("main.weather.rain", {"mm": [1, 2]})
    provider.share("day", as_table("main.sales.orders", partitions=[
        Partition([PartitionValue(name="region", op=EQUAL, value="DE")])]), "main.weather")
    made = provider.recipient("partner")
    assert provider.w.recipients.get("partner").tokens[0].activation_url == made.tokens[0].activation_url
    provider.grant("day", "partner")
    reader = provider.activate(made)
    client = reader.client()
    assert [s.name for s in client.list_shares()] == ["day"]
    assert sorted(s.name for s in client.list_schemas(client.list_shares()[0])) == ["sales", "weather"]
    assert reader.tables() == ["day.sales.orders", "day.weather.rain"]
    assert list(reader.read("day.sales.orders")["amount"]) == [320]

    provider.table("main.weather.wind", {"ms": [7]})
    assert reader.tables() == ["day.sales.orders", "day.weather.rain", "day.weather.wind"], "it appears by itself"
    assert list(reader.read("day.weather.wind")["ms"]) == [7]
    assert len(provider.w.shares.share_permissions("day").privilege_assignments) == 1
    provider.revoke("day", "partner")
    assert_refused(reader.query(provider.server, "day.weather.rain"), 404, "RESOURCE_DOES_NOT_EXIST")


def test_c_access_that_ends(provider):
    """Of two grants one has ended, the other will; and a third ends while somebody looks."""
    provider.namespace()
    provider.table("main.sales.orders", SALES)
    provider.share("s", "main.sales.orders")
    past, future, soon = (provider.reader(n) for n in ("past", "future", "soon"))
    provider.grant_until("s", "past", now_ms() - 1000)
    provider.grant_until("s", "future", now_ms() + HOUR_MS)
    assert_refused(past.query(provider.server, "s.sales.orders"), 404, "RESOURCE_DOES_NOT_EXIST")
    assert past.tables() == []
    assert future.query(provider.server, "s.sales.orders").status_code == 200
    provider.grant_until("s", "soon", now_ms() + 1500)
    eventually(lambda: soon.query(provider.server, "s.sales.orders").status_code == 404)
    assert future.query(provider.server, "s.sales.orders").status_code == 200
    provider.server.restart()
    assert past.query(provider.server, "s.sales.orders").status_code == 404
    assert future.query(provider.server, "s.sales.orders").status_code == 200


def test_d_who_read_what(provider):
    """A known number of reads; the summary of the audit log has them to the byte."""
    provider.namespace()
    provider.table("main.sales.orders", SALES)
    provider.table("main.sales.notes", {"note": ["a" * 1000]})
    provider.share("s", "main.sales.orders", "main.sales.notes")
    server, began = provider.server, now_ms()
    wanted = {}
    for recipient, reads in (("one", {"orders": 1}), ("two", {"orders": 2, "notes": 3}), ("none", {})):
        reader = provider.reader(recipient, "s")
        for table, times in reads.items():
            size = 0
            for _ in range(times):
                for file in reader.files(server, f"s.sales.{table}"):
                    body = server.ask("GET", file["url"], token="").content
                    assert len(body) == file["size"]
                    size += len(body)
            wanted["s", recipient, f"sales.{table}"] = (times, size)
    provider.revoke("s", "one")
    ended = now_ms() + 1

    def summary():
        answer = server.ask("GET", "/api/2.1/sluice/audit-summary", params={"start_time": began, "end_time": ended})
        assert answer.status_code == 200, answer.text
        rows = answer.json()["rows"]
        assert all(began <= r["first_access"] <= r["last_access"] <= ended for r in rows)
        return {(r["share_name"], r["recipient_name"], r["table_name"]): (r["accesses"], r["bytes_read"])
                for r in rows}

    # The last result is written behind the last byte, so it may come a moment after it.
    eventually(lambda: summary() == wanted)
    events = provider.audit(action_name="deltaSharingQueryTable", recipient_name="two", table_name="sales.notes")
    assert len(events) == 3
    assert all(e["response"]["status_code"] == 200 and e["share_name"] == "s" for e in events)
    assert provider.audit(recipient_name="none", action_name="deltaSharingQueryTable") == []
    provider.server.run("audit", "verify")


def test_e_rotation(provider):
    """All recipients but one get a new token with a grace; nobody else is touched."""
    provider.namespace()
    provider.table("main.sales.orders", SALES)
    provider.share("s", "main.sales.orders")
    readers = {n: provider.reader(n, "s") for n in ("a", "b", "untouched")}
    before = provider.w.recipients.get("untouched")
    new = {}
    for recipient in [r.name for r in provider.w.recipients.list() if r.name != "untouched"]:
        new[recipient] = provider.activate(provider.w.recipients.rotate_token(recipient, 2))
    assert provider.w.recipients.get("untouched") == before
    for name in ("a", "b"):
        eventually(lambda n=name: readers[n].ask(provider.server).status_code == 401)
        assert new[name].ask(provider.server).status_code == 200
    assert readers["untouched"].ask(provider.server).status_code == 200
    assert len(provider.audit(action_name="rotateRecipientToken")) == 2
    told = provider.w.recipients.get("a").tokens
    assert sum(1 for t in told if not t.expiration_time or t.expiration_time > now_ms()) == 1


@pytest.mark.parametrize("as_property", [False, True], ids=["ip access list", "property"])
def test_f_only_from_our_offices(provider, as_property):
    """Two networks; the property that people write instead counts like the list, never as a comment."""
    offices = ["127.0.0.8/30", "127.0.1.0/24"]
    fields = ({"properties_kvpairs": properties(allowed_ip_ranges=", ".join(offices))} if as_property
              else {"ip_access_list": IpAccessList(offices)})
    made = provider.recipient("office", **fields)
    if not as_property:
        assert sorted(provider.w.recipients.get("office").ip_access_list.allowed_ip_addresses) == sorted(offices)
    link = "/api/2.1/unity-catalog/public/data_sharing_activation/" + nonce(made.tokens[0].activation_url)
    assert provider.server.ask("GET", link, token="").status_code == 403
    profile = provider.server.ask("GET", link, token="", address="127.0.1.77").json()

    def listing(address, **headers):
        return provider.server.ask("GET", profile["endpoint"].rstrip("/") + "/shares",
                                   token=profile["bearerToken"], address=address, headers=headers)

    for inside in ("127.0.0.8", "127.0.0.11", "127.0.1.255"):
        assert listing(inside).status_code == 200
    for beyond in ("127.0.0.7", "127.0.0.12", "127.0.2.0", "127.0.0.1"):
        assert_refused(listing(beyond), 403, "PERMISSION_DENIED")
    # nobody believes what a stranger writes into a header
    assert listing("127.0.0.1", **{"X-Forwarded-For": "127.0.0.8"}).status_code == 403
    denied = [e for e in provider.audit(recipient_name="office") if e["response"]["status_code"] == 403]
    assert {e["source_ip_address"] for e in denied} >= {"127.0.0.7", "127.0.0.12", "127.0.2.0", "127.0.0.1"}


@pytest.mark.parametrize("provider", [BEHIND_A_PROXY], indirect=True, ids=["trusted"])
def test_f_behind_a_trusted_proxy(provider):
    reader = provider.reader("office")
    provider.w.recipients.update("office", ip_access_list=IpAccessList(["203.0.113.0/24"]))
    server = provider.server
    assert reader.ask(server, headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 200
    assert reader.ask(server, headers={"X-Forwarded-For": "198.51.100.1"}).status_code == 403
    assert reader.ask(server, headers={"X-Forwarded-For": "203.0.113.9, 198.51.100.1"}).status_code == 403
    assert reader.ask(server).status_code == 403
    assert reader.ask(server, address="127.0.0.9", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 403
    assert "198.51.100.1" in {e["source_ip_address"] for e in provider.audit(recipient_name="office")}


def test_i_one_table_many_tenants(provider):
    """Each recipient has the rows of its country; one without a country has none, never all."""
    provider.namespace()
    provider.table("main.sales.orders", SALES, ["region"])
    own = PartitionValue(name="region", op=EQUAL, recipient_property_key="country")
    provider.share("s", as_table("main.sales.orders", partitions=[Partition([own])]))
    swedish = provider.reader("swedish", "s", properties_kvpairs=properties(country="SE"))
    german = provider.reader("german", "s", properties_kvpairs=properties(country="DE"))
    nowhere = provider.reader("nowhere", "s")
    assert sorted(swedish.read("s.sales.orders")["amount"]) == [10, 20, 40]
    assert sorted(german.read("s.sales.orders")["amount"]) == [320]
    answer = nowhere.query(provider.server, "s.sales.orders")
    assert answer.status_code in (400, 403) or '"file"' not in answer.text, "everything is shown"

    # a changed property counts from the next query, and the old links are of no more use
    url = swedish.files(provider.server, "s.sales.orders")[0]["url"]
    provider.w.recipients.update("swedish", properties_kvpairs=properties(country="US"))
    assert sorted(swedish.read("s.sales.orders")["amount"]) == [80, 160]
    assert provider.server.ask("GET", url, token="").status_code in (403, 404)


def test_j_a_hundred_tenants(provider):
    """A share with six tables for each tenant, and keys of its own."""
    provider.w.catalogs.create("tenants")
    source = provider.lake / "template"
    deltalake.write_deltalake(str(source), pa.table({"id": [1]}))
    readers = {}
    for i in range(100):
        schema = f"t{i:03}"
        provider.w.schemas.create(schema, "tenants")
        names = [f"tenants.{schema}.part{k}" for k in range(6)]
        for name in names:
            provider.copy(name, source)
        readers[i] = provider.reader(f"tenant{i:03}", provider.share(f"share{i:03}", *names))
    for i in (0, 41, 99):
        assert readers[i].tables() == [f"share{i:03}.t{i:03}.part{k}" for k in range(6)]
    server = provider.server
    for path in ("/shares/share041", "/shares/share041/schemas", "/shares/share041/schemas/t041/tables",
                 "/shares/share041/all-tables", "/shares/share041/schemas/t041/tables/part0/version"):
        assert_refused(readers[0].ask(server, path), 404, "RESOURCE_DOES_NOT_EXIST")
        # no word tells that there is such a share
        there = readers[0].ask(server, path).text
        assert there.replace("share041", "share777").replace("t041", "t777") == readers[0].ask(
            server, path.replace("share041", "share777").replace("t041", "t777")).text
    provider.revoke("share000", "tenant000")
    assert readers[0].tables() == []
    assert len(readers[1].tables()) == 6
    provider.append("tenants.t041.part3", {"id": [2]})
    assert sorted(readers[41].read("share041.t041.part3")["id"]) == [1, 2], "a new row is there at once"


def test_owners_rights_carry_the_share(provider):
    """The owner of a share loses a table: so do its recipients. It heals without anybody's help."""
    provider.namespace()
    provider.table("main.sales.orders", SALES)
    owner_sdk, owner = provider.user("owner@example.com")
    w = provider.w
    provider.allow("catalog", "main", owner.user_name, "USE_CATALOG")
    provider.allow("schema", "main.sales", owner.user_name, "USE_SCHEMA")
    provider.allow("table", "main.sales.orders", owner.user_name, "SELECT")
    provider.share("s")
    w.shares.update("s", owner="owner@example.com")
    provider.update("s", (ADD, "main.sales.orders"), client=owner_sdk)
    reader = provider.reader("partner")
    provider.grant("s", "partner")
    assert reader.query(provider.server, "s.sales.orders").status_code == 200

    for kind, name, privilege in (("catalog", "main", "USE_CATALOG"), ("schema", "main.sales", "USE_SCHEMA"),
                                  ("table", "main.sales.orders", "SELECT")):
        provider.allow(kind, name, owner.user_name, privilege, take=True)
        assert w.shares.get("s", include_shared_data=True).objects[0].status.value == "PERMISSION_DENIED"
        assert_refused(reader.query(provider.server, "s.sales.orders"), 403, "PERMISSION_DENIED")
        provider.allow(kind, name, owner.user_name, privilege)
        assert w.shares.get("s", include_shared_data=True).objects[0].status.value == "ACTIVE"
        assert reader.query(provider.server, "s.sales.orders").status_code == 200
    with refused(403, "PERMISSION_DENIED"):
        owner_sdk.tables.delete("main.sales.orders")
