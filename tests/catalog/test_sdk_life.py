"""A provider's whole life with the unmodified SDK, from the first "who am I" to the deletion of everything;
recipients read with the official client, and see what they may see."""
import json

import pyarrow.dataset as ds
import pytest
from databricks.sdk.errors import NotFound
from databricks.sdk.service.catalog import AwsIamRoleRequest, SecurableType, ValidationResultResult
from databricks.sdk.service.sharing import (
    AuthenticationType, IpAccessList, Partition, PartitionValue, PartitionValueOp,
    SecurablePropertiesKvPairs, SharedDataObjectHistoryDataSharingStatus, SharedDataObjectStatus)
from providing import (
    ADD, HOUR_MS, REMOVE, UPDATE, as_table, assert_refused, eventually, nonce, now_ms, refused)

# {table of the catalog: its folder below the tables from outside}
OUTSIDE = {"main.golden.primitives": "golden/data-reader-primitives",
           "main.golden.snapshot": "golden/snapshot-data3",
           "main.golden.decimals": "golden/basic-decimal-table"}


def columns_of_log(root) -> list[tuple[str, str]]:
    """(name, type) as the newest metaData of the log has them."""
    found = []
    for commit in sorted((root / "_delta_log").glob("*.json")):
        for line in commit.read_text().splitlines():
            if "metaData" in (action := json.loads(line)):
                found = json.loads(action["metaData"]["schemaString"])["fields"]
    return [(f["name"], f["type"]) for f in found]


def expected_rows(root) -> int:
    files = [str(p) for p in (root / "expected").rglob("*.parquet")]
    return ds.dataset(files, format="parquet").count_rows()


def test_who_and_where(provider):
    me = provider.w.current_user.me()
    assert me.user_name and me.active
    summary = provider.w.metastores.summary()
    cloud, region, metastore = summary.global_metastore_id.split(":")
    assert (cloud, region, metastore) == (summary.cloud, summary.region, summary.metastore_id)
    assert summary.owner == "admins" and "admins" in [g.display for g in me.groups]
    assert provider.w.metastores.current().metastore_id == metastore
    assert [m.metastore_id for m in provider.w.metastores.list()] == [metastore]
    assert provider.w.metastores.get(metastore).name == summary.name


def test_storage(provider, outside):
    """The credential `local` is there from the start; others keep their secrets to themselves."""
    w = provider.w
    local = w.storage_credentials.get("local")
    assert local.name == "local"
    location = w.external_locations.create("tables", outside.as_uri(), "local", comment="from outside")
    assert w.external_locations.get("tables").url.rstrip("/") == outside.as_uri()
    assert location.credential_name == "local"
    checks = w.storage_credentials.validate(storage_credential_name="local", external_location_name="tables",
                                            read_only=True)
    assert {c.operation.value for c in checks.results} >= {"READ", "LIST"}
    assert {c.result for c in checks.results} <= {ValidationResultResult.PASS, ValidationResultResult.SKIP}
    cloud = w.storage_credentials.create("cloud", skip_validation=True, aws_iam_role=AwsIamRoleRequest(
        role_arn="arn:aws:iam::123456789012:role/reader"))
    assert cloud.aws_iam_role.role_arn == "arn:aws:iam::123456789012:role/reader"
    assert {c.name for c in w.storage_credentials.list()} == {"local", "cloud"}
    w.storage_credentials.update("cloud", comment="of the lake", skip_validation=True)
    assert w.storage_credentials.get("cloud").comment == "of the lake"
    w.external_locations.delete("tables")
    w.storage_credentials.delete("cloud")
    assert [c.name for c in w.storage_credentials.list()] == ["local"]


@pytest.fixture
def filled(provider, outside):
    """The provider with a catalog of tables from outside."""
    w = provider.w
    w.external_locations.create("tables", outside.as_uri(), "local")
    w.catalogs.create("main", comment="what we sell", properties={"team": "data"})
    w.schemas.create("golden", "main", properties={"k": "v"})
    for name, folder in OUTSIDE.items():
        provider.register(name, outside / folder / "delta")
    return provider


