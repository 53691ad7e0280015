"""Figures of tables in an S3 store that is 30 ms away: s3proxy behind the front of tests/support."""
from __future__ import annotations

import collections
import json
import pathlib
import re
import shutil
import statistics
import time
import urllib.request

import make_table
from store_front import StoreFront
from s3proxy import S3Proxy
from sluice_server import TOKEN, yaml_config

DELAY = 0.030
COMMITS = 10_000
TABLE = "/shares/bench/schemas/s3/tables/"


class Store:
    """An S3 store with the tables "t1000" (a checkpoint) and "t10k_commits" (nothing but commits)."""

    def __init__(self, folder: pathlib.Path):
        (folder / "store").mkdir()
        self.s3 = S3Proxy(folder / "store")
        made = folder / "s3-tables"
        for name, words in {"t1000": ["--files", "1000"],
                            "t10k_commits": ["--files", str(COMMITS), "--commits", str(COMMITS - 1),
                                             "--checkpoint", "none"]}.items():
            make_table.made(made / name, *words)
        self.s3.put_table(made, "bench")
        shutil.rmtree(made)

    def __enter__(self):
        self.s3.start()
        self.far = StoreFront(self.s3.backend, DELAY).__enter__()
        entry = self.s3.yaml("bench", "s3://bench", endpoint=self.far.endpoint)
        self.config = yaml_config({"bench": {"s3": {n: f"s3://bench/{n}" for n in ("t1000", "t10k_commits")}}},
                                  extra="storage:\n" + entry)
        return self

    def __exit__(self, *_):
        self.far.__exit__()
        self.s3.stop()

    def asked(self) -> dict[str, int]:
        return dict(collections.Counter(operation for operation, _ in self.far.take()))


def ask(server, method, path, body=None) -> bytes:
    request = urllib.request.Request(server.url + path, method=method, data=body, headers={
        "Authorization": "Bearer " + TOKEN, "Content-Type": "application/json"})
    return urllib.request.urlopen(request, timeout=300).read()


# P1: what one warm call asks of the store, alone and among 32 clients.
def warm(bench, store) -> dict:
    results: dict = {}
    with bench.server(config=store.config) as server:
        ask(server, "POST", TABLE + "t1000/query", b"{}")
        for operation in ("version", "metadata", "query"):
            store.asked()
            for _ in range(20):
                ask(server, "POST" if operation == "query" else "GET", f"{TABLE}t1000/{operation}",
                    b"{}" if operation == "query" else None)
            results[operation] = {k: n / 20 for k, n in store.asked().items()}
        before, answers = lists(server), finished(server)
        results["load"] = bench.load(server, f"GET {TABLE}t1000/version", 32)
        results["lists_per_answer"] = (lists(server) - before) / max(1, finished(server) - answers)
    return results


def metric(server, pattern: str) -> float:
    text = urllib.request.urlopen(server.origin + "/metrics", timeout=60).read().decode()
    return sum(float(n) for n in re.findall(pattern, text, re.M))


def lists(server) -> float:
    return metric(server, r'^sluice_store_requests_total\{operation="list"\} ([0-9.e+]+)$')


def finished(server) -> float:
    return metric(server, r'^sluice_http_requests_total\{route=".*/version".*\} ([0-9.e+]+)$')


# The first answer about a table whose log is 10,000 commits: with an empty cache, and with a full one.
def cold(bench, store) -> dict:
    figures: dict = {"empty": [], "full": []}
    for _ in range(bench.options.runs):
        server = bench.server(config=store.config)
        for cache in ("empty", "full"):
            with server:
                store.asked()
                before, began = server.cpu_seconds(), time.perf_counter()
                version = json.loads(ask(server, "POST", TABLE + "t10k_commits/query", b"{}").split(b"\n")[0])
                figures[cache].append((time.perf_counter() - began, server.cpu_seconds() - before))
                assert "protocol" in version
                figures[cache + "_requests"] = store.asked()
    return {name: {"seconds": statistics.median(f[0] for f in runs), "cpu": statistics.median(f[1] for f in runs),
                   "requests": figures[name + "_requests"]}
            for name, runs in figures.items() if name in ("empty", "full")}


def run(bench) -> dict:
    with Store(bench.folder) as store:
        return {"warm": warm(bench, store), "cold": cold(bench, store), "delay_ms": DELAY * 1000}
