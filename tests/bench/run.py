#!/usr/bin/env python3
"""Runs the benchmarks and writes docs/performance.md. Needs pyarrow (tests/clients/requirements.txt).

    tests/bench/run.py --binary build/release/sluice --load build/bench/.../bench_load
                       [--micro .../bench_micro] [--out docs/performance.md] [--quick | --full] [--only scale,open]

Nothing here passes or fails: figures are reported beside the bar that the project set itself.
"""
from __future__ import annotations

import argparse
import datetime
import json
import os
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE.parent / "support"), str(HERE)]
import catalog_vs_file  # noqa: E402
import make_table  # noqa: E402
import report  # noqa: E402
import scale_bench  # noqa: E402
import s3_bench  # noqa: E402
from sluice_server import TOKEN, Server, yaml_config  # noqa: E402

TABLE = "/shares/bench/schemas/default/tables/"
REAL_BYTES = 256 << 20


def tables(folder: pathlib.Path, huge: bool) -> dict:
    made = {name: make_table.made(folder / name, *words) for name, words in scale_bench.TABLES.items()
            if huge or name not in ("t1m", "v2", "hashed")}
    made["real"] = make_table.made(folder / "real", "--real-bytes", REAL_BYTES)
    return made


def ask(server, method, path, body=None) -> bytes:
    request = urllib.request.Request(server.url + path, method=method, data=body, headers={
        "Authorization": "Bearer " + TOKEN, "Content-Type": "application/json"})
    return urllib.request.urlopen(request, timeout=300, context=report.unverified()).read()


class Bench:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.made = tables(folder / "tables", options.wants("scale"))
        self.config = yaml_config({"bench": {"default": self.made}}, extra='accessLog: "off"\n'
                                  if options.no_access_log else "")
        self.count = 0

    def server(self, extra="", config=None, **more) -> Server:
        self.count += 1
        folder = self.folder / f"server{self.count}"
        folder.mkdir()
        return Server(self.options.binary, (config or self.config) + extra, folder, **more)

    def load(self, server, request, connections, **more) -> dict:
        """The median of each figure over the runs."""
        words = ["--connections", connections, "--request", request]
        for name, value in {"seconds": self.options.seconds, "warmup": 1, **more}.items():
            words += ["--" + name, value]
        return scale_bench.median([scale_bench.drive(self, server, *words) for _ in range(self.options.runs)])

    # P2, P3, P5, P11: what a warm server does.
    def warm(self, results):
        with self.server() as server:
            for name in scale_bench.SIZES:
                ask(server, "GET", TABLE + name + "/version")
            results["version"] = self.load(server, f"GET {TABLE}t1000/version", 32)
            results["metadata"] = self.load(server, f"GET {TABLE}t1000/metadata", 32)
            results["query_100"] = self.load(server, f"POST {TABLE}t100/query {{}}", 8)
            results["query_1000"] = self.load(server, f"POST {TABLE}t1000/query {{}}", 8)
            results["query_10k"] = self.load(server, f"POST {TABLE}t10k/query {{}}", 8)
            results["query_300k"] = self.load(server, f"POST {TABLE}t300k/query {{}}", 1, count=8, seconds=60)
            results["shares"] = self.load(server, "GET /shares", 32)

    # P8: memory of a server that has told its shares, and no more.
    def memory(self, results):
        with self.server() as server:
            ask(server, "GET", "/shares")
            results["idle_kib"] = server.memory_kib()

    # P6, P7, P8, P9, pages.
    def scale(self, results):
        results["scale"] = scale_bench.run(self)

    # P15.
    def open(self, results):
        results["open"] = scale_bench.open_loop(self)

    # P10: from exec to the first answer.
    def start(self, results):
        times = []
        for _ in range(max(5, self.options.runs)):
            server = self.server()
            began = time.perf_counter()
            server.spawn()
            try:
                wait_for_answer(server.port)
                times.append(time.perf_counter() - began)
            finally:
                server.stop()
        results["start_seconds"] = statistics.median(times)

    # P13: what an installation takes.
    def size(self, results):
        binary = pathlib.Path(self.options.binary).resolve()
        stripped = self.folder / "stripped"
        shutil.copy(binary, stripped)
        subprocess.run(["strip", str(stripped)], check=True)
        library = (binary.parent / "libduckdb.so").resolve()
        results["installed_bytes"] = stripped.stat().st_size + library.stat().st_size

    # P14: bytes of a file per second of the server's CPU, plain and over TLS.
    def files(self, results):
        with self.server() as server:
            link = self.link(server)
            path = re.sub(r"^https?://[^/]+", "/", link)
            plain = self.load(server, f"GET {path}", 4)
            results["file_plain"] = {**plain, "bytes_per_cpu_second":
                                     plain["bytes"] / max(plain["server_cpu_seconds"], 0.01)}
        certificate, key = report.certificate(self.folder)
        extra = f"ssl:\n  selfSigned: false\n  certificateFile: {certificate}\n  certificateKeyFile: {key}\n"
        with self.server(extra, https=True) as server:
            link = self.link(server)
            subprocess.run(["curl", "-sk", "-o", "/dev/null", link], check=True)
            rates, peaks = [], []
            for _ in range(self.options.runs):
                before, began = server.cpu_seconds(), time.perf_counter()
                curls = [subprocess.Popen(["curl", "-sk", "-o", "/dev/null", link]) for _ in range(4)]
                assert not any(c.wait() for c in curls)
                rates.append((4 * REAL_BYTES / (server.cpu_seconds() - before),
                              4 * REAL_BYTES / (time.perf_counter() - began)))
                peaks.append(server.memory_kib("VmHWM"))
            results["file_tls"] = {
                "bytes_per_cpu_second": statistics.median(r[0] for r in rates),
                "bytes_per_second": statistics.median(r[1] for r in rates),
                "server_peak_kib": max(peaks)}

    # P16: what the catalog and its audit log cost.
    def catalog(self, results):
        results["catalog"] = catalog_vs_file.run(self)

    # P1, and what distance costs.
    def s3(self, results):
        results["s3"] = s3_bench.run(self)

    @staticmethod
    def link(server) -> str:
        answer = ask(server, "POST", TABLE + "real/query", b"{}").decode()
        return json.loads(answer.split("\n")[2])["file"]["url"]


