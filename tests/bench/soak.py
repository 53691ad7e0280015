#!/usr/bin/env python3
"""Watches the server's memory and open files through hours of mixed load.

    tests/bench/soak.py --binary build/release/sluice --load build/bench/tests/bench/bench_load
                        --minutes 60 --out soak.json

The load: metadata, versions, queries whole, by predicates and by pages, changes, tables that do not
exist, in both formats by turns; more tables than the snapshot cache holds, read by turns; a table that
a writer commits to each second, with checkpoints and clean-ups; the configuration changed and reloaded.
Samples go into --out (JSON) and beside it as CSV; the end tells whether memory grew. Exit code 1: it
did, or an answer was wrong, or the server died.
"""
from __future__ import annotations

import argparse
import csv
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE.parent / "support"), str(HERE)]
import made_checkpoint  # noqa: E402
import made_files  # noqa: E402
import make_table  # noqa: E402
import asked_predicates as predicates  # noqa: E402
from sluice_server import TOKEN, Server, yaml_config  # noqa: E402

COLD, COLD_FILES = 8, 30_000
WARM_UP = 0.2  # of the duration: caches and allocators find their size
SHORTEST = 590  # seconds: before that, what has just been loaded looks like growth
WINDOW = 30  # seconds of one run of the driver
DELTA = "delta-sharing-capabilities: responseformat=delta;readerfeatures=deletionvectors,columnmapping"


class Writer(threading.Thread):
    """A table whose number of files stays: each commit adds one and removes the oldest. Every
    hundredth version has a checkpoint, and commits of two checkpoints ago are deleted."""

    FILES, EVERY = 5000, 100

    def __init__(self, root: pathlib.Path, over: threading.Event):
        super().__init__(daemon=True)
        self.log, self.over, self.commits = root / "_delta_log", over, 0
        self.options = make_table.parser().parse_args([str(root), "--files", str(self.FILES), "--commits", "0"])
        make_table.make(root, self.options)
        self.files = made_files.Files(1_000_000)
        self._checkpoint(make_table.CHECKPOINT_VERSION)  # the same files as the commits remove

    def _checkpoint(self, version: int):
        head = [{"protocol": make_table.protocol(self.options)},
                {"metaData": make_table.metadata(self.files, self.options)}]
        live = range(self.commits, self.commits + self.FILES)
        made_checkpoint.write(self.log, version, self.files, live, head, self.options)
        for old in self.log.glob("*.json"):
            if old.name[:20].isdigit() and int(old.name[:20]) < version - 2 * self.EVERY:
                old.unlink()
        for old in self.log.glob("*.checkpoint.parquet"):
            if int(old.name[:20]) < version - 2 * self.EVERY:
                old.unlink()

    def run(self):
        while not self.over.wait(1):
            self.commits += 1
            version, oldest = make_table.CHECKPOINT_VERSION + self.commits, self.commits - 1
            add = self.files.actions(oldest + self.FILES, oldest + self.FILES + 1)[0]
            gone = self.files.actions(oldest, oldest + 1)[0]
            make_table.write_commit(self.log, version, [{"add": add}, {"remove": make_table.remove(gone)}])
            if version % self.EVERY == 0:
                self._checkpoint(version)


def requests() -> list[str]:
    """The mix, as the driver takes it. Cold tables come by turns, each sometimes."""
    some = ["20 version: GET {small}/version", "20 metadata: GET {small}/metadata", "5 lists: GET /shares",
            "5 lists: GET {small.share}/schemas", "5 lists: GET {small.share}/all-tables",
            "10 query_100: POST {hundred}/query {}", "3 whole: POST {large}/query {}",
            '4 pages: POST {large}/query {"maxFiles":1000}', '4 limit: POST {large}/query {"limitHint":5000}',
            "5 living: GET {living}/version", "5 living: POST {living}/query {}",
            "3 changes: GET {history}/changes?startingVersion=11&endingVersion=45",
            '3 changes: POST {history}/query {"startingVersion":11,"endingVersion":45}',
            '3 past: POST {history}/query {"version":20}',
            "2 nothing: GET {small.schema}/tables/nothing/version"]
    some += [f"1 by_partition: POST {{large}}/query {predicates.body(predicates.day_is(n))}" for n in range(10, 360, 70)]
    some += [f"1 by_stats: POST {{large}}/query {predicates.body(predicates.ids_of(n, n + 50))}"
             for n in range(100, 9000, 1700)]
    for i in range(COLD):
        some += [f"0.4 cold: POST {{cold{i}}}/query {predicates.body(predicates.day_is(30 + i))}",
                 f'0.1 cold: POST {{cold{i}}}/query {{"maxFiles":2000}}']
    return some


