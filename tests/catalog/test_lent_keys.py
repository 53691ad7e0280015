"""Directory access with a catalog: who may set it, which recipients get keys for which tables, what the audit says.

What the keys open is in tests/clients/test_directory_access.py; the store keeps to the policies that came with them.
"""
import subprocess

import deltalake
import pyarrow as pa
import pytest
import requests
from databricks.sdk.service.sharing import (
    Partition, PartitionValue, PartitionValueOp, SharedDataObject, SharedDataObjectHistoryDataSharingStatus)

from audit_log import logged
from catalog_server import UC, CatalogServer
from conftest import BINARY
from lending_store import ROLE, LendingStore
from providing import ADD, REMOVE, TABLE, assert_refused
from s3proxy import S3Proxy
from sluice_server import TOKEN, Server, yaml_config

HEADERS = {"Authorization": f"Bearer {TOKEN}"}
ENABLED = SharedDataObjectHistoryDataSharingStatus.ENABLED
DISABLED = SharedDataObjectHistoryDataSharingStatus.DISABLED


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with S3Proxy(tmp_path_factory.mktemp("s3")) as s3, LendingStore(s3) as lending:
        root = tmp_path_factory.mktemp("made") / "t"
        deltalake.write_deltalake(str(root), pa.table({"n": [1, 2, 3], "c": ["a", "a", "b"]}), partition_by=["c"])
        s3.put_table(root, "lake", "bronze/t")
        yield lending


@pytest.fixture
def lending(provider, store):
    """A share "s" of main.sales.t in the bucket, whole with its history; `lend` sets directory access."""
    ask = provider.server.ask
    keys = {"access_key_id": store.s3.access_key, "secret_access_key": store.s3.secret_key,
            "endpoint": store.endpoint, "region": "us-east-1", "path_style": True}
    assert ask("POST", f"{UC}/storage-credentials", json={"name": "keys", "s3_access_key": keys}).ok
    assert ask("POST", f"{UC}/external-locations",
               json={"name": "bronze", "url": "s3://lake/bronze", "credential_name": "keys"}).ok
    provider.namespace()
    made = ask("POST", f"{UC}/tables", json={
        "name": "t", "catalog_name": "main", "schema_name": "sales", "table_type": "EXTERNAL",
        "data_source_format": "DELTA", "storage_location": "s3://lake/bronze/t"})
    assert made.status_code == 200, made.text
    provider.share("s", whole())
    return provider


def whole(**fields) -> SharedDataObject:
    return SharedDataObject(**{"name": "main.sales.t", "data_object_type": TABLE, "start_version": 0,
                               "history_data_sharing_status": ENABLED, **fields})


def lend(provider, store, **options):
    access = {"role_arn": ROLE, "sts_endpoint": store.endpoint}
    return provider.server.ask("PATCH", f"{UC}/external-locations/bronze", json={"directory_access": access}, **options)


TABLE_PATH = "/shares/s/schemas/sales/tables/t"


def ask_keys(provider, reader):
    return reader.ask(provider.server, f"{TABLE_PATH}/temporary-table-credentials", "POST", json={})


def told(provider, reader) -> dict:
    """The table as each list has it, and by itself."""
    ask = lambda path: reader.ask(provider.server, path).json()  # noqa: E731
    one = ask(TABLE_PATH)
    for listed in (ask("/shares/s/all-tables"), ask("/shares/s/schemas/sales/tables")):
        assert listed["items"] == [{k: v for k, v in one.items() if k != "format"}]
    return one


def test_a_recipient_reads_with_keys_that_were_lent(lending, store):
    reader = lending.reader("partner", "s")
    assert "accessModes" not in told(lending, reader) and "location" not in told(lending, reader)
    assert_refused(ask_keys(lending, reader), 400, "UNSUPPORTED_OPERATION")
    made = lend(lending, store)
    assert made.status_code == 200, made.text
    assert made.json()["directory_access"] == {"role_arn": ROLE, "sts_endpoint": store.endpoint}
    assert (told(lending, reader)["location"], told(lending, reader)["accessModes"]) == (
        "s3://lake/bronze/t", ["url", "dir"])

    answer = ask_keys(lending, reader)
    assert answer.status_code == 200, answer.text
    lent = answer.json()["credentials"]
    keys = lent["awsTempCredentials"]
    assert store.asked[-1]["RoleArn"] == ROLE and store.asked[-1]["DurationSeconds"] == "900"
    table = deltalake.DeltaTable(lent["location"], storage_options={
        "AWS_ENDPOINT_URL": store.endpoint, "AWS_ALLOW_HTTP": "true", "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": keys["accessKeyId"], "AWS_SECRET_ACCESS_KEY": keys["secretAccessKey"],
        "AWS_SESSION_TOKEN": keys["sessionToken"]})
    assert sorted(pa.table(table.to_pyarrow_dataset().to_table())["n"].to_pylist()) == [1, 2, 3]
    assert store.send(keys, "GET", "/lake?list-type=2&prefix=bronze/") == 403, "the table alone"
    assert sorted(reader.read("s.sales.t")["n"]) == [1, 2, 3], "links work as ever"

    # who got keys for what is on record, the keys are not
    events = logged(lending)
    event = next(e for e in events if "TemporaryTableCredential" in e["action_name"] and e["response"]["status_code"] == 200)
    assert (event["recipient_name"], event["share_name"], event["table_name"]) == ("partner", "s", "sales.t")
    assert keys["secretAccessKey"] not in str(events) and keys["sessionToken"] not in str(events)

    # taken back: from the next request on
    assert lending.server.ask("PATCH", f"{UC}/external-locations/bronze", json={"directory_access": {}}).ok
    assert "accessModes" not in told(lending, reader)
    assert_refused(ask_keys(lending, reader), 400, "UNSUPPORTED_OPERATION")
    change = [e["request_params"]["directory_access"] for e in logged(lending)
              if e["action_name"] == "updateExternalLocation"]
    assert ROLE in change[0] and change[1] == "{}"