def test_catalog_schema_table(filled, outside):
    w = filled.w
    assert w.catalogs.get("main").properties == {"team": "data"}
    assert w.schemas.get("main.golden").full_name == "main.golden"
    assert sorted(t.full_name for t in w.tables.list("main", "golden")) == sorted(OUTSIDE)
    assert sorted(t.full_name for t in w.tables.list_summaries("main", schema_name_pattern="gold%",
                                                               table_name_pattern="%")) == sorted(OUTSIDE)
    for name, folder in OUTSIDE.items():
        assert w.tables.exists(name).table_exists
        table = w.tables.get(name)
        log = columns_of_log(outside / folder / "delta")
        assert [c.name for c in table.columns] == [name for name, _ in log]
        assert [json.loads(c.type_json)["type"] for c in table.columns] == [kind for _, kind in log]
        assert [c.position for c in table.columns] == list(range(len(log)))
        assert table.data_source_format.value == "DELTA" and table.table_type.value == "EXTERNAL"
    assert {c.name: c.type_name.value for c in w.tables.get("main.golden.primitives").columns} == {
        "as_int": "INT", "as_long": "LONG", "as_byte": "BYTE", "as_short": "SHORT", "as_boolean": "BOOLEAN",
        "as_float": "FLOAT", "as_double": "DOUBLE", "as_string": "STRING", "as_binary": "BINARY",
        "as_big_decimal": "DECIMAL"}
    assert all(not t.columns for t in w.tables.list("main", "golden", omit_columns=True))
    w.schemas.update("main.golden", new_name="gold", comment="renamed")
    assert w.tables.get("main.gold.snapshot").schema_name == "gold"
    with refused(404, "SCHEMA_DOES_NOT_EXIST"):
        w.schemas.get("main.golden")
    with pytest.raises(NotFound):
        w.tables.get("main.golden.snapshot")


def test_share_and_read(filled, outside):
    """Everything that is read equals what the collection of tables says."""
    filled.share("everything", *OUTSIDE)
    reader = filled.reader("partner", "everything")
    assert reader.tables() == sorted(f"everything.{n.removeprefix('main.')}" for n in OUTSIDE)
    for name, folder in OUTSIDE.items():
        rows = reader.read(f"everything.{name.removeprefix('main.')}")
        assert len(rows) == expected_rows(outside / folder), name


def test_updates_of_a_share(filled):
    w = filled.w
    filled.share("s")
    history = SharedDataObjectHistoryDataSharingStatus.ENABLED
    filled.update("s", (ADD, as_table("main.golden.primitives", shared_as="shop.types", comment="all types",
                                      history_data_sharing_status=history, cdf_enabled=False)),
                  (ADD, "main.golden.snapshot"))
    objects = {o.shared_as or o.name: o for o in w.shares.get("s", include_shared_data=True).objects}
    types = objects["shop.types"]
    assert (types.name, types.comment, types.history_data_sharing_status) == (
        "main.golden.primitives", "all types", history)
    assert types.status == SharedDataObjectStatus.ACTIVE
    assert types.added_by == w.current_user.me().user_name and abs(types.added_at - now_ms()) < HOUR_MS
    assert not w.shares.get("s").objects, "only where it was asked for"
    reader = filled.reader("partner", "s")
    assert reader.tables() == ["s.golden.snapshot", "s.shop.types"]

    # an alias changes, an object goes
    filled.update("s", (UPDATE, as_table("main.golden.primitives", shared_as="shop.kinds")),
                  (REMOVE, "main.golden.snapshot"))
    assert reader.tables() == ["s.shop.kinds"]

    # the share gets another name and comment; grants and objects stay
    w.shares.update("s", new_name="t", comment="new")
    assert w.shares.get("t").comment == "new"
    with refused(404, "SHARE_DOES_NOT_EXIST"):
        w.shares.get("s")
    assert reader.tables() == ["t.shop.kinds"]


def test_a_hundred_at_once_and_all_or_nothing(filled, outside):
    w = filled.w
    names = [f"main.golden.copy{i:03}" for i in range(100)]
    for name in names:
        filled.copy(name, outside / OUTSIDE["main.golden.snapshot"] / "delta")
    filled.share("wide", *names)
    assert len(w.shares.get("wide", include_shared_data=True).objects) == 100

    # the last of these does not exist: nothing of it is done
    with refused(404, "TABLE_DOES_NOT_EXIST", "main.golden.nowhere"):
        filled.update("wide", *[(REMOVE, n) for n in names[:50]], (ADD, "main.golden.primitives"),
                      (ADD, "main.golden.nowhere"))
    assert sorted(o.name for o in w.shares.get("wide", include_shared_data=True).objects) == names
    with refused(400, "INVALID_PARAMETER_VALUE", "100"):
        filled.update("wide", *[(REMOVE, n) for n in names], (ADD, "main.golden.primitives"))
    assert len(w.shares.get("wide", include_shared_data=True).objects) == 100