class Soak:
    def __init__(self, options, folder: pathlib.Path):
        self.options, self.folder, self.over = options, folder, threading.Event()
        made = {"small": make_table.made(folder / "t/small", "--files", 1000),
                "hundred": make_table.made(folder / "t/hundred", "--files", 100),
                "large": make_table.made(folder / "t/large", "--files", 10_000),
                "history": make_table.made(folder / "t/history", "--files", 2000, "--commits", 40, "--adds", 2,
                                           "--removes", 1, "--change-feed")}
        for i in range(COLD):
            made[f"cold{i}"] = make_table.made(folder / f"t/cold{i}", "--files", COLD_FILES)
        self.writer = Writer(folder / "t/living", self.over)
        made["living"] = folder / "t/living"
        made["history"] = {"location": str(made["history"]), "historyShared": True}
        self.tables = made
        self.server = Server(options.binary, self.config(0), folder)
        self.samples: list[dict] = []
        self.windows: list[dict] = []
        self.failures: list[str] = []

    # Each reload has another share, and another page limit.
    def config(self, generation: int) -> str:
        shares = {"bench": {"default": self.tables}, f"more-{generation % 5}": {"default": {"t": self.tables["small"]}}}
        return yaml_config(shares, extra=f"snapshotCacheMb: {self.options.cache_mb}\n"
                                         f"queryTablePageSizeLimit: {10_000 + generation % 7}\naccessLog: access.log\n")

    def reload(self):
        generation = 0
        while not self.over.wait(self.options.reload_seconds):
            generation += 1
            path = self.folder / "sluice.yaml"
            fresh = path.with_suffix(".new")
            fresh.write_text(self.server.expand(self.config(generation)))
            fresh.chmod(0o600)
            fresh.rename(path)
            os.truncate(self.folder / "access.log", 0)  # or the disk is full before the night is over

    def metric(self, name: str) -> float:
        text = urllib.request.urlopen(self.server.origin + "/metrics", timeout=60).read().decode()
        return sum(float(n) for n in re.findall(rf"^{name}(?:{{.*}})? ([0-9.e+]+)$", text, re.M))

    def sample(self):
        while True:
            try:
                self.samples.append({
                    "seconds": round(time.monotonic() - self.began, 1), "rss_kib": self.server.memory_kib(),
                    "peak_kib": self.server.memory_kib("VmHWM"), "fds": self.server.open_fds(),
                    "threads": len(os.listdir(f"/proc/{self.server.pid}/task")),
                    "cpu_seconds": self.server.cpu_seconds(), "cache_bytes": self.metric("sluice_snapshot_cache_bytes"),
                    "commits": self.writer.commits})
            except OSError as error:
                self.failures.append(f"no sample: {error}")
            if self.over.wait(self.options.interval):
                return

    def drive(self, turn: int, seconds: float):
        words = [self.options.load, "--endpoint", self.server.url, "--token", TOKEN, "--json", "--follow-pages",
                 "--connections", "40", "--rate", self.options.rate, "--warmup", 0, "--seconds", seconds]
        for name in self.tables:
            words += ["--table", f"{name}=bench.default.{name}"]
        for request in requests():
            words += ["--request", request]
        words += ["--header", DELTA] if turn % 2 else []
        run = subprocess.run([str(w) for w in words], capture_output=True, text=True)
        if run.returncode:
            self.failures.append(f"the driver, turn {turn}: {run.stderr.strip()}")
            return
        figures = json.loads(run.stdout)
        self.windows.append(figures)
        for kind, f in figures["kinds"].items():
            wrong = f["broken"] + (f["not_ok"] if kind != "nothing" else f["answers"] - f["not_ok"])
            if wrong:
                self.failures.append(f"turn {turn}: {wrong} of {f['answers']} answers of '{kind}' are wrong: {f['statuses']}")
        if figures["unanswered"]:
            self.failures.append(f"turn {turn}: {figures['unanswered']} unanswered")

    def run(self):
        with self.server:
            self.began = time.monotonic()
            threads = [self.writer, threading.Thread(target=self.sample), threading.Thread(target=self.reload)]
            for thread in threads:
                thread.start()
            end, turn = self.began + self.options.minutes * 60, 0
            while (left := end - time.monotonic()) > 1 and self.server.alive():
                self.drive(turn, min(WINDOW, left))
                turn += 1
                print(f"\r{(time.monotonic() - self.began) / 60:.1f} min, {self.samples[-1]['rss_kib'] / 1024:.0f} MiB",
                      end="", file=sys.stderr, flush=True)
            self.over.set()
            for thread in threads:
                thread.join()
            if not self.server.alive():
                self.failures.append("the server died")
            elif not self.metric('sluice_config_reloads_total') >= self.options.minutes * 30 / self.options.reload_seconds:
                self.failures.append("the configuration was not reloaded")


