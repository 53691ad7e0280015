"""How often an S3 store is asked: one list a warm call, nothing twice. Counted before the store itself."""
import collections
import json
import os
import shutil
import threading

import pytest

import made_tables
import v2_checkpoints
from asking import call, file_lines, healthy, ids, metric, shares, until
from store_front import StoreFront


@pytest.fixture
def asked(s3):
    """The session's store behind a proxy that counts; asked() gives the operations since the last call."""
    with StoreFront(s3.backend) as proxy:
        yield proxy


def operations(proxy) -> dict[str, int]:
    return dict(collections.Counter(operation for operation, _ in proxy.take()))


def rules(store, proxy, bucket) -> str:
    return "storage:\n" + store.yaml("counted", f"s3://{bucket}", endpoint=proxy.endpoint)


def test_a_warm_call_is_one_list(serve, s3, asked, tmp_path):
    location = s3.put_table(made_tables.real(tmp_path / "t"), "warm", "t")
    server = serve(shares(t=location), rules(s3, asked, "warm"))
    assert call(server, "t").status_code == 200
    cold = operations(asked)
    assert cold.get("list") == 1, cold
    for operation in ("version", "metadata", "query"):
        before = metric(server, "sluice_store_requests_total")
        assert call(server, "t", operation).status_code == 200
        assert operations(asked) == {"list": 1}, operation
        assert metric(server, "sluice_store_requests_total") - before == 1, operation


def test_a_v2_checkpoint_costs_two_requests_a_sidecar(serve, s3, asked, tmp_path):
    """Cold: one list, the hint, the top file, the commits behind it, and of each sidecar a HEAD and a read."""
    root = made_tables.real(tmp_path / "t", commits=6)
    for version in range(6):  # of different seconds: a listing from the hint on tells the newest one's time
        os.utime(made_tables.commit_path(root, version), (1735689600 + version,) * 2)
    v2_checkpoints.write(root, 3, "json", sidecars=4)
    v2_checkpoints.clean_up(root, 3)
    location = s3.put_table(root, "v2-checkpoint", "t")
    server = serve(shares(t=location), rules(s3, asked, "v2-checkpoint"))
    assert len(file_lines(call(server, "t"))) == 6
    assert operations(asked) == {"list": 1, "read": 1 + 1 + 2 + 4, "head": 4}
    assert len(file_lines(call(server, "t"))) == 6
    assert operations(asked) == {"list": 1}