def test_tables_that_are_not_shared_as_a_whole(lending, store):
    reader = lending.reader("partner", "s")
    assert lend(lending, store).ok
    only_a = Partition(values=[PartitionValue(name="c", op=PartitionValueOp.EQUAL, value="a")])
    for narrowed in (whole(history_data_sharing_status=DISABLED), whole(partitions=[only_a])):
        lending.update("s", (REMOVE, whole()), (ADD, narrowed))
        assert "location" not in told(lending, reader)
        assert_refused(ask_keys(lending, reader), 400, "UNSUPPORTED_OPERATION")
        lending.update("s", (REMOVE, whole()), (ADD, whole()))
        assert ask_keys(lending, reader).status_code == 200


def test_who_is_bound_to_networks_gets_links_alone(lending, store):
    reader = lending.reader("partner", "s")
    assert lend(lending, store).ok
    assert ask_keys(lending, reader).status_code == 200
    change = lambda **lists: lending.server.ask(  # noqa: E731
        "PATCH", f"{UC}/recipients/partner", json={"ip_access_list": lists})
    assert change(allowed_ip_addresses=["127.0.0.0/8", "::1"]).ok
    assert "location" not in told(lending, reader)
    assert_refused(ask_keys(lending, reader), 400, "UNSUPPORTED_OPERATION")
    assert sorted(reader.read("s.sales.t")["n"]) == [1, 2, 3]


def test_a_revoke_ends_it(lending, store):
    reader = lending.reader("partner", "s")
    assert lend(lending, store).ok
    assert ask_keys(lending, reader).status_code == 200
    lending.revoke("s", "partner")
    assert ask_keys(lending, reader).status_code == 404


@pytest.mark.parametrize("taken_back, status", [
    (lambda p: p.revoke("s", "partner"), 404),
    (lambda p: p.server.ask("PATCH", f"{UC}/external-locations/bronze", json={"directory_access": {}}), 400),
    (lambda p: p.server.ask("PATCH", f"{UC}/external-locations/bronze", json={
        "directory_access": {"role_arn": ROLE + "-2", "sts_endpoint": "http://127.0.0.1:9"}}), 400)])
def test_what_is_taken_back_while_the_store_is_asked(lending, store, monkeypatch, taken_back, status):
    reader = lending.reader("partner", "s")
    assert lend(lending, store).ok
    assume = store.assume

    def assume_late(caller, body):
        made = assume(caller, body)
        taken_back(lending)
        return made

    monkeypatch.setattr(store, "assume", assume_late)
    answer = ask_keys(lending, reader)
    assert answer.status_code == status and "ASIA" not in answer.text, answer.text


def test_a_configuration_file_takes_it_along(store, tmp_path):
    config = yaml_config(
        {"s": {"sales": {"t": {"location": "s3a://lake/bronze/t", "historyShared": True}}}},
        extra="storage:\n" + store.s3.yaml("bronze", "s3://lake/bronze", endpoint=store.endpoint) + store.access())
    with Server(BINARY, config, tmp_path) as server:
        before = requests.get(f"{server.url}/shares/s/all-tables", headers=HEADERS, timeout=30).json()
        assert before["items"][0]["accessModes"] == ["url", "dir"]
    data = str(tmp_path / "data")
    done = subprocess.run([server.binary, "import", str(tmp_path / "sluice.yaml"), "--data", data], env=server.env,
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    with CatalogServer(BINARY, tmp_path) as new:
        assert requests.get(f"{new.url}/shares/s/all-tables", headers=HEADERS, timeout=30).json() == before
        keys = requests.post(f"{new.url}{TABLE_PATH}/temporary-table-credentials", headers=HEADERS, timeout=30)
        assert keys.status_code == 200, keys.text


def test_only_administrators_set_it(lending, store):
    token = lending.pat(lending.user("ada@example.com")[1].user_name)
    lending.allow("external_location", "bronze", "ada@example.com", "MANAGE")
    assert_refused(lend(lending, store, token=token), 403, "PERMISSION_DENIED", "administrators")
    for bad in ({"role_arn": "with space"}, {"role_arn": ROLE, "sts_endpoint": "ftp://x"}, {"external_id": "x"},
                {"role_arn": ROLE}, {"role_arn": "a" * 3000}, [], {"roleArn": ROLE}, {"role_arn": None},
                {"role_arn": ROLE, "sts_endpoint": store.endpoint + "/sts"}, {"role_arn": ROLE, "sts_endpoint": "http://"}):
        answer = lending.server.ask("PATCH", f"{UC}/external-locations/bronze", json={"directory_access": bad})
        assert answer.status_code == 400, answer.text
    assert "directory_access" not in lending.server.ask("GET", f"{UC}/external-locations/bronze").json()
    with_secret = {"role_arn": ROLE, "sts_endpoint": "https://me:hidden@sts.example.com"}
    answer = lending.server.ask("PATCH", f"{UC}/external-locations/bronze", json={"directory_access": with_secret})
    assert answer.status_code == 400 and "hidden" not in answer.text
    answer = lending.server.ask("POST", f"{UC}/external-locations", json={
        "name": "x", "url": "s3://KEY:hidden@lake/x", "credential_name": "keys"})
    assert answer.status_code == 400 and "hidden" not in answer.text
    assert "hidden" not in str(logged(lending)) and ROLE in str(logged(lending))
