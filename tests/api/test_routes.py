"""The routes of the server are those of api/*.yaml, in both directions.

`sluice help routes` prints "METHOD path operation", a line a route.
"""
import os
import pathlib
import subprocess

import pytest
from description import operations, shape

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("SLUICE_BINARY", ROOT / "build/release/sluice"))

# Of the operator, the browser (/*: the files of the portal) and the SDK's start; they are no part of an API.
NOT_DESCRIBED = {"/health", "/metrics", "/api/openapi.json", "/.well-known/databricks-config", "/*"}
PAGES = ("/activate", "/api/2.1/opensharing/activation")  # activation, for people
UNITY = ("/api/2.1/unity-catalog/", "/api/2.1/data-sharing/", "/api/2.0/preview/scim/", "/api/2.0/token/",
         "/api/2.1/sluice/", "/api/2.0/notification-destinations")


@pytest.fixture(scope="module")
def routes() -> list[tuple[str, str, str]]:
    if not BINARY.exists():
        pytest.skip(f"no binary at {BINARY}")
    done = subprocess.run([BINARY, "help", "routes"], capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        pytest.skip("this binary has no `sluice help routes`")
    # A fourth word says who may call it.
    found = [tuple(line.split()[:3]) for line in done.stdout.splitlines() if line.strip()]
    assert all(len(f) == 3 for f in found), done.stdout
    return found


def described(name) -> dict[tuple[str, str], str]:
    return {(m, shape(p)): o.get("x-operation", o["operationId"]) for m, p, o in operations(name)}


def test_administrators_routes(routes):
    # The SDK pastes a whole link into the path, with slashes of its own: the same call, spelt in other ways.
    served = {(m, shape(p)): operation for m, p, operation in routes
              if p.startswith(UNITY) and "/activate/" not in p}
    assert served == described("unity")


def test_recipients_routes_under_every_prefix(routes):
    by_prefix: dict[str, dict] = {}
    for method, path, operation in routes:
        if path.startswith((*UNITY, *PAGES)) or path in NOT_DESCRIBED:
            continue
        at = min((path.find(w) for w in ("/shares", "/files") if w in path), default=-1)
        assert at >= 0, f"no description has {method} {path}"
        by_prefix.setdefault(path[:at], {})[method, shape(path[at:])] = operation
    assert by_prefix
    for prefix, served in by_prefix.items():
        assert served == described("sharing"), prefix
