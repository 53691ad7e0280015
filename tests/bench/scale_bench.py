"""Figures of large tables: cold answers, predicates, pages, memory; and many callers at once."""
from __future__ import annotations

import json
import pathlib
import re
import statistics
import subprocess
import urllib.request

import asked_predicates as predicates
from sluice_server import TOKEN

HERE = pathlib.Path(__file__).resolve().parent
LARGE, HUGE = 300_000, 1_000_000
SIZES = {"t100": 100, "t1000": 1000, "t10k": 10_000, "t100k": 100_000, "t300k": LARGE}
TABLES = {**{name: ["--files", files] for name, files in SIZES.items()},
          "hashed": ["--files", LARGE, "--names", "hashed"],
          "v2": ["--files", LARGE, "--checkpoint", "v2-parquet", "--parts", 8],
          "t1m": ["--files", HUGE]}
MIX = ["--requests", HERE / "mixed.load", "--table", "small=bench.default.t1000",
       "--table", "hundred=bench.default.t100", "--table", "large=bench.default.t10k"]


def drive(bench, server, *words) -> dict:
    """One run of the driver against our server."""
    run = subprocess.run([bench.options.load, "--endpoint", server.url, "--token", TOKEN, "--pid", str(server.pid),
                          "--json", *map(str, words)], check=True, capture_output=True, text=True)
    figures = json.loads(run.stdout)
    if wrong := {k: figures[k] for k in ("not_ok", "broken", "unanswered") if figures[k]}:
        print(f"  {words}: {wrong}", flush=True)
    return figures


def query(table: str, body: str = "{}") -> list[str]:
    return ["--request", f"POST /shares/bench/schemas/default/tables/{table}/query {body}"]


def once(table: str) -> list:
    return [*query(table), "--count", 1, "--warmup", 0, "--seconds", 300]


def median(runs: list[dict]) -> dict:
    """Of each number; counts by kind are those of the last run."""
    return {k: statistics.median(r[k] for r in runs) if isinstance(runs[0][k], (int, float)) else runs[-1][k]
            for k in runs[0]}


# P8: bytes that the snapshot cache says it holds.
def cached_bytes(server) -> float | None:
    text = urllib.request.urlopen(server.origin + "/metrics", timeout=60).read().decode()
    held = re.search(r"^sluice_\w*snapshot\w*bytes\S* ([0-9.e+]+)$", text, re.M)
    return float(held[1]) if held else None


def reset_peak(server):
    pathlib.Path(f"/proc/{server.pid}/clear_refs").write_text("5")


# P6, P8, P9: a server that has just started, the whole of one table; then the same once more, for
# what an answer takes while it streams.
def cold(bench, table: str, files: int, runs: int) -> dict:
    first, held, extra = [], [], []
    for _ in range(runs):
        with bench.server() as server:
            first.append(drive(bench, server, *once(table)))
            held.append(cached_bytes(server))
            drive(bench, server, *once(table))
            before = server.memory_kib()
            reset_peak(server)
            extra.append(drive(bench, server, *once(table))["server_peak_kib"] - before)
    return {**median(first), "streaming_kib": statistics.median(extra),
            "bytes_per_file": held[0] and statistics.median(held) / files}


# P7: one of the 365 days, and as many files by their ids; paths that follow the days, and hashed ones.
def predicate(bench) -> dict:
    found: dict = {}
    share = LARGE // 365
    asked = {"partition": [predicates.day_is(n) for n in range(20, 365, 43)],
             "stats": [predicates.ids_of(n, n + share) for n in range(10_000, LARGE - share, 36_000)]}
    with bench.server() as server:
        for table in ("t300k", "hashed"):
            drive(bench, server, *query(table), "--count", 1, "--warmup", 0)
            for name, all_asked in asked.items():
                words = [w for p in all_asked for w in query(table, predicates.body(p))]
                runs = [drive(bench, server, *words, "--seconds", bench.options.seconds / 2)
                        for _ in range(bench.options.runs)]
                found[f"{name}_{table}"] = median(runs)
    return found


# 100,000 files in pages of 10,000.
def pages(bench) -> dict:
    with bench.server() as server:
        drive(bench, server, *once("t100k"))
        runs = [drive(bench, server, "--follow-pages", "--count", 3, "--seconds", 60, "--warmup", 0, "--request",
                      'page: POST /shares/bench/schemas/default/tables/t100k/query {"maxFiles":10000}')
                for _ in range(bench.options.runs)]
    return median(runs)


# P15: requests come at their own times, from many connections.
def open_loop(bench) -> dict:
    with bench.server() as server:
        for table in ("t1000", "t100", "t10k"):
            drive(bench, server, *once(table))
        figures = drive(bench, server, *MIX, "--connections", 500, "--rate", bench.options.rate, "--warmup", 3,
                        "--seconds", bench.options.open_seconds)
    return {**figures, "asked_seconds": bench.options.open_seconds}


def run(bench) -> dict:
    runs = bench.options.runs
    return {"t300k": cold(bench, "t300k", LARGE, runs), "hashed": cold(bench, "hashed", LARGE, 1),
            "v2": cold(bench, "v2", LARGE, 1), "t1m": cold(bench, "t1m", HUGE, min(runs, bench.options.huge_runs)),
            "predicate": predicate(bench), "pages": pages(bench)}