def test_partitions(provider):
    """Only files of the partitions arrive, for each recipient its own where a property says so."""
    provider.namespace()
    provider.table("main.sales.orders", {"id": [1, 2, 3, 4], "country": ["SE", "SE", "US", "DE"]}, ["country"])
    key = PartitionValue(name="country", op=PartitionValueOp.EQUAL, recipient_property_key="country")
    swedish = PartitionValue(name="country", op=PartitionValueOp.EQUAL, value="SE")
    any_d = PartitionValue(name="country", op=PartitionValueOp.LIKE, value="D%")
    provider.share("s", as_table("main.sales.orders", shared_as="a.own", partitions=[Partition([key])]))
    provider.table("main.sales.more", {"id": [5, 6, 7], "country": ["SE", "DK", "US"]}, ["country"])
    provider.update("s", (ADD, as_table("main.sales.more", shared_as="a.either",
                                        partitions=[Partition([swedish]), Partition([any_d])])))
    readers = {c: provider.reader(f"of_{c.lower()}", "s", properties_kvpairs=SecurablePropertiesKvPairs(
        {"country": c})) for c in ("SE", "US")}
    assert sorted(readers["SE"].read("s.a.own")["id"]) == [1, 2]
    assert sorted(readers["US"].read("s.a.own")["id"]) == [3]
    assert sorted(readers["US"].read("s.a.either")["id"]) == [5, 6]
    assert len(readers["US"].files(provider.server, "s.a.own")) == 1, "the others are not even named"
    without = provider.reader("of_nobody", "s")
    assert without.query(provider.server, "s.a.own").status_code in (200, 403)
    if without.query(provider.server, "s.a.own").status_code == 200:
        assert without.files(provider.server, "s.a.own") == []


def test_recipients_properties_and_permissions(filled):
    w = filled.w
    filled.share("s", "main.golden.snapshot")
    made = filled.recipient("partner", comment="north", properties_kvpairs=SecurablePropertiesKvPairs({"a": "1"}))
    assert not made.activated and made.tokens[0].activation_url
    assert filled.server.origin in made.tokens[0].activation_url
    w.recipients.update("partner", properties_kvpairs=SecurablePropertiesKvPairs({"b": "2"}))
    assert w.recipients.get("partner").properties_kvpairs.properties == {"b": "2"}, "replaced, not added to"
    filled.grant("s", "partner")
    assert [(p.principal, [x.value for x in p.privileges]) for p in
            w.shares.share_permissions("s").privilege_assignments] == [("partner", ["SELECT"])]
    assert [p.share_name for p in w.recipients.share_permissions("partner").permissions_out] == ["s"]
    assert [x.privilege.value for p in w.grants.get_effective(SecurableType.SHARE.value, "s").privilege_assignments
            for x in p.privileges if p.principal == "partner"] == ["SELECT"]
    w.recipients.update("partner", new_name="north")
    assert [p.principal for p in w.shares.share_permissions("s").privilege_assignments] == ["north"]


def test_activation_is_good_for_once(filled):
    made = filled.recipient("partner")
    link = made.tokens[0].activation_url
    filled.w.recipient_activation.get_activation_url_info(nonce(link))
    reader = filled.open_link("partner", link)
    assert reader.ask(filled.server).status_code == 200
    again = filled.server.ask(
        "GET", f"/api/2.1/unity-catalog/public/data_sharing_activation/{nonce(link)}", token="")
    assert again.status_code in (403, 404), again.text
    seen = filled.w.recipients.get("partner")
    assert seen.activated and not any(t.activation_url for t in seen.tokens)
    assert reader.token not in filled.server.ask("GET", "/api/2.1/unity-catalog/recipients/partner").text


def test_rotation_with_a_grace(filled):
    w, server = filled.w, filled.server
    filled.share("s", "main.golden.snapshot")
    old = filled.reader("partner", "s")
    rotated = w.recipients.rotate_token("partner", 3600)
    assert old.query(server, "s.golden.snapshot").status_code == 200
    new = filled.activate(rotated)
    assert new.token != old.token
    for reader in (old, new):
        assert reader.query(server, "s.golden.snapshot").status_code == 200
    with refused(400, "INVALID_PARAMETER_VALUE", "There are already two active tokens for recipient partner"):
        w.recipients.rotate_token("partner", 3600)

    # the grace of another one is short
    short = filled.reader("hasty", "s")
    w.recipients.rotate_token("hasty", 1)
    eventually(lambda: short.ask(server).status_code == 401)
    assert old.ask(server).status_code == 200, "nobody else is touched"

    # a link that was never opened is worth nothing after a rotation
    made = filled.recipient("late")
    w.recipients.rotate_token("late", 0)
    answer = server.ask("GET", "/api/2.1/unity-catalog/public/data_sharing_activation/"
                        + nonce(made.tokens[0].activation_url), token="")
    assert answer.status_code in (403, 404), answer.text


