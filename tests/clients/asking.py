"""Requests to a server under test, whose tables are named by the share "s" and schema "d"."""
import json
import time

import delta_sharing
import requests

from sluice_server import TOKEN

HEADERS = {"Authorization": "Bearer " + TOKEN}


def shares(**tables):
    return {"s": {"d": {name: {"location": root, "historyShared": True}
                        for name, root in tables.items()}}}


def call(server, table, operation="query", body=None, extra_headers=None, **options):
    server.settle()
    headers = {**HEADERS, **(extra_headers or {})}
    address = f"{server.url}/shares/s/schemas/d/tables/{table}/{operation}"
    if operation == "query":
        return requests.post(address, json=body or {}, headers=headers, timeout=60, **options)
    return requests.get(address, headers=headers, timeout=60, **options)


def file_lines(answer):
    assert answer.status_code == 200, answer.text
    return [x["file"] for x in map(json.loads, answer.text.split("\n")[:-1]) if "file" in x]


def ids(server, table="t", delta=True):
    server.settle()
    frame = delta_sharing.load_as_pandas(f"{server.profile}#s.d.{table}", use_delta_format=delta)
    return sorted(frame["id"])


def healthy(server):
    assert server.alive(), server.stderr()[-2000:]
    assert requests.get(server.origin + "/health", timeout=10).status_code == 200


def until(condition, seconds=20.0):
    """Polls; time bounds a failure, it is never what is tested."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def metric(server, name, **labels) -> float:
    """The sum of a metric over all label sets that hold `labels`; 0 when it is not there."""
    total = 0.0
    for line in requests.get(server.origin + "/metrics", timeout=10).text.splitlines():
        head, _, value = line.rpartition(" ")
        if head.split("{")[0] == name and all(f'{k}="{v}"' in head for k, v in labels.items()):
            total += float(value)
    return total
