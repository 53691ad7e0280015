"""Shallow clones and absolute paths: read where externalLocations covers them, refused elsewhere.

The clones are written by hand, as Spark writes them: the source's files by absolute URIs, its deletion
vectors by paths ("p").
"""
import base64
import json
import os
import pathlib
import shutil
import urllib.parse

import delta_sharing
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import requests

import delta_log
import made_tables
from asking import HEADERS, call, file_lines, ids, shares
from conftest import ALL
from lake import Lake
from sluice_server import yaml_config
from test_reload import PATIENCE, reloads, rewrite, within

DELTA = {"delta-sharing-capabilities": "responseformat=delta;readerfeatures=deletionvectors"}
SOURCE_ROWS, OWN_ROWS = list(range(12)), [100, 101, 102]


def uri(lake: Lake, path) -> str:
    """As Spark names a file: a scheme, and percent-encoded."""
    if lake.store is None:
        return "file:" + urllib.parse.quote(str(path))
    return f"s3a://{lake.bucket}/" + urllib.parse.quote(pathlib.Path(path).relative_to(lake.folder).as_posix())


def external(*locations) -> str:
    return "externalLocations:\n" + "".join(f'- "{each}"\n' for each in locations) if locations else ""


def commit(root, version: int, actions):
    path = made_tables.commit_path(root, version)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(action) + "\n" for action in actions))


def head(source):
    state = delta_log.state(source)
    return [{"protocol": state.protocol}, {"metaData": {**state.metadata, "id": "of-the-clone"}}]


def adds(source, name_of, vector_of=None):
    """The source's live files, each under the name that name_of(file) gives."""
    result = []
    for action in delta_log.state(source).files.values():
        add = {**action, "path": name_of(source / urllib.parse.unquote(action["path"]))}
        if add.get("deletionVector") and vector_of:
            add["deletionVector"] = vector_of(add["deletionVector"])
        result.append({"add": add})
    return result


def own_file(root):
    root.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"id": pa.array(OWN_ROWS, pa.int64())}), root / "own file.parquet")
    return {"add": {"path": "own%20file.parquet", "partitionValues": {}, "modificationTime": 1735689600000,
                    "size": (root / "own file.parquet").stat().st_size, "dataChange": True}}


def clone(lake, root, source, source_lake=None):
    """A clone with a file of its own beside the foreign ones."""
    at = source_lake or lake
    commit(root, 0, head(source) + adds(source, lambda file: uri(at, file)))
    commit(root, 1, [own_file(root)])
    return root


@pytest.fixture
def source(lake):
    return made_tables.real(lake / "a source" / "t")


def assert_refused(server, lake, table, words=""):
    """By every question, in the same words, which tell of no place."""
    answers = [call(server, table), call(server, table, "metadata"), call(server, table, "version")]
    for answer in answers:
        assert answer.status_code == 400, answer.text
        assert answer.json()["errorCode"] == "UNSUPPORTED_OPERATION"
        assert "outside of its own folder, which this server's configuration does not cover" in answer.text
        for word in (str(lake.folder), lake.bucket, "file:", "s3a:", ".parquet", "source", *words):
            assert word not in answer.json()["message"], answer.text
    with pytest.raises(requests.HTTPError):
        delta_sharing.load_as_pandas(f"{server.profile}#s.d.{table}")


def is_ours(server, link) -> bool:
    return link.startswith(server.url + "/files/")


def told_by(link) -> str:
    """What a holder of a link of ours can read in it."""
    payload = urllib.parse.urlsplit(link).path.split("/files/")[1].split("/")[0]
    return link + base64.urlsafe_b64decode(payload + "==").decode("latin-1")


def links_of(answer) -> list[str]:
    links = []
    for line in file_lines(answer):
        add = line.get("deltaSingleAction", {}).get("add")
        links.append(line["url"] if add is None else add["path"])
        vector = (add or {}).get("deletionVector")
        if vector and vector["storageType"] == "p":
            links.append(vector["pathOrInlineDv"])
    return links