def test_addresses(filled):
    """An IP list guards the protocol and the links alike, for addresses that are added later too."""
    server = filled.server
    filled.share("s", "main.golden.snapshot")
    reader = filled.reader("partner", "s")
    url = reader.files(server, "s.golden.snapshot")[0]["url"]
    assert server.ask("GET", url, token="", address="127.0.0.7").status_code == 200
    filled.w.recipients.update("partner", ip_access_list=IpAccessList(["127.0.0.8/29", "2001:db8::/32"]))
    assert reader.ask(server, address="127.0.0.9").status_code == 200
    assert_refused(reader.ask(server, address="127.0.0.7"), 403, "PERMISSION_DENIED")
    assert server.ask("GET", url, token="", address="127.0.0.9").status_code == 200
    assert server.ask("GET", url, token="", address="127.0.0.7").status_code == 403
    made = filled.recipient("other", ip_access_list=IpAccessList(["127.0.0.9"]))
    link = "/api/2.1/unity-catalog/public/data_sharing_activation/" + nonce(made.tokens[0].activation_url)
    assert server.ask("GET", link, token="", address="127.0.0.7").status_code == 403
    assert server.ask("GET", link, token="", address="127.0.0.9").status_code == 200, "it was not used up"


def test_revoking_and_deleting_hold_at_once(filled):
    w, server = filled.w, filled.server
    filled.share("s", "main.golden.snapshot")
    reader = filled.reader("partner", "s")
    url = reader.files(server, "s.golden.snapshot")[0]["url"]
    filled.revoke("s", "partner")
    assert_refused(reader.query(server, "s.golden.snapshot"), 404, "RESOURCE_DOES_NOT_EXIST")
    assert server.ask("GET", url, token="").status_code in (403, 404)
    assert reader.tables() == []
    filled.grant("s", "partner")
    assert reader.query(server, "s.golden.snapshot").status_code == 200
    w.recipients.delete("partner")
    assert_refused(reader.ask(server), 401, "UNAUTHENTICATED")
    assert server.ask("GET", url, token="").status_code in (401, 403, 404)
    assert not w.shares.share_permissions("s").privilege_assignments
    w.shares.delete("s")
    assert list(w.shares.list_shares()) == [] and list(w.recipients.list()) == []


def test_taking_all_down_again(filled):
    w = filled.w
    with refused(400, "INVALID_STATE"):
        w.catalogs.delete("main")  # it is not empty
    for name in OUTSIDE:
        w.tables.delete(name)
    w.schemas.delete("main.golden")
    w.catalogs.delete("main", force=True)
    w.external_locations.delete("tables")
    assert list(w.catalogs.list()) == []


def test_everything_is_there_after_a_restart(filled):
    filled.share("s", "main.golden.snapshot")
    reader = filled.reader("partner", "s")
    pending = filled.recipient("later").tokens[0].activation_url
    token = filled.server.admin_token
    filled.server.restart()
    assert filled.server.admin_token == token
    assert reader.tables() == ["s.golden.snapshot"]
    assert filled.open_link("later", pending).ask(filled.server).status_code == 200
    assert filled.w.catalogs.get("main").comment == "what we sell"


def test_providers(filled):
    """What others share with us: this server stands for the other one too."""
    w = filled.w
    filled.share("s", "main.golden.snapshot")
    reader = filled.reader("ourselves", "s")
    w.providers.create("other", AuthenticationType.TOKEN, recipient_profile_str=reader.path.read_text())
    told = w.providers.get("other")
    assert told.recipient_profile.endpoint == reader.endpoint
    assert reader.token not in filled.server.ask("GET", "/api/2.1/unity-catalog/providers/other").text
    assert [s.name for s in w.providers.list_shares("other")] == ["s"]
    assets = w.providers.list_provider_share_assets("other", "s", table_max_results=10)
    assert [(t.schema, t.name) for t in assets.tables] == [("golden", "snapshot")]
    w.providers.delete("other")
    assert list(w.providers.list()) == []