def quartile(values: list[float]) -> float:
    return sorted(values)[len(values) // 4]


def trend(samples: list[dict], field: str, scale: float, floor: float) -> dict:
    """Behind the warm-up: the slope of a straight line, and how much the lower quartile of the last third is
    above that of the first. What leaks lifts the floor; loads that happen at a time only lift peaks. Growth
    is a rise of more than 5 % of the median, and more than `floor`; not judged before SHORTEST."""
    start = samples[-1]["seconds"] * WARM_UP
    kept = [(s["seconds"] / 3600, s[field] / scale) for s in samples if s["seconds"] >= start]
    hours, values = [h for h, _ in kept], [v for _, v in kept]
    slope = statistics.linear_regression(hours, values).slope if len(kept) > 2 else 0.0
    third = max(1, len(values) // 3)
    middle = statistics.median(values)
    rise = quartile(values[-third:]) - quartile(values[:third])
    return {"median": middle, "least": min(values), "most": max(values), "per_hour": slope, "rise": rise,
            "grows": samples[-1]["seconds"] >= SHORTEST and rise > max(floor, 0.05 * middle)}


def verdict(seconds: float, found: dict) -> str:
    return "too short to tell" if seconds < SHORTEST else "GROWS" if found["grows"] else "no growth"


def plot(samples: list[dict], rows: int = 15):
    step, most = -(-len(samples) // rows), max(s["rss_kib"] for s in samples)
    print(f"\n{'minute':>7} {'RSS MiB':>8} {'cache':>6} {'fds':>4} {'threads':>7} {'commits':>7}")
    for i in range(0, len(samples), step):
        part = samples[i:i + step]
        rss = statistics.median(s["rss_kib"] for s in part)
        print(f"{part[0]['seconds'] / 60:7.1f} {rss / 1024:8.1f} {part[-1]['cache_bytes'] / 2**20:6.1f} "
              f"{part[-1]['fds']:4} {part[-1]['threads']:7} {part[-1]['commits']:7}  {'#' * round(50 * rss / most)}")


def tell(soak: Soak, out: pathlib.Path | None) -> int:
    trends = {"memory (MiB)": trend(soak.samples, "rss_kib", 1024, 8), "open files": trend(soak.samples, "fds", 1, 5),
              "threads": trend(soak.samples, "threads", 1, 5)}
    plot(soak.samples)
    answers = sum(w["answers"] for w in soak.windows)
    last = soak.samples[-1]
    print(f"\n{last['seconds'] / 60:.0f} minutes, {answers:,} answers, {last['commits']} commits, "
          f"{last['cpu_seconds']:.0f} s CPU, peak memory {last['peak_kib'] / 1024:.0f} MiB")
    for name, t in trends.items():
        print(f"{name}: median {t['median']:.1f}, {t['least']:.1f} .. {t['most']:.1f}, {t['per_hour']:+.2f} an hour (line), "
              f"its floor in the last third less that in the first {t['rise']:+.2f}: {verdict(last['seconds'], t)}")
    for failure in soak.failures:
        print("FAILED:", failure)
    if out:
        out.write_text(json.dumps({"samples": soak.samples, "trends": trends, "failures": soak.failures,
                                   "windows": soak.windows}))
        with open(out.with_suffix(".csv"), "w", newline="") as file:
            writer = csv.DictWriter(file, soak.samples[0])
            writer.writeheader()
            writer.writerows(soak.samples)
    return 1 if soak.failures or any(t["grows"] for t in trends.values()) else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=str(ROOT / "build/release/sluice"))
    parser.add_argument("--load", default=str(ROOT / "build/bench/tests/bench/bench_load"))
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--rate", type=float, default=60, help="requests a second (60)")
    parser.add_argument("--cache-mb", type=int, default=12, help="snapshotCacheMb: fewer tables than there are (12)")
    parser.add_argument("--interval", type=float, default=5, help="seconds between two samples (5)")
    parser.add_argument("--reload-seconds", type=float, default=20)
    parser.add_argument("--out", type=pathlib.Path, help="JSON of all samples; CSV beside it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sluice-soak-") as folder:
        soak = Soak(options, pathlib.Path(folder))
        soak.run()
        return tell(soak, options.out)


if __name__ == "__main__":
    sys.exit(main())
