#!/usr/bin/env python3
"""Where the server's CPU time goes, by group of functions: perf record, added up. Needs perf.

    tests/bench/where_time_goes.py --binary build/release/sluice --load build/bench/tests/bench/bench_load
                                   [--cases cold,query] [--files 300000] [--symbols 15]

Self time only: what memory functions were called for is not told. For call chains:
perf record --call-graph dwarf -p PID.
"""
from __future__ import annotations

import argparse
import collections
import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE.parent / "support"), str(HERE)]
import make_table  # noqa: E402
import asked_predicates as predicates  # noqa: E402
from sluice_server import TOKEN, Server, yaml_config  # noqa: E402

# The first that fits: (group, what fits to "library symbol").
GROUPS = [
    ("reading Parquet (DuckDB)", r"^libduckdb|libtpch|duckdb"),
    ("unpacking and packing blocks (zstd)", r"^libzstd"),
    ("links: signing, encoding", r"^libcrypto|Base64|Hmac|HMAC|Sha256|SHA256|FileLink|UrlWriter|LinkWriter"),
    ("JSON of answers and statistics", r"^sluice .*(json::|Json|Escape|Quot|FileLines|HeadLines)|^libsimdjson|^libboost_json"),
    ("files of a snapshot", r"^sluice .*sluice::delta"),
    ("kernel: waking and switching threads", r"^\[k.* .*(futex|sched|switch|wake|_rq|(?<![a-z])rq_|enqueue|dequeue|_task|spin_unlock|pick_|idle|plist|hrtimer)"),
    ("kernel: sending and receiving", r"^\[k.* .*(tcp|sock|skb|(?<![a-z])sk_|inet|(?<![a-z])ip_|copy_from_iter|copyin|net_|netif|loopback"
                                      r"|eth|dev_|nf_|send|recv|csum|epoll|ep_)"),
    ("kernel: memory", r"^\[k.* .*(page|fault|mm_|mmap|vma|zap|folio|lru|charge|madvise|tlb|pte)"),
    ("kernel: files, the rest", r"^\[k"),
    ("allocating and copying", r"^libc\.so.*(malloc|free|alloc|mem|arena|unlink_chunk)|operator (new|delete)|_M_append|_M_replace|_M_mutate|basic_string"),
    ("loading libraries", r"^ld-linux"),
    ("HTTP, threads, the rest", r""),
]


def samples(recording: pathlib.Path):
    text = subprocess.run(["perf", "script", "-i", str(recording), "-F", "ip,sym,dso"], check=True,
                          capture_output=True, text=True, errors="replace").stdout
    for line in text.splitlines():
        if found := re.match(r"\s*[0-9a-f]+ (.*) \((.*?)\)\s*$", line):
            yield pathlib.PurePath(found[2]).name + " " + found[1]


def group(sample: str) -> str:
    return next(name for name, pattern in GROUPS if re.search(pattern, sample))


class Profile:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        sizes = {"t100": 100, "t1000": 1000, "large": options.files}
        made = {name: make_table.made(folder / name, "--files", n) for name, n in sizes.items()}
        self.config = yaml_config({"bench": {"default": made}})

    # Frequency 997: not in step with anything that happens each millisecond.
    def record(self, server, name: str, words):
        out = self.folder / f"{name}.perf"
        perf = subprocess.Popen(["perf", "record", "-q", "-F", "997", "-p", str(server.pid), "-o", str(out)],
                                stderr=subprocess.DEVNULL)
        time.sleep(1)
        run = subprocess.run([self.options.load, "--endpoint", server.url, "--token", TOKEN, "--pid", str(server.pid),
                              "--table", "small=bench.default.t1000", "--table", "hundred=bench.default.t100",
                              "--table", "large=bench.default.large", "--json", *words],
                             check=True, capture_output=True, text=True)
        perf.send_signal(signal.SIGINT)
        perf.wait()
        self.tell(name, json.loads(run.stdout), list(samples(out)))

    def tell(self, name, figures, found):
        by_group = collections.Counter(map(group, found))
        print(f"\n{name}: {figures['server_cpu_us_per_answer'] / 1000:.2f} ms CPU an answer, "
              f"{figures['answers']} answers, {len(found)} samples\n\n| where | share |\n|---|---|")
        for what, n in by_group.most_common():
            print(f"| {what} | {100 * n / len(found):.0f} % |")
        for sample, n in collections.Counter(found).most_common(self.options.symbols):
            print(f"    {100 * n / len(found):5.1f} %  {sample[:100]}")

    def run(self):
        cases = {
            "cold": ["--request", "POST {large}/query {}", "--count", "1", "--warmup", "0", "--seconds", "100"],
            "query": ["--request", "POST {large}/query {}", "--count", "5", "--warmup", "0", "--seconds", "100"],
            "predicate": ["--warmup", "0.5", "--seconds", "4", "--request",
                          "POST {large}/query " + predicates.body(predicates.day_is(100))],
            "statistics": ["--warmup", "0.5", "--seconds", "4", "--request",
                           "POST {large}/query " + predicates.body(predicates.ids_of(5000, 5822))],
            "hundred": ["--request", "POST {hundred}/query {}", "--connections", "8", "--seconds", "5"],
            "version": ["--request", "GET {small}/version", "--connections", "32", "--seconds", "4"]}
        chosen = self.options.cases.split(",") if self.options.cases else list(cases)
        where = self.folder / "server"
        where.mkdir()
        with Server(self.options.binary, self.config, where) as server:
            for name in chosen:
                self.record(server, name, cases[name])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=str(ROOT / "build/release/sluice"))
    parser.add_argument("--load", default=str(ROOT / "build/bench/tests/bench/bench_load"))
    parser.add_argument("--cases", default="", help="of: cold, query, predicate, statistics, hundred, version (all)")
    parser.add_argument("--files", type=int, default=300_000)
    parser.add_argument("--symbols", type=int, default=0, help="also the costliest single functions, so many")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sluice-profile-") as folder:
        Profile(options, pathlib.Path(folder)).run()


if __name__ == "__main__":
    main()