def test_calls_at_the_same_time_share_lists(serve, s3, asked, tmp_path):
    location = s3.put_table(made_tables.real(tmp_path / "t"), "shared-lists", "t")
    server = serve(shares(t=location), rules(s3, asked, "shared-lists"))
    assert call(server, "t").status_code == 200
    asked.take()
    asked.delay = 0.05
    together = threading.Barrier(32)
    statuses = []

    def ask():
        together.wait()
        for _ in range(5):
            statuses.append(call(server, "t", "version").status_code)

    threads = [threading.Thread(target=ask) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 160
    seen = operations(asked)
    print(f"160 calls of 32 clients: {seen}")
    assert set(seen) == {"list"} and seen["list"] < 80, seen


def test_a_cold_table_is_read_once_however_many_ask(serve, s3, asked, tmp_path):
    location = s3.put_table(made_tables.real(tmp_path / "t", commits=5), "cold-once", "t")
    server = serve(shares(t=location), rules(s3, asked, "cold-once"))
    asked.delay = 0.05
    statuses = []
    threads = [threading.Thread(target=lambda: statuses.append(call(server, "t").status_code)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 16
    reads = collections.Counter(path for operation, path in asked.take() if operation == "read")
    assert max(reads.values()) == 1, reads


def test_a_new_commit_is_one_list_and_one_read(serve, s3, asked, tmp_path):
    root = made_tables.real(tmp_path / "t", commits=3)
    location = s3.put_table(root, "new-commit", "t")
    server = serve(shares(t=location), rules(s3, asked, "new-commit"))
    assert ids(server) == list(range(12))
    made_tables.real(root, commits=1, rows=2)  # ids 0 and 1 again
    s3.put_table(root, "new-commit", "t")
    asked.take()
    assert len(file_lines(call(server, "t"))) == 4
    assert operations(asked) == {"list": 1, "read": 1}
    assert ids(server) == sorted([*range(12), 0, 1])


# One commit that names one file; `name` decides its length.
def one_file(store, bucket, name):
    actions = [*made_tables.head(), {"add": {"path": name, "partitionValues": {}, "size": 1000,
                                             "modificationTime": 1735689600000, "dataChange": True}}]
    store.put_object(bucket, f"t/_delta_log/{0:020}.json",
                     "".join(json.dumps(a) + "\n" for a in actions).encode(), modified=1735689600)


def paths(server):
    return [f["url"].partition("?")[0].rpartition("/")[2] for f in file_lines(call(server, "t"))]


@pytest.mark.parametrize("after", ["part-B.parquet", "B.parquet", "part-longer-B.parquet"],
                         ids=["same length", "shorter", "longer"])
def test_a_table_replaced_in_its_place_is_noticed_at_once(serve, s3, tmp_path, after):
    """The same version, the same second: for "same length" only the ETag is another."""
    bucket = f"replaced-{len(after)}"
    one_file(s3, bucket, "part-A.parquet")
    server = serve(shares(t=f"s3://{bucket}/t"), "storage:\n" + s3.yaml("r", f"s3://{bucket}"))
    assert paths(server) == ["part-A.parquet"]
    one_file(s3, bucket, after)
    assert paths(server) == [after]
    one_file(s3, bucket, "part-A.parquet")
    assert paths(server) == ["part-A.parquet"]


def test_a_table_replaced_by_fewer_and_by_more_versions(serve, s3, tmp_path):
    location = s3.put_table(made_tables.real(tmp_path / "a", commits=4), "versions", "t")
    server = serve(shares(t=location), "storage:\n" + s3.yaml("r", "s3://versions"))
    assert ids(server) == list(range(16))
    for commits, rows in ((2, 3), (7, 2)):
        root = made_tables.real(tmp_path / f"by{commits}", commits, rows)
        s3.remove("versions", "t")
        s3.put_table(root, "versions", "t")
        assert ids(server) == list(range(commits * rows))


def test_the_disk_cache_outlives_the_server(serve, s3, asked, tmp_path):
    import deltalake
    root = made_tables.real(tmp_path / "t", commits=3)
    deltalake.DeltaTable(str(root)).create_checkpoint()
    made_tables.real(root, commits=3, rows=5)
    location = s3.put_table(root, "cached", "t")
    server = serve(shares(t=location), rules(s3, asked, "cached"))
    first = file_lines(call(server, "t"))
    assert len(first) == 6
    assert operations(asked)["read"] >= 4  # checkpoint and three commits
    server.stop()
    server.start()
    assert len(file_lines(call(server, "t"))) == 6
    log = [path for operation, path in asked.take() if operation == "read" and "/_last_checkpoint" not in path]
    assert log == [], "read again, though the cache has them"
    assert metric(server, "sluice_disk_cache_lookups_total") >= 4
    shutil.rmtree(server.folder / "cache")  # thrown away while it is in use: costs speed only
    assert len(file_lines(call(server, "t"))) == 6
    healthy(server)


def test_a_cache_that_was_damaged_is_not_believed(serve, s3, asked, tmp_path):
    location = s3.put_table(made_tables.real(tmp_path / "t"), "damaged", "t")
    server = serve(shares(t=location), rules(s3, asked, "damaged"))
    assert ids(server) == list(range(12))
    server.stop()
    kept = [p for p in (server.folder / "cache").rglob("*") if p.is_file() and p.stat().st_size > 40]
    assert kept
    for path in kept:
        whole = bytearray(path.read_bytes())
        whole[len(whole) // 2] ^= 1
        path.chmod(0o600)
        path.write_bytes(whole)
    asked.take()
    server.start()
    assert ids(server) == list(range(12))
    assert operations(asked)["read"] >= 3


def test_rules_changed_while_running(serve, s3, asked, tmp_path):
    """The table moves to another endpoint: from the next answers on only that one is asked."""
    location = s3.put_table(made_tables.real(tmp_path / "t"), "moves", "t")
    with StoreFront(s3.backend) as second:
        server = serve(shares(t=location), rules(s3, asked, "moves"))
        assert ids(server) == list(range(12))
        assert asked.take() and not second.take()
        config = server.folder / "sluice.yaml"
        new = server.folder / "new.yaml"
        new.write_text(config.read_text().replace(asked.endpoint, second.endpoint))
        new.chmod(0o600)
        new.rename(config)

        def moved():
            assert call(server, "t").status_code == 200
            return bool(second.take())

        assert until(moved), "the new rule is not used"
        asked.take()
        links = [f["url"] for f in file_lines(call(server, "t"))]
        assert links and all(link.startswith(second.endpoint) for link in links)
        assert not asked.take()


def test_polling_for_changes_lists_what_is_new(serve, s3, asked, tmp_path):
    """Each round: is there something new, and what? The log is listed whole once, for the first."""
    root = made_tables.real(tmp_path / "t", commits=5, **{"delta.enableChangeDataFeed": "true"})
    location = s3.put_table(root, "polled", "t")
    server = serve(shares(t=location), rules(s3, asked, "polled"))
    assert call(server, "t", "changes?startingVersion=0").status_code == 200
    asked.take()
    seen = 4
    for _ in range(3):
        made_tables.real(root, commits=1, rows=2)
        s3.put_table(root, "polled", "t")
        latest = int(call(server, "t", "version").headers["delta-table-version"])
        assert latest == seen + 1
        answer = call(server, "t", f"changes?startingVersion={latest}")
        versions = [json.loads(line)["add"]["version"] for line in answer.text.split("\n")[2:-1]]
        assert versions == [latest]
        seen = latest
        assert operations(asked) == {"list": 2, "read": 1}, "a list each, and the new commit once"
