"""That the audit log says of each change what was changed: all of it, and no secret."""
from __future__ import annotations

import json
import shutil
import subprocess

import pytest
from databricks.sdk.service import catalog as c
from databricks.sdk.service import sharing as s

from catalog_server import UC
from providing import eventually, nonce


def told(provider, action, **filters) -> dict:
    """What the newest event of `action` says that was asked."""
    return provider.newest_event(action_name=action, **filters)["request_params"]


def exported(provider, *words) -> list[str]:
    done = provider.server.run("audit", "export", *words)
    return [json.loads(line)["action_name"] for line in done.stdout.splitlines()]


def test_all_of_many_grants(provider):
    names = [f"tenant-{i:03}" for i in range(120)]
    for name in names:
        provider.recipient(name)
    provider.w.shares.create("bulk")
    changes = [s.PermissionsChange(principal=name, add=["SELECT"]) for name in names]
    provider.w.shares.update_permissions("bulk", changes=changes)
    changes = json.loads(told(provider, "updateSharePermissions")["changes"])
    assert changes == [{"principal": name, "add": ["SELECT"]} for name in names]


def test_a_long_comment_hides_nothing(provider):
    provider.namespace()
    for name in ("one", "two"):
        provider.table(f"main.sales.{name}", {"id": [1]})
    provider.w.shares.create("sales")
    add = s.SharedDataObjectUpdateAction.ADD
    provider.w.shares.update("sales", updates=[
        s.SharedDataObjectUpdate(add, s.SharedDataObject("main.sales.one", comment="harmless " * 600)),
        s.SharedDataObjectUpdate(add, s.SharedDataObject("main.sales.two", shared_as="x.hidden", start_version=0))],
        comment="y" * 10_000)
    params = told(provider, "updateShare")
    first, second = json.loads(params["updates"])
    assert first["name"] == "main.sales.one" and 100 < len(first["comment"]) <= 200
    assert second == {"action": "ADD", "name": "main.sales.two", "shared_as": "x.hidden", "start_version": 0}
    assert params["comment"].startswith("yyy") and len(params["comment"]) == 4096


def test_what_cannot_be_told_is_refused(provider):
    provider.namespace()
    provider.table("main.sales.one", {"id": [1]})
    provider.w.shares.create("sales")
    value = {"name": "id", "op": "EQUAL", "value": '"' * 300_000}
    body = {"updates": [{"action": "ADD", "data_object": {
        "name": "main.sales.one", "partitions": [{"values": [value]}]}}]}
    answer = provider.server.ask("PATCH", f"{UC}/shares/sales", json=body)
    assert answer.status_code == 400 and "audit log" in answer.json()["message"], answer.text
    assert not provider.w.shares.get("sales", include_shared_data=True).objects
    event = provider.newest_event(action_name="updateShare")
    assert event["response"]["status_code"] == 400
    assert len(event["request_params"]["updates"]) == 4096, "of what changed nothing a part will do"
    provider.server.run("audit", "verify")


def test_strangers_do_not_fill_the_log(provider):
    body = {"changes": [{"principal": "x" * 500_000, "add": ["SELECT"]}]}
    answer = provider.server.ask("PATCH", f"{UC}/shares/sales/permissions", json=body, token="slu_wrong")
    assert answer.status_code == 401
    event = provider.newest_event(action_name="updateSharePermissions")
    assert len(event["request_params"]["changes"]) == 4096


