"""Directory access: keys of the store for one table, as clients get and use them.

The store (tests/support/lending_store.py) keeps to the policies that the server sends with AssumeRole. So what
delta-rs reads here with lent keys is what Amazon would let it read, and no more.
"""
import json
import re
import shutil
import subprocess
import time

import deltalake
import pyarrow as pa
import pytest
import requests

import made_tables
from asking import HEADERS, call, ids, shares
from lending_store import ROLE, LendingStore, allows
from sluice_server import clean_environment

ORDERS = "s3://lending/sales/orders"
PROOF = [("s3:ListBucket", "sales/orders", False)]  # of what the server tries with keys for ORDERS, as it is decided


@pytest.fixture
def store(s3):
    with LendingStore(s3) as lending:
        yield lending


def put(s3, tmp_path, prefix, commits=2, bucket="lending"):
    root = made_tables.real(tmp_path / "made", commits, 4)
    location = s3.put_table(root, bucket, prefix)
    shutil.rmtree(root)
    return location


@pytest.fixture
def neighbours(s3, tmp_path):
    """Three tables side by side, of which names begin alike."""
    for prefix in ("sales/orders", "sales/orders2", "sales/order"):
        put(s3, tmp_path, prefix)
    yield s3
    s3.remove("lending", "sales")


def storage(store, access=None, **keys) -> str:
    keys = {"endpoint": store.endpoint, **keys}
    return "storage:\n" + store.s3.yaml("lending", "s3://lending", **keys) + (access or store.access())


def lent(server, table="orders", body=None, **options):
    return requests.post(f"{server.url}/shares/s/schemas/d/tables/{table}/temporary-table-credentials",
                         headers=HEADERS, json=body, timeout=60, **options)


def keys_of(answer) -> dict:
    assert answer.status_code == 200, answer.text
    return answer.json()["credentials"]["awsTempCredentials"]


def read(store, location, keys, version=None):
    """The ids that delta-rs finds."""
    options = {"AWS_ENDPOINT_URL": store.endpoint, "AWS_ALLOW_HTTP": "true", "AWS_REGION": "us-east-1",
               "AWS_ACCESS_KEY_ID": keys["accessKeyId"], "AWS_SECRET_ACCESS_KEY": keys["secretAccessKey"],
               "AWS_SESSION_TOKEN": keys["sessionToken"]}
    table = deltalake.DeltaTable(location, storage_options=options, version=version)
    return sorted(pa.table(table.to_pyarrow_dataset().to_table())["id"].to_pylist())


def assert_silent(server, store):
    """No secret that was lent is in a log."""
    told = server.stdout() + server.stderr()
    for keys in store.keys.values():
        assert keys["secretAccessKey"] not in told and keys.get("sessionToken", "SECRET") not in told


# ---- reading ----

def test_delta_rs_reads_a_table_with_keys_for_it_alone(serve, store, neighbours):
    server = serve(shares(orders="s3a://lending/sales/orders/"), storage(store))
    before = time.time() * 1000
    answer = lent(server)
    body = answer.json()["credentials"]
    assert set(body) == {"location", "awsTempCredentials", "expirationTime"}
    assert body["location"] == ORDERS
    assert set(body["awsTempCredentials"]) == {"accessKeyId", "secretAccessKey", "sessionToken"}
    assert before + 3590_000 < body["expirationTime"] < time.time() * 1000 + 3600_001
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"

    keys = keys_of(answer)
    assert store.decisions(keys) == PROOF, "the server tries what must be refused"
    assert read(store, body["location"], keys) == list(range(8))
    assert read(store, body["location"], keys, version=0) == list(range(4)), "the history is shared"
    tried = store.decisions(keys)
    assert {action for action, _, _ in tried} == {"s3:GetObject", "s3:ListBucket"}
    assert all(allowed for _, _, allowed in tried), tried
    assert_silent(server, store)


def test_a_checkpoint_is_read_too(serve, store, neighbours, tmp_path):
    root = made_tables.real(tmp_path / "t", 12, 2)
    deltalake.DeltaTable(str(root)).create_checkpoint()
    location = neighbours.put_table(root, "lending", "sales/checkpointed")
    server = serve(shares(t=location), storage(store))
    keys = keys_of(lent(server, "t"))
    store.decisions(keys)  # the server's own
    assert read(store, location, keys) == list(range(24))
    assert all(allowed for _, _, allowed in store.decisions(keys))


