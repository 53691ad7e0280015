"""The official Python client, unmodified, against the real binary.

env  SLUICE_BINARY  the binary; default build/release/sluice of this repository
     SLUICE_SHARED  folder with tables from outside (delta-tables, spark-tables, accept); default
                    ../shared beside the repository. Tests that need it are skipped, saying so, without it.

Fixtures with a parameter "local" or "s3" run their tests over tables on the disk and in an S3 store
(tests/support/s3proxy.py). What makes sense in one place only is marked local_only(why).
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
import conformance_table  # noqa: E402
import duckdb_reader  # noqa: E402
from lake import WHERE, Lake  # noqa: E402
from outside_tables import ALL, SHARED, SPARK, TABLES  # noqa: E402
from s3proxy import S3Proxy  # noqa: E402
from sluice_server import ELSEWHERE, TOKEN, Server, yaml_config  # noqa: E402
from spark import Spark  # noqa: E402

for variable in [v for v in os.environ if v.upper().startswith(ELSEWHERE)]:
    del os.environ[variable]  # the clients of these tests are not led elsewhere either

BINARY = pathlib.Path(os.environ.get("SLUICE_BINARY", ROOT / "build/release/sluice"))


def pytest_report_header(config):
    return f"sluice: {BINARY}; tables from outside: {SHARED if SHARED.is_dir() else 'absent'}"


def pytest_addoption(parser):
    parser.addoption("--write-conformance", action="store_true", help="write docs/conformance.md from this run")


@pytest.hookimpl(trylast=True)  # behind pytest's own order, which is that of the fixtures
def pytest_collection_modifyitems(config, items):
    items.sort(key=lambda item: item.get_closest_marker("after_all") is not None)
    if not BINARY.exists():
        pytest.exit(f"no binary at {BINARY}: build it (make build) or set SLUICE_BINARY", 2)
    for item in items:
        if item.get_closest_marker("shared") and not TABLES.is_dir():
            item.add_marker(pytest.mark.skip(reason=f"no tables from outside at {SHARED}"))
        params = item.callspec.params.values() if hasattr(item, "callspec") else ()
        if (mark := item.get_closest_marker("local_only")) and "s3" in params:
            item.add_marker(pytest.mark.skip(reason="not with S3: " + mark.args[0]))


def pytest_configure(config):
    config.addinivalue_line("markers", "shared: needs the tables from outside (SLUICE_SHARED)")
    config.addinivalue_line("markers", "after_all: looks at what all other tests have done")
    config.addinivalue_line("markers", "local_only(why): makes no sense for tables in S3")


def profile(server: Server, folder, name="profile.share") -> str:
    path = pathlib.Path(folder) / name
    path.write_text(json.dumps({"shareCredentialsVersion": 1, "endpoint": server.url,
                                "bearerToken": server.token}))
    return str(path)


@pytest.fixture(scope="session")
def s3(tmp_path_factory):
    """The S3 store of all tests that do not need one of their own."""
    with S3Proxy(tmp_path_factory.mktemp("s3")) as store:
        yield store


@pytest.fixture(scope="session")
def spark(tmp_path_factory):
    """The Spark of all tests; it starts with the first command."""
    writer = Spark(tmp_path_factory.mktemp("spark"))
    yield writer
    writer.stop()


@pytest.fixture(scope="session", params=WHERE)
def outside(request):
    """A server that shares every table from outside as share "all"; `where` says from which place."""
    places, extra = {TABLES: TABLES, SPARK: SPARK}, ""
    if request.param == "s3":
        store = request.getfixturevalue("s3")
        places = {top: store.put_table(top, "outside", top.name) for top in places}
        extra = "storage:\n" + store.yaml("outside", "s3://outside")
    schemas: dict = {"golden": {}, "kernel": {}, "spark": {}}
    for name, root in ALL.items():
        schema, table = name.split(".")
        top = SPARK if schema == "spark" else TABLES
        schemas[schema][table] = {"location": f"{places[top]}/{root.relative_to(top)}", "historyShared": True}
    with tempfile.TemporaryDirectory(prefix="sluice-clients-") as folder:
        with Server(BINARY, yaml_config({"all": schemas}, extra=extra), folder) as server:
            server.profile, server.where = profile(server, folder), request.param
            yield server
            assert server.alive(), server.stderr()[-3000:]


@pytest.fixture(scope="session")
def duck(tmp_path_factory):
    """DuckDB as a client that reads what answers name."""
    with duckdb_reader.connect(tmp_path_factory.mktemp("duckdb")) as connection:
        yield connection


@pytest.fixture
def proven(request):
    """Where a test says what it has shown of a table: conformance_table.Proof, for the place of the test."""
    where = request.getfixturevalue("outside").where if "outside" in request.fixturenames else None
    return conformance_table.PROOF.at(where)


@pytest.fixture(params=WHERE)
def lake(request, tmp_path):
    """Where the tables of one test lie."""
    if request.param == "local":
        return Lake(tmp_path / "tables")
    store = request.getfixturevalue("s3")
    store.count = getattr(store, "count", 0) + 1
    return Lake(store.buckets / f"lake-of-test-{store.count}", store)


@pytest.fixture
def serve(request, tmp_path):
    """serve(shares, extra="", **server options): a server of the test's own, ended with the test.
    Locations are texts, or paths in the test's lake."""
    running = []
    lake = request.getfixturevalue("lake") if "lake" in request.fixturenames else None

    def start(shares, extra="", **options):
        folder = tmp_path / f"server{len(running)}"
        folder.mkdir()
        if lake is not None:
            shares, extra = lake.located(shares), lake.yaml() + extra
            lake.settle()
        server = Server(BINARY, yaml_config(shares, extra=extra), folder, **options)
        server.settle = lake.settle if lake is not None else lambda: None
        running.append(server)
        server.start()
        server.profile = profile(server, folder)
        return server

    yield start
    for server in running:
        server.kill()


assert TOKEN