def assert_no_place(server, lakes, answer):
    """No answer and no link of ours tells where a file lies; a store's own link names its bucket."""
    text = answer.text
    for link in links_of(answer):
        told = told_by(link) if is_ours(server, link) else ""
        assert not any(scheme in told for scheme in ("file:", "s3a:", "s3:")), told
        for lake in lakes:
            assert str(lake.folder) not in told and lake.bucket not in told, told
        text = text.replace(link, "")
    for lake in lakes:
        lake.assert_hidden(text)


@pytest.mark.parametrize("delta", [True, False], ids=["delta", "parquet"])
def test_a_clone_is_read_where_it_is_covered(serve, lake, source, delta):
    clone(lake, lake / "clone", source)
    server = serve(shares(t=lake / "clone"), external(lake.location(lake / "a source")))
    assert ids(server, delta=delta) == SOURCE_ROWS + OWN_ROWS
    for headers in (DELTA, {}):
        server.settle()
        answer = requests.post(f"{server.url}/shares/s/schemas/d/tables/t/query", json={},
                               headers={**HEADERS, **headers}, timeout=60)
        assert len(links_of(answer)) == 4
        assert all(is_ours(server, link) == (lake.store is None) for link in links_of(answer))
        assert_no_place(server, [lake], answer)
    # By pages, and an old version.
    first = call(server, "t", body={"maxFiles": 3})
    token = json.loads(first.text.strip().split("\n")[-1])["endStreamAction"]["nextPageToken"]
    second = call(server, "t", body={"maxFiles": 3, "pageToken": token})
    assert (len(file_lines(first)), len(file_lines(second))) == (3, 1)
    frame = delta_sharing.load_as_pandas(f"{server.profile}#s.d.t", version=0, use_delta_format=delta)
    assert sorted(frame["id"]) == SOURCE_ROWS


def test_a_clone_is_refused_where_it_is_not(serve, lake, source):
    clone(lake, lake / "clone", source)
    shutil.copytree(lake / "a source", lake / "a source 2")
    commit(lake / "near", 0, head(source) + adds(source, lambda f: uri(lake, f).replace("a%20source", "a%20source%202")))
    server = serve(shares(t=lake / "clone", near=lake / "near", plain=lake / "a source" / "t"))
    assert_refused(server, lake, "t")
    assert ids(server, "plain") == SOURCE_ROWS
    # Covered by whole segments: the neighbour stays refused.
    other = serve(shares(t=lake / "clone", near=lake / "near"), external(lake.location(lake / "a source") + "/"))
    assert ids(other) == SOURCE_ROWS + OWN_ROWS
    assert_refused(other, lake, "near")


def test_a_changed_configuration_counts_at_once(serve, lake, source):
    clone(lake, lake / "clone", source)
    tables = shares(t=lake / "clone")
    covered = external(lake.location(lake / "a source"))
    server = serve(tables, covered)
    answer = call(server, "t")
    links = links_of(answer)
    assert [requests.get(link, timeout=20).status_code for link in links] == [200] * 4

    def configure(extra):
        taken = reloads(server, "taken")
        rewrite(server, yaml_config(lake.located(tables), extra=lake.yaml() + extra))
        within(PATIENCE, lambda: reloads(server, "taken") > taken, server.stderr())

    configure("")
    assert_refused(server, lake, "t")
    states = [requests.get(link, timeout=20).status_code for link in links]
    # Our links to the source's files die with the entry, the one to the table's own file does not.
    # Links that a store signed are good until they end.
    assert sorted(states) == ([200, 403, 403, 403] if lake.store is None else [200] * 4)
    configure(external(lake.location(lake / "a source" / "other")))
    assert_refused(server, lake, "t")
    configure(covered)
    assert ids(server) == SOURCE_ROWS + OWN_ROWS
    assert [requests.get(link, timeout=20).status_code for link in links] == [200] * 4