@pytest.mark.parametrize("odd", ["with space", "ünï-文-😀", "a+b&c=d", "100%", "{x}$y", "q\"'(z)!~,@;:#"])
def test_names_that_need_care(serve, store, s3, tmp_path, odd):
    location = put(s3, tmp_path, f"odd/{odd}/t")
    server = serve(shares(t=location.replace("\\", "\\\\").replace('"', '\\"')), storage(store))
    answer = lent(server, "t")
    keys = keys_of(answer)
    assert answer.json()["credentials"]["location"] == location
    assert store.asked[-1]["Policy"].isascii()
    policy = json.loads(store.asked[-1]["Policy"])
    assert allows(policy, "s3:GetObject", location[5:] + "/x.parquet", {})
    assert not allows(policy, "s3:GetObject", location[5:] + "x/y", {})
    # By plain requests: delta-rs 1.6 encodes such names of S3 once too often, with whatever keys.
    path, log = requests.utils.quote(location[4:], safe="/"), "_delta_log/00000000000000000001.json"
    assert store.send(keys, "GET", f"{path}/{log}") == 200
    bucket, _, prefix = location[5:].partition("/")
    for ending, status in (("/_delta_log/", 200), ("/", 200), ("", 403)):
        query = "list-type=2&prefix=" + requests.utils.quote(prefix + ending, safe="")
        assert store.send(keys, "GET", f"/{bucket}?{query}") == status, ending


# ---- what the keys do not open ----

def test_nothing_else_is_opened(serve, store, neighbours):
    server = serve(shares(orders=ORDERS), storage(store))
    keys = keys_of(lent(server))
    log = "_delta_log/00000000000000000000.json"
    neighbours.put_object("lending", "sales/note.txt", b"beside the tables")
    neighbours.put_object("elsewhere", "sales/orders/x", b"in another bucket")
    may = {"its log": ("GET", f"/lending/sales/orders/{log}"),
           "its files": ("GET", "/lending?list-type=2&prefix=sales/orders/"),
           "listing its log": ("GET", "/lending?list-type=2&prefix=sales/orders/_delta_log/&delimiter=/")}
    may_not = {
        "a sibling": ("GET", f"/lending/sales/orders2/{log}"),
        "a sibling with a shorter name": ("GET", f"/lending/sales/order/{log}"),
        "listing a sibling": ("GET", "/lending?list-type=2&prefix=sales/orders2/"),
        "listing what begins alike": ("GET", "/lending?list-type=2&prefix=sales/orders"),
        "listing the parent": ("GET", "/lending?list-type=2&prefix=sales/"),
        "listing the bucket": ("GET", "/lending?list-type=2"),
        "the buckets": ("GET", "/"),
        "a file in the parent": ("GET", "/lending/sales/note.txt"),
        "another bucket": ("GET", "/elsewhere/sales/orders/x"),
        "writing": ("PUT", "/lending/sales/orders/new.parquet"),
        "a commit": ("PUT", "/lending/sales/orders/_delta_log/00000000000000000002.json"),
        "deleting": ("DELETE", f"/lending/sales/orders/{log}"),
        "a role": ("POST", "/")}
    for what, (method, target) in may.items():
        assert store.send(keys, method, target) == 200, what
        assert store.send(store.own, method, target) == 200, what
    for what, (method, target) in may_not.items():
        assert store.send(keys, method, target, b"x" if method == "PUT" else b"") == 403, what
    assert store.send(store.own, "GET", f"/lending/sales/orders2/{log}") == 200, "it is the keys, not the store"
    assert store.send(keys, "GET", "/lending/sales/orders/none") == 404, "what is missing is told as missing"
    assert store.send({**keys, "sessionToken": None}, "GET", may["its log"][1]) == 403
    with pytest.raises(Exception):
        read(store, "s3://lending/sales/orders2", keys)
    with pytest.raises(Exception):
        deltalake.write_deltalake(ORDERS, pa.table({"id": [1]}), mode="append", storage_options={
            "AWS_ENDPOINT_URL": store.endpoint, "AWS_ALLOW_HTTP": "true", "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": keys["accessKeyId"], "AWS_SECRET_ACCESS_KEY": keys["secretAccessKey"],
            "AWS_SESSION_TOKEN": keys["sessionToken"]})


# ---- what STS is asked ----

