"""Tables in S3 stores, through the official client and plain HTTP: places, names, links, keys."""
import os
import pathlib
import shutil
import subprocess
import urllib.parse

import delta_sharing
import deltalake
import pyarrow as pa
import pytest
import requests

import made_tables
from asking import call, file_lines, ids, shares, until
from s3proxy import S3Proxy
from sluice_server import clean_environment

DEMO = pathlib.Path(os.environ.get("SLUICE_DEMO_DIR", "sluice-demo"))


def rules(*entries) -> str:
    return "storage:\n" + "".join(entries)


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    """A second store: other keys, another port."""
    with S3Proxy(tmp_path_factory.mktemp("other"), access_key="AKIAIOTHERKEY0000002",
                 secret_key="second/secret/of+another+account+0000002") as store:
        yield store


def table(store, tmp_path, bucket, prefix, rows=4, commits=1):
    """A real table of delta-rs, put into the store; returns its location."""
    root = made_tables.real(tmp_path / f"made-{bucket}-{prefix.replace('/', '-')}", commits, rows)
    location = store.put_table(root, bucket, prefix)
    shutil.rmtree(root)
    return location


def test_two_accounts_in_one_share(serve, s3, other, tmp_path):
    one = table(s3, tmp_path, "first-account", "sales/t", rows=4)
    two = table(other, tmp_path, "second-account", "t", rows=6)
    server = serve(shares(one=one, two=two.replace("s3://", "s3a://")),
                   rules(s3.yaml("one", "s3://first-account"), other.yaml("two", "s3://second-account")))
    for delta in (True, False):
        assert ids(server, "one", delta) == list(range(4))
        assert ids(server, "two", delta) == list(range(6))
    assert {t.name for t in delta_sharing.SharingClient(server.profile).list_all_tables()} == {"one", "two"}


def test_the_longest_prefix_wins_by_whole_segments(serve, s3, other, tmp_path):
    tables = {"top": (s3, "a/t", 1), "deep": (other, "a/b/t", 2), "near": (s3, "a/b-2/t", 3)}
    for store, prefix, rows in tables.values():
        table(store, tmp_path, "prefixes", prefix, rows)
    server = serve(shares(**{n: f"s3://prefixes/{prefix}" for n, (_, prefix, _) in tables.items()}),
                   rules(s3.yaml("short", "s3://prefixes"), other.yaml("long", "s3://prefixes/a/b/")))
    for name, (_, _, rows) in tables.items():
        assert ids(server, name) == list(range(rows)), name


ODD = ["with space", "ünï-文-😀", "100%", "a+b", "a#b", "k=v", "12:30", "a%20b", "~a'b(c)!", "a&b;c,d@e$f"]


@pytest.mark.parametrize("delta", [True, False], ids=["delta", "parquet"])
def test_names_that_need_care(serve, s3, tmp_path, delta):
    """In the table's path, and as values of its partition."""
    rows = pa.table({"id": pa.array(range(len(ODD)), pa.int64()), "name": ODD})
    places = {}
    for i, odd in enumerate(ODD):
        root = tmp_path / f"t{i}"
        deltalake.write_deltalake(str(root), rows, partition_by=["name"])
        places[f"t{i}"] = s3.put_table(root, "odd-names", f"{delta}/{odd}/t")
    server = serve(shares(**places), rules(s3.yaml("odd", "s3://odd-names")))
    for name in places:
        frame = delta_sharing.load_as_pandas(f"{server.profile}#s.d.{name}", use_delta_format=delta)
        assert dict(zip(frame["id"], frame["name"])) == dict(enumerate(ODD)), places[name]


def test_a_table_that_is_a_whole_bucket(serve, s3, tmp_path):
    location = table(s3, tmp_path, "whole-bucket", "", rows=5)
    server = serve(shares(t=location), rules(s3.yaml("whole", "s3://whole-bucket")))
    assert ids(server) == list(range(5))


# ---- links ----