def test_a_table_that_becomes_a_clone(serve, lake, source):
    """New commits are judged as they come."""
    table = made_tables.real(lake / "table", commits=1)
    server = serve(shares(t=table), external(lake.location(lake / "covered")))
    assert ids(server) == SOURCE_ROWS[:4]
    add = adds(source, lambda file: uri(lake, file))[0]
    commit(table, 1, [add])
    assert_refused(server, lake, "t")
    assert [len(file_lines(call(server, "t", body={"version": 0})))] == [1]
    commit(table, 2, [{"remove": {"path": add["add"]["path"], "deletionTimestamp": 1, "dataChange": True}}])
    assert ids(server) == SOURCE_ROWS[:4]
    assert call(server, "t", body={"version": 1}).status_code == 400


def test_absolute_paths_into_the_table_are_its_own(serve, lake):
    table = made_tables.real(lake / "my own" / "t")
    spellings = {"uri": lambda file: uri(lake, file)}
    if lake.store is None:
        spellings |= {"triple": lambda file: "file://" + urllib.parse.quote(str(file)),
                      "plain": lambda file: urllib.parse.quote(str(file))}
    else:
        spellings |= {"s3": lambda file: uri(lake, file).replace("s3a:", "s3:"),
                      "slash": lambda file: "/" + urllib.parse.quote(file.relative_to(lake.folder).as_posix())}
    for name, spell in spellings.items():
        root = lake / "copies" / name
        shutil.copytree(table, root)
        actions = head(root) + adds(root, spell)
        shutil.rmtree(root / "_delta_log")
        commit(root, 0, actions)
    server = serve(shares(**{name: lake / "copies" / name for name in spellings}))
    for name in spellings:
        assert ids(server, name) == SOURCE_ROWS, name
        answer = call(server, name)
        assert_no_place(server, [lake], answer)


CLIMBS = ["{covered}/../secret.parquet", "{covered}/%2e%2e/secret.parquet", "{covered}/..%2Fsecret.parquet",
          "{covered}/t/../../secret.parquet", "{covered}-2/secret.parquet", "{covered}%2F..%2Fsecret.parquet",
          "{covered}", "../{name}/t/x.parquet", "%2E%2E/secret.parquet", "//host{path}/t/x.parquet",
          "file:relative/x.parquet", "http://127.0.0.1/x.parquet", "hdfs://n{path}/t/x.parquet"]


def test_paths_that_try_to_escape(serve, lake, source):
    covered = lake / "a source"
    (lake / "secret.parquet").write_text("hush")
    tables = {}
    for number, path in enumerate(CLIMBS):
        root = lake / f"climb{number}"
        path = path.format(covered=uri(lake, covered), name=urllib.parse.quote(covered.name),
                           path=urllib.parse.quote(str(covered)))
        commit(root, 0, head(source) + [{"add": {**adds(source, str)[0]["add"], "path": path}}])
        tables[f"climb{number}"] = root
    server = serve(shares(**tables), external(lake.location(covered)))
    for number, path in enumerate(CLIMBS):
        answer = call(server, f"climb{number}")
        assert answer.status_code == 400, (path, answer.text)
        assert answer.json()["errorCode"] == "UNSUPPORTED_OPERATION", path
        assert "secret" not in answer.text and str(lake.folder) not in answer.text, path


@pytest.mark.parametrize("lake", ["local"], indirect=True)
def test_symbolic_links_do_not_lead_out_of_a_covered_folder(serve, lake, source):
    (lake / "secret.parquet").write_text("hush")
    (lake / "a source" / "link.parquet").symlink_to(lake / "secret.parquet")
    (lake / "a source" / "up").symlink_to(lake.folder)
    inside = next(source.glob("*.parquet"))
    (lake / "a source" / "inside.parquet").symlink_to(os.path.relpath(inside, lake / "a source"))
    names = ["link.parquet", "up/secret.parquet", "inside.parquet"]
    foreign = [{"add": {**adds(source, str)[0]["add"], "path": uri(lake, lake / "a source" / name),
                        "size": (lake / "a source" / name).stat().st_size}} for name in names]
    commit(lake / "clone", 0, head(source) + foreign)
    server = serve(shares(t=lake / "clone"), external(lake / "a source"))
    by_name = {name: link for link in links_of(call(server, "t")) for name in names if name in told_by(link)}
    states = {name: requests.get(link, timeout=20) for name, link in by_name.items()}
    assert {name: answer.status_code < 400 for name, answer in states.items()} == {
        "link.parquet": False, "up/secret.parquet": False, "inside.parquet": True}
    assert not any("hush" in answer.text or str(lake.folder) in answer.text for name, answer in states.items()
                   if name != "inside.parquet")


