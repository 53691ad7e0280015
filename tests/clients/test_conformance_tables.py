"""The tables of `sluice conformance make-tables`: other readers find in them what the suite expects, and the suite's
checks of what tables hold pass with our server and fail with one that does wrong."""
import json
import re
import subprocess

import delta_sharing
import deltalake
import pyarrow as pa
import pytest

import conformance_faults
import duckdb_reader
import suite_rows
from altering_proxy import AlteringProxy
from compare import assert_same_rows
from conftest import BINARY, profile
from sluice_server import Server

# No directory can be offered of tables that lie on this machine; and asynchronous queries are not ignored.
NOT_HERE = {"access.credentials", "async.ignored"}
THEMES = {"Tables in parquet format", "Tables in delta format", "Versions and times", "Changes", "Hints",
          "Long answers and pages", "Asynchronous queries and directory access"}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made") / "suite"
    run = subprocess.run([str(BINARY), "conformance", "make-tables", str(folder)], capture_output=True, text=True,
                         timeout=300, check=False)
    assert run.returncode == 0, run.stderr
    assert f"sluice serve --config {folder}/sluice.yaml" in run.stdout
    return folder


@pytest.fixture(scope="module")
def server(made, tmp_path_factory):
    """Our server with the configuration that was made, at a port that is free."""
    config = (made / "sluice.yaml").read_text().replace("port: 8080", "port: {port}")
    folder = tmp_path_factory.mktemp("serving")
    token = json.loads((made / "profile.share").read_text())["bearerToken"]
    with Server(BINARY, config, folder, token=token) as running:
        running.profile = profile(running, folder)
        yield running
        assert running.alive(), running.stderr()[-3000:]


def suite(url, token, *more):
    run = subprocess.run([str(BINARY), "conformance", url, "--token", token, "--json", *more], capture_output=True,
                         text=True, timeout=300, check=False)
    assert run.returncode in (0, 1), run.stderr
    return {check["id"]: check for check in json.loads(run.stdout)["checks"]}


def of_tables() -> set[str]:
    """The ids of the checks that are proven here."""
    text = subprocess.run([str(BINARY), "conformance", "--list"], capture_output=True, text=True, check=True).stdout
    theme, found = None, set()
    for line in text.splitlines():
        if line.startswith("  "):
            found |= {line.split()[0]} if theme in THEMES else set()
        elif line:
            theme = line
    return found


@pytest.mark.parametrize("name", suite_rows.TABLES)
def test_official_client_reads_the_rows(server, name):
    frame = delta_sharing.load_as_pandas(f"{server.profile}#conformance.default.{name}")
    assert_same_rows(frame, suite_rows.TABLES[name], name)


@pytest.mark.parametrize("name", suite_rows.TABLES)
def test_duckdb_reads_the_rows(server, duck, name):
    url = f"{server.url}/shares/conformance/schemas/default/tables/{name}/query"
    answer = delta_sharing.rest_client.requests.post(url, json={}, timeout=60, headers={
        "Authorization": f"Bearer {server.token}", "delta-sharing-capabilities": duckdb_reader.CAPABILITIES})
    assert answer.status_code == 200, answer.text
    found = duckdb_reader.read(duck, [json.loads(line) for line in answer.text.split("\n") if line])
    assert_same_rows(found, suite_rows.TABLES[name], name)


@pytest.mark.parametrize("name", suite_rows.TABLES)
def test_delta_rs_reads_the_rows(made, name):
    if name in ("deletion_vectors", "column_mapping"):
        pytest.skip("delta-rs gives no Arrow table of these")
    found = deltalake.DeltaTable(str(made / "tables" / name)).to_pyarrow_table()
    expected = suite_rows.TABLES[name]
    assert_same_rows(found.cast(expected.select(found.schema.names).schema), expected, name)


@pytest.mark.parametrize("version", range(8))
def test_each_version_has_its_rows(server, made, version):
    expected = suite_rows.rows(suite_rows.ROWS, suite_rows.HISTORY[version])
    frame = delta_sharing.load_as_pandas(f"{server.profile}#conformance.default.history", version=version)
    assert_same_rows(frame, expected, f"version {version}")
    found = deltalake.DeltaTable(str(made / "tables/history"), version=version).to_pyarrow_table()
    assert_same_rows(found, expected, f"version {version}, delta-rs")


def test_changes_are_the_expected_ones(server, made):
    frame = delta_sharing.load_table_changes_as_pandas(
        f"{server.profile}#conformance.default.cdf", starting_version=0)
    expected = suite_rows.changes()
    assert_same_rows(frame.drop(columns="_commit_timestamp"), expected, "changes")
    found = pa.table(deltalake.DeltaTable(str(made / "tables/cdf")).load_cdf(starting_version=0).read_all())
    assert_same_rows(found.drop_columns(["_commit_timestamp"]).cast(expected.schema), expected, "delta-rs")


def test_many_files_are_told_apart(server):
    frame = delta_sharing.load_as_pandas(f"{server.profile}#conformance.default.many_files", limit=3000)
    assert sorted(frame["part"]) == list(range(2500))


def test_a_folder_that_is_not_empty_is_refused(made):
    run = subprocess.run([str(BINARY), "conformance", "make-tables", str(made)], capture_output=True, text=True,
                         timeout=60, check=False)
    assert run.returncode == 2
    assert "not empty" in run.stderr


def test_what_stands_beside_the_tables(made):
    readme = (made / "README.md").read_text()
    reference = (made / "reference-server.yaml").read_text()
    tables = {p.name for p in (made / "tables").iterdir()}
    assert tables == set(suite_rows.TABLES) | {"many_files"}
    assert tables == set(re.findall(r"^\| `(\w+)` \|", readme, re.M))
    assert tables == set(re.findall(r"location: \"s3a://.*/tables/(\w+)\"", reference))
    listed = subprocess.run([str(BINARY), "check", "--files", "--config", str(made / "sluice.yaml")],
                            capture_output=True, text=True, timeout=120, check=False)
    assert listed.returncode == 0, listed.stdout + listed.stderr


# What speaks of a feature that this server does not have here, or of one that it has, is skipped.
def test_our_server_passes(server):
    checks = suite(server.url, server.token)
    wrong = {name: check for name, check in checks.items()
             if name in of_tables() and check["verdict"] == "fail"}
    assert wrong == {}
    skipped = {name for name in of_tables() if checks[name]["verdict"] == "skip"}
    assert skipped <= NOT_HERE


def test_a_server_with_async_queries_and_directories_passes(server):
    with AlteringProxy(server.origin, conformance_faults.offering_all()) as proxy:
        checks = suite(proxy.origin + server.endpoint, server.token, "--only", "async.*,access.*")
    verdicts = {name: check["verdict"] for name, check in checks.items()}
    assert verdicts.pop("async.ignored") == "skip"
    assert verdicts.pop("access.no-credentials") == "skip"
    assert set(verdicts.values()) == {"pass"}, checks


def test_every_check_has_a_fault():
    found = {name for _, names in conformance_faults.FAULTS.values() for name in names}
    assert found == of_tables()


@pytest.mark.parametrize("fault", conformance_faults.FAULTS)
def test_fault_is_found(server, fault):
    make, names = conformance_faults.FAULTS[fault]
    with AlteringProxy(server.origin, make()) as proxy:
        checks = suite(proxy.origin + server.endpoint, server.token, "--only", ",".join(names))
    assert {name: checks[name]["verdict"] for name in names} == dict.fromkeys(names, "fail"), checks