def open_link(url: str, **headers):
    """As a client would; a bucket in the host name (bucket.localhost) is at 127.0.0.1."""
    parts = urllib.parse.urlsplit(url)
    plain = parts._replace(netloc=f"127.0.0.1:{parts.port}").geturl()
    return requests.get(plain, headers={"Host": parts.netloc, **headers}, timeout=30)


def test_a_link_is_read_without_keys_and_bears_no_change(serve, s3, tmp_path):
    location = table(s3, tmp_path, "links", "one/t", commits=2)
    server = serve(shares(t=location), rules(s3.yaml("links", "s3://links")) + "preSignedUrlTimeoutSeconds: 600\n")
    first, second = (f["url"] for f in file_lines(call(server, "t")))
    whole = open_link(first)
    assert whole.status_code == 200 and whole.content[:4] == b"PAR1" == whole.content[-4:]
    part = open_link(first, Range="bytes=-8")
    assert (part.status_code, part.content) == (206, whole.content[-8:])
    assert requests.head(first, timeout=30).status_code == 403, "signed for GET alone"
    path, query = first.split("?")
    words = dict(urllib.parse.parse_qsl(query))
    assert 0 < int(words["X-Amz-Expires"]) <= 600
    flipped = words["X-Amz-Signature"][:-1] + ("0" if words["X-Amz-Signature"][-1] != "0" else "1")
    for what, url in {
            "signature": first.replace(words["X-Amz-Signature"], flipped),
            "lifetime": first.replace(f"Expires={words['X-Amz-Expires']}", "Expires=604800"),
            "file": second.split("?")[0] + "?" + query,
            "log": path.rsplit("/", 1)[0] + "/_delta_log/00000000000000000000.json?" + query,
            "no signature": path}.items():
        assert open_link(url).status_code == 403, what


def test_a_link_ends(serve, s3, tmp_path):
    location = table(s3, tmp_path, "links", "short/t")
    server = serve(shares(t=location), rules(s3.yaml("links", "s3://links")) + "preSignedUrlTimeoutSeconds: 2\n")
    line = file_lines(call(server, "t"))[0]
    words = dict(urllib.parse.parse_qsl(line["url"].split("?")[1]))
    assert int(words["X-Amz-Expires"]) <= 2
    assert until(lambda: open_link(line["url"]).status_code == 403), "still good"


def test_virtual_host_style(serve, tmp_path):
    with S3Proxy(tmp_path / "store", virtual_host="localhost") as store:
        location = table(store, tmp_path, "in-host-name", "a b/t")
        server = serve(shares(t=location), rules(store.yaml("v", "s3://in-host-name", addressing="virtual-host")))
        link = file_lines(call(server, "t"))[0]["url"]
        assert link.startswith(f"http://in-host-name.localhost:{store.port}/a%20b/t/"), link
        assert open_link(link).content[:4] == b"PAR1"


def test_session_tokens_are_sent_and_in_the_links(serve, tmp_path):
    with S3Proxy(tmp_path / "store", session_tokens=True) as store:
        location = table(store, tmp_path, "with-token", "t")
        entry = store.yaml("token", "s3://with-token", sessionToken="Session/Token+of=a==test")
        server = serve(shares(t=location), rules(entry))
        link = file_lines(call(server, "t"))[0]["url"]
        assert "X-Amz-Security-Token=Session%2FToken%2Bof%3Da%3D%3Dtest" in link
        assert open_link(link).status_code == 200


# ---- where keys come from ----

def test_keys_from_a_file(serve, s3, tmp_path):
    location = table(s3, tmp_path, "keys", "file/t")
    secret = tmp_path / "secret"
    secret.write_text(s3.secret_key + "\n")
    secret.chmod(0o600)
    server = serve(shares(t=location), rules(s3.yaml("k", "s3://keys", secretAccessKey=None, secretAccessKeyFile=secret)))
    assert ids(server) == list(range(4))