@pytest.mark.parametrize("lake", ["s3"], indirect=True)
@pytest.mark.parametrize("delta", [True, False], ids=["delta", "parquet"])
def test_a_table_in_one_place_and_its_source_in_another(serve, lake, tmp_path, delta):
    """S3 files by the store's links, local ones by ours; and a bucket beside the table's."""
    disk = Lake(tmp_path / "disk")
    beside = Lake(lake.folder.parent / (lake.folder.name + "-beside"), lake.store)
    local_source = made_tables.real(disk / "source")
    s3_source = made_tables.real(beside / "source")
    clone(lake, lake / "clone", local_source, disk)
    clone(disk, disk / "clone", s3_source, beside)
    clone(lake, lake / "both", local_source, disk)
    commit(lake / "both", 2, adds(s3_source, lambda file: uri(beside, file)))
    beside.settle()
    rule = lake.store.yaml("beside", f"s3://{beside.bucket}")
    server = serve(shares(in_s3=lake / "clone", on_disk=disk / "clone", both=lake / "both"),
                   rule + external(disk / "source", f"s3://{beside.bucket}"))
    assert ids(server, "in_s3", delta) == ids(server, "on_disk", delta) == SOURCE_ROWS + OWN_ROWS
    assert ids(server, "both", delta) == sorted(SOURCE_ROWS + SOURCE_ROWS + OWN_ROWS)
    for table, ours in {"in_s3": 3, "on_disk": 1, "both": 3}.items():
        answer = call(server, table)
        assert sum(is_ours(server, link) for link in links_of(answer)) == ours, table
        assert_no_place(server, [lake, disk, beside], answer)
        lines = file_lines(answer)
        assert len({line["expirationTimestamp"] for line in lines}) == 1


@pytest.mark.shared
def test_a_deletion_vector_named_by_a_path(serve, lake):
    """Of the source; the clone is read as the source is."""
    source = lake / "source"
    shutil.copytree(ALL["kernel.table-with-dv-small"], source)
    (vector_file,) = source.glob("deletion_vector_*.bin")

    def by_path(vector):
        assert vector["storageType"] == "u"
        return {**vector, "storageType": "p", "pathOrInlineDv": uri(lake, vector_file)}

    # The data file is the clone's own in one, and foreign in the other; the vector always is foreign.
    commit(lake / "clone", 0, head(source) + adds(source, lambda file: uri(lake, file), by_path))
    shutil.copytree(source, lake / "half", ignore=shutil.ignore_patterns("_delta_log", "*.bin"))
    commit(lake / "half", 0, head(source) + adds(source, lambda file: file.name, by_path))
    tables = shares(source=source, clone=lake / "clone", half=lake / "half")
    server = serve(tables, external(lake.location(source)))
    server.settle()
    wanted = delta_sharing.load_as_pandas(f"{server.profile}#s.d.source")
    assert 0 < len(wanted) < 10  # two of ten rows are deleted
    for name in ("clone", "half"):
        frame = delta_sharing.load_as_pandas(f"{server.profile}#s.d.{name}")
        assert sorted(frame["value"]) == sorted(wanted["value"])
        answer = requests.post(f"{server.url}/shares/s/schemas/d/tables/{name}/query", json={},
                               headers={**HEADERS, **DELTA}, timeout=60)
        assert len(links_of(answer)) == 2
        assert requests.get(links_of(answer)[1], timeout=20).content == vector_file.read_bytes()
        assert_no_place(server, [lake], answer)
    bare = serve(tables)
    for name in ("clone", "half"):
        assert_refused(bare, lake, name, ["deletion_vector"])
