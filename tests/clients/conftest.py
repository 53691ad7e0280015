"""The official Python client, unmodified, against the real binary.

env  SLUICE_BINARY  the binary; default build/release/sluice of this repository
     SLUICE_SHARED  folder with tables from outside (delta-tables, spark-tables, accept); default
                    ../shared beside the repository. Tests that need it are skipped, saying so, without it.
"""
import json
import os
import pathlib
import sys
import tempfile

import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]
from sluice_server import TOKEN, Server, yaml_config  # noqa: E402

BINARY = pathlib.Path(os.environ.get("SLUICE_BINARY", ROOT / "build/release/sluice"))
SHARED = pathlib.Path(os.environ.get("SLUICE_SHARED", ROOT.parent / "shared")).resolve()
TABLES = SHARED / "delta-tables"


def pytest_report_header(config):
    return f"sluice: {BINARY}; tables from outside: {SHARED if SHARED.is_dir() else 'absent'}"


def pytest_collection_modifyitems(config, items):
    if not BINARY.exists():
        pytest.exit(f"no binary at {BINARY}: build it (make build) or set SLUICE_BINARY", 2)
    for item in items:
        if item.get_closest_marker("shared") and not TABLES.is_dir():
            item.add_marker(pytest.mark.skip(reason=f"no tables from outside at {SHARED}"))


def pytest_configure(config):
    config.addinivalue_line("markers", "shared: needs the tables from outside (SLUICE_SHARED)")


def profile(server: Server, folder, name="profile.share") -> str:
    path = pathlib.Path(folder) / name
    path.write_text(json.dumps({"shareCredentialsVersion": 1, "endpoint": server.url,
                                "bearerToken": server.token}))
    return str(path)


def find_tables() -> dict[str, pathlib.Path]:
    """{"golden.name": folder} for every table from outside, broken ones too."""
    found = {}
    if not TABLES.is_dir():
        return found
    for schema in ("golden", "kernel"):
        for top in sorted((TABLES / schema).iterdir()):
            logs = sorted(p.parent for p in top.rglob("_delta_log") if p.is_dir())
            if not logs:  # a table without a log, to be refused
                found[f"{schema}.{top.name}"] = top / "delta"
            for root in logs:
                words = [w for w in root.relative_to(top).parts if w != "delta"]
                found[f"{schema}." + "-".join([top.name, *words]).replace(".", "_")] = root
    return found


ALL = find_tables()


@pytest.fixture(scope="session")
def outside():
    """A server that shares every table from outside as share "all"."""
    schemas: dict = {"golden": {}, "kernel": {}}
    for name, root in ALL.items():
        schema, table = name.split(".")
        schemas[schema][table] = {"location": root, "historyShared": True}
    with tempfile.TemporaryDirectory(prefix="sluice-clients-") as folder:
        with Server(BINARY, yaml_config({"all": schemas}), folder) as server:
            server.profile = profile(server, folder)
            yield server
            assert server.alive(), server.stderr()[-3000:]


@pytest.fixture
def serve(tmp_path):
    """serve(shares, extra="", **server options): a server of the test's own, ended with the test."""
    running = []

    def start(shares, extra="", **options):
        folder = tmp_path / f"server{len(running)}"
        folder.mkdir()
        server = Server(BINARY, yaml_config(shares, extra=extra), folder, **options)
        running.append(server)
        server.start()
        server.profile = profile(server, folder)
        return server

    yield start
    for server in running:
        server.kill()


assert TOKEN