def test_fields_that_were_changed(provider):
    w = provider.w
    w.storage_credentials.create("aws", aws_iam_role=c.AwsIamRoleRequest("arn:aws:iam::1:role/x"))
    w.storage_credentials.update("aws", aws_iam_role=c.AwsIamRoleRequest("arn:aws:iam::666:role/y"))
    assert json.loads(told(provider, "createStorageCredential")["aws_iam_role"]) == {"role_arn": "arn:aws:iam::1:role/x"}
    assert json.loads(told(provider, "updateStorageCredential")["aws_iam_role"]) == {
        "role_arn": "arn:aws:iam::666:role/y"}
    keys = {"access_key_id": "AK", "secret_access_key": "HUSHHUSH", "endpoint": "https://s3.example.org"}
    ask = provider.server.ask
    assert ask("PATCH", f"{UC}/storage-credentials/aws", json={"s3_access_key": keys}).status_code == 200
    assert json.loads(told(provider, "updateStorageCredential")["s3_access_key"]) == {
        **keys, "secret_access_key": "(secret)"}

    metastore = w.metastores.summary().metastore_id
    assert ask("PATCH", f"{UC}/metastores/{metastore}", json={"external_access_enabled": True}).status_code == 200
    assert told(provider, "updateMetastore")["external_access_enabled"] == "true"

    provider.recipient("partner")
    assert ask("PATCH", f"{UC}/recipients/partner", json={"requests_per_second": 7}).status_code == 200
    assert told(provider, "updateRecipient")["requests_per_second"] == "7"

    profile = {"shareCredentialsVersion": 1, "endpoint": "https://a.example.org/x", "bearerToken": "HUSHHUSH"}
    w.providers.create("other", s.AuthenticationType.TOKEN, recipient_profile_str=json.dumps(profile))
    profile["endpoint"] = "https://b.example.org/x"
    w.providers.update("other", recipient_profile_str=json.dumps(profile))
    assert json.loads(told(provider, "updateProvider")["recipient_profile"]) == {
        "endpoint": "https://b.example.org/x", "share_credentials_version": 1}

    provider.namespace()
    w.catalogs.update("main", properties={"a": "b"})
    assert json.loads(told(provider, "updateCatalog")["properties"]) == {"a": "b"}

    hook = {"display_name": "ops", "config": {"generic_webhook": {"url": "http://127.0.0.1:9/HUSHHUSH", "username": "u"}}}
    assert ask("POST", "/api/2.0/notification-destinations", json=hook).status_code == 200
    mail = {"config": {"email": {"addresses": ["ops@example.org"]}}}
    ask("POST", "/api/2.0/notification-destinations", json={"display_name": "mail", **mail})
    assert json.loads(told(provider, "createNotificationDestination")["config"]) == mail["config"]

    operations = [{"op": "replace", "path": "password", "value": "HUSHHUSH"},
                  {"op": "replace", "value": {"Password": "HUSHHUSH", "displayName": "Ada"}}]
    ada = w.users.create(user_name="ada@example.org").id
    ask("PATCH", f"/api/2.0/preview/scim/v2/Users/{ada}", json={"Operations": operations})
    assert "Ada" in told(provider, "updateUser")["Operations"]
    assert "HUSHHUSH" not in provider.server.run("audit", "export").stdout


def test_filters_find_links_and_grants(provider):
    made = provider.recipient("partner")
    link = nonce(made.tokens[0].activation_url)
    public = f"{UC}/public"
    assert provider.server.ask("GET", f"{public}/data_sharing_activation_info/{link}", token="").status_code == 200
    assert provider.server.ask("GET", f"{public}/data_sharing_activation/{link}", token="").status_code == 200
    actions = exported(provider, "--recipient", "partner")
    assert {"createRecipient", "getActivationUrlInfo", "retrieveRecipientToken"} <= set(actions), actions

    provider.w.shares.create("sales")
    body = {"changes": [{"principal": "partner", "add": ["SELECT"]}]}
    assert provider.server.ask("PATCH", f"{UC}/permissions/SHARE/Sales", json=body).status_code == 200
    assert exported(provider, "--share", "sales") == ["createShare", "updatePermissions"]


# ---- commands beside the server

def test_a_reset_of_the_administrators_token_is_on_record(provider):
    provider.server.run("admin", "reset-token")
    eventually(lambda: provider.server.ask("GET", f"{UC}/shares").status_code == 200)
    event = eventually(lambda: provider.newest_event(action_name="resetAdminToken"))
    assert event["user_identity"]["email"] == "sluice admin reset-token"
    assert event["request_params"]["user"] == "admin" and event["request_params"]["system_user"]
    assert provider.server.stop() == 0
    provider.server.run("admin", "reset-token")
    provider.server.start()
    assert len(provider.audit(action_name="resetAdminToken")) == 2
    provider.server.run("audit", "verify")


# ---- verifying

def test_verify_makes_nothing(provider, tmp_path):
    for words in (["verify"], ["export"], ["export", "--delta", str(tmp_path / "t")]):
        done = subprocess.run([provider.server.binary, "audit", *words, "--data", str(tmp_path / "mistyped")],
                              env=provider.server.env, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 2 and "is not a data directory" in done.stderr, done
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("with_database", [False, True])
def test_a_log_without_an_anchor_is_not_called_whole(provider, tmp_path, with_database):
    """Its end may have been cut off: nobody can know."""
    server = provider.server
    for i in range(3):
        provider.w.shares.create(f"s{i}")
    server.run("audit", "verify")
    assert server.stop() == 0
    copy = tmp_path / "copy"
    copy.mkdir(mode=0o700)
    shutil.copytree(server.data / "audit", copy / "audit")
    newest = sorted((copy / "audit").glob("audit-*.jsonl"))[-1]
    newest.write_bytes(b"".join(newest.read_bytes().splitlines(keepends=True)[:-2]))
    if with_database:
        (copy / "sluice.db").touch(mode=0o600)
    words = [server.binary, "audit", "verify", "--data", str(copy)]
    done = subprocess.run(words, env=server.env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1 and "NOT ANCHORED" in done.stdout, done
    assert (copy / "sluice.db").exists() == with_database
    server.start()