def test_what_the_service_for_roles_is_asked(serve, store, neighbours):
    server = serve(shares(orders=ORDERS), storage(store, store.access(externalId="ours-1"))
                   + "temporaryCredentialValiditySeconds: 900\n")
    answer = lent(server, body={})
    asked = store.asked[0]
    assert re.fullmatch("sluice-[0-9a-f]{32}", asked.pop("RoleSessionName"))
    assert json.loads(asked.pop("Policy")) == {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::lending/sales/orders/*"},
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::lending",
         "Condition": {"StringLike": {"s3:prefix": "sales/orders/*"}}}]}
    assert asked == {"Action": "AssumeRole", "Version": "2011-06-15", "RoleArn": ROLE, "DurationSeconds": "900",
                     "ExternalId": "ours-1"}
    assert answer.json()["credentials"]["expirationTime"] < time.time() * 1000 + 900_001
    assert keys_of(lent(server)) == keys_of(answer), "kept while more than half of their life is left"
    assert len(store.asked) == 1 and store.decisions(keys_of(answer)) == PROOF, "once for each keys"


@pytest.mark.parametrize("refuse, status, code", [((403, "AccessDenied"), 422, "STORAGE_ACCESS_DENIED"),
                                                  ((500, "InternalFailure"), 503, "TEMPORARILY_UNAVAILABLE"),
                                                  ((400, "PackedPolicyTooLarge"), 400, "UNSUPPORTED_OPERATION")])
def test_a_service_that_refuses_or_fails(serve, store, neighbours, refuse, status, code):
    server = serve(shares(orders=ORDERS), storage(store))
    store.refuse = refuse
    answer = lent(server)
    assert (answer.status_code, answer.json()["errorCode"]) == (status, code), answer.text
    assert "lending" not in answer.text and "127.0.0.1" not in answer.text and "arn:" not in answer.text
    assert refuse[1] in server.stderr(), "the operator is told what the service said"
    assert ids(server, "orders") == list(range(8)), "links go on"
    assert_silent(server, store)


def test_a_store_that_does_not_keep_to_the_policy(serve, store, neighbours):
    """The keys that it makes would list the tables beside."""
    server = serve(shares(orders=ORDERS), storage(store))
    store.ignores_policy_for_listings = True
    answer = lent(server)
    assert (answer.status_code, answer.json()["errorCode"]) == (422, "STORAGE_ACCESS_DENIED"), answer.text
    assert "lending" not in answer.text and "object-stores.md" not in answer.text and "ASIA" not in answer.text
    told = "the store gives more than the table to keys made for it"
    assert told in server.stderr() and "docs/guide/object-stores.md" in server.stderr()
    run = check(server)
    assert run.returncode == 1
    assert f"s.d.orders: directory access: {told}" in run.stdout, run.stdout
    assert "bucket policy" in run.stdout and "docs/guide/object-stores.md" in run.stdout, run.stdout
    assert ids(server, "orders") == list(range(8)), "links go on"
    assert_silent(server, store)
    store.ignores_policy_for_listings = False
    from asking import until
    assert until(lambda: lent(server).status_code == 200), "not lent once the store is put right"


# ---- what is told, and to which tables ----

def listed(server):
    """Each table as the three lists have it."""
    base = f"{server.url}/shares/s"
    get = lambda path: requests.get(base + path, headers=HEADERS, timeout=60).json()  # noqa: E731
    in_schema = {t["name"]: t for t in get("/schemas/d/tables")["items"]}
    assert in_schema == {t["name"]: t for t in get("/all-tables")["items"]}
    for name, item in in_schema.items():
        assert get(f"/schemas/d/tables/{name}") == {**item, "format": "delta"}
    return in_schema


def test_only_tables_with_directory_access_are_told_where_they_lie(serve, store, neighbours, tmp_path):
    local = made_tables.real(tmp_path / "local", 1, 4)
    tables = {"orders": {"location": "s3n://lending/sales/orders/", "historyShared": True},
              "latest": {"location": ORDERS},
              "late": {"location": ORDERS, "historyShared": True, "startVersion": 1},
              "wild": {"location": "s3://lending/sales/*", "historyShared": True},
              "plain": {"location": "s3://plain/sales/orders", "historyShared": True},
              "local": {"location": str(local), "historyShared": True}}
    server = serve({"s": {"d": tables}}, storage(store) + neighbours.yaml("plain", "s3://plain"))
    items = listed(server)
    assert items["orders"].pop("location") == ORDERS
    assert items["orders"].pop("accessModes") == ["url", "dir"]
    assert all(set(t) == {"name", "schema", "share", "shareId", "id"} for t in items.values()), items
    for table in set(tables) - {"orders"}:
        answer = lent(server, table)
        assert (answer.status_code, answer.json()["errorCode"]) == (400, "UNSUPPORTED_OPERATION"), table
        assert "lending" not in answer.text and str(tmp_path) not in answer.text
    assert not store.asked

    for header in ("delta", "parquet"):
        def metadata(table):
            lines = call(server, table, "metadata", extra_headers={
                "delta-sharing-capabilities": f"responseformat={header}"}).text.splitlines()
            return json.loads(lines[1])["metaData"]
        told = metadata("orders")
        assert (told["location"], told["accessModes"]) == (ORDERS, ["url", "dir"])
        assert not {"location", "accessModes"} & set(metadata("latest"))
        assert ids(server, "orders", header == "delta") == list(range(8)), "clients that use links are served as ever"


def test_a_rule_without_directory_access_lends_nothing(serve, store, neighbours):
    server = serve(shares(orders=ORDERS), "storage:\n" + neighbours.yaml("lending", "s3://lending"))
    assert "accessModes" not in listed(server)["orders"]
    answer = lent(server)
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "UNSUPPORTED_OPERATION")
    assert not store.asked


def test_a_table_with_files_elsewhere(serve, store, neighbours):
    """Its log leads out of the folder, so that the keys would not do."""
    path = neighbours.buckets / "lending/sales/clone"
    shutil.copytree(neighbours.buckets / "lending/sales/orders", path)
    last = path / "_delta_log/00000000000000000001.json"
    text = last.read_text()
    changed = re.sub(r'"path":"', '"path":"' + ORDERS + "/", text)
    assert changed != text
    last.write_text(changed)
    neighbours.tag(path)
    server = serve(shares(orders="s3://lending/sales/clone"),
                   storage(store) + f'externalLocations: ["{ORDERS}"]\n')
    assert ids(server, "orders") == list(range(8))
    assert "accessModes" not in call(server, "orders", "metadata").text
    answer = lent(server)
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "UNSUPPORTED_OPERATION")
    assert "lending" not in answer.text and not store.asked


# ---- requests ----

def test_the_location_of_a_request(serve, store, neighbours):
    server = serve(shares(orders=ORDERS), storage(store))
    for same in (ORDERS, ORDERS + "/", ORDERS.replace("s3:", "s3a:"), None):
        assert lent(server, body={"location": same}).status_code == 200, same
    for other in ("s3://lending/sales/orders2", "s3://lending/sales", ORDERS + "/_delta_log", "s3://lending",
                  ORDERS + "/../orders2", "", "/", "s3://", "gs://x", "no location", "x" * 5000):
        answer = lent(server, body={"location": other})
        assert (answer.status_code, answer.json()["errorCode"]) == (400, "INVALID_PARAMETER_VALUE"), other
        assert "lending" not in answer.json()["message"]
    for bad in ("[]", "null", "{", '{"location": 5}', '"x"'):
        answer = lent(server, data=bad)
        assert (answer.status_code, answer.json()["errorCode"]) == (400, "MALFORMED_REQUEST"), bad
    assert lent(server, data=b"").status_code == 200
    assert lent(server, "none").status_code == 404
    url = f"{server.url}/shares/s/schemas/d/tables/orders/temporary-table-credentials"
    assert requests.post(url, timeout=60).status_code == 401
    assert requests.get(url, headers=HEADERS, timeout=60).status_code == 405


def test_the_access_log_tells_who_got_keys_for_what(serve, store, neighbours):
    server = serve(shares(orders=ORDERS), storage(store))
    keys = keys_of(lent(server))
    server.stop()
    lines = [json.loads(line) for line in server.stdout().splitlines() if line.startswith("{")]
    line = next(x for x in lines if x.get("operation") == "GenerateTemporaryTableCredential")
    assert line["path"].endswith("/tables/orders/temporary-table-credentials") and line["status"] == 200
    assert line["principal"]
    assert keys["accessKeyId"] not in json.dumps(line)
    assert_silent(server, store)


# ---- the operator ----

def check(server, *flags):
    return subprocess.run([server.binary, "check", "--config", str(server.folder / "sluice.yaml"), *flags],
                          capture_output=True, text=True, env=clean_environment(server.folder), timeout=120)


def test_check_tries_it(serve, store, neighbours):
    server = serve({"s": {"d": {"orders": {"location": ORDERS, "historyShared": True}, "latest": ORDERS}}},
                   storage(store))
    run = check(server)
    assert run.returncode == 0, run.stdout + run.stderr
    assert re.search(r"s\.d\.orders .* url, dir +s3://", run.stdout), run.stdout
    assert re.search(r"s\.d\.latest .* url +s3://", run.stdout), run.stdout
    assert len(store.asked) == 1 and "SECRET" not in run.stdout + run.stderr
    assert [t["accessModes"] for t in json.loads(check(server, "--json").stdout)["tables"]] == [["url", "dir"], ["url"]]
    store.refuse = (403, "AccessDenied")
    run = check(server)
    assert run.returncode == 1
    assert "s.d.orders: directory access:" in run.stdout and "AccessDenied" in run.stdout, run.stdout


def test_a_change_of_the_configuration_takes_it_back(serve, store, neighbours):
    server = serve(shares(orders=ORDERS), storage(store))
    assert lent(server).status_code == 200
    config = server.folder / "sluice.yaml"
    config.write_text(config.read_text().replace(store.access(), ""))
    from asking import until
    assert until(lambda: lent(server).status_code == 400), "still lent"
    assert "accessModes" not in listed(server)["orders"]