@pytest.mark.parametrize("named", [True, False], ids=["named", "found"])
def test_keys_from_the_environment(serve, s3, tmp_path, named):
    location = table(s3, tmp_path, "keys", f"environment{named}/t")
    entry = s3.yaml("k", "s3://keys", accessKeyId=None, secretAccessKey=None,
                    credentials="environment" if named else None)
    server = serve(shares(t=location), rules(entry), env={
        "AWS_ACCESS_KEY_ID": s3.access_key, "AWS_SECRET_ACCESS_KEY": s3.secret_key})
    assert ids(server) == list(range(4))


def test_nothing_but_the_environment(serve, s3, tmp_path):
    location = table(s3, tmp_path, "keys", "no-rule/t")
    server = serve(shares(t=location), env={
        "AWS_ACCESS_KEY_ID": s3.access_key, "AWS_SECRET_ACCESS_KEY": s3.secret_key,
        "AWS_ENDPOINT_URL_S3": s3.endpoint, "AWS_REGION": "eu-test-1"})
    assert ids(server) == list(range(4))
    assert "%2Feu-test-1%2Fs3%2F" in file_lines(call(server, "t"))[0]["url"]


def test_keys_from_a_profile(serve, s3, tmp_path):
    location = table(s3, tmp_path, "keys", "profile/t")
    home = tmp_path / "home"
    (home / ".aws").mkdir(parents=True)
    (home / ".aws/credentials").write_text(
        f"[default]\naws_access_key_id = NOT\naws_secret_access_key = THESE\n\n[team]\n"
        f"aws_access_key_id = {s3.access_key}\naws_secret_access_key = {s3.secret_key}\n")
    entry = s3.yaml("k", "s3://keys", accessKeyId=None, secretAccessKey=None, credentials="profile", profile="team")
    server = serve(shares(t=location), rules(entry), env={"HOME": str(home)})
    assert ids(server) == list(range(4))


def test_no_keys_at_all(serve, s3, tmp_path):
    location = table(s3, tmp_path, "keys", "none/t")
    entry = s3.yaml("k", "s3://keys", accessKeyId=None, secretAccessKey=None, credentials="environment")
    server = serve(shares(t=location), rules(entry))
    answer = call(server, "t")
    assert (answer.status_code, answer.json()["errorCode"]) == (422, "STORAGE_ACCESS_DENIED"), answer.text
    assert "AWS_ACCESS_KEY_ID" in server.stderr(), "the log does not say where was looked"
    assert "AWS_" not in answer.text


def test_a_public_bucket_needs_none(serve, s3, tmp_path):
    location = table(s3, tmp_path, "for-everybody", "t")
    s3.public("for-everybody")
    entry = s3.yaml("p", "s3://for-everybody", accessKeyId=None, secretAccessKey=None, credentials="anonymous")
    server = serve(shares(t=location), rules(entry))
    link = file_lines(call(server, "t"))[0]["url"]
    assert "?" not in link and open_link(link).content[:4] == b"PAR1"


# ---- the demo's tables ----

@pytest.mark.skipif(not DEMO.is_dir(), reason=f"no demo tables in {DEMO}")
def test_the_demo_lakehouse(serve, s3):
    s3.put_table(DEMO, "demo")
    names = sorted(p.parent.name for p in DEMO.glob("*/_delta_log"))
    server = serve(shares(**{n: f"s3://demo/{n}" for n in names}), rules(s3.yaml("demo", "s3://demo")))
    assert len(names) == 4
    for name in names:
        frame = delta_sharing.load_as_pandas(f"{server.profile}#s.d.{name}")
        assert len(frame) == deltalake.DeltaTable(str(DEMO / name)).count(), name


def test_check_reads_every_table(s3, tmp_path, serve):
    location = table(s3, tmp_path, "checked", "t")
    server = serve(shares(t=location, gone="s3://checked/gone"), rules(s3.yaml("c", "s3://checked")))
    run = subprocess.run([server.binary, "check", "--config", str(server.folder / "sluice.yaml")],
                         capture_output=True, text=True, timeout=60, env=clean_environment(tmp_path))
    text = run.stdout + run.stderr
    assert run.returncode != 0 and "gone" in text, text
    assert s3.secret_key not in text and s3.access_key not in text, text
