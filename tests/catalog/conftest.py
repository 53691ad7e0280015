"""The catalog of the real binary, driven by the unmodified Databricks SDK and read by the official client.

env  SLUICE_BINARY  the binary; default build/release/sluice of this repository
     SLUICE_SHARED  folder with tables from outside; tests that need it are skipped, saying so, without it
"""
import itertools
import os
import pathlib
import sys
import tempfile

import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support"), str(HERE.parent / "clients")]
from catalog_server import CatalogServer  # noqa: E402
from postgres_server import BINARIES, PostgresServer  # noqa: E402
from providing import Provider  # noqa: E402
from sluice_server import ELSEWHERE  # noqa: E402

for variable in [v for v in os.environ if v.upper().startswith(ELSEWHERE)]:
    del os.environ[variable]  # the clients of these tests are not led elsewhere either

BINARY = pathlib.Path(os.environ.get("SLUICE_BINARY", ROOT / "build/release/sluice"))
SHARED = pathlib.Path(os.environ.get("SLUICE_SHARED", ROOT.parent / "shared")).resolve()


def pytest_configure(config):
    config.addinivalue_line("markers", "model: needs no server")


@pytest.fixture(scope="session")
def outside() -> pathlib.Path:
    """The tables from outside."""
    if not (SHARED / "delta-tables").is_dir():
        pytest.skip(f"no tables from outside at {SHARED}")
    return SHARED / "delta-tables"


def _started(settings="", flags=()):
    if not BINARY.exists():
        pytest.exit(f"no binary at {BINARY}: build it (make build) or set SLUICE_BINARY", 2)
    with tempfile.TemporaryDirectory(prefix="sluice-catalog-") as folder:
        lake = pathlib.Path(folder) / "lake"
        lake.mkdir()
        roots = [lake] + ([SHARED / "delta-tables"] if (SHARED / "delta-tables").is_dir() else [])
        with CatalogServer(BINARY, folder, local_roots=roots, settings=settings, flags=flags) as server:
            yield Provider(server, lake)
            assert server.alive(), server.stderr()[-3000:]


@pytest.fixture
def provider(request):
    """A new server with an empty catalog, seen by its administrator; the parameter is its settings file."""
    yield from _started(getattr(request, "param", ""))


@pytest.fixture(scope="session")
def postgres():
    """One PostgreSQL for all, with a database for each who asks: postgres.new_database()."""
    if BINARIES is None:
        pytest.skip("no PostgreSQL is installed")
    with PostgresServer() as server:
        yield server


@pytest.fixture
def provider_on_postgres(postgres):
    """As `provider`, with its catalog in PostgreSQL."""
    yield from _started(flags=["--database", postgres.new_database()])


@pytest.fixture(scope="module")
def standing():
    """The same, one for all tests of a file: each takes names of its own (`fresh`)."""
    yield from _started()


@pytest.fixture(scope="module")
def standing_apart():
    """Another one, for what would disturb the others."""
    yield from _started()


NUMBERS = itertools.count(1)


@pytest.fixture
def fresh():
    """fresh("share"): a name that no other test has."""
    return lambda stem="x": f"{stem}_{next(NUMBERS)}"
