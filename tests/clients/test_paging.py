"""Pages of a query while its table goes on: the same version, the same order, every file exactly once; and tokens
that fit nothing else."""
import base64
import json
import random

import pytest

from asking import call, healthy, metric, shares
from log_writer import LogWriter

DELTA = {"delta-sharing-capabilities": "responseformat=delta;readerfeatures=deletionVectors"}
CHECKPOINTS = [("classic", 1), ("classic", 3), ("v2.json", 2), ("v2.parquet", 0), ("v2.parquet", 3)]


def query(server, **body):
    return call(server, "t", body=body, extra_headers=DELTA)


def lines(answer):
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.split("\n")[:-1]]


def files(answer):
    """(size, cardinality) of each file: the writer gives no two the same."""
    adds = [line["file"]["deltaSingleAction"]["add"] for line in lines(answer) if "file" in line]
    return [(a["size"], a.get("deletionVector", {}).get("cardinality")) for a in adds]


def end(answer):
    return lines(answer)[-1]["endStreamAction"]


def check_page(answer, first):
    """What holds for each page: head and version of the first one, and when the first link ends."""
    assert lines(answer)[:2] == lines(first)[:2]
    assert answer.headers["delta-table-version"] == first.headers["delta-table-version"]
    times = [line["file"]["expirationTimestamp"] for line in lines(answer) if "file" in line]
    assert end(answer)["minUrlExpirationTimestamp"] == min(times)


class Living(LogWriter):
    """A table that goes on at random."""

    def __init__(self, root, seed):
        super().__init__(root)
        self.random = random.Random(seed)

    def go_on(self, adds=12):
        gone = self.random.sample(sorted(self.files, key=str), min(len(self.files) // 4, 10))
        actions = []
        for path in gone:
            add = self.files[path]
            remove = {"path": add["path"], "deletionTimestamp": 1, "dataChange": True}
            if add.get("deletionVector"):
                remove["deletionVector"] = add["deletionVector"]
            actions.append({"remove": remove})
            if self.random.random() < 0.5:
                actions.append({"add": {**add, "deletionVector": self.new_vector()}})
        actions += [{"add": self.new_file(self.random.choice(["a", "b", None]))} for _ in range(adds)]
        self.commit(actions)


@pytest.fixture
def start(serve, tmp_path):
    key = tmp_path / "key"
    key.write_text("k" * 32)
    key.chmod(0o600)
    return lambda root, extra="": serve(shares(t=root), f'masterKeyFile: "{key}"\n' + extra)


@pytest.mark.parametrize("seed", range(3))
def test_pages_stay_with_their_version_while_all_else_changes(start, lake, seed):
    table = Living(lake / "t", seed)
    for _ in range(6):
        table.go_on()
    server = start(lake / "t")
    whole = files(query(server))
    expected = sorted((a["size"], a.get("deletionVector", {}).get("cardinality")) for a in table.files.values())
    assert sorted(whole, key=str) == sorted(expected, key=str)
    version = table.version

    page = first = query(server, maxFiles=5, includeRefreshToken=True)
    refresh = end(first)["refreshToken"]
    seen, count = files(page), 0
    while token := end(page).get("nextPageToken"):
        match count % 3:
            case 0:
                table.go_on()
            case 1:
                table.checkpoint(*table.random.choice(CHECKPOINTS))
            case 2:
                server.kill()
                lake.settle()
                server.start()
        count += 1
        page = query(server, maxFiles=5, pageToken=token)
        check_page(page, first)
        assert len(files(page)) <= 5
        seen += files(page)
    assert count > 3 and table.version > version
    assert seen == whole, "in the same order, every file exactly once"

    again = query(server, refreshToken=refresh, includeRefreshToken=True)
    check_page(again, first)
    assert files(again) == whole
    assert files(query(server)) != whole
    healthy(server)


@pytest.mark.parametrize("checkpoint", CHECKPOINTS)
def test_the_order_is_the_same_from_any_checkpoint(start, lake, checkpoint):
    table = Living(lake / "t", 7)
    for _ in range(8):
        table.go_on()
    server = start(lake / "t")
    before = files(query(server))
    server.kill()
    table.checkpoint(*checkpoint)
    table.clean_up(table.version)
    lake.settle()
    server.start()
    assert files(query(server)) == before
    assert metric(server, "sluice_snapshot_load_duration_seconds_count") == 1


def test_a_page_whose_version_was_cleaned_up(start, lake):
    table = Living(lake / "t", 1)
    table.go_on()
    server = start(lake / "t")
    page = query(server, maxFiles=5, includeRefreshToken=True)
    table.go_on()
    table.checkpoint("classic")
    table.clean_up(table.version)
    server.kill()
    lake.settle()
    server.start()
    for body, what in (({"maxFiles": 5, "pageToken": end(page)["nextPageToken"]}, "page"),
                       ({"refreshToken": end(page)["refreshToken"]}, "refresh")):
        answer = query(server, **body)
        assert answer.status_code == 400, answer.text
        assert answer.json()["errorCode"] == "INVALID_PARAMETER_VALUE"
        assert "not kept any more" in answer.json()["message"] and f"The {what} token" in answer.json()["message"]
        lake.assert_hidden(answer.text)
    healthy(server)


def test_tokens_fit_nothing_else_and_tell_nothing(start, lake):
    table = Living(lake / "t", 2)
    table.go_on()
    server = start(lake / "t")
    answer = query(server, maxFiles=5, includeRefreshToken=True)
    page, refresh = end(answer)["nextPageToken"], end(answer)["refreshToken"]
    for token in (page, refresh):
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        assert b"part-" not in text and b"p=" not in text

    def refused(what, **body):
        answer = query(server, **body)
        assert answer.status_code == 400, answer.text
        assert answer.json()["errorCode"] == "INVALID_PARAMETER_VALUE"
        assert f"{what} token" in answer.json()["message"]

    refused("page", pageToken=refresh, maxFiles=5)
    refused("refresh", refreshToken=page)
    for change in ({"limitHint": 3}, {"predicateHints": ["id > 0"]}, {"version": 1}, {"timestamp": "2026-01-01T00:00:00Z"}):
        refused("page", pageToken=page, **change)
    for token, name in ((page, "page"), (refresh, "refresh")):
        bodies = [token[:n] for n in range(1, len(token), 7)] + [token + "A"]
        for i in range(0, len(token), 5):
            bodies.append(token[:i] + ("A" if token[i] != "A" else "B") + token[i + 1:])
        for body in bodies:
            refused(name, **{name + "Token": body})
    changes = call(server, "t", f"changes?startingVersion=0&pageToken={page}")
    assert changes.status_code == 400, changes.text
    healthy(server)
