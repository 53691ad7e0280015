#!/usr/bin/env python3
"""Runs the benchmarks and writes docs/performance.md. Needs pyarrow (tests/clients/requirements.txt).

    tests/bench/run.py --binary build/release/sluice --load build/bench/.../bench_load
                       [--micro .../bench_micro] [--out docs/performance.md] [--runs 3] [--seconds 5]

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
import make_table  # noqa: E402
import report  # noqa: E402
import s3_bench  # noqa: E402
from sluice_server import TOKEN, Server, yaml_config  # noqa: E402

SIZES = {"t100": 100, "t1000": 1000, "t10k": 10_000, "t300k": 300_000}
TABLE = "/shares/bench/schemas/default/tables/"
REAL_BYTES = 256 << 20


def tables(folder: pathlib.Path, sizes) -> dict:
    made = {}
    for name, files in sizes.items():
        made[name] = make_table.make(folder / name, make_table.parser().parse_args(
            [str(folder / name), "--files", str(files)]))
    made["real"] = make_table.make(folder / "real", make_table.parser().parse_args(
        [str(folder / "real"), "--real-bytes", str(REAL_BYTES)]))
    return made


def ask(server, method, path, body=None) -> bytes:
    request = urllib.request.Request(server.url + path, method=method, data=body, headers={
        "Authorization": "Bearer " + TOKEN, "Content-Type": "application/json"})
    return urllib.request.urlopen(request, timeout=300, context=report.unverified()).read()


class Bench:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.made = tables(folder / "tables", SIZES)
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
        words = [self.options.load, "--endpoint", server.url, "--token", TOKEN, "--pid", str(server.pid),
                 "--connections", str(connections), "--request", request]
        settings = {"seconds": self.options.seconds, "warmup": 1, **more}
        for name, value in settings.items():
            words += ["--" + name, str(value)]
        runs = [json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
                for _ in range(self.options.runs)]
        for run in runs:
            if run["not_ok"] or run["broken"]:
                print(f"  {request}: {run['not_ok']} answers not 2xx, {run['broken']} broken", flush=True)
        return {k: statistics.median(r[k] for r in runs) for k in runs[0]}

    # P2, P3, P5, P11: what a warm server does.
    def warm(self, results):
        with self.server() as server:
            for name in SIZES:
                ask(server, "GET", TABLE + name + "/version")
            results["version"] = self.load(server, f"GET {TABLE}t1000/version", 32)
            results["metadata"] = self.load(server, f"GET {TABLE}t1000/metadata", 32)
            results["query_100"] = self.load(server, f"POST {TABLE}t100/query {{}}", 8)
            results["query_1000"] = self.load(server, f"POST {TABLE}t1000/query {{}}", 8)
            results["query_10k"] = self.load(server, f"POST {TABLE}t10k/query {{}}", 8)
            results["query_300k"] = self.load(server, f"POST {TABLE}t300k/query {{}}", 1, count=8, seconds=60)
            results["shares"] = self.load(server, "GET /shares", 32)

    # P8: memory, idle and with one answer under way.
    def memory(self, results):
        figures = results["memory"] = {}
        with self.server() as server:
            ask(server, "GET", "/shares")
            figures["idle_kib"] = server.memory_kib()
            ask(server, "GET", TABLE + "t300k/version")
            figures["loaded_kib"] = server.memory_kib()
            metrics = urllib.request.urlopen(server.origin + "/metrics").read().decode()
            held = re.search(r"^sluice_\w*snapshot\w*bytes\S* ([0-9.e+]+)$", metrics, re.M)
            figures["bytes_per_file"] = float(held[1]) / SIZES["t300k"] if held else None
            ask(server, "POST", TABLE + "t300k/query", b"{}")
            extra = []
            for _ in range(self.options.runs):
                before = server.memory_kib()
                pathlib.Path(f"/proc/{server.pid}/clear_refs").write_text("5")  # resets the peak
                ask(server, "POST", TABLE + "t300k/query", b"{}")
                extra.append(server.memory_kib("VmHWM") - before)
            figures["streaming_kib"] = statistics.median(extra)

    # P10: from exec to the first answer; and the cold first query of the largest table.
    def start(self, results):
        times, cold = [], []
        for _ in range(max(5, self.options.runs)):
            server = self.server()
            began = time.perf_counter()
            server.spawn()
            try:
                wait_for_answer(server.port)
                times.append(time.perf_counter() - began)
                if len(cold) < self.options.runs:
                    began = time.perf_counter()
                    ask(server, "POST", TABLE + "t300k/query", b"{}")
                    cold.append(time.perf_counter() - began)
            finally:
                server.stop()
        results["start_seconds"] = statistics.median(times)
        results["cold_300k_seconds"] = statistics.median(cold)

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


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--binary", default=str(ROOT / "build/release/sluice"))
    parser.add_argument("--load", required=True, help="the driver, bench_load")
    parser.add_argument("--micro", help="the micro benchmarks, bench_micro")
    parser.add_argument("--out", default=str(ROOT / "docs/performance.md"))
    parser.add_argument("--json", help="keep all figures here")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--only", default="", help="comma list of: warm, memory, start, size, files, s3")
    parser.add_argument("--no-access-log", action="store_true")
    options = parser.parse_args()
    results: dict = {"runs": options.runs, "seconds": options.seconds,
                     "date": datetime.date.today().isoformat(), "load_average": os.getloadavg()[0]}
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as folder:
        bench = Bench(options, pathlib.Path(folder))
        for part in ("size", "start", "memory", "warm", "files", "s3"):
            if not options.only or part in options.only.split(","):
                print(f"{part} ...", flush=True)
                getattr(bench, part)(results)
    if options.micro:
        print("micro ...", flush=True)
        run = subprocess.run([options.micro, "--benchmark_format=json", "--benchmark_repetitions=3",
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
