#!/usr/bin/env python3
"""P16: the same requests to a server with a configuration file, and to one with a catalog and its audit log.

    tests/bench/catalog_vs_file.py --binary build/release/sluice --load build/bench/tests/bench/bench_load

The two are asked in turn, so that what else runs on the machine strikes both; each figure is the median of its
rounds. Several --binary: all of them in turn, to compare a change with what was before.
"""
from __future__ import annotations

import argparse
import contextlib
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "support"), str(HERE)]
import make_table  # noqa: E402
from sluice_server import TOKEN, Server, yaml_config  # noqa: E402

TABLE = "/shares/bench/schemas/default/tables/"
REQUESTS = {"version": (f"GET {TABLE}t1000/version", 32),
            "metadata": (f"GET {TABLE}t1000/metadata", 32),
            "shares": ("GET /shares", 32),
            "query_100": (f"POST {TABLE}t100/query {{}}", 8)}


class CatalogServer(Server):
    """What the configuration file shares, taken over into a catalog; with the same token."""

    def spawn(self):
        config = self.folder / "moved.yaml"
        config.write_text(self.expand(self.config_template))
        config.chmod(0o600)
        data = str(self.folder / "data")
        moved = subprocess.run([self.binary, "import", str(config), "--data", data], env=self.env, check=True,
                               capture_output=True, text=True)
        roots = moved.stdout.split("Next: ")[1].split()[4:]
        with open(self.stdout_path, "ab") as out, open(self.stderr_path, "ab") as err:
            self.process = subprocess.Popen(
                [self.binary, "serve", "--data", data, "--listen", f"127.0.0.1:{self.port}", *roots],
                stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=self.env, start_new_session=True)
        return self


def drive(load, server, request, connections, seconds) -> dict:
    words = ["--endpoint", server.url, "--token", TOKEN, "--pid", server.pid, "--connections", connections,
             "--seconds", seconds, "--warmup", 0.3, "--request", request, "--json"]
    figures = json.loads(subprocess.run([load, *map(str, words)], check=True, capture_output=True).stdout)
    assert not any(figures[k] for k in ("not_ok", "broken", "unanswered")), figures
    return figures


def compare(binaries, load, config, folder, rounds, seconds) -> dict:
    """{request: {"file" or "catalog", with the number of the binary from the second on: figures}}."""
    with contextlib.ExitStack() as running:
        servers = {}
        for n, binary in enumerate(binaries):
            for kind, what in (("file", Server), ("catalog", CatalogServer)):
                name = kind + (str(n + 1) if n else "")
                (folder / name).mkdir()
                servers[name] = running.enter_context(what(binary, config, folder / name))
        for server in servers.values():
            for table in ("t100", "t1000"):  # what is read once and kept
                urllib.request.urlopen(urllib.request.Request(
                    server.url + TABLE + table + "/version", headers={"Authorization": "Bearer " + TOKEN})).read()
        found = {request: {name: [] for name in servers} for request in REQUESTS}
        for _ in range(rounds):
            for request, (line, connections) in REQUESTS.items():
                for name, server in servers.items():
                    found[request][name].append(drive(load, server, line, connections, seconds))
    return {request: {name: {k: statistics.median(r[k] for r in runs)
                             for k in ("per_second", "server_cpu_us_per_answer")} for name, runs in by_name.items()}
            for request, by_name in found.items()}


def run(bench) -> dict:
    """For run.py."""
    folder = bench.folder / "catalog_vs_file"
    folder.mkdir()
    rounds, seconds = (1, 1.0) if bench.options.quick else (7, 2.0)
    return compare([bench.options.binary], bench.options.load, bench.config, folder, rounds, seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--binary", action="append", required=True)
    parser.add_argument("--load", required=True, help="the driver, bench_load")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as name:
        folder = pathlib.Path(name)
        made = {table: make_table.made(folder / "tables" / table, "--files", files)
                for table, files in (("t100", 100), ("t1000", 1000))}
        found = compare(options.binary, options.load, yaml_config({"bench": {"default": made}}), folder,
                        options.rounds, options.seconds)
    for request, by_name in found.items():
        file = by_name["file"]
        for name, f in by_name.items():
            print(f"{request:10} {name:9} {f['per_second']:8.0f}/s {100 * f['per_second'] / file['per_second']:4.0f} %"
                  f"  {f['server_cpu_us_per_answer']:7.1f} us CPU"
                  f" {100 * file['server_cpu_us_per_answer'] / f['server_cpu_us_per_answer']:4.0f} %")


if __name__ == "__main__":
    main()