def wait_for_answer(port):
    request = (f"GET /delta-sharing/shares HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
               f"Authorization: Bearer {TOKEN}\r\nConnection: close\r\n\r\n").encode()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as peer:
                peer.sendall(request)
                if peer.recv(100).startswith(b"HTTP/1.1 200"):
                    return
        except OSError:
            time.sleep(0.0005)
    raise SystemExit("the server did not answer")


PARTS = ("size", "start", "memory", "warm", "scale", "open", "files", "catalog", "s3")


def options_of(words) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--binary", default=str(ROOT / "build/release/sluice"))
    parser.add_argument("--load", required=True, help="the driver, bench_load")
    parser.add_argument("--micro", help="the micro benchmarks, bench_micro")
    parser.add_argument("--out", default=str(ROOT / "docs/performance.md"))
    parser.add_argument("--json", help="keep all figures here")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5, help="of each run (5)")
    parser.add_argument("--rate", type=float, default=1000, help="of the open loop (1000)")
    parser.add_argument("--open-seconds", type=float, default=30, help="of the open loop (30)")
    parser.add_argument("--huge-runs", type=int, default=2, help="cold runs of the million files (2)")
    parser.add_argument("--full", action="store_true", help="the open loop for 2 minutes, 3 runs of the million files")
    parser.add_argument("--quick", action="store_true", help="one run of 2 seconds of everything: a first look")
    parser.add_argument("--only", default="", help="comma list of: micro, " + ", ".join(PARTS))
    parser.add_argument("--no-access-log", action="store_true")
    options = parser.parse_args(words)
    if options.full:
        options.open_seconds, options.huge_runs = 120, 3
    if options.quick:
        options.runs, options.seconds, options.open_seconds = 1, 2, 10
    options.wants = lambda part: not options.only or part in options.only.split(",")
    return options


def main() -> int:
    options = options_of(sys.argv[1:])
    results: dict = {"runs": options.runs, "seconds": options.seconds,
                     "date": datetime.date.today().isoformat(), "load_average": os.getloadavg()[0]}
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as folder:
        bench = Bench(options, pathlib.Path(folder))
        for part in filter(options.wants, PARTS):
            print(f"{part} ...", flush=True)
            getattr(bench, part)(results)
    if options.micro and options.wants("micro"):
        print("micro ...", flush=True)
        run = subprocess.run([options.micro, "--benchmark_format=json", f"--benchmark_repetitions={options.runs}",
                              "--benchmark_report_aggregates_only=true"],
                             check=True, capture_output=True, text=True)
        results["micro"] = json.loads(run.stdout)["benchmarks"]
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(results, indent=1))
    if options.only:
        print(json.dumps(results, indent=1))
    else:
        pathlib.Path(options.out).write_text(report.render(results))
        print(f"wrote {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
